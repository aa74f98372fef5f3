// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* json_out.c — JSON, written as it goes. */
#include "server/json_out.h"

#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "server/clock.h"
#include "server/utf8.h"

static void put_string(struct text *text, const char *value)
{
	size_t len = strlen(value), n;
	const char *plain = value, *end = value + len;

	text_put_n(text, "\"", 1);
	for (const char *at = value; at < end; at += n) {
		n = utf8_length(at, (size_t)(end - at));
		if (n && (unsigned char)*at >= 0x20 && *at != '"' && *at != '\\' && *at != 0x7f)
			continue;
		text_put_n(text, plain, (size_t)(at - plain));
		if (!n)
			text_put(text, "\xef\xbf\xbd");
		else if (*at == '"' || *at == '\\')
			text_printf(text, "\\%c", *at);
		else if (*at == '\n')
			text_put(text, "\\n");
		else
			text_printf(text, "\\u%04x", (unsigned char)*at);
		n = n ? n : 1;
		plain = at + n;
	}
	text_put_n(text, plain, (size_t)(end - plain));
	text_put_n(text, "\"", 1);
}

static void put_key(struct json_out *out, const char *key)
{
	if (out->comma)
		text_put_n(&out->text, ",", 1);
	out->comma = true;
	if (!key)
		return;
	put_string(&out->text, key);
	text_put_n(&out->text, ":", 1);
}

void json_out_open(struct json_out *out, const char *key, char bracket)
{
	put_key(out, key);
	text_put_n(&out->text, &bracket, 1);
	out->comma = false;
}

void json_out_close(struct json_out *out, char bracket)
{
	text_put_n(&out->text, &bracket, 1);
	out->comma = true;
}

void json_out_raw(struct json_out *out, const char *key, const char *json)
{
	put_key(out, key);
	text_put(&out->text, json);
}

void json_out_part(struct json_out *out, const char *key, const char *json, size_t len)
{
	const char *from = json, *end = json + len;
	bool in_string = false;

	put_key(out, key);
	for (const char *at = json; at < end; at++) {
		if (in_string && *at == '\\') {
			at++;
		} else if (*at == '"') {
			in_string = !in_string;
		} else if (!in_string && strchr(" \t\r\n", *at)) {
			text_put_n(&out->text, from, (size_t)(at - from));
			from = at + 1;
		}
	}
	if (from < end)
		text_put_n(&out->text, from, (size_t)(end - from));
}

void json_out_text(struct json_out *out, const char *key, const char *value)
{
	put_key(out, key);
	if (value)
		put_string(&out->text, value);
	else
		text_put(&out->text, "null");
}

void json_out_optional(struct json_out *out, const char *key, const char *value)
{
	if (value)
		json_out_text(out, key, value);
}

void json_out_int(struct json_out *out, const char *key, int64_t value)
{
	put_key(out, key);
	text_printf(&out->text, "%" PRId64, value);
}

void json_out_bool(struct json_out *out, const char *key, bool value)
{
	json_out_raw(out, key, value ? "true" : "false");
}

void json_out_null(struct json_out *out, const char *key)
{
	json_out_raw(out, key, "null");
}

void json_out_time(struct json_out *out, const char *key, int64_t ms)
{
	char at[CLOCK_TEXT_BYTES];

	json_out_text(out, key, ms ? clock_text(at, ms) : NULL);
}
