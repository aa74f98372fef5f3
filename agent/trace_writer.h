/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * trace_writer.h — records into a trace file (include/trace_format.h): in order of time, counted, readable while it grows.
 *
 * The kernel delivers nearly in order. Lines wait for a moment, are sorted and written; a line that comes after a later one
 * was written keeps its place in the file and says by how much it is late ("late_ns").
 */
#pragma once

#include <stdint.h>

#include "agent/emit.h"
#include "include/err.h"
#include "include/trace_format.h"

struct trace_writer;

_must_check_ int trace_writer_create(struct trace_writer **ret, const char *path, struct err *err);
void trace_writer_close(struct trace_writer *writer);
DEFINE_CLEANUP(struct trace_writer *, trace_writer_close)

/* The first line: JSON without newline. It is on the file when this returns 0. */
_must_check_ int trace_writer_header(struct trace_writer *writer, const char *header);
/*
 * One record: begin yields an empty buffer in which the caller emits all members but "t" (no braces); commit takes it. What
 * does not fit a line is counted as a loss.
 */
struct text *trace_writer_begin(struct trace_writer *writer);
void trace_writer_commit(struct trace_writer *writer, enum trace_kind kind, uint64_t t);

/* Writes and syncs everything with t <= until. The -errno of a failed write stays. */
_must_check_ int trace_writer_flush(struct trace_writer *writer, uint64_t until);

/* Lines in the file by kind, and lines that are lost because the file could not take them. */
const uint64_t *trace_writer_counts(const struct trace_writer *writer);
uint64_t trace_writer_lost(const struct trace_writer *writer);

/* Writes the rest; what could not be written is then known, and the last line can be made. */
_must_check_ int trace_writer_settle(struct trace_writer *writer);
/* The last line (a whole object) and the end of the file. Also tried after a failed write, in the room that is left. */
_must_check_ int trace_writer_finish(struct trace_writer *writer, const char *last_line);
