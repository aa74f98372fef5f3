/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* trace_stream.h — the lines of a trace file, unpacked as they are asked for, within the limits of the format. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"
#include "include/trace_format.h"

struct trace_stream;

/* Opens a regular file, gzip or plain text. */
_must_check_ int trace_stream_open(struct trace_stream **ret, const char *path, struct err *err);
void trace_stream_close(struct trace_stream *stream);
DEFINE_CLEANUP(struct trace_stream *, trace_stream_close)

/*
 * The next line without its newline, NUL-terminated, valid until the next call: 1. At the end of what is there: 0; a
 * line without its newline is kept back, so that a file that is being written can be asked again. -EBADMSG when the gzip
 * data are damaged, -EFBIG when a limit is passed.
 */
_must_check_ int trace_stream_line(struct trace_stream *stream, const char **ret, size_t *ret_len,
				   struct err *err);
/* Of the line last returned, from 1; or of the last one before a fault. */
size_t trace_stream_number(const struct trace_stream *stream);
/* After 0: was the end of the file an end of the data too (gzip trailer read and right, no half line)? */
bool trace_stream_is_whole(const struct trace_stream *stream);
