// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* go_buildinfo.c — what a Go program says of its making. */
#include "analyzer/go_buildinfo.h"

#include <stdlib.h>
#include <string.h>

#define MAGIC "\xff Go buildinf:"
#define MAGIC_BYTES 14
#define HEADER_BYTES 32
#define SENTINEL_BYTES 16 /* around the text of modules */
#define TEXT_BYTES_MAX (16u << 20)
#define DEPS_MAX 100000u
#define SEARCH_BYTES_MAX (64u << 20)
#define STRETCH (1u << 20)
#define FLAG_INLINE 2u

struct info {
	const struct elf_file *file;
	struct elf_relative relative;
	struct arena *arena;
	uint64_t at; /* offset in the file */
	unsigned char head[HEADER_BYTES];
};

static bool starts_at(struct info *info, uint64_t offset)
{
	if (elffile_read(info->file, info->head, offset, sizeof(info->head)) < 0 ||
	    memcmp(info->head, MAGIC, MAGIC_BYTES) != 0)
		return false;
	info->at = offset;
	return true;
}

/* Go's linker puts it at the start of the writable data, aligned to 16; 1 when it is found. */
static int search_segment(struct info *info, const struct elf_segment *s)
{
	uint64_t end = s->filesz < SEARCH_BYTES_MAX ? s->filesz : SEARCH_BYTES_MAX;
	_cleanup_free_ char *bytes = malloc(STRETCH);
	int r;

	if (!bytes)
		return -ENOMEM;
	for (uint64_t skip = -s->vaddr & 15; skip < end; skip += STRETCH) {
		size_t n = end - skip < STRETCH ? (size_t)(end - skip) : STRETCH;

		r = elffile_read(info->file, bytes, s->offset + skip, n);
		if (r < 0)
			return r;
		for (size_t i = 0; i + MAGIC_BYTES <= n; i += 16)
			if (!memcmp(bytes + i, MAGIC, MAGIC_BYTES) &&
			    starts_at(info, s->offset + skip + i))
				return 1;
	}
	return 0;
}

static int find(struct info *info)
{
	const struct elf_file *file = info->file;
	int r = 0;

	for (size_t i = 0; i < file->section_count; i++)
		if (!strcmp(file->sections[i].name, ".go.buildinfo") &&
		    starts_at(info, file->sections[i].offset))
			return 1;
	for (size_t i = 0; i < file->segment_count && !r; i++)
		if (file->segments[i].type == PT_LOAD &&
		    (file->segments[i].flags & (PF_X | PF_W)) == PF_W)
			r = search_segment(info, &file->segments[i]);
	return r;
}

static int take_text(struct info *info, uint64_t offset, uint64_t len, char **ret, struct err *err)
{
	char *text;

	if (len > TEXT_BYTES_MAX)
		return err_set(err, EBADMSG, "a text of more than %u bytes", TEXT_BYTES_MAX);
	text = arena_alloc(info->arena, (size_t)len + 1);
	if (!text)
		return err_oom(err);
	if (elffile_read(info->file, text, offset, (size_t)len) < 0)
		return err_set(err, EBADMSG, "a text that lies outside the file");
	*ret = text;
	return 0;
}

/* From Go 1.18 on: the length as a varint, then the text; *at moves behind it. */
static int take_inline(struct info *info, uint64_t *at, char **ret, uint64_t *ret_len,
		       struct err *err)
{
	uint64_t len = 0;
	unsigned char byte = 0x80;

	for (unsigned shift = 0; shift < 63 && (byte & 0x80); shift += 7) {
		if (elffile_read(info->file, &byte, (*at)++, 1) < 0)
			return err_set(err, EBADMSG, "a length that lies outside the file");
		len |= (uint64_t)(byte & 0x7f) << shift;
	}
	*ret_len = len;
	if (take_text(info, *at, len, ret, err) < 0)
		return -EBADMSG;
	*at += len;
	return 0;
}

/* Before Go 1.18: a pointer to the header of a string, which has a pointer and a length. */
static int take_pointed(struct info *info, size_t number, char **ret, uint64_t *ret_len,
			struct err *err)
{
	size_t half = info->file->wide ? 8 : 4;
	uint64_t offset = info->at, header, text, len, room;

	for (size_t i = 0; i < info->file->segment_count; i++) {
		const struct elf_segment *s = &info->file->segments[i];

		if (s->type != PT_LOAD || offset < s->offset || offset - s->offset >= s->filesz)
			continue;
		if (elfrel_pointer(&info->relative, info->file,
				   s->vaddr + (offset - s->offset) + 16 + number * half,
				   &header) < 0 ||
		    elfrel_pointer(&info->relative, info->file, header, &text) < 0 ||
		    elfrel_pointer(&info->relative, info->file, header + half, &len) < 0 ||
		    (len && (elffile_at(info->file, text, &offset, &room) < 0 || len > room)))
			break;
		*ret_len = len;
		return take_text(info, offset, len, ret, err);
	}
	return err_set(err, EBADMSG, "a pointer that leads nowhere");
}

/* Cuts the next field of a line off: up to a tab, or its end. */
static const char *next_field(char **line)
{
	char *field = *line, *end = strchr(field, '\t');

	*line = end ? end + 1 : field + strlen(field);
	if (end)
		*end = '\0';
	return field;
}

static struct go_module take_module(char *line)
{
	struct go_module module;

	module.path = next_field(&line);
	module.version = next_field(&line);
	return module;
}

/* Lines of a key, a tab, and fields: path, mod, dep, and => for what replaces the module before. */
static int take_line(struct go_buildinfo *out, struct go_module **last, char *line, struct err *err)
{
	const char *key = next_field(&line);

	if (!strcmp(key, "path")) {
		out->main_package = next_field(&line);
	} else if (!strcmp(key, "mod")) {
		out->main = take_module(line);
		*last = &out->main;
	} else if (!strcmp(key, "dep")) {
		if (out->dep_count == DEPS_MAX)
			return err_set(err, EBADMSG, "more than %u modules", DEPS_MAX);
		*last = &out->deps[out->dep_count++];
		**last = take_module(line);
	} else if (!strcmp(key, "=>") && *last) {
		**last = take_module(line);
	}
	return 0;
}

static int take_modules(struct go_buildinfo *out, struct arena *arena, char *text, uint64_t len,
			struct err *err)
{
	struct go_module *last = NULL;
	size_t lines = 1;
	int r = 0;

	/* A program that was built without modules has none. */
	if (len < 2 * SENTINEL_BYTES + 1 || text[len - SENTINEL_BYTES - 1] != '\n')
		return 0;
	text[len - SENTINEL_BYTES] = '\0';
	text += SENTINEL_BYTES;
	for (const char *p = text; (p = strchr(p, '\n')); p++)
		lines++;
	out->deps = arena_alloc(arena, (lines < DEPS_MAX ? lines : DEPS_MAX) * sizeof(*out->deps));
	if (!out->deps)
		return err_oom(err);
	for (char *next; *text && r >= 0; text = next) {
		char *end = strchr(text, '\n');

		next = end ? end + 1 : text + strlen(text);
		if (end)
			*end = '\0';
		r = take_line(out, &last, text, err);
	}
	return r;
}

int go_buildinfo_read(struct go_buildinfo *ret, const struct elf_file *file,
		      const struct elf_dynamic *dyn, struct arena *arena, struct err *err)
{
	struct info info = { .file = file, .arena = arena };
	struct go_buildinfo out = {};
	uint64_t at, version_len = 0, modules_len = 0;
	char *version = NULL, *modules = NULL;
	int r = find(&info);

	if (r <= 0)
		return r ? err_sys(err, -r, "Go's build information")
			 : err_set(err, ENOENT, "no Go build information");
	at = info.at + HEADER_BYTES;
	if (info.head[MAGIC_BYTES + 1] & FLAG_INLINE) {
		r = take_inline(&info, &at, &version, &version_len, err);
		if (r >= 0)
			r = take_inline(&info, &at, &modules, &modules_len, err);
	} else {
		r = elfrel_read(&info.relative, file, dyn, arena);
		if (r >= 0)
			r = take_pointed(&info, 0, &version, &version_len, err);
		if (r >= 0)
			r = take_pointed(&info, 1, &modules, &modules_len, err);
	}
	if (r >= 0)
		r = take_modules(&out, arena, modules, modules_len, err);
	if (r < 0)
		return err_prefix(err, r, "Go's build information");
	out.go_version = version;
	*ret = out;
	return 0;
}
