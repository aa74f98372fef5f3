// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* xz.c — a part of a file that is packed with xz. */
#include "analyzer/xz.h"

#include <lzma.h>
#include <sys/mman.h>

#define MEMORY_MAX (80u << 20) /* xz -9 takes 65 MiB */
#define CHUNK (64u << 10)

static int write_all(int fd, const uint8_t *data, size_t len)
{
	while (len) {
		ssize_t n = write(fd, data, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		data += n;
		len -= (size_t)n;
	}
	return 0;
}

/* The next packed bytes; behind the last one the decoder is told to finish. */
static int refill(lzma_stream *stream, uint8_t *in, int fd, uint64_t *offset, uint64_t *len)
{
	size_t n = *len < CHUNK ? (size_t)*len : CHUNK;
	ssize_t got;

	if (stream->avail_in || !n)
		return 0;
	do
		got = pread(fd, in, n, (off_t)*offset);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		return got < 0 ? -errno : -ERANGE;
	stream->next_in = in;
	stream->avail_in = (size_t)got;
	*offset += (uint64_t)got;
	*len -= (uint64_t)got;
	return 0;
}

static int unpack(lzma_stream *stream, int to, int fd, uint64_t offset, uint64_t len, uint64_t max,
		  struct err *err)
{
	uint8_t in[CHUNK], out[CHUNK];
	lzma_ret code = LZMA_OK;
	int r;

	while (code == LZMA_OK) {
		r = refill(stream, in, fd, &offset, &len);
		if (r < 0)
			return err_sys(err, -r, "packed data");
		stream->next_out = out;
		stream->avail_out = sizeof(out);
		code = lzma_code(stream, len ? LZMA_RUN : LZMA_FINISH);
		if (stream->total_out > max)
			return err_set(err, EFBIG, "unpacked it has more than %ju bytes",
				       (uintmax_t)max);
		r = write_all(to, out, sizeof(out) - stream->avail_out);
		if (r < 0)
			return err_sys(err, -r, "unpacked data");
	}
	return code == LZMA_STREAM_END ? 0 : err_set(err, EBADMSG, "no whole xz stream");
}

int xz_unpack(int *ret_fd, int fd, uint64_t offset, uint64_t len, uint64_t max, struct err *err)
{
	_cleanup_close_ int to = memfd_create("unpacked", MFD_CLOEXEC);
	_cleanup_(lzma_end) lzma_stream stream = LZMA_STREAM_INIT;
	int r;

	if (to < 0)
		return err_sys(err, errno, "memfd_create");
	if (lzma_stream_decoder(&stream, MEMORY_MAX, 0) != LZMA_OK)
		return err_oom(err);
	r = unpack(&stream, to, fd, offset, len, max, err);
	if (r < 0)
		return r;
	*ret_fd = take_fd(&to);
	return 0;
}
