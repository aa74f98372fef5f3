// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* text.c — a growing text. */
#include "server/text.h"

#include <stdarg.h>
#include <string.h>

static bool room(struct text *text, size_t more)
{
	size_t capacity = text->capacity ? text->capacity : 256;
	char *grown;

	if (text->failed)
		return false;
	if (text->len + more + 1 <= text->capacity)
		return true;
	while (capacity < text->len + more + 1)
		capacity *= 2;
	grown = realloc(text->bytes, capacity);
	if (!grown) {
		text->failed = true;
		return false;
	}
	text->bytes = grown;
	text->capacity = capacity;
	return true;
}

void text_put_n(struct text *text, const char *bytes, size_t len)
{
	if (!room(text, len))
		return;
	memcpy(text->bytes + text->len, bytes, len);
	text->len += len;
	text->bytes[text->len] = '\0';
}

void text_put(struct text *text, const char *bytes)
{
	text_put_n(text, bytes, strlen(bytes));
}

void text_printf(struct text *text, const char *fmt, ...)
{
	va_list ap, again;
	int n;

	va_start(ap, fmt);
	va_copy(again, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	if (n >= 0 && room(text, (size_t)n)) {
		vsnprintf(text->bytes + text->len, (size_t)n + 1, fmt, again);
		text->len += (size_t)n;
	} else {
		text->failed = true;
	}
	va_end(again);
	va_end(ap);
}

char *text_take(struct text *text)
{
	char *bytes;

	text_put_n(text, "", 0);
	if (text->failed) {
		text_done(text);
		return NULL;
	}
	bytes = text->bytes;
	*text = (struct text){};
	return bytes;
}

void text_done(struct text *text)
{
	free(text->bytes);
	*text = (struct text){};
}
