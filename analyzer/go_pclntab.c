// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* go_pclntab.c — the functions of a Go program. */
#include "analyzer/go_pclntab.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/go_table.h"

#define TABLE_BYTES_MAX (512u << 20)
#define NAMES_BYTES_MAX (1u << 30) /* names can lie within each other */
#define STRETCH (1u << 20)
#define HEADER_BYTES 8

static unsigned format_of(uint64_t magic)
{
	switch (magic) {
	case 0xfffffffb:
		return 2;
	case 0xfffffffa:
		return 16;
	case 0xfffffff0:
		return 18;
	case 0xfffffff1:
		return 20;
	default:
		return 0;
	}
}

bool go_table_number(const struct go_table *table, uint64_t at, size_t bytes, uint64_t *ret)
{
	if (at > table->len || bytes > table->len - at)
		return false;
	*ret = elffile_number(table->file, table->bytes + at, bytes);
	return true;
}

const char *go_table_name(struct go_table *table, uint64_t offset)
{
	const struct go_pclntab *out = table->out;
	size_t room, len;

	if (offset >= out->names_len)
		return NULL;
	room = out->names_len - (size_t)offset;
	len = strnlen(out->names + offset, room);
	table->name_bytes += len;
	return len < room && table->name_bytes < NAMES_BYTES_MAX ? out->names + offset : NULL;
}

/* Magic, two zeros, the size of the smallest instruction, and of a pointer. */
static bool is_header(const struct elf_file *file, const char *at)
{
	return format_of(elffile_number(file, at, 4)) && !at[4] && !at[5] &&
	       (at[6] == 1 || at[6] == 2 || at[6] == 4) && at[7] == (file->wide ? 8 : 4);
}

static int load(struct go_table *table, uint64_t offset, uint64_t len, uint64_t addr)
{
	char *bytes;
	int r;

	len = len < TABLE_BYTES_MAX ? len : TABLE_BYTES_MAX;
	bytes = arena_alloc(table->arena, len + 1);
	if (!bytes)
		return -ENOMEM;
	r = elffile_read(table->file, bytes, offset, len);
	if (r < 0)
		return r;
	table->bytes = bytes;
	table->len = len;
	table->out->addr = addr;
	return 0;
}

/* The words behind the magic. False when they lie: then it is something else that only looks like a table. */
static bool read_header(struct go_table *table)
{
	struct go_pclntab *out = table->out;
	uint64_t word[8] = {}, names, names_end;
	bool starts, ok = true;

	out->format = format_of(elffile_number(table->file, table->bytes, 4));
	table->quantum = (unsigned char)table->bytes[6];
	table->pointer = (unsigned char)table->bytes[7];
	for (size_t i = 0; i < (out->format == 2 ? 1 : out->format == 16 ? 7 : 8); i++)
		ok &= go_table_number(table, HEADER_BYTES + i * table->pointer, table->pointer,
				      &word[i]);
	if (!ok || !word[0] || word[0] > GO_FUNCTIONS_MAX)
		return false;
	out->function_count = (size_t)word[0];
	starts = out->format >= 18;
	names = out->format == 2 ? 0 : word[2 + starts];
	names_end = out->format == 2 ? table->len : word[3 + starts];
	table->pcdata_base = out->format == 2 ? 0 : word[5 + starts];
	table->record_base = out->format == 2 ? 0 : word[6 + starts];
	table->ftab = out->format == 2 ? HEADER_BYTES + table->pointer : table->record_base;
	if (names >= names_end || names_end > table->len || table->pcdata_base > table->len ||
	    table->record_base > table->len)
		return false;
	out->text = starts ? word[2] : 0;
	table->name_base = names;
	out->names = table->bytes + names;
	out->names_len = (size_t)(names_end - names);
	return true;
}

/* Reads the table at that place when it is one: 1, else 0. */
static int try_at(struct go_table *table, uint64_t addr, uint64_t limit)
{
	uint64_t offset, room;
	char head[HEADER_BYTES];
	int r;

	if (elffile_at(table->file, addr, &offset, &room) < 0 || room < sizeof(head) ||
	    elffile_read(table->file, head, offset, sizeof(head)) < 0 ||
	    !is_header(table->file, head))
		return 0;
	r = load(table, offset, limit && limit < room ? limit : room, addr);
	return r < 0 ? r : read_header(table);
}

/* In a stretch of the file: places where a pointer could stand that begin like a table. */
static int search_stretch(struct go_table *table, const char *bytes, size_t len, uint64_t addr)
{
	size_t step = table->file->wide ? 8 : 4;
	int r = 0;

	for (size_t i = (size_t)(-addr & (step - 1)); i + HEADER_BYTES <= len && !r; i += step)
		if (is_header(table->file, bytes + i))
			r = try_at(table, addr + i, 0);
	return r;
}

/* Stretches begin at multiples of the step, so that no header crosses from one to the next. */
static int search_segments(struct go_table *table)
{
	const struct elf_file *file = table->file;
	_cleanup_free_ char *bytes = malloc(STRETCH);
	int r = 0;

	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < file->segment_count && !r; i++) {
		const struct elf_segment *s = &file->segments[i];
		uint64_t skip = -s->vaddr & 7;

		if (s->type != PT_LOAD)
			continue;
		for (; skip < s->filesz && !r; skip += STRETCH) {
			size_t n =
			    s->filesz - skip < STRETCH ? (size_t)(s->filesz - skip) : STRETCH;

			r = elffile_read(file, bytes, s->offset + skip, n);
			if (r >= 0)
				r = search_stretch(table, bytes, n, s->vaddr + skip);
		}
	}
	return r;
}

static int find_table(struct go_table *table)
{
	const struct elf_file *file = table->file;
	int r = 0;

	for (size_t i = 0; i < file->section_count && !r; i++) {
		const struct elf_section *s = &file->sections[i];

		if (!strcmp(s->name, ".gopclntab") || !strcmp(s->name, ".data.rel.ro.gopclntab"))
			r = try_at(table, s->addr, s->size);
	}
	return r ? r : search_segments(table);
}

/* The table of functions: pairs of address and record, and at last the end of the code. */
static int read_functions(struct go_table *table, struct err *err)
{
	struct go_pclntab *out = table->out;
	size_t field = out->format >= 18 ? 4 : table->pointer, head = field;
	uint64_t pc, next, record, name;

	out->functions = arena_alloc(table->arena, out->function_count * sizeof(*out->functions));
	if (!out->functions)
		return err_oom(err);
	for (size_t i = 0; i < out->function_count; i++) {
		struct go_function *f = &out->functions[i];
		uint64_t at = table->ftab + (uint64_t)i * 2 * field;

		if (!go_table_number(table, at, field, &pc) ||
		    !go_table_number(table, at + field, field, &record) ||
		    !go_table_number(table, at + 2 * field, field, &next) || next < pc ||
		    record > table->len ||
		    !go_table_number(table, table->record_base + record + head, 4, &name))
			return err_set(err, EBADMSG,
				       "function %zu of %zu: its place or record lies", i,
				       out->function_count);
		*f = (struct go_function){ .addr = out->text + pc,
					   .end = out->text + next,
					   .name = go_table_name(table, name),
					   .record = (uint32_t)(table->record_base + record) };
		if (!f->name)
			return err_set(err, EBADMSG, "function %zu of %zu: its name lies outside",
				       i, out->function_count);
	}
	return 0;
}

static int read_table(struct go_table *table, const struct elf_dynamic *dyn, struct err *err)
{
	struct go_pclntab *out = table->out;
	int r = find_table(table);

	if (r <= 0)
		return r ? err_sys(err, -r, "search") : err_set(err, ENOENT, "there is none");
	if (out->format >= 18) {
		r = elfrel_read(&table->relative, table->file, dyn, table->arena);
		if (r >= 0)
			r = go_table_find_module(table);
		if (r < 0)
			return err_sys(err, -r, "relocations and module data");
		if (!out->text)
			return err_set(err, EBADMSG, "where the code begins is not known");
	}
	r = read_functions(table, err);
	if (r >= 0 && out->format >= 18 && go_table_read_inlined(table) < 0)
		r = err_oom(err);
	return r;
}

int go_pclntab_read(struct go_pclntab **ret, const struct elf_file *file,
		    const struct elf_dynamic *dyn, struct arena *arena, struct err *err)
{
	struct go_pclntab *out = arena_alloc(arena, sizeof(*out));
	struct go_table table = { .file = file, .out = out, .arena = arena };
	int r;

	if (!out)
		return err_oom(err);
	r = read_table(&table, dyn, err);
	if (r < 0)
		return r;
	*ret = out;
	return 0;
}

const char *go_pclntab_next_name(const struct go_pclntab *table, size_t *at)
{
	while (table->format != 2 && *at < table->names_len) {
		const char *name = table->names + *at;
		size_t len = strnlen(name, table->names_len - *at);

		if (*at + len == table->names_len)
			return NULL;
		*at += len + 1;
		if (len)
			return name;
	}
	return NULL;
}

const struct go_inlined *go_pclntab_inlined(const struct go_pclntab *table, const char *name,
					    size_t *ret_count)
{
	size_t low = 0, high = table->inlined_count, end;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(table->inlined[middle].name, name) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	for (end = low; end < table->inlined_count && !strcmp(table->inlined[end].name, name);)
		end++;
	*ret_count = end - low;
	return table->inlined + low;
}
