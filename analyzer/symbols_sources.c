// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbols_sources.c — the tables of symbols in an ELF file and beside it. */
#include "analyzer/symbols_build.h"
#include "analyzer/xz.h"

#define VERSIONS_MAX 32768u
#define VERSION_HIDDEN 0x8000u
#define STRINGS_BYTES_MAX (512u << 20)
#define DEBUGDATA_BYTES_MAX (256u << 20)
#define CHUNK 4096u /* symbols read at once */

struct versions {
	struct symbols_build *build;
	const char **names; /* by number; NULL: no such version */
	uint64_t numbers;   /* where the number of each symbol stands; 0: nowhere */
	uint64_t number_room;
};

static bool is_function(const struct elf_symbol *symbol)
{
	return symbol->section != SHN_UNDEF && symbol->section != SHN_ABS && *symbol->name &&
	       (symbol->type == STT_FUNC || symbol->type == STT_GNU_IFUNC);
}

/* DT_VERDEF is a chain of versions, each with its name first in a chain of its own (LSB, "Symbol Versioning"). */
static int read_versions(struct versions *versions, const struct symbols *table)
{
	const struct elf_file *file = &table->file;
	uint64_t at, room, next;
	char raw[sizeof(Elf64_Verdef)], aux[sizeof(Elf64_Verdaux)];

	versions->names = arena_alloc(table->arena, VERSIONS_MAX * sizeof(*versions->names));
	if (!versions->names)
		return -ENOMEM;
	if (!table->dynamic.verdef || !table->dynamic.versym ||
	    elffile_at(file, table->dynamic.verdef, &at, &room) < 0 ||
	    elffile_at(file, table->dynamic.versym, &versions->numbers, &versions->number_room) < 0)
		return 0;
	for (size_t i = 0; i < VERSIONS_MAX; i++) {
		uint64_t number, flags;

		if (elffile_read(file, raw, at, sizeof(raw)) < 0 ||
		    elffile_read(file, aux, at + elffile_number(file, raw + 12, 4), sizeof(aux)) <
			0)
			break;
		flags = elffile_number(file, raw + 2, 2);
		number = elffile_number(file, raw + 4, 2);
		if (number < VERSIONS_MAX && !(flags & VER_FLG_BASE))
			versions->names[number] =
			    elfdyn_string(&table->dynamic, elffile_number(file, aux, 4));
		next = elffile_number(file, raw + 16, 4);
		if (!next)
			break;
		at += next;
	}
	return 0;
}

static int add_dynamic(void *ctx, const struct elf_symbol *symbol)
{
	const struct versions *versions = ctx;
	const struct elf_file *file = &versions->build->table->file;
	uint64_t at = (uint64_t)symbol->number * 2, number;
	struct symbol s = {
		.addr = symbol->value,
		.size = symbol->size,
		.name = symbol->name,
		.origin = SYMBOL_DYNSYM,
		.exported = true,
		.ifunc = symbol->type == STT_GNU_IFUNC,
	};
	char raw[2];

	if (!is_function(symbol))
		return 0;
	if (versions->numbers && at + 2 <= versions->number_room &&
	    elffile_read(file, raw, versions->numbers + at, 2) == 0) {
		number = elffile_number(file, raw, 2);
		s.version = versions->names[number & (VERSION_HIDDEN - 1)];
		s.version_default = s.version && !(number & VERSION_HIDDEN);
	}
	return symbols_add(versions->build, s);
}

int symbols_add_dynamic(struct symbols_build *build, struct err *err)
{
	struct symbols *table = build->table;
	struct versions versions = { .build = build };
	int r = elfdyn_read(&table->dynamic, &table->file, table->arena, err);

	if (r < 0)
		return r;
	if (read_versions(&versions, table) < 0)
		return err_oom(err);
	r = elfdyn_symbols(&table->dynamic, &table->file, add_dynamic, &versions, err);
	return r == -ENOMEM || r == -E2BIG ? err_sys(err, -r, "dynamic symbols") : r;
}

/* "name@VERSION" and "name@@VERSION", as linkers write them into .symtab. */
static int split_version(struct symbol *symbol, struct arena *arena)
{
	const char *at = strchr(symbol->name, '@');

	if (!at || at == symbol->name || !at[1])
		return 0;
	symbol->name = arena_strndup(arena, symbol->name, (size_t)(at - symbol->name));
	symbol->version_default = at[1] == '@';
	symbol->version = at + 1 + symbol->version_default;
	return symbol->name ? 0 : -ENOMEM;
}

static int add_local(struct symbols_build *build, const struct elf_symbol *symbol,
		     enum symbol_origin origin)
{
	struct symbol s = {
		.addr = symbol->value,
		.size = symbol->size,
		.name = symbol->name,
		.origin = origin,
		.local = symbol->bind == STB_LOCAL,
		.ifunc = symbol->type == STT_GNU_IFUNC,
	};
	int r;

	if (!is_function(symbol))
		return 0;
	r = split_version(&s, build->table->arena);
	return r < 0 ? r : symbols_add(build, s);
}

static int read_strings(char **ret, size_t *ret_len, const struct elf_file *from,
			const struct elf_section *symbols, struct arena *arena, struct err *err)
{
	const struct elf_section *s = &from->sections[symbols->link];
	char *text;
	int r;

	if (symbols->link >= from->section_count || s->type != SHT_STRTAB)
		return err_set(err, EBADMSG, "it names no table of strings");
	if (s->size > STRINGS_BYTES_MAX || s->offset > from->size ||
	    s->size > from->size - s->offset)
		return err_set(err, EBADMSG,
			       "its strings are not in the file, or more than %u bytes",
			       STRINGS_BYTES_MAX);
	text = arena_alloc(arena, (size_t)s->size + 1);
	if (!text)
		return err_oom(err);
	r = elffile_read(from, text, s->offset, (size_t)s->size);
	if (r < 0)
		return err_sys(err, -r, "its strings");
	*ret = text;
	*ret_len = (size_t)s->size;
	return 0;
}

static int add_table(struct symbols_build *build, const struct elf_file *from,
		     const struct elf_section *table, enum symbol_origin origin, struct err *err)
{
	size_t step = elffile_symbol_size(from), strings_len = 0;
	uint64_t count = table->size / step;
	char raw[CHUNK * sizeof(Elf64_Sym)], *strings = NULL;
	struct elf_symbol symbol;
	int r;

	if (table->offset > from->size || table->size > from->size - table->offset ||
	    count > SYMBOLS_MAX)
		return err_set(err, EBADMSG, "it is not in the file, or has more than %u symbols",
			       SYMBOLS_MAX);
	r = read_strings(&strings, &strings_len, from, table, build->table->arena, err);
	for (uint64_t i = 1; i < count && r >= 0; i++) {
		size_t in_chunk = (i - 1) % CHUNK;
		size_t n = count - i < CHUNK ? (size_t)(count - i) : CHUNK;

		if (!in_chunk)
			r = elffile_read(from, raw, table->offset + i * step, n * step);
		if (r < 0)
			return err_sys(err, -r, "symbol %ju", (uintmax_t)i);
		if (!elffile_symbol(from, &symbol, raw + in_chunk * step, strings, strings_len))
			return err_set(err, EBADMSG, "symbol %ju: its name lies outside",
				       (uintmax_t)i);
		r = add_local(build, &symbol, origin);
		if (r < 0)
			return err_sys(err, -r, "symbol %ju", (uintmax_t)i);
	}
	return r;
}

int symbols_add_symtab(struct symbols_build *build, const struct elf_file *from,
		       enum symbol_origin origin, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < from->section_count && r >= 0; i++)
		if (from->sections[i].type == SHT_SYMTAB &&
		    !(from->sections[i].flags & SHF_COMPRESSED))
			r = add_table(build, from, &from->sections[i], origin, err);
	return r < 0 ? err_prefix(err, r, "symbol table") : 0;
}

int symbols_add_companion(struct symbols_build *build, int fd, enum symbol_origin origin,
			  struct err *err)
{
	const struct elf_file *ours = &build->table->file;
	struct elf_file file;
	int r = elffile_open_debug(&file, fd, build->table->arena, err);

	if (r < 0)
		return r;
	if (file.machine != ours->machine || file.wide != ours->wide || file.big != ours->big)
		return err_set(err, EBADMSG, "it is for another machine");
	return symbols_add_symtab(build, &file, origin, err);
}

int symbols_add_debugdata(struct symbols_build *build, struct err *err)
{
	const struct elf_file *file = &build->table->file;
	int r = 0;

	for (size_t i = 0; i < file->section_count && r >= 0; i++) {
		const struct elf_section *s = &file->sections[i];
		_cleanup_close_ int fd = -1;

		if (strcmp(s->name, ".gnu_debugdata") || s->type == SHT_NOBITS)
			continue;
		r = xz_unpack(&fd, file->fd, s->offset, s->size, DEBUGDATA_BYTES_MAX, err);
		if (r >= 0)
			r = symbols_add_companion(build, fd, SYMBOL_DEBUGDATA, err);
	}
	return r;
}
