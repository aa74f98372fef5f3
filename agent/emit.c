// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* emit.c — JSON text into a growing buffer. */
#include "agent/emit.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void text_done(struct text *text)
{
	free(text->data);
	*text = (struct text){};
}

/* Room for len more bytes and a NUL. */
static bool text_room(struct text *text, size_t len)
{
	size_t need = text->len + len + 1, more = text->capacity ? text->capacity : 256;
	char *grown;

	if (text->failed || len > SIZE_MAX / 4 || need > SIZE_MAX / 4) {
		text->failed = true;
		return false;
	}
	if (need <= text->capacity)
		return true;
	while (more < need)
		more *= 2;
	grown = realloc(text->data, more);
	if (!grown) {
		text->failed = true;
		return false;
	}
	text->data = grown;
	text->capacity = more;
	return true;
}

void text_add(struct text *text, const char *bytes, size_t len)
{
	if (!text_room(text, len))
		return;
	memcpy(text->data + text->len, bytes, len);
	text->len += len;
	text->data[text->len] = '\0';
}

void text_printf(struct text *text, const char *fmt, ...)
{
	va_list ap, again;
	int len;

	va_start(ap, fmt);
	va_copy(again, ap);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		text->failed = true;
	else if (text_room(text, (size_t)len)) {
		vsnprintf(text->data + text->len, (size_t)len + 1, fmt, again);
		text->len += (size_t)len;
	}
	va_end(again);
}

/* A value follows another one unless the last byte opens something; no value ends in such a byte. */
static void emit_key(struct text *text, const char *key)
{
	if (text->len && !strchr("{[:\n", text->data[text->len - 1]))
		text_add(text, ",", 1);
	if (key)
		text_printf(text, "\"%s\":", key);
}

void emit_open(struct text *text, const char *key, char bracket)
{
	emit_key(text, key);
	text_add(text, &bracket, 1);
}

void emit_close(struct text *text, char bracket)
{
	text_add(text, &bracket, 1);
}

void emit_u64(struct text *text, const char *key, uint64_t value)
{
	emit_key(text, key);
	text_printf(text, "%" PRIu64, value);
}

void emit_i64(struct text *text, const char *key, int64_t value)
{
	emit_key(text, key);
	text_printf(text, "%" PRId64, value);
}

void emit_bool(struct text *text, const char *key, bool value)
{
	emit_key(text, key);
	text_printf(text, "%s", value ? "true" : "false");
}

/* The length of the UTF-8 sequence at p (1–4), 0 when it is none: RFC 3629, no surrogates, no overlong forms. */
static size_t sequence_length(const unsigned char *p, size_t left)
{
	if (p[0] < 0x80)
		return 1;
	if (p[0] >= 0xc2 && p[0] <= 0xdf)
		return left >= 2 && (p[1] & 0xc0) == 0x80 ? 2 : 0;
	if (left < 3 || (p[1] & 0xc0) != 0x80 || (p[2] & 0xc0) != 0x80)
		return 0;
	if (p[0] >= 0xe0 && p[0] <= 0xef) {
		if ((p[0] == 0xe0 && p[1] < 0xa0) || (p[0] == 0xed && p[1] > 0x9f))
			return 0;
		return 3;
	}
	if (p[0] < 0xf0 || p[0] > 0xf4 || left < 4 || (p[3] & 0xc0) != 0x80)
		return 0;
	if ((p[0] == 0xf0 && p[1] < 0x90) || (p[0] == 0xf4 && p[1] > 0x8f))
		return 0;
	return 4;
}

static bool is_utf8(const char *bytes, size_t len)
{
	for (size_t i = 0, n; i < len; i += n) {
		n = sequence_length((const unsigned char *)bytes + i, len - i);
		if (n == 0)
			return false;
	}
	return true;
}

/* One character that needs no further thought about UTF-8. */
static void emit_char(struct text *text, const char *at, size_t n)
{
	unsigned char c = (unsigned char)*at;

	if (n > 1 || (c >= 0x20 && c != '"' && c != '\\'))
		text_add(text, at, n);
	else if (c == '"' || c == '\\')
		text_printf(text, "\\%c", c);
	else
		text_printf(text, "\\u%04x", c);
}

static void emit_quoted(struct text *text, const char *bytes, size_t len, bool keep)
{
	text_add(text, "\"", 1);
	for (size_t i = 0, n; i < len; i += n) {
		n = sequence_length((const unsigned char *)bytes + i, len - i);
		if (n == 0) {
			n = 1;
			if (keep)
				text_printf(text, "\\\\x%02x", (unsigned char)bytes[i]);
			else
				text_add(text, "\xef\xbf\xbd", 3);
		} else if (keep && bytes[i] == '\\') {
			text_add(text, "\\\\\\\\", 4);
		} else {
			emit_char(text, bytes + i, n);
		}
	}
	text_add(text, "\"", 1);
}

void emit_string(struct text *text, const char *key, const char *value)
{
	if (!value)
		return;
	emit_key(text, key);
	emit_quoted(text, value, strlen(value), false);
}

bool emit_bytes(struct text *text, const char *key, const char *bytes, size_t len)
{
	bool escaped = !is_utf8(bytes, len);

	emit_key(text, key);
	emit_quoted(text, bytes, len, escaped);
	return escaped;
}
