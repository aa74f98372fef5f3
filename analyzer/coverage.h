/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * coverage.h — how much of the watched code ran, by functions: of each file, of all, and in each unit.
 *
 * Counted are the files that were mapped executable while they were watched: what was never loaded is no part of it. Functions on
 * which the kernel puts no probe do not count either. A file counts once, whatever names it has.
 */
#pragma once

#include "analyzer/trace.h"
#include "analyzer/json_writer.h"

struct coverage_file {
	const char *object, *build_id; /* where it was seen first; build_id may be NULL */
	uint64_t functions, ran;
	bool late; /* some of it may have run before it was watched */
};

struct coverage {
	struct coverage_file *items; /* sorted by object, build-id */
	size_t count, room;
	uint64_t functions, ran; /* of all files: 0 functions when none was watched for coverage */
};

/* Of all traces together. Strings are the traces'. -ENOMEM. */
_must_check_ int coverage_of(struct coverage *ret, struct trace *const *traces, size_t trace_count);
void coverage_done(struct coverage *coverage);
static inline _unused_ void coverage_donep(struct coverage *coverage)
{
	coverage_done(coverage);
}

#define COVERAGE_TEXT_BYTES 24
/* "12.34": percent, of none "0.00". */
void coverage_percent(char ret[COVERAGE_TEXT_BYTES], uint64_t ran, uint64_t functions);
/* "code_coverage_percent" and "code_coverage", with a row for each file and each unit (at most rows_max of either); nothing when
 * none was watched for coverage. */
void coverage_put(struct json_writer *w, cJSON *obj, const struct coverage *coverage,
		  struct trace *const *traces, size_t trace_count, size_t rows_max);
