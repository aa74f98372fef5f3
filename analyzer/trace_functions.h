/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* trace_functions.h — what a trace says of watched functions: which files were watched, and which functions ran. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "analyzer/string_set.h"
#include "include/err.h"

#define TRACE_HITS_MAX 1000000u
#define TRACE_WATCHES_MAX 1000000u
#define TRACE_STACK_MAX 16u

/* A watched function ran. The same function of one file is one hit; t, pid, comm, stack and line are of the first. */
struct trace_hit {
	const char *object, *build_id; /* path in the container; build_id may be NULL */
	const char *symbol;
	const char *comm;
	uint64_t offset, t, pid, line;
	const char **stack; /* innermost first */
	size_t stack_count;
};

/* From here on the functions of a file were watched. */
struct trace_watched_file {
	const char *object, *build_id;
	uint64_t sites, refused;
	bool late; /* its code may have run before */
	uint64_t t, line;
};

struct trace_functions {
	struct trace_hit *hits; /* in the order of the trace */
	size_t hit_count, hit_room;
	struct trace_watched_file *watches;
	size_t watch_count, watch_room;
	uint64_t faults;        /* records that could not be understood */
	struct string_set seen; /* file and offset of each hit */
};

void trace_functions_done(struct trace_functions *functions);
/* One record of kind function or probe; texts are kept in the arena. A record that is not understood is counted. */
_must_check_ int trace_functions_add_hit(struct trace_functions *ret, const cJSON *record,
					 uint64_t line, struct arena *arena, struct err *err);
_must_check_ int trace_functions_add_watch(struct trace_functions *ret, const cJSON *record,
					   uint64_t line, struct arena *arena, struct err *err);
