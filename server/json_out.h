/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * json_out.h — JSON, written as it goes, into a text. Keys are NULL for the items of an array and for the document itself.
 *
 * Invalid UTF-8 becomes U+FFFD: what we send can always be read.
 */
#pragma once

#include <stdint.h>

#include "server/text.h"

struct json_out {
	struct text text;
	bool comma;
};

void json_out_open(struct json_out *out, const char *key, char bracket);
void json_out_close(struct json_out *out, char bracket);
/* null for NULL. */
void json_out_text(struct json_out *out, const char *key, const char *value);
/* Nothing for NULL. */
void json_out_optional(struct json_out *out, const char *key, const char *value);
void json_out_int(struct json_out *out, const char *key, int64_t value);
void json_out_bool(struct json_out *out, const char *key, bool value);
void json_out_null(struct json_out *out, const char *key);
/* A value that is JSON already. */
void json_out_raw(struct json_out *out, const char *key, const char *json);
/* The same of so many bytes, its blanks left out. */
void json_out_part(struct json_out *out, const char *key, const char *json, size_t len);
/* Milliseconds since 1970 as "2025-01-31T12:00:00.000Z"; null for 0. */
void json_out_time(struct json_out *out, const char *key, int64_t ms);
