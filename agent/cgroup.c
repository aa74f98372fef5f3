// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cgroup.c — control groups. */
#include "agent/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <inttypes.h>
#include <linux/magic.h>
#include <mntent.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>
#include <time.h>

#define FILE_BYTES_MAX 4096
#define WAIT_STEP_MS 5

static void mounts_close(FILE *mounts)
{
	endmntent(mounts);
}
DEFINE_CLEANUP(FILE *, mounts_close)

static void dir_close(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_close)

/* Joins; -ENAMETOOLONG rather than a shortened path. */
static int join(char ret[PATH_MAX], const char *dir, const char *name)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);

	return n < 0 || n >= PATH_MAX ? -ENAMETOOLONG : 0;
}

/* The first bytes of a small file, as text. The number of bytes or -errno. */
static ssize_t read_text(char *ret, size_t size, const char *dir, const char *name)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	ssize_t n;

	*ret = '\0';
	if (join(path, dir, name) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, ret, size - 1);
	if (n < 0)
		return -errno;
	ret[n] = '\0';
	return n;
}

static int write_text(const char *dir, const char *name, const char *text)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	if (join(path, dir, name) < 0)
		return -ENAMETOOLONG;
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return -errno;
	return 0;
}

int cgroup_root(char ret[PATH_MAX], struct err *err)
{
	_cleanup_(mounts_closep) FILE *mounts = setmntent("/proc/self/mounts", "re");
	char line[2 * PATH_MAX];
	struct mntent entry;

	while (mounts && getmntent_r(mounts, &entry, line, sizeof(line))) {
		if (strcmp(entry.mnt_type, "cgroup2") != 0)
			continue;
		snprintf(ret, PATH_MAX, "%s", entry.mnt_dir);
		return 0;
	}
	return err_set(err, ENOENT,
		       "cgroup v2 is not mounted: mount it with 'mkdir -p /sys/fs/cgroup/unified "
		       "&& mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified'");
}

bool cgroup_is_pure_v2(void)
{
	struct statfs fs;

	return statfs("/sys/fs/cgroup", &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC;
}

static bool is_cgroup_dir(const char *path)
{
	struct statfs fs;
	struct stat st;

	return statfs(path, &fs) == 0 && fs.f_type == CGROUP2_SUPER_MAGIC && stat(path, &st) == 0 &&
	       S_ISDIR(st.st_mode);
}

int cgroup_find(char ret[PATH_MAX], const char *path, struct err *err)
{
	char root[PATH_MAX], below[PATH_MAX], real[PATH_MAX];
	int r = cgroup_root(root, err);

	if (r < 0)
		return r;
	if (join(below, root, path) < 0)
		return err_set(err, ENAMETOOLONG, "cgroup '%s': the path is too long", path);
	if (!realpath(is_cgroup_dir(path) ? path : below, real) || !is_cgroup_dir(real))
		return err_set(err, ENOENT, "no cgroup '%s' below '%s'", path, root);
	if (cgroup_id(real) == cgroup_id(root))
		return err_set(
		    err, EINVAL,
		    "cgroup '%s' is the root: all processes of the host are in it; name the "
		    "cgroup of one service or container",
		    path);
	memcpy(ret, real, sizeof(real));
	return 0;
}

int cgroup_of_process(char ret[PATH_MAX], pid_t pid, struct err *err)
{
	char dir[32], text[FILE_BYTES_MAX], *line, *save = NULL;
	struct err reason = {};
	int r;

	snprintf(dir, sizeof(dir), "/proc/%d", pid);
	if (read_text(text, sizeof(text), dir, "cgroup") < 0)
		return err_set(err, ESRCH, "no process %d", pid);
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (strncmp(line, "0::", 3) != 0)
			continue;
		if (!strcmp(line + 3, "/"))
			return err_set(
			    err, EINVAL,
			    "process %d is in the root cgroup, with everything else: start "
			    "it with 'vexxy-agent record -- CMD', or move it into a cgroup "
			    "of its own",
			    pid);
		r = cgroup_find(ret, line + 4, &reason);
		return r < 0 ? err_set(err, -r, "process %d: %s", pid, reason.text) : 0;
	}
	return err_set(err, ENOENT, "process %d is in no cgroup of the v2 hierarchy", pid);
}

const char *cgroup_name(const char *dir, const char *root)
{
	size_t len = strlen(root);

	return !strncmp(dir, root, len) && dir[len] == '/' ? dir + len : dir;
}

uint64_t cgroup_id(const char *dir)
{
	struct stat st;

	return stat(dir, &st) == 0 ? st.st_ino : 0;
}

int cgroup_create(const char *dir, struct err *err)
{
	if (mkdir(dir, 0755) < 0)
		return err_sys(err, errno, "cannot make the cgroup '%s'", dir);
	/* What is recorded may make cgroups of its own, but not so many that they could not be removed. */
	(void)write_text(dir, "cgroup.max.depth", "32");
	(void)write_text(dir, "cgroup.max.descendants", "4096");
	return 0;
}

int cgroup_add(const char *dir, pid_t pid, struct err *err)
{
	char number[16];
	int r;

	snprintf(number, sizeof(number), "%d", pid);
	r = write_text(dir, "cgroup.procs", number);
	return r < 0 ? err_sys(err, -r, "cannot move process %d into the cgroup '%s'", pid, dir)
		     : 0;
}

bool cgroup_is_populated(const char *dir)
{
	char text[FILE_BYTES_MAX];

	return read_text(text, sizeof(text), dir, "cgroup.events") > 0 &&
	       strstr(text, "populated 1") != NULL;
}

pid_t cgroup_first_process(const char *dir)
{
	char text[FILE_BYTES_MAX];

	if (read_text(text, sizeof(text), dir, "cgroup.procs") <= 0)
		return 0;
	return (pid_t)strtol(text, NULL, 10);
}

void cgroup_usage(const char *dir, uint64_t *ret_user_us, uint64_t *ret_system_us)
{
	char text[FILE_BYTES_MAX], *at;

	*ret_user_us = *ret_system_us = 0;
	if (read_text(text, sizeof(text), dir, "cpu.stat") <= 0)
		return;
	at = strstr(text, "user_usec ");
	if (at)
		*ret_user_us = strtoull(at + strlen("user_usec "), NULL, 10);
	at = strstr(text, "system_usec ");
	if (at)
		*ret_system_us = strtoull(at + strlen("system_usec "), NULL, 10);
}

/* One process of a frozen cgroup: it cannot end by itself, so that its number cannot come to mean another one. */
static int visit_kill(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	_cleanup_fclose_ FILE *procs = NULL;
	char file[PATH_MAX];
	long pid;

	(void)st;
	(void)ftw;
	if (type != FTW_DP && type != FTW_D)
		return 0;
	if (join(file, path, "cgroup.procs") == 0)
		procs = fopen(file, "re");
	while (procs && fscanf(procs, "%ld", &pid) == 1)
		if (pid > 0)
			kill((pid_t)pid, SIGKILL);
	return 0;
}

/* cgroup.kill came with Linux 5.14; before that the tree is frozen and its processes are killed one by one. */
static void kill_all(const char *dir)
{
	if (write_text(dir, "cgroup.kill", "1") == 0)
		return;
	(void)write_text(dir, "cgroup.freeze", "1");
	nftw(dir, visit_kill, 16, FTW_PHYS | FTW_MOUNT);
}

int cgroup_kill(const char *dir, unsigned timeout_ms)
{
	const struct timespec step = { .tv_nsec = WAIT_STEP_MS * 1000000L };

	for (unsigned waited = 0; cgroup_is_populated(dir); waited += WAIT_STEP_MS) {
		if (waited >= timeout_ms)
			return -EBUSY;
		kill_all(dir);
		nanosleep(&step, NULL);
	}
	return 0;
}

static int visit_remove(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)ftw;
	if (type == FTW_DP || type == FTW_D)
		rmdir(path);
	return 0;
}

void cgroup_remove(const char *name)
{
	_cleanup_(mounts_closep) FILE *mounts = setmntent("/proc/self/mounts", "re");
	char line[2 * PATH_MAX], dir[PATH_MAX];
	struct mntent entry;

	while (mounts && *name && getmntent_r(mounts, &entry, line, sizeof(line))) {
		if (strcmp(entry.mnt_type, "cgroup2") != 0 && strcmp(entry.mnt_type, "cgroup") != 0)
			continue;
		if (join(dir, entry.mnt_dir, name) == 0 && access(dir, F_OK) == 0)
			nftw(dir, visit_remove, 16, FTW_DEPTH | FTW_PHYS | FTW_MOUNT);
	}
}
