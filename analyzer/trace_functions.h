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

#define TRACE_AGAIN_MAX 2u

/* When something was seen again, once for each of the next units in which it was: whether it was in one unit, in two or in more is
 * all that is asked of it. */
struct trace_again {
	uint64_t t[TRACE_AGAIN_MAX];
	size_t count, last; /* last: unit in which it was last seen */
};

/* Notes that it was seen at t, in a unit. */
void trace_again_add(struct trace_again *again, size_t unit, uint64_t t);

/* A watched function ran. The same function of one file is one hit; t, pid, comm, stack and line are of the first. */
struct trace_hit {
	const char *object, *build_id; /* path in the container; build_id may be NULL */
	const char *symbol;
	const char *comm;
	uint64_t offset, t, pid, line;
	const char **stack; /* innermost first */
	size_t stack_count;
	struct trace_again again;
	bool start; /* watched for coverage */
};

/* From here on the functions of a file were watched. */
struct trace_watched_file {
	const char *object, *build_id;
	uint64_t sites, refused;
	uint64_t starts; /* of the sites, where functions begin: for coverage */
	bool late;       /* its code may have run before */
	uint64_t t, line;
};

struct trace_functions {
	struct trace_hit *hits; /* in the order of the trace */
	size_t hit_count, hit_room;
	struct trace_watched_file *watches;
	size_t watch_count, watch_room;
	uint64_t faults;        /* records that could not be understood */
	struct string_set seen; /* file and offset of each hit, in the order of the hits */
	uint64_t *unit_ran;     /* how many functions watched for coverage ran in each unit */
	size_t unit_count, unit_room;
};

void trace_functions_done(struct trace_functions *functions);
/* Where a record stands in its trace. */
struct trace_place {
	uint64_t line, t; /* t as in struct trace_use */
	size_t unit;
};

/* One record of kind function or probe; texts are kept in the arena. A record that is not understood is counted.
 * Units do not go back. */
_must_check_ int trace_functions_add_hit(struct trace_functions *ret, const cJSON *record,
					 const struct trace_place *place, struct arena *arena,
					 struct err *err);
_must_check_ int trace_functions_add_watch(struct trace_functions *ret, const cJSON *record,
					   uint64_t line, struct arena *arena, struct err *err);
