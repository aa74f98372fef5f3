// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* outline_lines.c — which lines of a C source are code, and which are of the preprocessor. */
#include <ctype.h>
#include <string.h>

#include "analyzer/outline.h"

/* The state that outlives a line. */
struct scan {
	bool comment;   /* inside of one */
	bool directive; /* the line before ends with a backslash */
};

/* The character behind a literal. A literal ends with its line at the latest, so that a lone quote in a comment of an
 * "#error" costs no more than that line. */
static const char *skip_literal(const char *at, const char *end)
{
	char quote = *at++;

	while (at < end && *at != quote)
		at += *at == '\\' && at + 1 < end ? 2 : 1;
	return at < end ? at + 1 : end;
}

static const char *skip_comment(struct scan *scan, const char *at, const char *end)
{
	for (; at + 1 < end; at++)
		if (at[0] == '*' && at[1] == '/') {
			scan->comment = false;
			return at + 2;
		}
	return end;
}

static bool is_include(const char *at, const char *end)
{
	for (at++; at < end && (*at == ' ' || *at == '\t');)
		at++;
	return end - at >= 7 && (!memcmp(at, "include", 7) || !memcmp(at, "import ", 7));
}

static unsigned char scan_line(struct scan *scan, const char *at, const char *end)
{
	unsigned char flags = scan->directive ? LINE_DIRECTIVE : 0;
	const char *start = at;
	char last = 0;

	while (at < end) {
		if (scan->comment) {
			at = skip_comment(scan, at, end);
		} else if (end - at >= 2 && at[0] == '/' && at[1] == '*') {
			scan->comment = true;
			at += 2;
		} else if (end - at >= 2 && at[0] == '/' && at[1] == '/') {
			break;
		} else if (isspace((unsigned char)*at)) {
			at++;
		} else {
			if (*at == '#' && !last)
				flags |= LINE_DIRECTIVE | (is_include(at, end) ? LINE_INCLUDE : 0u);
			last = *at;
			at = *at == '"' || *at == '\'' ? skip_literal(at, end) : at + 1;
		}
	}
	while (end > start && isspace((unsigned char)end[-1]))
		end--;
	scan->directive = (flags & LINE_DIRECTIVE) && end > start && end[-1] == '\\';
	return flags | (last ? LINE_CODE : 0u) | (last && strchr(";{}:", last) ? LINE_ENDS : 0u);
}

int outline_lines(struct outline *ret, const char *text, size_t len, struct arena *arena,
		  struct err *err)
{
	const char *at = text, *end = text + len, *newline;
	struct scan scan = {};
	unsigned char *lines;
	size_t n = 0;

	for (const char *c = text; c < end; c = newline ? newline + 1 : end, n++)
		newline = memchr(c, '\n', (size_t)(end - c));
	lines = arena_alloc(arena, n + 1);
	if (!lines)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		newline = memchr(at, '\n', (size_t)(end - at));
		lines[i] = scan_line(&scan, at, newline ? newline : end);
		at = newline ? newline + 1 : end;
	}
	ret->lines = lines;
	ret->line_count = n;
	return 0;
}
