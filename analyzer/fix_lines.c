// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fix_lines.c — hunks of patches found again in the sources as they are compiled. */
#include "analyzer/fix_lines.h"

#include "include/array.h"

#include "analyzer/patch.h"

#define STRIP 1u /* quilt's default */

struct finder {
	struct fix_lines lines;
	struct rootfs *tree;
	struct arena *arena;
	struct err *err;
};

/* The lines of a source. */
struct text_lines {
	const char **at;
	size_t count;
};

void fix_lines_done(struct fix_lines *lines)
{
	free(lines->items);
	*lines = (struct fix_lines){};
}

static int split(struct text_lines *ret, const char *text, struct arena *arena)
{
	size_t n = 0;

	for (const char *at = text; *at; at++)
		n += *at == '\n';
	ret->at = arena_alloc(arena, (n + 2) * sizeof(*ret->at));
	if (!ret->at)
		return -ENOMEM;
	while (*text) {
		ret->at[ret->count++] = text;
		text += strcspn(text, "\n");
		text += *text == '\n';
	}
	return 0;
}

static bool is_line(const char *at, const struct patch_line *line)
{
	size_t n = line->len && line->text[line->len - 1] == '\n' ? line->len - 1 : line->len;

	return !strncmp(at, line->text, n) && (at[n] == '\n' || !at[n]);
}

/* Do all new lines of the hunk stand from line number `first` on? */
static bool stands_at(const struct text_lines *text, size_t first, const struct patch_hunk *hunk)
{
	for (size_t i = 0; i < hunk->line_count; i++) {
		if (hunk->lines[i].kind == '-')
			continue;
		if (first >= text->count || !is_line(text->at[first++], &hunk->lines[i]))
			return false;
	}
	return true;
}

static int add_hunk(struct finder *in, const char *file, const struct text_lines *text,
		    const struct patch_hunk *hunk)
{
	size_t found = 0, at = 0;

	for (size_t i = 0; i < text->count && found < 2; i++)
		if (stands_at(text, i, hunk)) {
			at = i;
			found++;
		}
	if (found != 1)
		return 0;
	for (size_t i = 0; i < hunk->line_count; i++) {
		struct fix_line *slot;

		if (hunk->lines[i].kind == '+') {
			slot = array_add(in->lines.items, in->lines.count, in->lines.capacity);
			if (!slot)
				return err_oom(in->err);
			*slot = (struct fix_line){ file, (unsigned)at + 1 };
		}
		at += hunk->lines[i].kind != '-';
	}
	return 0;
}

static int add_file(struct finder *in, const struct patch_file *patched)
{
	struct text_lines text = {};
	struct err unused;
	const char *file;
	char *bytes;
	size_t len;
	int r;

	if (!patched->new_name ||
	    patch_path(&file, patched->new_name, STRIP, in->arena, &unused) < 0)
		return 0;
	r = rootfs_read(in->tree, file, PATCH_TEXT_BYTES_MAX, in->arena, &bytes, &len, &unused);
	if (r == -ENOMEM || (r == 0 && split(&text, bytes, in->arena) < 0))
		return err_oom(in->err);
	for (size_t i = 0; i < patched->hunk_count && text.count; i++)
		if (add_hunk(in, file, &text, &patched->hunks[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int add_patch(struct finder *in, const char *name)
{
	_cleanup_(patch_freep) struct patch *patch = NULL;
	struct err unused;
	char *bytes;
	size_t len;
	int r = rootfs_read(in->tree, name, PATCH_BYTES_MAX, in->arena, &bytes, &len, &unused);

	if (r == 0)
		r = patch_parse(&patch, bytes, len, &unused);
	if (r == -ENOMEM)
		return err_oom(in->err);
	if (r < 0)
		return 0;
	for (size_t i = 0; i < patch->file_count; i++)
		if (add_file(in, &patch->files[i]) < 0)
			return -ENOMEM;
	return 0;
}

static int compare_lines(const void *a, const void *b)
{
	const struct fix_line *x = a, *y = b;
	int r = strcmp(x->file, y->file);

	return r ? r : (x->line > y->line) - (x->line < y->line);
}

int fix_lines_read(struct fix_lines *ret, struct rootfs *tree, const struct fix_record *fix,
		   struct arena *arena, struct err *err)
{
	struct finder in = { {}, tree, arena, err };
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < fix->patch_count && r == 0; i++)
		r = add_patch(&in, fix->patches[i].name);
	if (r < 0) {
		fix_lines_done(&in.lines);
		return r;
	}
	array_sort(in.lines.items, in.lines.count, sizeof(*in.lines.items), compare_lines);
	for (size_t i = 0; i < in.lines.count; i++)
		if (!n || compare_lines(&in.lines.items[n - 1], &in.lines.items[i]))
			in.lines.items[n++] = in.lines.items[i];
	in.lines.count = n;
	*ret = in.lines;
	return 0;
}
