/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * json.h — documents from strangers become trees within limits, and trees become the same bytes every time.
 *
 * Reading refuses, naming line and column: text over the limit, nesting over JSON_NESTING_MAX, a key that stands twice
 * in one object, invalid UTF-8, a NUL, anything after the document. Parsing itself is cJSON's.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cjson/cJSON.h>

#include "analyzer/file.h"
#include "include/err.h"

#define JSON_NESTING_MAX 64
#define JSON_BYTES_MAX (128u << 20)

DEFINE_CLEANUP(cJSON *, cJSON_Delete)

/* Parses one document. The caller frees it with cJSON_Delete. Errors carry line and column, not the name. */
_must_check_ int json_parse(cJSON **ret, const char *text, size_t len, struct err *err);

/* file_read + json_parse, with the path in the error. */
_must_check_ int json_load(cJSON **ret, const char *path, struct err *err);

/* Borrowed members, NULL (or the given default) when absent or of another type. obj may be NULL. */
const cJSON *json_get(const cJSON *obj, const char *key);
const cJSON *json_array(const cJSON *obj, const char *key);
const cJSON *json_object(const cJSON *obj, const char *key);
const char *json_string(const cJSON *obj, const char *key);
bool json_bool(const cJSON *obj, const char *key, bool otherwise);
/* A non-negative integer given as number (exact below 2^53) or as decimal string. */
uint64_t json_u64(const cJSON *obj, const char *key, uint64_t otherwise);

/* Refuses an object with any member but these (a list that ends with NULL); -EBADMSG names it. */
_must_check_ int json_only(const cJSON *obj, const char *const *keys, struct err *err);

/* Sticky building: returns the object or item added, NULL when memory ran out or a parent is NULL. */
cJSON *json_add_string(cJSON *obj, const char *key,
		       const char *value);                        /* value NULL: adds nothing */
cJSON *json_add_u64(cJSON *obj, const char *key, uint64_t value); /* exact, printed as an integer */
cJSON *json_add_fixed(cJSON *obj, const char *key, double value,
		      int decimals); /* locale-independent */
cJSON *json_push_string(cJSON *array, const char *value);

/* Text with two-space indentation, a newline at the end, members in the order in which they were added; every byte is
 * determined by the tree. DEL and C1 controls are escaped as all controls are. Invalid UTF-8 in strings is replaced by U+FFFD. Freed by the caller; NULL: no memory. */
char *json_print(const cJSON *tree);
/* The same on one line without spaces, no newline at the end. */
char *json_print_line(const cJSON *tree);

/* The length of the UTF-8 sequence at text (1–4), or 0 when it is none. left > 0. */
size_t utf8_length(const char *text, size_t left);

/* What parsers forgive and we refuse: depth, invalid UTF-8, NUL, control characters in strings. For json_parse. */
_must_check_ int json_scan(const char *text, size_t len, struct err *err);
/* Sets "line L, column C: what" for the byte at `at`; returns -EBADMSG. */
int json_fault_at(const char *text, size_t at, struct err *err, const char *what);

/* json_print + file_write. */
_must_check_ int json_save(const cJSON *tree, const char *path, struct err *err);
