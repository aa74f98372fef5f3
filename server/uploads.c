// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* uploads.c — content that comes in pieces. */
#include "server/uploads.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>

#define COPY_BYTES 65536

static void path_of(char ret[PATH_MAX], const struct blobs *blobs, const char *id)
{
	snprintf(ret, PATH_MAX, "%s/%s", blobs_partial(blobs), id);
}

int uploads_offset(uint64_t *ret, const struct blobs *blobs, const char *id, struct err *err)
{
	char path[PATH_MAX];
	struct stat st;

	path_of(path, blobs, id);
	*ret = 0;
	if (stat(path, &st) == 0)
		*ret = (uint64_t)st.st_size;
	else if (errno != ENOENT)
		return err_sys(err, errno, "'%s'", path);
	return 0;
}

/* Alone with the file; the file that the path names, not one that has become a blob while we waited. */
static int open_alone(const char *path, int flags, struct stat *ret, struct err *err)
{
	_cleanup_close_ int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
	struct stat named;

	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	while (flock(fd, LOCK_EX) < 0)
		if (errno != EINTR)
			return err_sys(err, errno, "cannot lock '%s'", path);
	if (fstat(fd, ret) < 0 || stat(path, &named) < 0 || named.st_ino != ret->st_ino)
		return err_set(err, EAGAIN, "the upload is being completed");
	return take_fd(&fd);
}

/* Reads up to len bytes at a place, in full unless the file ends. */
static ssize_t read_at(int fd, char *bytes, size_t len, uint64_t at)
{
	size_t done = 0;
	ssize_t n = 1;

	while (done < len && n > 0) {
		n = pread(fd, bytes + done, len - done, (off_t)(at + done));
		if (n < 0)
			return -errno;
		done += (size_t)n;
	}
	return (ssize_t)done;
}

static int write_at(int fd, const char *bytes, size_t len, uint64_t at)
{
	ssize_t n;

	for (size_t done = 0; done < len; done += (size_t)n) {
		n = pwrite(fd, bytes + done, len - done, (off_t)(at + done));
		if (n < 0)
			return -errno;
	}
	return 0;
}

/* The part of the piece that is there already. */
static int compare(int fd, const struct upload_piece *piece, uint64_t known, char *bytes,
		   struct err *err)
{
	char *theirs = bytes + COPY_BYTES;

	for (uint64_t done = 0; done < known;) {
		size_t want = known - done < COPY_BYTES ? (size_t)(known - done) : COPY_BYTES;

		if (read_at(fd, bytes, want, piece->offset + done) != (ssize_t)want ||
		    read_at(piece->fd, theirs, want, done) != (ssize_t)want)
			return err_set(err, EIO, "cannot read the upload again");
		if (memcmp(bytes, theirs, want) != 0)
			return err_set(err, EBADMSG,
				       "the piece at %" PRIu64
				       " is not what came there before: begin a new upload",
				       piece->offset);
		done += want;
	}
	return 0;
}

static int append(int fd, const struct upload_piece *piece, uint64_t known, char *bytes,
		  struct err *err)
{
	int r = 0;

	for (uint64_t done = known; r == 0 && done < piece->bytes;) {
		size_t want =
		    piece->bytes - done < COPY_BYTES ? (size_t)(piece->bytes - done) : COPY_BYTES;

		if (read_at(piece->fd, bytes, want, done) != (ssize_t)want)
			r = -EIO;
		else
			r = write_at(fd, bytes, want, piece->offset + done);
		done += want;
	}
	/* Half a piece is none: who sends it again begins where it began. */
	if (r < 0 && ftruncate(fd, (off_t)(piece->offset + known)) < 0)
		return err_sys(err, errno, "cannot take back half a piece");
	return r < 0 ? err_sys(err, -r, "cannot write the upload") : 0;
}

int uploads_put(uint64_t *ret, struct blobs *blobs, const char *id,
		const struct upload_piece *piece, struct err *err)
{
	_cleanup_free_ char *bytes = malloc((size_t)2 * COPY_BYTES);
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	uint64_t size, known;
	struct stat st;
	int r;

	if (!bytes)
		return err_oom(err);
	path_of(path, blobs, id);
	fd = open_alone(path, O_RDWR | O_CREAT, &st, err);
	if (fd < 0)
		return fd;
	size = *ret = (uint64_t)st.st_size;
	if (piece->offset > size)
		return err_set(err, ERANGE,
			       "the piece begins at %" PRIu64 ", but only %" PRIu64
			       " bytes are there",
			       piece->offset, size);
	if (piece->offset > piece->total || piece->bytes > piece->total - piece->offset)
		return err_set(err, EFBIG, "the piece passes the end, %" PRIu64, piece->total);
	known = size - piece->offset < piece->bytes ? size - piece->offset : piece->bytes;
	r = compare(fd, piece, known, bytes, err);
	if (r == 0)
		r = append(fd, piece, known, bytes, err);
	if (r == 0 && piece->offset + piece->bytes > size)
		*ret = piece->offset + piece->bytes;
	return r;
}

static int digest_file(char ret[DIGEST_HEX_BYTES], int fd, struct err *err)
{
	_cleanup_(digest_freep) struct digest *digest = NULL;
	_cleanup_free_ char *bytes = malloc(COPY_BYTES);
	uint64_t at = 0;
	ssize_t n;
	int r = digest_new(&digest, err);

	if (r < 0 || !bytes)
		return r < 0 ? r : err_oom(err);
	while ((n = read_at(fd, bytes, COPY_BYTES, at)) > 0) {
		digest_add(digest, bytes, (size_t)n);
		at += (uint64_t)n;
	}
	digest_end(digest, ret);
	return n < 0 ? err_sys(err, (int)-n, "cannot read the upload") : 0;
}

int uploads_finish(struct blobs *blobs, const char *id, uint64_t total, const char *digest,
		   struct err *err)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX], hex[DIGEST_HEX_BYTES];
	struct stat st;
	int r;

	path_of(path, blobs, id);
	fd = open_alone(path, O_RDWR | O_CREAT, &st, err);
	if (fd < 0)
		return fd;
	if ((uint64_t)st.st_size != total)
		return err_set(err, ERANGE, "%" PRIu64 " bytes are there of %" PRIu64,
			       (uint64_t)st.st_size, total);
	r = digest_file(hex, fd, err);
	if (r < 0)
		return r;
	if (!digest_equal(hex, digest)) {
		unlink(path);
		return err_set(err, EBADMSG,
			       "the content has the SHA-256 %s, not %s: send it again", hex,
			       digest);
	}
	return blobs_adopt(blobs, path, digest, err);
}

void uploads_drop(struct blobs *blobs, const char *id)
{
	char path[PATH_MAX];

	path_of(path, blobs, id);
	unlink(path);
}
