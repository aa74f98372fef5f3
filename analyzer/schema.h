/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * schema.h — JSON Schema 2020-12, as much of it as our embedded schemas use.
 *
 * A keyword that is not understood is refused when the schema is read, never passed over: a schema that is only half
 * interpreted would call faulty documents valid. Formats are asserted.
 *
 * Understood: type, const, enum, required, properties, additionalProperties, items, minItems, maxItems, uniqueItems, minimum,
 * maximum, format (date-time, iri, uri), allOf, anyOf, if, then, else, $ref (within the schema), and the annotations.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "include/err.h"

struct schema;

/* -ENOTSUP for a keyword, format or reference that is not understood, -EINVAL for a form that is wrong. */
_must_check_ int schema_parse(struct schema **ret, const char *text, size_t len, struct err *err);
void schema_free(struct schema *schema);
DEFINE_CLEANUP(struct schema *, schema_free)

struct schema_fault {
	const char
	    *pointer; /* RFC 6901, "" for the whole document; cut at the end when very long */
	const char *keyword; /* which one was broken */
	const char *text;    /* "must be an integer, is a string" */
};
typedef void (*schema_fault_fn)(void *ctx, const struct schema_fault *fault);

/* Calls fn for every fault, in the order of the document, and returns how many there were; < 0 when it could not be decided.
 * The document must come from json_parse (bounded depth, no key twice). */
_must_check_ int schema_check(const struct schema *schema, const cJSON *document,
			      schema_fault_fn fn, void *ctx, struct err *err);
