/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * fields.h — what a body, a parameter or a reply looks like, as data.
 *
 * The same table is what the validator checks by and what /openapi.json says. Members that no table names are ignored, as
 * clients of old expect.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum field_type {
	FIELD_TEXT,    /* min, max: length in characters; max 0: none */
	FIELD_INTEGER, /* min … max */
	FIELD_NUMBER,
	FIELD_BOOLEAN,
	FIELD_OBJECT, /* of `fields` */
	FIELD_LIST,   /* of fields[0]; min, max: how many */
	FIELD_MAP,    /* text → text; max: how many */
	FIELD_ANY,    /* any JSON */
};

#define FIELD_REQUIRED 1u
#define FIELD_NULLABLE 2u
#define FIELD_DURATION 4u /* the least is the operator's to choose */
#define FIELD_OPTIONAL 8u /* of a reply: not always there; every other member is */

struct field {
	const char *name; /* NULL ends a table */
	enum field_type type;
	unsigned flags;
	int64_t min, max;
	const char *pattern;      /* POSIX extended and ECMA alike */
	const char *format;       /* of JSON Schema: uuid, date-time, uri */
	const char *const *words; /* what it may be, NULL-terminated */
	const struct field *fields;
	const char *help, *fallback, *example; /* fallback, example: JSON */
	const char *schema;                    /* of an object: its name among the components */
};

#define FAULT_NAMES_MAX 3

/* Where in a request something is wrong: its loc. */
struct fault_place {
	const char *names[FAULT_NAMES_MAX]; /* "body", "config", "ports"; NULL: no more */
	bool has_index;
	size_t index; /* in a list, or of a byte */
};
