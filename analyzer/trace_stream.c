// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_stream.c — the lines of a trace file, unpacked as they are asked for. */
#include "analyzer/trace_stream.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/stat.h>
#include <zlib.h>

#define INPUT_BYTES 65536u
#define TEXT_BYTES (2u * TRACE_LINE_BYTES_MAX) /* room for a longest line and what follows it */

struct trace_stream {
	int fd;
	bool gzip, started; /* started: the first bytes told gzip from text */
	bool member_open;   /* inside a gzip member whose trailer has not come yet */
	z_stream z;
	uint64_t read_bytes, text_bytes;
	size_t line, start, filled; /* text[start…filled) is unpacked and not yet returned */
	unsigned char input[INPUT_BYTES];
	char text[TEXT_BYTES + 1];
};

int trace_stream_open(struct trace_stream **ret, const char *path, struct err *err)
{
	_cleanup_(trace_stream_closep) struct trace_stream *s = calloc(1, sizeof(*s));
	struct stat st;

	if (!s)
		return err_oom(err);
	/* O_NONBLOCK: opening a FIFO must not wait for a writer. */
	s->fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0 || fstat(s->fd, &st) < 0)
		return err_sys(err, errno, "cannot open");
	if (!S_ISREG(st.st_mode))
		return err_set(err, EINVAL, "is not a regular file");
	*ret = take_ptr(s);
	return 0;
}

void trace_stream_close(struct trace_stream *s)
{
	if (!s)
		return;
	if (s->gzip)
		inflateEnd(&s->z);
	if (s->fd >= 0)
		close(s->fd);
	free(s);
}

/* Reads more packed bytes behind those that are left. 1, or 0 at the end of the file. */
static int input_fill(struct trace_stream *s, struct err *err)
{
	ssize_t n;

	if (s->z.avail_in)
		memmove(s->input, s->z.next_in, s->z.avail_in);
	s->z.next_in = s->input;
	do {
		n = read(s->fd, s->input + s->z.avail_in, INPUT_BYTES - s->z.avail_in);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return err_sys(err, errno, "cannot read");
	s->read_bytes += (size_t)n;
	if (s->read_bytes > TRACE_FILE_BYTES_MAX)
		return err_set(err, EFBIG, "is larger than %llu MiB, the limit of a trace file",
			       TRACE_FILE_BYTES_MAX >> 20);
	s->z.avail_in += (unsigned)n;
	return n > 0;
}

/* Tells gzip from text by the first two bytes. 1, or 0 when they are not there yet. */
static int stream_start(struct trace_stream *s, struct err *err)
{
	int r = s->z.avail_in < 2 ? input_fill(s, err) : 1;

	if (r < 0)
		return r;
	if (s->z.avail_in < 2)
		return 0;
	if (s->input[0] == 0x1f && s->input[1] == 0x8b) {
		if (inflateInit2(&s->z, 15 + 16) != Z_OK)
			return err_oom(err);
		s->gzip = true;
		s->member_open = true;
	}
	s->started = true;
	return 1;
}

static void text_copy(struct trace_stream *s)
{
	size_t room = TEXT_BYTES - s->filled;
	size_t n = s->z.avail_in < room ? s->z.avail_in : room;

	memcpy(s->text + s->filled, s->z.next_in, n);
	s->z.next_in += n;
	s->z.avail_in -= (unsigned)n;
	s->filled += n;
}

static int text_inflate(struct trace_stream *s, struct err *err)
{
	int z;

	if (!s->member_open) { /* another member follows the one that ended */
		if (inflateReset(&s->z) != Z_OK)
			return err_set(err, EBADMSG, "the gzip data cannot be continued");
		s->member_open = true;
	}
	s->z.next_out = (unsigned char *)s->text + s->filled;
	s->z.avail_out = (unsigned)(TEXT_BYTES - s->filled);
	z = inflate(&s->z, Z_NO_FLUSH);
	s->filled = TEXT_BYTES - s->z.avail_out;
	if (z == Z_STREAM_END)
		s->member_open = false;
	else if (z == Z_MEM_ERROR)
		return err_oom(err);
	else if (z != Z_OK && z != Z_BUF_ERROR)
		return err_set(err, EBADMSG, "the gzip data are damaged after line %zu", s->line);
	return 0;
}

/* Unpacks more text. 1 when there may be more lines now, 0 at the end of the file. */
static int text_fill(struct trace_stream *s, struct err *err)
{
	size_t before;
	int r;

	if (!s->started) {
		r = stream_start(s, err);
		if (r <= 0)
			return r;
	}
	memmove(s->text, s->text + s->start, s->filled - s->start);
	s->filled -= s->start;
	s->start = 0;
	before = s->filled;
	/* Output that did not fit last time may wait inside zlib: ask it before the file. */
	for (;;) {
		if (s->z.avail_in || (s->gzip && s->member_open)) {
			r = s->gzip ? text_inflate(s, err) : (text_copy(s), 0);
			if (r < 0)
				return r;
		}
		if (s->filled > before)
			break;
		if (s->z.avail_in && !s->member_open)
			continue;
		r = input_fill(s, err);
		if (r <= 0)
			return r;
	}
	s->text_bytes += s->filled - before;
	if (s->text_bytes > TRACE_TEXT_BYTES_MAX)
		return err_set(err, EFBIG, "unpacks to more than %llu MiB, the limit of a trace",
			       TRACE_TEXT_BYTES_MAX >> 20);
	return 1;
}

int trace_stream_line(struct trace_stream *s, const char **ret, size_t *ret_len, struct err *err)
{
	size_t searched = 0;
	char *newline;
	int r;

	for (;;) {
		newline =
		    memchr(s->text + s->start + searched, '\n', s->filled - s->start - searched);
		searched = s->filled - s->start;
		if (newline)
			searched = (size_t)(newline - s->text) - s->start;
		if (searched > TRACE_LINE_BYTES_MAX)
			return err_set(err, EFBIG, "line %zu is longer than %u bytes, the limit",
				       s->line + 1, TRACE_LINE_BYTES_MAX);
		if (newline)
			break;
		r = text_fill(s, err);
		if (r <= 0)
			return r;
	}
	*newline = '\0';
	*ret = s->text + s->start;
	*ret_len = searched;
	s->start += searched + 1;
	s->line++;
	return 1;
}

size_t trace_stream_number(const struct trace_stream *s)
{
	return s->line;
}

bool trace_stream_is_whole(const struct trace_stream *s)
{
	return s->start == s->filled && !s->member_open;
}
