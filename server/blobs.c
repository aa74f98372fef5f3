// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* blobs.c — contents, kept by their digest. */
#include "server/blobs.h"

#include <dirent.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#define COPY_BYTES 65536

struct blobs {
	char dir[PATH_MAX - 128], incoming[PATH_MAX - 64], partial[PATH_MAX - 64];
	pthread_mutex_t placing; /* what is put again is not removed meanwhile */
	struct s3 *s3;           /* NULL: contents are in dir */
};

/* What an end without notice has left in the way. */
static void empty(const char *dir)
{
	DIR *stream = opendir(dir);
	struct dirent *entry;

	while (stream && (entry = readdir(stream)))
		if (entry->d_name[0] != '.')
			unlinkat(dirfd(stream), entry->d_name, 0);
	if (stream)
		closedir(stream);
}

static int make_dirs(const struct blobs *blobs, const char *incoming, struct err *err)
{
	const char *const dirs[] = { blobs->dir, blobs->partial, incoming, blobs->incoming };

	for (size_t i = 0; i < 4; i++)
		if (mkdir(dirs[i], 0700) < 0 && errno != EEXIST)
			return err_sys(err, errno, "cannot make '%s'", dirs[i]);
	return 0;
}

int blobs_open(struct blobs **ret, const char *dir, const char *owner, const struct s3_options *s3,
	       struct err *err)
{
	struct blobs *blobs = calloc(1, sizeof(*blobs));
	char incoming[PATH_MAX];
	int r;

	if (!blobs)
		return err_oom(err);
	pthread_mutex_init(&blobs->placing, NULL);
	snprintf(blobs->dir, sizeof(blobs->dir), "%s", dir);
	snprintf(blobs->partial, sizeof(blobs->partial), "%s/partial", blobs->dir);
	snprintf(incoming, sizeof(incoming), "%s/incoming", blobs->dir);
	snprintf(blobs->incoming, sizeof(blobs->incoming), "%.3900s/%.64s", incoming, owner);
	r = make_dirs(blobs, incoming, err);
	if (r == 0 && s3)
		r = s3_open(&blobs->s3, s3, err);
	r = r ? r : blobs_check(blobs, err);
	if (r < 0) {
		blobs_close(blobs);
		return r;
	}
	empty(blobs->incoming);
	*ret = blobs;
	return 0;
}

void blobs_close(struct blobs *blobs)
{
	if (!blobs)
		return;
	pthread_mutex_destroy(&blobs->placing);
	s3_close(blobs->s3);
	free(blobs);
}

bool blobs_are_local(const struct blobs *blobs)
{
	return !blobs->s3;
}

int blobs_check(struct blobs *blobs, struct err *err)
{
	return blobs->s3 ? s3_check(blobs->s3, err) : 0;
}

const char *blobs_incoming(const struct blobs *blobs)
{
	return blobs->incoming;
}

const char *blobs_partial(const struct blobs *blobs)
{
	return blobs->partial;
}

uint64_t blobs_free_bytes(const struct blobs *blobs)
{
	struct statvfs st;

	return statvfs(blobs->dir, &st) < 0 ? 0 : (uint64_t)st.f_bavail * st.f_frsize;
}

static void path_of(char ret[PATH_MAX], const struct blobs *blobs, const char *digest)
{
	snprintf(ret, PATH_MAX, "%s/%.2s/%s", blobs->dir, digest, digest);
}

static int sync_dir(const char *dir)
{
	_cleanup_close_ int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 || fsync(fd) < 0 ? -errno : 0;
}

static void name_of(char ret[DIGEST_HEX_BYTES + 4], const char *digest)
{
	snprintf(ret, DIGEST_HEX_BYTES + 4, "%.2s/%s", digest, digest);
}

/* The file is not needed any more then. */
static int send_away(struct blobs *blobs, const char *path, const char *digest, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	char name[DIGEST_HEX_BYTES + 4];
	struct stat st;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	name_of(name, digest);
	r = s3_put(blobs->s3, name, fd, (uint64_t)st.st_size, digest, err);
	if (r == 0)
		unlink(path);
	return r;
}

/* Gives a file that is on the disk its name. */
static int place(struct blobs *blobs, const char *path, const char *digest, struct err *err)
{
	char target[PATH_MAX], dir[PATH_MAX];
	int r;

	if (blobs->s3)
		return send_away(blobs, path, digest, err);
	snprintf(dir, sizeof(dir), "%s/%.2s", blobs->dir, digest);
	path_of(target, blobs, digest);
	if (mkdir(dir, 0700) == 0) {
		if (sync_dir(blobs->dir) < 0)
			return err_sys(err, errno, "cannot write '%s'", blobs->dir);
	} else if (errno != EEXIST) {
		return err_sys(err, errno, "cannot make '%s'", dir);
	}
	/* From now on it may be named. */
	(void)!utimensat(AT_FDCWD, path, NULL, 0);
	pthread_mutex_lock(&blobs->placing);
	r = rename(path, target) < 0 ? err_sys(err, errno, "cannot make '%s'", target) : 0;
	pthread_mutex_unlock(&blobs->placing);
	if (r < 0)
		return r;
	return sync_dir(dir) < 0 ? err_sys(err, errno, "cannot write '%s'", dir) : 0;
}

int blobs_adopt(struct blobs *blobs, const char *path, const char *digest, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	return place(blobs, path, digest, err);
}

static int copy_hashed(char ret[DIGEST_HEX_BYTES], uint64_t *ret_bytes, int from, int to,
		       struct err *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_free_ char *bytes = malloc(COPY_BYTES);
	ssize_t n;
	int r = digest_new(&digest, err);

	if (r < 0 || !bytes)
		return r < 0 ? r : err_oom(err);
	*ret_bytes = 0;
	while ((n = read(from, bytes, COPY_BYTES)) > 0) {
		digest_add(digest, bytes, (size_t)n);
		*ret_bytes += (uint64_t)n;
		for (ssize_t done = 0, w; done < n; done += w)
			if ((w = write(to, bytes + done, (size_t)(n - done))) < 0)
				return err_sys(err, errno, "cannot write");
	}
	if (n < 0 || fsync(to) < 0)
		return err_sys(err, errno, "cannot copy");
	digest_end(digest, ret);
	return 0;
}

int blobs_put_file(char ret[DIGEST_HEX_BYTES], uint64_t *ret_bytes, struct blobs *blobs,
		   const char *path, struct err *err)
{
	_cleanup_close_ int from = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
	char temporary[PATH_MAX];
	_cleanup_close_ int to = -1;
	struct stat st;
	int r;

	if (from < 0 || fstat(from, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EBADMSG, "'%s' is no regular file", path);
	snprintf(temporary, sizeof(temporary), "%s/put.XXXXXX", blobs->incoming);
	to = mkostemp(temporary, O_CLOEXEC);
	if (to < 0)
		return err_sys(err, errno, "cannot make a file in '%s'", blobs->incoming);
	r = copy_hashed(ret, ret_bytes, from, to, err);
	if (r == 0)
		r = place(blobs, temporary, ret, err);
	if (r < 0)
		unlink(temporary);
	return r < 0 ? err_prefix(err, r, "'%s'", path) : 0;
}

/* A copy without a name: it is gone when it is closed. */
static int get_s3(int *ret_fd, uint64_t *ret_bytes, struct blobs *blobs, const char *digest,
		  struct err *err)
{
	char name[DIGEST_HEX_BYTES + 4], path[PATH_MAX];
	_cleanup_close_ int fd = -1;
	int r;

	snprintf(path, sizeof(path), "%.3900s/get.XXXXXX", blobs->incoming);
	fd = mkostemp(path, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	unlink(path);
	name_of(name, digest);
	r = s3_get(blobs->s3, name, fd, ret_bytes, digest, err);
	if (r == 0)
		*ret_fd = take_fd(&fd);
	if (r == -EDQUOT)
		r = -ENOSPC; /* of the disk; the other one is an organisation's */
	return r < 0 ? err_prefix(err, r == -EAGAIN || r == -ENOSPC ? r : -EIO, "the content %s",
				  digest)
		     : 0;
}

int blobs_get(int *ret_fd, uint64_t *ret_bytes, struct blobs *blobs, const char *digest,
	      struct err *err)
{
	char path[PATH_MAX];
	struct stat st;
	int fd;

	if (blobs->s3)
		return get_s3(ret_fd, ret_bytes, blobs, digest, err);

	path_of(path, blobs, digest);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0) {
		cleanup_close(&fd);
		return err_sys(err, EIO, "the content %s is missing from the store", digest);
	}
	*ret_fd = fd;
	*ret_bytes = (uint64_t)st.st_size;
	return 0;
}

int blobs_export(struct blobs *blobs, const char *digest, const char *path, struct err *err)
{
	_cleanup_close_ int from = -1, to = -1;
	uint64_t left = 0;
	ssize_t n = 1;
	int r = blobs_get(&from, &left, blobs, digest, err);

	if (r < 0)
		return r;
	to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	if (to < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	while (left && (n = sendfile(to, from, NULL, left)) > 0)
		left -= (uint64_t)n;
	return left ? err_sys(err, n < 0 ? errno : EIO, "cannot write '%s'", path) : 0;
}

static bool is_old(int dir, const char *name, int64_t before_ms)
{
	struct stat st;

	return fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
	       (int64_t)st.st_mtim.tv_sec * 1000 < before_ms;
}

static bool is_hex(const char *name, size_t len)
{
	return strlen(name) == len && strspn(name, "0123456789abcdef") == len;
}

/* It may have been put again since it was asked for. */
static int64_t remove_old(struct blobs *blobs, int dir, const char *name, int64_t before_ms)
{
	int64_t removed;

	pthread_mutex_lock(&blobs->placing);
	removed = is_old(dir, name, before_ms) && unlinkat(dir, name, 0) == 0;
	pthread_mutex_unlock(&blobs->placing);
	return removed;
}

static int sweep_dir(int64_t *count, struct blobs *blobs, const char *path, int64_t before_ms,
		     int (*is_named)(void *ctx, const char *digest), void *ctx)
{
	DIR *dir = opendir(path);
	const struct dirent *entry;
	int r = 0;

	while (r >= 0 && dir && (entry = readdir(dir))) {
		if (!is_hex(entry->d_name, DIGEST_HEX_BYTES - 1) ||
		    !is_old(dirfd(dir), entry->d_name, before_ms))
			continue;
		r = is_named(ctx, entry->d_name);
		if (r == 0)
			*count += remove_old(blobs, dirfd(dir), entry->d_name, before_ms);
	}
	if (dir)
		closedir(dir);
	return r < 0 ? r : 0;
}

int blobs_sweep(int64_t *ret_count, struct blobs *blobs, int64_t before_ms,
		int (*is_named)(void *ctx, const char *digest), void *ctx, struct err *err)
{
	DIR *dir = opendir(blobs->dir);
	const struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;

	*ret_count = 0; /* of an object store: what is in it stays */
	while (r == 0 && dir && (entry = readdir(dir))) {
		if (!is_hex(entry->d_name, 2))
			continue;
		snprintf(path, sizeof(path), "%s/%.2s", blobs->dir, entry->d_name);
		r = sweep_dir(ret_count, blobs, path, before_ms, is_named, ctx);
	}
	if (dir)
		closedir(dir);
	return r < 0 ? err_set(err, -r, "whether contents are still named cannot be told") : 0;
}
