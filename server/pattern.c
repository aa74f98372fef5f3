// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pattern.c — regular expressions, their last repetition counted by us. */
#include "server/pattern.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Behind what stands for exactly one byte: itself, or a set of ASCII characters. NULL: it is something else. */
static const char *behind_one(const char *at)
{
	if (*at == '[') {
		size_t len = strcspn(at + 1, "^[]");

		return len && at[1 + len] == ']' ? at + len + 2 : NULL;
	}
	return *at > 0x20 && !strchr("\\^$.|()*+?{}", *at) ? at + 1 : NULL;
}

/* How long "^…" is before "{", where that is a count of its last set, and the end. 0: it is not of that form. */
static size_t find_count(const char *text, size_t *ret_min, size_t *ret_max)
{
	const char *at = text + 1, *next;
	size_t fixed = 0;
	int end = 0;

	if (*text != '^')
		return 0;
	while ((next = behind_one(at)) && *next != '{') {
		if (*next && strchr("*+?", *next))
			return 0;
		fixed++;
		at = next;
	}
	if (!next || *at != '[')
		return 0;
	if (sscanf(next, "{%4zu,%4zu}%n", ret_min, ret_max, &end) != 2 || !end) {
		if (sscanf(next, "{%4zu}%n", ret_min, &end) != 1 || !end)
			return 0;
		*ret_max = *ret_min;
	}
	*ret_min += fixed;
	*ret_max += fixed;
	return strcmp(next + end, "$") ? 0 : (size_t)(next - text);
}

int pattern_init(struct pattern *ret, const char *text, struct err *err)
{
	_cleanup_free_ char *plain = NULL;
	struct pattern p = { .text = text };
	size_t len = find_count(text, &p.bytes_min, &p.bytes_max);

	if (!len) {
		p.bytes_min = 0;
		p.bytes_max = SIZE_MAX;
	} else if (asprintf(&plain, "%.*s*$", (int)len, text) < 0) {
		plain = NULL;
		return err_oom(err);
	}
	if (regcomp(&p.regex, plain ? plain : text, REG_EXTENDED | REG_NOSUB) != 0)
		return err_set(err, EINVAL, "the pattern '%s' is no regular expression", text);
	*ret = p;
	return 0;
}

void pattern_done(struct pattern *pattern)
{
	regfree(&pattern->regex);
}

bool pattern_matches(const struct pattern *p, const char *value)
{
	size_t len = strlen(value);

	return len >= p->bytes_min && len <= p->bytes_max &&
	       regexec(&p->regex, value, 0, NULL, 0) == 0;
}
