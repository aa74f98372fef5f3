/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * json_in.h — JSON from strangers becomes a tree within limits.
 *
 * Refused, with the offset of the byte: nesting over JSON_IN_DEPTH_MAX, more than JSON_IN_NODES_MAX values, a key twice in one
 * object, invalid UTF-8, NUL (also as \u0000), a control character in a string, numbers that JSON does not have, and anything
 * after the document. cJSON, which does the parsing, forgives most of these.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "include/err.h"

#define JSON_IN_DEPTH_MAX 64
#define JSON_IN_NODES_MAX 100000

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* text[len] must be NUL. -EBADMSG with the reason and *ret_offset. Freed by cJSON_Delete. */
_must_check_ int json_in_parse(cJSON **ret, const char *text, size_t len, size_t *ret_offset,
			       struct err *err);

/* The same for documents of our own children: only size and depth are bounded. */
_must_check_ int json_in_load(cJSON **ret, const char *path, size_t max, struct err *err);

/*
 * Large documents, looked into without a tree: a tree takes many times the room of its text.
 *
 * json_in_check must have said 0 of the text that a part is of; parts are borrowed from it.
 */
struct json_part {
	const char *at; /* NULL: there is none */
	size_t len;
};
/* The same rules but for the number of values, and names that stand twice. */
_must_check_ int json_in_check(struct json_part *ret, const char *text, size_t len,
			       struct err *err);
/* The same of a text that is borrowed by nobody, with a NUL behind it or none; many: of one document or more, one behind another. */
_must_check_ int json_in_check_all(const char *text, size_t len, bool many, struct err *err);
/* A member of an object; none where it is no object, or has the name twice: then it is nobody's to choose. */
struct json_part json_in_member(struct json_part object, const char *key);
/* The next item of an array; *rest is the array at first. None after the last. */
struct json_part json_in_next(struct json_part *rest);

/* Members; NULL, or `otherwise`, when absent or of another type. obj may be NULL. */
const cJSON *json_in_get(const cJSON *obj, const char *key);
const char *json_in_text(const cJSON *obj, const char *key);
bool json_in_bool(const cJSON *obj, const char *key, bool otherwise);
int64_t json_in_int(const cJSON *obj, const char *key, int64_t otherwise);
/* A number without a fraction that a double holds exactly? */
bool json_in_is_integer(const cJSON *item);
