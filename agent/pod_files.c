// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pod_files.c — the pods of this node, from the trees of cgroups and processes. */
#include "agent/pod_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>

#include "agent/cgroup.h"

#define DEPTH_MAX 6
/* How deep a runtime's own cgroups lie in a container's: crun has its processes in "crio-ID.scope/container". */
#define BELOW_MAX 2
#define MOUNTS_BYTES_MAX (1u << 20)
#define ENVIRON_BYTES_MAX (128u << 10)

static void dir_close(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_close)

static int walk(const char *dir, unsigned depth, pod_fn fn, void *ctx)
{
	_cleanup_(dir_closep) DIR *stream = opendir(dir);
	char below[PATH_MAX], uid[POD_UID_BYTES];
	struct dirent *entry;
	int r = 0;

	while (r >= 0 && stream && (entry = readdir(stream))) {
		if (entry->d_type != DT_DIR || entry->d_name[0] == '.' ||
		    snprintf(below, sizeof(below), "%s/%s", dir, entry->d_name) >=
			(int)sizeof(below))
			continue;
		if (pod_uid_from_cgroup(uid, entry->d_name))
			r = fn(ctx, uid, below);
		else if (depth < DEPTH_MAX && pod_lies_below(entry->d_name))
			r = walk(below, depth + 1, fn, ctx);
	}
	return r < 0 ? r : 0;
}

int pod_files_each(const char *dir, pod_fn fn, void *ctx)
{
	return walk(dir, 0, fn, ctx);
}

int pod_files_containers(const char *pod_dir, pod_container_fn fn, void *ctx)
{
	_cleanup_(dir_closep) DIR *stream = opendir(pod_dir);
	struct dirent *entry;
	char below[PATH_MAX];
	int r = 0;

	while (r >= 0 && stream && (entry = readdir(stream)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.' &&
		    snprintf(below, sizeof(below), "%s/%s", pod_dir, entry->d_name) <
			(int)sizeof(below))
			r = fn(ctx, below);
	return r < 0 ? r : 0;
}

struct search {
	uint64_t id; /* 0: whichever has a process */
	unsigned depth;
	pid_t pid;
	bool found;
};

static int search_in(void *ctx, const char *dir)
{
	struct search *search = ctx;
	int r = 0;

	if (search->id) {
		search->found = cgroup_id(dir) == search->id;
	} else {
		search->pid = cgroup_first_process(dir);
		search->found = search->pid > 0;
	}
	if (search->found)
		return -EEXIST; /* no further */
	if (search->depth < BELOW_MAX) {
		search->depth++;
		r = pod_files_containers(dir, search_in, search);
		search->depth--;
	}
	return r;
}

pid_t pod_files_first_process(const char *container_dir)
{
	struct search search = {};

	(void)!search_in(&search, container_dir);
	return search.found ? search.pid : 0;
}

bool pod_files_holds(const char *container_dir, uint64_t id)
{
	struct search search = { .id = id };

	(void)!search_in(&search, container_dir);
	return id && search.found;
}

ssize_t pod_files_read(char **ret, pid_t pid, const char *name, size_t max)
{
	_cleanup_free_ char *text = malloc(max + 1);
	_cleanup_close_ int fd = -1;
	char path[64];
	size_t len = 0;
	ssize_t n = 1;

	if (!text)
		return -ENOMEM;
	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (n > 0 && len <= max) {
		n = read(fd, text + len, max + 1 - len);
		if (n < 0)
			return -errno;
		len += (size_t)n;
	}
	if (len > max)
		return -EFBIG;
	text[len] = '\0';
	*ret = take_ptr(text);
	return (ssize_t)len;
}

void pod_files_name(char ret[POD_NAME_BYTES], pid_t pid, const char *uid)
{
	_cleanup_free_ char *mounts = NULL;

	if (pod_files_read(&mounts, pid, "mountinfo", MOUNTS_BYTES_MAX) < 0 ||
	    !pod_container_from_mounts(ret, mounts, uid))
		*ret = '\0';
}

bool pod_files_whose(char ret_uid[POD_UID_BYTES], char ret_name[POD_NAME_BYTES], pid_t pid)
{
	_cleanup_free_ char *mounts = NULL;

	return pod_files_read(&mounts, pid, "mountinfo", MOUNTS_BYTES_MAX) >= 0 &&
	       pod_from_mounts(ret_uid, ret_name, mounts);
}

int pod_files_claim(struct pod_claim *ret, pid_t pid, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	ssize_t n = pod_files_read(&text, pid, "environ", ENVIRON_BYTES_MAX);

	if (n < 0)
		return err_sys(err, (int)-n, "the environment of process %d", pid);
	return pod_claim_parse(ret, text, (size_t)n, err);
}
