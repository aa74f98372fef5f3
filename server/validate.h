/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * validate.h — JSON and query parameters held against a table of fields; every fault is named, not only the first.
 *
 * Faults have the form that clients of old parse: {"type": "greater_than_equal", "loc": ["body", "config", "ports", 0],
 * "msg": "…", "input": …, "ctx": {"ge": 1}}.
 */
#pragma once

#include "include/err.h"
#include "server/fields.h"
#include "server/json_in.h"
#include "server/json_out.h"

struct validator; /* patterns, compiled once */

struct faults {
	struct json_out items; /* between the brackets of an array */
	size_t count;
};

_must_check_ int validator_new(struct validator **ret, int64_t duration_min, struct err *err);
void validator_free(struct validator *validator);
DEFINE_CLEANUP(struct validator *, validator_free)
/* Compiles the patterns of a table and of those below it. */
_must_check_ int validator_learn(struct validator *validator, const struct field *fields,
				 struct err *err);

/* Adds what is wrong with the document (an object of `fields`). */
void validate_body(const struct validator *validator, const struct field *fields,
		   const cJSON *document, struct faults *faults);
/* A parameter, as text; `place` is "query", "path" or "header". */
void validate_parameter(const struct validator *validator, const struct field *field,
			const char *place, const char *value, struct faults *faults);
/* One more fault: loc is place, then name (NULL: none). */
void fault_add(struct faults *faults, const char *type, const char *place, const char *name,
	       const char *message);
/* The same at a place further down: names until NULL, then an index where there is one. */
void fault_add_at(struct faults *faults, const char *type, const struct fault_place *at,
		  const char *message);
void faults_done(struct faults *faults);

int64_t validator_duration_min(const struct validator *validator);
