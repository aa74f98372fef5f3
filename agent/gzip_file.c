// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gzip_file.c — a gzip file that can be read while it grows (RFC 1951, RFC 1952). */
#include "agent/gzip_file.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include <zlib.h>

#define OUT_BYTES (64u * 1024)
#define TAIL_BYTES 8

/* How far the stream had come: where to cut back to, and what the trailer says there. */
struct position {
	off_t bytes;
	uint32_t crc, length;
};

struct gzip_file {
	int fd;
	bool seekable;
	z_stream stream;
	struct position now, synced;
	int failure; /* -errno */
	size_t used;
	unsigned char out[OUT_BYTES];
};

static void store_le32(unsigned char *at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		at[i] = (unsigned char)(v >> (8 * i));
}

/* Also 0 when the other side only takes a part at a time. */
static int write_all(int fd, const unsigned char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = write(fd, bytes, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return n < 0 ? -errno : -EIO;
		bytes += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The file is as it was at the last sync, and the compressor owes nothing. */
static void cut_back(struct gzip_file *file)
{
	if (file->seekable && ftruncate(file->fd, file->synced.bytes) == 0)
		(void)!lseek(file->fd, file->synced.bytes, SEEK_SET);
	file->now = file->synced;
	file->used = 0;
	deflateReset(&file->stream);
}

static void put_out(struct gzip_file *file)
{
	if (file->failure || !file->used)
		return;
	file->failure = write_all(file->fd, file->out, file->used);
	if (file->failure) {
		cut_back(file);
		return;
	}
	file->now.bytes += (off_t)file->used;
	file->used = 0;
}

static void compress_bytes(struct gzip_file *file, const char *bytes, size_t len, int flush)
{
	z_stream *s = &file->stream;
	bool more = true;

	s->next_in = (unsigned char *)bytes;
	s->avail_in = (unsigned int)len;
	while (more && !file->failure) {
		if (file->used == OUT_BYTES)
			put_out(file);
		if (file->failure)
			return;
		s->next_out = file->out + file->used;
		s->avail_out = (unsigned int)(OUT_BYTES - file->used);
		(void)deflate(s, flush);
		file->used = OUT_BYTES - s->avail_out;
		more = s->avail_in > 0 || s->avail_out == 0;
	}
}

void gzip_file_add(struct gzip_file *file, const char *bytes, size_t len)
{
	while (len > 0 && !file->failure) {
		size_t n = len < (1u << 20) ? len : (1u << 20);

		file->now.crc =
		    (uint32_t)crc32(file->now.crc, (const unsigned char *)bytes, (unsigned int)n);
		file->now.length += (uint32_t)n;
		compress_bytes(file, bytes, n, Z_NO_FLUSH);
		bytes += n;
		len -= n;
	}
}

int gzip_file_sync(struct gzip_file *file)
{
	compress_bytes(file, "", 0, Z_SYNC_FLUSH);
	put_out(file);
	if (!file->failure)
		file->synced = file->now;
	return file->failure;
}

void gzip_file_retry(struct gzip_file *file)
{
	file->failure = 0;
}

static void add_tail(struct gzip_file *file)
{
	if (OUT_BYTES - file->used < TAIL_BYTES)
		put_out(file);
	if (file->failure)
		return;
	store_le32(file->out + file->used, file->now.crc);
	store_le32(file->out + file->used + 4, file->now.length);
	file->used += TAIL_BYTES;
}

int gzip_file_finish(struct gzip_file *file)
{
	int r;

	compress_bytes(file, "", 0, Z_FINISH);
	add_tail(file);
	put_out(file);
	r = file->failure;
	if (r < 0) {
		/* An empty last block and the trailer: ten bytes. */
		file->failure = 0;
		compress_bytes(file, "", 0, Z_FINISH);
		add_tail(file);
		put_out(file);
		file->failure = r;
	}
	return r;
}

/* O_EXCL first: a file that somebody else prepared, or a link, is never written through. */
static int open_new(const char *path, struct err *err)
{
	const int flags = O_WRONLY | O_CLOEXEC | O_NOFOLLOW | O_NOCTTY;
	struct stat st;
	int fd;

	for (int attempt = 0; attempt < 3; attempt++) {
		fd = open(path, flags | O_CREAT | O_EXCL, 0644);
		if (fd >= 0 || errno != EEXIST)
			break;
		if (lstat(path, &st) < 0)
			continue;
		if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode))
			return err_set(err, EEXIST, "cannot write '%s': it is a %s, name a file",
				       path, S_ISDIR(st.st_mode) ? "directory" : "symbolic link");
		if (!S_ISREG(st.st_mode)) {
			fd = open(path, flags);
			break;
		}
		if (unlink(path) < 0)
			return err_sys(err, errno, "cannot replace '%s'", path);
	}
	return fd >= 0 ? fd : err_sys(err, errno, "cannot write '%s'", path);
}

int gzip_file_create(struct gzip_file **ret, const char *path, struct err *err)
{
	static const unsigned char head[] = { 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff };
	_cleanup_(gzip_file_closep) struct gzip_file *file = calloc(1, sizeof(*file));

	if (!file)
		return err_oom(err);
	file->fd = -1;
	if (deflateInit2(&file->stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -15, 8,
			 Z_DEFAULT_STRATEGY) != Z_OK)
		return err_oom(err);
	file->fd = open_new(path, err);
	if (file->fd < 0)
		return file->fd;
	file->seekable = lseek(file->fd, 0, SEEK_CUR) == 0;
	memcpy(file->out, head, sizeof(head));
	file->used = sizeof(head);
	*ret = take_ptr(file);
	return 0;
}

void gzip_file_close(struct gzip_file *file)
{
	if (!file)
		return;
	deflateEnd(&file->stream);
	if (file->fd >= 0)
		close(file->fd);
	free(file);
}
