// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symtab.c — the symbols of an ELF file with their addresses. */
#include "analyzer/symtab.h"

#define NAMES_BYTES_MAX (512u << 20)
#define VERSIONS_MAX 0x8000u /* the top bit of a version's number means "hidden" */
#define VERSION_HIDDEN 0x8000u

static void take_symbol(struct symtab_entry *ret, const struct elf_symbol *s)
{
	*ret = (struct symtab_entry){
		.name = s->name,
		.value = s->value,
		.size = s->size,
		.type = s->type,
		.section = s->section,
		.defined = s->section != SHN_UNDEF,
		.exported = s->section != SHN_UNDEF && s->bind != STB_LOCAL &&
			    s->visibility != STV_HIDDEN && s->visibility != STV_INTERNAL,
	};
}

static int read_table(struct symtab *ret, const struct elf_file *file, uint64_t offset,
		      uint64_t count, const char *names, uint64_t names_len, struct arena *arena,
		      struct err *err)
{
	size_t step = elffile_symbol_size(file);
	_cleanup_free_ char *raw = NULL;
	struct elf_symbol symbol;
	int r;

	if (count > SYMTAB_MAX)
		return err_set(err, EBADMSG, "more than %u symbols", SYMTAB_MAX);
	raw = malloc((size_t)count * step + 1);
	ret->items = arena_alloc(arena, (size_t)count * sizeof(*ret->items));
	if (!raw || !ret->items)
		return err_oom(err);
	r = elffile_read(file, raw, offset, (size_t)count * step);
	if (r < 0)
		return err_sys(err, -r, "symbols");
	for (size_t i = 0; i < count; i++) {
		if (!elffile_symbol(file, &symbol, raw + i * step, names, (size_t)names_len))
			return err_set(err, EBADMSG, "symbol %zu: its name lies outside", i);
		take_symbol(&ret->items[i], &symbol);
	}
	ret->count = (size_t)count;
	return 0;
}

/* The names of versions by number, as far as the chain of definitions can be followed. */
static int read_version_names(const char **names, const struct elf_file *file,
			      const struct elf_dynamic *dyn)
{
	uint64_t at, room, aux, next;
	char raw[20], name[4];
	int r;

	if (!dyn->verdef || elffile_at(file, dyn->verdef, &at, &room) < 0)
		return 0;
	for (size_t i = 0; i < VERSIONS_MAX; i++) {
		r = elffile_read(file, raw, at, sizeof(raw)); /* Elf64_Verdef is Elf32_Verdef */
		if (r < 0)
			return r == -ERANGE ? 0 : r;
		aux = elffile_number(file, raw + 12, 4);
		next = elffile_number(file, raw + 16, 4);
		if (!elffile_read(file, name, at + aux, sizeof(name)))
			names[elffile_number(file, raw + 4, 2) % VERSIONS_MAX] =
			    elfdyn_string(dyn, elffile_number(file, name, 4));
		if (!next)
			return 0;
		at += next;
	}
	return 0;
}

static int take_versions(struct symtab *symbols, const struct elf_file *file,
			 const struct elf_dynamic *dyn, struct err *err)
{
	_cleanup_free_ const char **names = NULL;
	_cleanup_free_ char *raw = NULL;
	uint64_t at, room;
	int r;

	if (!dyn->versym || !symbols->count || elffile_at(file, dyn->versym, &at, &room) < 0 ||
	    symbols->count > room / 2)
		return 0;
	names = calloc(VERSIONS_MAX, sizeof(*names));
	raw = malloc(symbols->count * 2);
	if (!names || !raw)
		return err_oom(err);
	r = elffile_read(file, raw, at, symbols->count * 2);
	if (r >= 0)
		r = read_version_names(names, file, dyn);
	if (r < 0)
		return err_sys(err, -r, "versions of symbols");
	for (size_t i = 0; i < symbols->count; i++) {
		uint64_t version = elffile_number(file, raw + 2 * i, 2) & ~VERSION_HIDDEN;

		if (symbols->items[i].defined && version > 1) /* 0 local, 1 without a version */
			symbols->items[i].version = names[version];
	}
	return 0;
}

int symtab_read_dynamic(struct symtab *ret, const struct elf_file *file,
			const struct elf_dynamic *dyn, struct arena *arena, struct err *err)
{
	struct symtab symbols = {};
	uint64_t offset, count;
	int r;

	r = elfdyn_symbol_table(dyn, file, &offset, &count, err);
	if (r >= 0)
		r = read_table(&symbols, file, offset, count, dyn->strings, dyn->strings_len, arena,
			       err);
	if (r >= 0)
		r = take_versions(&symbols, file, dyn, err);
	if (r < 0)
		return r;
	*ret = symbols;
	return 0;
}

static int read_section_table(struct symtab *ret, const struct elf_file *file,
			      const struct elf_section *table, struct arena *arena, struct err *err)
{
	size_t step = elffile_symbol_size(file);
	const struct elf_section *strings;
	char *names;
	int r;

	if (table->link >= file->section_count)
		return err_set(err, EBADMSG, "the symbol table names no string table");
	strings = &file->sections[table->link];
	if (strings->size > NAMES_BYTES_MAX || strings->type == SHT_NOBITS)
		return err_set(err, EBADMSG, "the string table of the symbols cannot be read");
	names = arena_alloc(arena, (size_t)strings->size + 1);
	if (!names)
		return err_oom(err);
	r = elffile_read(file, names, strings->offset, (size_t)strings->size);
	if (r < 0)
		return err_sys(err, -r, "names of symbols");
	return read_table(ret, file, table->offset, table->size / step, names, strings->size, arena,
			  err);
}

int symtab_read_full(struct symtab *ret, const struct elf_file *file, struct arena *arena,
		     struct err *err)
{
	struct symtab symbols = {};
	int r = 0;

	for (size_t i = 0; i < file->section_count && !symbols.count && r >= 0; i++)
		if (file->sections[i].type == SHT_SYMTAB)
			r = read_section_table(&symbols, file, &file->sections[i], arena, err);
	if (r < 0)
		return r;
	*ret = symbols;
	return 0;
}
