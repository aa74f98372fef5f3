// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_diff.c — any two documents, one a line, as reports to compare and as the document that a next one follows: refused with a
 * reason, or a comparison that can be read, and that finds nothing between a report and itself. */
#include <stdint.h>
#include <string.h>

#include "analyzer/edition.h"
#include "analyzer/json.h"
#include "analyzer/report_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void compare(const cJSON *old, const cJSON *new)
{
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = report_diff(old, new, new, old, &err), *read = NULL;
	_cleanup_free_ char *text = doc ? json_print(doc) : NULL;

	if (!doc) {
		if (!err.text[0])
			__builtin_trap();
		return;
	}
	if (!text || json_parse(&read, text, strlen(text), &err) < 0)
		__builtin_trap();
	if (old == new &&json_array(read, "changes")->child)
		__builtin_trap();
}

static void follow(const cJSON *before)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct edition repeat, next;
	struct json_writer w = {};
	struct err err = {};
	cJSON *statement;

	if (edition_repeat(&repeat, before, arena, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return;
	}
	if (edition_next(&next, &repeat, 4102444800, &err) < 0)
		return;
	cJSON_ArrayForEach(statement, json_array(before, "statements"))
	{
		_cleanup_(cJSON_Deletep) cJSON *copy = cJSON_Duplicate(statement, true);

		edition_stamp(&next, &w, copy);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const uint8_t *end = size ? memchr(data, '\n', size) : NULL;
	_cleanup_(cJSON_Deletep) cJSON *old = NULL, *new = NULL;
	size_t len = end ? (size_t)(end - data) : size;
	struct err err = {};

	if (json_parse(&old, (const char *)data, len, &err) < 0)
		return 0;
	follow(old);
	compare(old, old);
	if (end && json_parse(&new, (const char *)end + 1, size - len - 1, &err) == 0)
		compare(old, new);
	return 0;
}
