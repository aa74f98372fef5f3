// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * fuzz_patch.c — any bytes as a patch on any text: refused with a reason, or changes that add up.
 *
 * The first two bytes say how many of the rest are the text; what follows is the patch.
 */
#include <stdint.h>
#include <string.h>

#include "analyzer/patch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static size_t count_lines(const char *text, size_t len)
{
	size_t n = len && text[len - 1] != '\n';

	for (size_t i = 0; i < len; i++)
		n += text[i] == '\n';
	return n;
}

/* Changes stand in order and within both texts. */
static void check_changes(const struct patched *p, size_t old_lines, size_t new_lines)
{
	size_t old_end = 0, new_end = 0;

	for (size_t i = 0; i < p->change_count; i++) {
		const struct patch_change *c = &p->changes[i];

		if (!c->old_count && !c->new_count)
			__builtin_trap();
		if (c->old_start < old_end || c->new_start < new_end)
			__builtin_trap();
		old_end = c->old_start + c->old_count;
		new_end = c->new_start + c->new_count;
		if (old_end > old_lines + 1 || new_end > new_lines + 1)
			__builtin_trap();
	}
}

static void check_name(const char *name)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	for (unsigned strip = 0; name && strip < 3; strip++) {
		struct err err = {};
		const char *path = NULL;

		if (patch_path(&path, name, strip, arena, &err) < 0) {
			if (!err.text[0])
				__builtin_trap();
			continue;
		}
		if (*path == '/' || !*path || !strcmp(path, "..") || !strncmp(path, "../", 3) ||
		    strstr(path, "/../"))
			__builtin_trap();
	}
}

static void check_file(const struct patch_file *file, const char *text, size_t len)
{
	for (unsigned fuzz = 0; fuzz <= PATCH_FUZZ_MAX; fuzz++) {
		struct patched p = {};
		struct err err = {};

		if (patch_apply(&p, file, text, len, fuzz, &err) < 0) {
			if (!err.text[0] || p.text)
				__builtin_trap();
		} else {
			if (p.text[p.len] || p.fuzz > fuzz)
				__builtin_trap();
			check_changes(&p, count_lines(text, len), count_lines(p.text, p.len));
		}
		patched_done(&p);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(patch_freep) struct patch *patch = NULL;
	struct err err = {};
	const char *text;
	size_t len;

	if (size < 2)
		return 0;
	len = (size_t)data[0] | (size_t)data[1] << 8;
	len = len < size - 2 ? len : size - 2;
	text = (const char *)data + 2;
	if (patch_parse(&patch, text + len, size - 2 - len, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	if (patch->header_len > size - 2 - len)
		__builtin_trap();
	for (size_t i = 0; i < patch->file_count; i++) {
		check_name(patch->files[i].old_name);
		check_name(patch->files[i].new_name);
		check_file(&patch->files[i], text, len);
	}
	return 0;
}
