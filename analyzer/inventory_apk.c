// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * inventory_apk.c — the packages of Alpine's and Wolfi's database.
 *
 * One letter, a colon, a value per line; a blank line ends a package. "F:" opens a directory, "R:" names a file in it
 * (apk-tools, doc/apk-v2 "installed").
 */
#include "analyzer/inventory_build.h"

#include <string.h>

#define LINE_BYTES_MAX (1u << 20)
#define WANTS_MAX 1024u

struct apk {
	struct builder *b;
	const char *file;
	size_t line;                 /* where the package starts */
	const char *value[128];      /* of the letters kept */
	const char *depends, *gives; /* D: and p: */
	const char **files;          /* R: with its F:, absolute */
	size_t file_count, file_capacity;
	const char *directory;
	bool any, faulty;
};

static int fault(struct apk *apk, size_t line, const char *what)
{
	apk->faulty = true;
	return builder_fault(apk->b, "'%s': line %zu %s", apk->file, line, what);
}

static bool is_plain(const char *text)
{
	if (!*text || *text == '.')
		return false;
	for (; *text; text++)
		if (*text <= ' ' || *text >= 0x7f || *text == '/')
			return false;
	return true;
}

/* "so:libc.musl-x86_64.so.1=1", "busybox>=1.2", "!x" (a conflict): the name alone. */
static const char *dependency_key(struct builder *b, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (strchr("=<>~", text[i]))
			len = i;
	return arena_printf(b->scratch, "apk:%.*s", (int)len, text);
}

static int take_depends(struct apk *apk, struct draft *draft)
{
	const char *at = apk->depends;
	size_t len;

	if (!at)
		return 0;
	draft->wants = arena_alloc(apk->b->scratch, WANTS_MAX * sizeof(*draft->wants));
	if (!draft->wants)
		return -ENOMEM;
	for (; *at && draft->want_count < WANTS_MAX; at += len) {
		at += strspn(at, " ");
		len = strcspn(at, " ");
		if (!len || *at == '!')
			continue;
		draft->wants[draft->want_count] = dependency_key(apk->b, at, len);
		if (!draft->wants[draft->want_count++])
			return -ENOMEM;
	}
	return 0;
}

static int offer_all(struct apk *apk, uint32_t number)
{
	const char *at = apk->gives ? apk->gives : "";
	size_t len;
	int r;

	r = builder_offer(apk->b, arena_printf(apk->b->scratch, "apk:%s", apk->value['P']), number);
	for (; *at && r >= 0; at += len) {
		at += strspn(at, " ");
		len = strcspn(at, " ");
		if (len)
			r = builder_offer(apk->b, dependency_key(apk->b, at, len), number);
	}
	return r;
}

static int take_package(struct apk *apk)
{
	struct builder *b = apk->b;
	const char **value = apk->value;
	struct draft draft = { .by_system = true };
	uint32_t number;
	int r;

	if (!apk->any)
		return 0;
	if (!value['P'] || !value['V'] || !is_plain(value['P']) || !is_plain(value['V']))
		return fault(apk, apk->line,
			     "starts a package without a proper name (P:) and "
			     "version (V:), skipping");
	draft.package = (struct package){ .type = "apk",
					  .name = value['P'],
					  .version = value['V'],
					  .arch = value['A'],
					  .source = value['o'] ? value['o'] : value['P'],
					  .source_version = value['V'],
					  .location = apk->file };
	r = builder_purl(b, &draft.package, b->inv->os_id ? b->inv->os_id : "alpine");
	if (r >= 0)
		r = take_depends(apk, &draft);
	if (r >= 0)
		r = builder_add(b, &draft, &number);
	if (r < 0 || number == ENTRY_NONE)
		return r;
	r = offer_all(apk, number);
	for (size_t i = 0; i < apk->file_count && r >= 0; i++)
		r = builder_claim_path(b, number, apk->files[i]);
	b->drafts[number].package.files_known = r >= 0 && !apk->faulty;
	return r;
}

static int take_file(struct apk *apk, const char *name, size_t line)
{
	const char **grown;
	size_t capacity;

	if (!apk->directory)
		return fault(apk, line, "names a file (R:) outside of a directory (F:)");
	if (apk->file_count == apk->file_capacity) {
		capacity = apk->file_capacity ? apk->file_capacity * 2 : 64;
		grown = arena_alloc(apk->b->scratch, capacity * sizeof(*grown));
		if (!grown)
			return -ENOMEM;
		if (apk->file_count)
			memcpy(grown, apk->files, apk->file_count * sizeof(*grown));
		apk->files = grown;
		apk->file_capacity = capacity;
	}
	apk->files[apk->file_count] = arena_printf(apk->b->scratch, "%s/%s", apk->directory, name);
	return apk->files[apk->file_count++] ? 0 : -ENOMEM;
}

static int take_line(struct apk *apk, const char *line, size_t len, size_t number)
{
	struct arena *arena = apk->b->inv->arena;
	const char *text;

	if (!apk->any)
		apk->line = number;
	apk->any = true;
	if (len > LINE_BYTES_MAX || memchr(line, '\0', len))
		return fault(apk, number, "is longer than 1 MiB or contains a NUL, skipping");
	if (len < 2 || line[1] != ':' || (signed char)*line <= 0)
		return fault(apk, number, "is no letter and value, skipping");
	text = strchr("PVAoDpFR", *line) ? arena_strndup(arena, line + 2, len - 2) : "";
	if (!text)
		return -ENOMEM;
	switch (*line) {
	case 'P':
	case 'V':
	case 'A':
	case 'o':
		if (*text)
			apk->value[(unsigned char)*line] = text;
		break;
	case 'D':
		apk->depends = text;
		break;
	case 'p':
		apk->gives = text;
		break;
	case 'F':
		apk->directory = *text ? arena_printf(apk->b->scratch, "/%s", text) : "";
		return apk->directory ? 0 : -ENOMEM;
	case 'R':
		return take_file(apk, text, number);
	}
	return 0;
}

static int read_database(struct builder *b, const char *path)
{
	struct apk apk = { .b = b, .file = path };
	struct lines lines;
	const char *line;
	char *text;
	size_t len;
	int r;

	r = builder_read(b, path, ROOTFS_READ_MAX, &text, &len);
	if (r < 0 || !text)
		return r;
	b->has_database = true;
	lines = (struct lines){ text, text + len, 0 };
	if (len && text[len - 1] != '\n') {
		r = builder_fault(b, "'%s' ends within a line", path);
		if (r < 0)
			return r;
	}
	while (r >= 0 && lines_next(&lines, &line, &len)) {
		if (len) {
			r = take_line(&apk, line, len, lines.number);
			continue;
		}
		r = take_package(&apk);
		apk = (struct apk){ .b = b, .file = path };
	}
	return r < 0 ? r : take_package(&apk);
}

int inventory_read_apk(struct builder *b)
{
	static const char *const paths[] = { "/lib/apk/db/installed", "/usr/lib/apk/db/installed" };
	const char *seen = NULL, *canonical;
	int r = 0;

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths) && r >= 0; i++) {
		r = builder_canonical(b, paths[i], &canonical);
		if (r < 0 || !canonical || (seen && !strcmp(seen, canonical)))
			continue;
		seen = canonical;
		r = read_database(b, canonical);
	}
	return r;
}
