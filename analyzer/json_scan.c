// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * json_scan.c — what a JSON parser forgives and we do not, found before parsing: depth, UTF-8, NUL, unpaired surrogates.
 *
 * A single pass that knows strings and brackets only; whether the text is JSON at all is the parser's question.
 */
#include "analyzer/json.h"

#include <string.h>

/* The length of the UTF-8 sequence at s, or 0 when it is none (Unicode 15, table 3-7). */
size_t utf8_length(const char *text, size_t left)
{
	const unsigned char *s = (const unsigned char *)text;
	size_t n = s[0] < 0x80   ? 1
		   : s[0] < 0xc2 ? 0
		   : s[0] < 0xe0 ? 2
		   : s[0] < 0xf0 ? 3
		   : s[0] < 0xf5 ? 4
				 : 0;

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	if ((s[0] == 0xe0 && s[1] < 0xa0) || (s[0] == 0xed && s[1] > 0x9f))
		return 0;
	if ((s[0] == 0xf0 && s[1] < 0x90) || (s[0] == 0xf4 && s[1] > 0x8f))
		return 0;
	return n;
}

int json_fault_at(const char *text, size_t at, struct err *err, const char *what)
{
	size_t line = 1, column = 1;

	for (size_t i = 0; i < at; i++) {
		column = text[i] == '\n' ? 1 : column + 1;
		line += text[i] == '\n';
	}
	return err_set(err, EBADMSG, "line %zu, column %zu: %s", line, column, what);
}

struct scan {
	const char *text;
	size_t len, at;
	unsigned depth;
	bool in_string;
};

/* A backslash inside a string: \u0000 would end a C string early, and hide what follows. */
static const char *scan_escape(struct scan *s)
{
	if (s->len - s->at >= 6 && !memcmp(s->text + s->at, "\\u0000", 6))
		return "a string holds a NUL";
	s->at += s->len - s->at > 1 ? 2 : 1;
	return NULL;
}

static const char *scan_step(struct scan *s)
{
	char c = s->text[s->at];
	size_t n = utf8_length(s->text + s->at, s->len - s->at);

	if (c == '\0')
		return "the text holds a NUL byte";
	if (n == 0)
		return "not valid UTF-8";
	if (s->in_string && c == '\\')
		return scan_escape(s);
	if (s->in_string && (unsigned char)c < 0x20)
		return "a control character inside a string";
	if (c == '"')
		s->in_string = !s->in_string;
	else if (!s->in_string && (c == '{' || c == '[') && ++s->depth > JSON_NESTING_MAX)
		return "nested too deep (the limit is 64)";
	else if (!s->in_string && (c == '}' || c == ']') && s->depth)
		s->depth--;
	s->at += n;
	return NULL;
}

int json_scan(const char *text, size_t len, struct err *err)
{
	struct scan s = { .text = text, .len = len };
	const char *fault;

	while (s.at < len) {
		fault = scan_step(&s);
		if (fault)
			return json_fault_at(text, s.at, err, fault);
	}
	return 0;
}
