// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* spool.c — the directory in which traces wait. */
#include "agent/spool.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "agent/root_file.h"
#include "include/sandbox_pod.h"

#define NOTE_BYTES_MAX 4096
#define SHARE_MAX (1ull << 30) /* TRACE_FILE_BYTES_MAX */
#define SHARE_MIN (1ull << 20)

struct spool {
	char dir[PATH_MAX - 512];
	int fd;
};

static void dir_close(DIR *dir)
{
	closedir(dir);
}
DEFINE_CLEANUP(DIR *, dir_close)

static bool ends_with(const char *name, const char *suffix)
{
	size_t len = strlen(name), end = strlen(suffix);

	return len > end && !strcmp(name + len - end, suffix);
}

/* A new stream for each walk: walks may lie within each other. */
static DIR *open_stream(const struct spool *spool)
{
	return opendir(spool->dir);
}

void spool_take_parts(const struct spool *spool, const char *uid)
{
	_cleanup_(dir_closep) DIR *stream = open_stream(spool);
	struct pod_member member;
	struct dirent *entry;
	char name[NAME_MAX + 1];

	while (stream && (entry = readdir(stream))) {
		if (!ends_with(entry->d_name, ".part"))
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)(strlen(entry->d_name) - 5),
			 entry->d_name);
		if (pod_trace_parse(&member, name) && (!uid || !strcmp(member.uid, uid)))
			(void)!renameat(spool->fd, entry->d_name, spool->fd, name);
	}
}

int spool_open(struct spool **ret, const char *dir, struct err *err)
{
	_cleanup_(spool_closep) struct spool *spool = calloc(1, sizeof(*spool));

	if (!spool)
		return err_oom(err);
	spool->fd = -1;
	if (snprintf(spool->dir, sizeof(spool->dir), "%s", dir) >= (int)sizeof(spool->dir))
		return err_set(err, ENAMETOOLONG, "--state: the path is too long");
	if (mkdir(dir, 0700) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make '%s'", dir);
	spool->fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (spool->fd < 0)
		return err_sys(err, errno, "'%s'", dir);
	while (flock(spool->fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "cannot lock '%s'", dir);
	spool_take_parts(spool, NULL);
	*ret = take_ptr(spool);
	return 0;
}

void spool_close(struct spool *spool)
{
	if (!spool)
		return;
	cleanup_close(&spool->fd);
	free(spool);
}

const char *spool_dir(const struct spool *spool)
{
	return spool->dir;
}

uint64_t spool_bytes(const struct spool *spool)
{
	_cleanup_(dir_closep) DIR *stream = open_stream(spool);
	struct dirent *entry;
	uint64_t sum = 0;
	struct stat st;

	while (stream && (entry = readdir(stream)))
		if (fstatat(spool->fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISREG(st.st_mode))
			sum += (uint64_t)st.st_size;
	return sum;
}

uint64_t spool_share(uint64_t free_bytes, uint64_t given, size_t places)
{
	uint64_t share = places && free_bytes > given ? (free_bytes - given) / places : 0;

	if (share < SHARE_MIN)
		return 0;
	return share < SHARE_MAX ? share : SHARE_MAX;
}

int spool_each(const struct spool *spool, spool_fn fn, void *ctx)
{
	_cleanup_(dir_closep) DIR *stream = open_stream(spool);
	struct pod_member member;
	struct dirent *entry;
	int r = 0;

	while (r >= 0 && stream && (entry = readdir(stream)))
		if (pod_trace_parse(&member, entry->d_name))
			r = fn(ctx, entry->d_name, &member);
	return r < 0 ? r : 0;
}

int spool_get(const struct spool *spool, const char *name)
{
	int fd = openat(spool->fd, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	return fd < 0 ? -errno : fd;
}

void spool_remove(const struct spool *spool, const char *name)
{
	unlinkat(spool->fd, name, 0);
}

void spool_touch(const struct spool *spool, const char *name)
{
	_cleanup_close_ int fd =
	    openat(spool->fd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

	if (fd >= 0)
		(void)!futimens(fd, NULL);
}

int spool_write(const struct spool *spool, const char *name, const char *bytes, size_t len,
		struct err *err)
{
	char made[NAME_MAX + 1];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	snprintf(made, sizeof(made), ".%.200s.new", name);
	fd = openat(spool->fd, made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s/%s'", spool->dir, name);
	n = write(fd, bytes, len);
	if (n != (ssize_t)len || renameat(spool->fd, made, spool->fd, name) < 0) {
		int code = n < 0 || n == (ssize_t)len ? errno : ENOSPC;

		unlinkat(spool->fd, made, 0);
		return err_sys(err, code, "cannot write '%s/%s'", spool->dir, name);
	}
	return 0;
}

static void note_name(char ret[NAME_MAX + 1], const char *uid)
{
	snprintf(ret, NAME_MAX + 1, "%s.pod", uid);
}

int spool_note(const struct spool *spool, const char *uid, const struct pod_claim *claim,
	       struct err *err)
{
	char name[NAME_MAX + 1], text[NOTE_BYTES_MAX];
	int n = snprintf(
	    text, sizeof(text),
	    GATE_ANALYSIS "=%s%c" GATE_IMAGE "=%s%c" GATE_DIGEST "=%s%c" GATE_ATTEMPT "=%" PRIu64
			  "%c" GATE_DURATION "=%" PRIu64 "%c" GATE_WINDOW "=%" PRIu64
			  "%c" GATE_CONTAINERS "=%" PRIu64 "%c" GATE_FUNCTIONS "=%s%c",
	    claim->analysis, 0, claim->image, 0, claim->digest, 0, claim->attempt, 0,
	    claim->duration_s, 0, claim->window_s, 0, claim->containers, 0, claim->functions, 0);

	note_name(name, uid);
	return spool_write(spool, name, text, (size_t)n, err);
}

void spool_forget(const struct spool *spool, const char *uid)
{
	char name[NAME_MAX + 1];

	note_name(name, uid);
	unlinkat(spool->fd, name, 0);
}

bool spool_noted(struct pod_claim *ret, const struct spool *spool, const char *uid)
{
	_cleanup_free_ char *text = NULL;
	char name[NAME_MAX + 1];
	size_t len;

	note_name(name, uid);
	return root_file_read(&text, &len, spool->fd, name, NOTE_BYTES_MAX) == 0 &&
	       pod_claim_parse(ret, text, len, NULL) == 0;
}

void spool_sweep(const struct spool *spool, bool (*keep)(void *ctx, const char *uid), void *ctx)
{
	_cleanup_(dir_closep) DIR *stream = open_stream(spool);
	struct dirent *entry;
	char uid[POD_UID_BYTES];

	while (stream && (entry = readdir(stream))) {
		if (!ends_with(entry->d_name, ".pod"))
			continue;
		snprintf(uid, sizeof(uid), "%.*s", (int)(strlen(entry->d_name) - 4), entry->d_name);
		if (!keep(ctx, uid))
			unlinkat(spool->fd, entry->d_name, 0);
	}
}
