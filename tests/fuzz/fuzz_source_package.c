// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * fuzz_source_package.c — any bytes as the texts of a source package: read, or refused with a reason.
 *
 * The first byte chooses: .dsc, changelog, CVE ids, lines of C, what ctags prints, OSV records.
 */
#include <stdint.h>
#include <string.h>

#include "analyzer/advisory_check.h"
#include "analyzer/changelog.h"
#include "analyzer/cve_ids.h"
#include "analyzer/dsc.h"
#include "analyzer/outline.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define OUTLINES 4u
#define LINES 64u

static void read_dsc(const char *text, size_t len, struct arena *arena)
{
	struct dsc dsc = {};
	struct err err = {};

	if (dsc_parse(&dsc, text, len, arena, &err) < 0) {
		if (!err.text[0] || dsc.files)
			__builtin_trap();
		return;
	}
	for (size_t i = 0; i < dsc.file_count; i++)
		if (strchr(dsc.files[i].name, '/') || *dsc.files[i].name == '.')
			__builtin_trap();
}

static void read_changelog(const char *text, size_t len, struct arena *arena)
{
	struct changelog changelog = {};
	const char **versions;
	struct err err = {};

	if (changelog_parse(&changelog, text, len, arena, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return;
	}
	if (!changelog.count ||
	    changelog_versions_with(&changelog, "CVE-2024-0001", arena, &versions) < 0)
		__builtin_trap();
}

static void read_ids(const char *text, size_t len, struct arena *arena)
{
	_cleanup_(string_set_donep) struct string_set set = { .arena = arena };

	if (cve_ids_find(&set, text, len) < 0)
		__builtin_trap();
	for (size_t i = 0; i < set.count; i++)
		if (strlen(set.items[i]) < 13 || strncmp(set.items[i], "CVE-", 4))
			__builtin_trap();
}

static void read_lines(const char *text, size_t len, struct arena *arena)
{
	struct outline o = {};
	struct err err = {};

	if (outline_lines(&o, text, len, arena, &err) < 0)
		__builtin_trap();
}

static void read_tags(const char *text, size_t len, struct arena *arena)
{
	struct outline outlines[OUTLINES] = {};
	char *copy = arena_strndup(arena, text, len);
	struct err err = {};

	for (size_t i = 0; i < OUTLINES; i++) {
		outlines[i].lines = arena_alloc(arena, LINES);
		outlines[i].line_count = LINES;
		memset(outlines[i].lines, LINE_CODE, LINES);
	}
	if (outline_tags(outlines, OUTLINES, copy, arena, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return;
	}
	for (size_t i = 0; i < OUTLINES; i++)
		for (size_t k = 0; k < outlines[i].count; k++)
			if (!outlines[i].functions[k].first || !*outlines[i].functions[k].name)
				__builtin_trap();
}

static void read_records(const char *text, size_t len, struct arena *arena)
{
	_cleanup_(advisory_check_done) struct advisory_check check = {};
	struct err err = {};

	(void)arena;
	if (advisory_check_init(&check, &err) < 0)
		__builtin_trap();
	if (advisory_check_text(&check, text, len, "fuzz", &err) < 0 && !err.text[0])
		__builtin_trap();
	if (check.fault_count > check.total)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(const char *text, size_t len, struct arena *arena) = {
		read_dsc, read_changelog, read_ids, read_lines, read_tags, read_records,
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_free_ char *text = size ? calloc(1, size) : NULL;

	if (!text)
		return 0;
	/* NUL-terminated, as a file that was read. */
	memcpy(text, data + 1, size - 1);
	readers[data[0] % (sizeof(readers) / sizeof(*readers))](text, size - 1, arena);
	return 0;
}
