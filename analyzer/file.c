// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* file.c — whole files in within a limit, whole files out or nothing. */
#include "analyzer/file.h"

#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <sys/stat.h>
#include <zlib.h>

#define READ_STEP (1u << 20)

struct text {
	char *data;
	size_t len, room;
};

static int text_room(struct text *text, size_t more)
{
	size_t room = text->room ? text->room : READ_STEP;
	char *grown;

	if (text->len + more + 1 <= text->room)
		return 0;
	while (room < text->len + more + 1)
		room *= 2;
	grown = realloc(text->data, room);
	if (!grown)
		return -ENOMEM;
	text->data = grown;
	text->room = room;
	return 0;
}

/* Reads to the end of the stream. gzread passes plain text through unchanged. */
static int text_fill(struct text *text, gzFile file, size_t max, struct err *err)
{
	int got, code;

	for (;;) {
		if (text_room(text, READ_STEP) < 0)
			return err_oom(err);
		got = gzread(file, text->data + text->len, READ_STEP);
		if (got == 0)
			break;
		if (got < 0)
			return err_set(err, EBADMSG, "cannot be read: %s", gzerror(file, &code));
		text->len += (size_t)got;
		if (text->len > max)
			return err_set(err, EFBIG, "is over the limit of %zu MiB", max >> 20);
	}
	if (gzerror(file, &code) && code != Z_OK && code != Z_STREAM_END)
		return err_set(err, EBADMSG, "is a truncated gzip file");
	text->data[text->len] = '\0';
	return 0;
}

static int open_regular(const char *path, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "cannot look at '%s'", path);
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "'%s' is no regular file", path);
	return take_fd(&fd);
}

int file_read(char **ret, size_t *ret_len, const char *path, size_t max, struct err *err)
{
	struct text text = {};
	gzFile file;
	int fd, r;

	fd = open_regular(path, err);
	if (fd < 0)
		return fd;
	file = gzdopen(fd, "rb");
	if (!file) {
		close(fd);
		return err_oom(err);
	}
	r = text_fill(&text, file, max, err);
	gzclose(file);
	if (r < 0) {
		free(text.data);
		return err_prefix(err, r, "'%s'", path);
	}
	*ret = text.data;
	*ret_len = text.len;
	return 0;
}

static int write_all(int fd, const char *text, size_t len)
{
	ssize_t n;

	for (; len; text += n, len -= (size_t)n) {
		n = write(fd, text, len);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n < 0)
			return -errno;
	}
	return fsync(fd) < 0 && errno != EINVAL ? -errno : 0;
}

int file_write(const char *path, const char *text, size_t len, struct err *err)
{
	char tmp[PATH_MAX];
	int r;

	if ((size_t)snprintf(tmp, sizeof(tmp), "%s.XXXXXX", path) >= sizeof(tmp))
		return err_set(err, ENAMETOOLONG, "cannot write '%.64s…': the path is too long",
			       path);
	_cleanup_close_ int fd = mkostemp(tmp, O_CLOEXEC);
	if (fd < 0)
		return err_sys(err, errno, "cannot create a file beside '%s'", path);
	r = write_all(fd, text, len);
	if (r == 0 && fchmod(fd, 0644) < 0)
		r = -errno;
	if (r == 0 && rename(tmp, path) < 0)
		r = -errno;
	if (r < 0) {
		unlink(tmp);
		return err_sys(err, -r, "cannot write '%s'", path);
	}
	return 0;
}
