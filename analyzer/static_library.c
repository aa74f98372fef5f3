// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* static_library.c — the functions of a static library. */
#include "analyzer/static_library.h"

#include <elf.h>
#include <sys/mman.h>

#include "analyzer/ar.h"
#include "analyzer/symtab.h"
#include "include/array.h"

#define MEMBER_RELOCATIONS_MAX 4000000u

struct reading {
	struct static_library *to;
	struct arena *arena, *scratch; /* scratch: of one member */
	struct err *err;
	const char *name; /* of the member */
	const char *data;
	size_t size;
	struct elf_file file;
	struct symtab symbols;
	const struct symtab_entry **functions; /* by section */
	const struct elf_section **tables; /* of relocations, by the section that they are for */
	size_t function_count, table_count;
};

/* One word that the linker writes. */
struct patch {
	uint64_t at; /* in the section */
	uint32_t type;
};

struct patches {
	struct patch *items; /* sorted */
	size_t count, capacity;
};

static void patches_done(struct patches *patches)
{
	free(patches->items);
}

/* psABI x86-64, tables 4.9 to 4.11 and "Linker Optimization": how many bytes before the word, and from it on, a linker may write. */
static bool x86_hole(uint32_t type, unsigned *before, unsigned *len)
{
	static const struct {
		uint32_t type;
		unsigned char before, len;
	} known[] = {
		{ R_X86_64_NONE, 0, 0 },         { R_X86_64_64, 0, 8 },
		{ R_X86_64_PC32, 0, 4 },         { R_X86_64_PLT32, 0, 4 },
		{ R_X86_64_GOT32, 0, 4 },        { R_X86_64_GOTPCREL, 3, 4 },
		{ R_X86_64_GOTPCRELX, 3, 4 },    { R_X86_64_REX_GOTPCRELX, 3, 4 },
		{ R_X86_64_32, 0, 4 },           { R_X86_64_32S, 0, 4 },
		{ R_X86_64_16, 0, 2 },           { R_X86_64_8, 0, 1 },
		{ R_X86_64_PC64, 0, 8 },         { R_X86_64_GOTOFF64, 0, 8 },
		{ R_X86_64_GOTPC32, 0, 4 },      { R_X86_64_GOTPC64, 0, 8 },
		{ R_X86_64_TLSGD, 4, 12 },       { R_X86_64_TLSLD, 3, 12 },
		{ R_X86_64_DTPOFF32, 0, 4 },     { R_X86_64_GOTTPOFF, 3, 4 },
		{ R_X86_64_TPOFF32, 0, 4 },      { R_X86_64_GOTPC32_TLSDESC, 3, 4 },
		{ R_X86_64_TLSDESC_CALL, 0, 2 }, { R_X86_64_SIZE32, 0, 4 },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].type == type) {
			*before = known[i].before;
			*len = known[i].len;
			return true;
		}
	return false;
}

/* AAELF64 section 5.7: whatever the type, one instruction or one word of data; optimised ones each have a relocation. */
static bool hole_of(const struct reading *r, uint32_t type, unsigned *before, unsigned *len)
{
	if (r->file.machine == EM_X86_64)
		return x86_hole(type, before, len);
	*before = 0;
	*len = type == R_AARCH64_ABS64 || type == R_AARCH64_PREL64 ? 8 : 4;
	return true;
}

static int patch_order(const void *a, const void *b)
{
	const struct patch *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->type < y->type ? -1 : x->type > y->type;
}

static int read_patches(struct reading *r, const struct elf_section *table, struct patches *ret)
{
	size_t step = sizeof(Elf64_Rela), n = table->size / step;

	if (table->type != SHT_RELA || n > MEMBER_RELOCATIONS_MAX || table->offset > r->size ||
	    table->size > r->size - table->offset)
		return err_set(r->err, EBADMSG, "its relocations cannot be read");
	for (size_t i = 0; i < n; i++) {
		const char *at = r->data + table->offset + i * step;
		struct patch *slot = array_add(ret->items, ret->count, ret->capacity);

		if (!slot)
			return err_oom(r->err);
		slot->at = elffile_number(&r->file, at, 8);
		slot->type = (uint32_t)elffile_number(&r->file, at + 8, 4);
	}
	return 0;
}

/* All relocations of one section. */
static int find_patches(struct reading *r, size_t section, struct patches *ret)
{
	size_t low = 0, high = r->table_count;
	int e = 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (r->tables[middle]->info < section)
			low = middle + 1;
		else
			high = middle;
	}
	for (; low < r->table_count && r->tables[low]->info == section && e == 0; low++)
		e = read_patches(r, r->tables[low], ret);
	array_sort(ret->items, ret->count, sizeof(*ret->items), patch_order);
	return e;
}

/* The first relocation that may write at or behind an address. */
static size_t first_patch(const struct patches *patches, uint64_t at)
{
	size_t low = 0, high = patches->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (patches->items[middle].at + 16 <= at)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The part of a word's hole that lies in [start, end), counted from start. */
static struct hole clip(uint64_t from, uint64_t to, uint64_t start, uint64_t end)
{
	from = from > start ? from : start;
	to = to < end ? to : end;
	return from < to ? (struct hole){ (uint32_t)(from - start), (uint32_t)(to - from) }
			 : (struct hole){};
}

/* 1: done, 0: not all relocations are understood. */
static int find_holes(struct reading *r, const struct patches *patches, uint64_t start,
		      uint64_t end, struct hole **ret, size_t *ret_count)
{
	struct hole *holes = NULL;
	size_t count = 0, capacity = 0;

	for (size_t i = first_patch(patches, start);
	     i < patches->count && patches->items[i].at < end + 4; i++) {
		const struct patch *p = &patches->items[i];
		unsigned before, len;
		struct hole hole, *slot;

		if (!hole_of(r, p->type, &before, &len)) {
			free(holes);
			return 0;
		}
		hole = clip(p->at >= before ? p->at - before : 0, p->at + len, start, end);
		if (!hole.len)
			continue;
		slot = array_add(holes, count, capacity);
		if (!slot) {
			free(holes);
			return err_oom(r->err);
		}
		*slot = hole;
	}
	*ret = holes;
	*ret_count = count;
	return 1;
}

static int add_function(struct reading *r, const struct symtab_entry *s, const unsigned char *bytes,
			const struct hole *holes, size_t hole_count)
{
	struct static_library *to = r->to;
	struct library_function f = {}, *slot;
	int e = signature_make(&f.code, bytes, (size_t)s->size, holes, hole_count, r->arena);

	if (e == -ERANGE || e == -EFBIG) {
		to->short_ones++;
		return 0;
	}
	if (e < 0)
		return err_oom(r->err);
	if (to->count == LIBRARY_FUNCTIONS_MAX)
		return err_set(r->err, EFBIG, "more than %u functions", LIBRARY_FUNCTIONS_MAX);
	f.name = arena_strdup(r->arena, s->name);
	f.member = arena_strdup(r->arena, r->name);
	slot = f.name && f.member ? array_add(to->functions, to->count, to->capacity) : NULL;
	if (!slot)
		return err_oom(r->err);
	*slot = f;
	return 0;
}

static bool is_code(const struct elf_section *s)
{
	return s->type == SHT_PROGBITS && s->flags & SHF_ALLOC && s->flags & SHF_EXECINSTR;
}

static int read_function(struct reading *r, const struct elf_section *section,
			 const struct patches *patches, const struct symtab_entry *s)
{
	_cleanup_free_ struct hole *holes = NULL;
	size_t hole_count = 0;
	int e;

	if (s->value > section->size || s->size > section->size - s->value)
		return 0;
	e = find_holes(r, patches, s->value, s->value + s->size, &holes, &hole_count);
	if (e > 0)
		return add_function(r, s,
				    (const unsigned char *)r->data + section->offset + s->value,
				    holes, hole_count);
	r->to->unknown += e == 0;
	return e;
}

/* The functions of one section, from *at on; *at moves behind them. */
static int read_section(struct reading *r, size_t *at)
{
	size_t number = r->functions[*at]->section;
	const struct elf_section *section = &r->file.sections[number];
	_cleanup_(patches_done) struct patches patches = {};
	int e;

	if (section->offset > r->size || section->size > r->size - section->offset)
		return err_set(r->err, EBADMSG, "its code lies outside of it");
	e = find_patches(r, number, &patches);
	for (; *at < r->function_count && r->functions[*at]->section == number && e == 0; ++*at)
		e = read_function(r, section, &patches, r->functions[*at]);
	return e;
}

static int section_order(const void *a, const void *b)
{
	const struct symtab_entry *x = *(const struct symtab_entry *const *)a;
	const struct symtab_entry *y = *(const struct symtab_entry *const *)b;

	if (x->section != y->section)
		return x->section < y->section ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int table_order(const void *a, const void *b)
{
	const struct elf_section *x = *(const struct elf_section *const *)a;
	const struct elf_section *y = *(const struct elf_section *const *)b;

	if (x->info != y->info)
		return x->info < y->info ? -1 : 1;
	return x < y ? -1 : x > y;
}

static int sort_tables(struct reading *r)
{
	r->functions = arena_alloc(r->scratch, (r->symbols.count + 1) * sizeof(*r->functions));
	r->tables = arena_alloc(r->scratch, (r->file.section_count + 1) * sizeof(*r->tables));
	r->function_count = r->table_count = 0;
	if (!r->functions || !r->tables)
		return err_oom(r->err);
	for (size_t i = 0; i < r->symbols.count; i++) {
		const struct symtab_entry *s = &r->symbols.items[i];

		if (s->type == STT_FUNC && s->defined && s->size && *s->name &&
		    s->section < r->file.section_count && is_code(&r->file.sections[s->section]))
			r->functions[r->function_count++] = s;
	}
	for (size_t i = 0; i < r->file.section_count; i++)
		if (r->file.sections[i].type == SHT_RELA || r->file.sections[i].type == SHT_REL)
			r->tables[r->table_count++] = &r->file.sections[i];
	array_sort(r->functions, r->function_count, sizeof(*r->functions), section_order);
	array_sort(r->tables, r->table_count, sizeof(*r->tables), table_order);
	return 0;
}

static const char *arch_of(const struct elf_file *file)
{
	if (!file->wide || file->big || file->type != ET_REL)
		return NULL;
	return file->machine == EM_X86_64 ? "amd64" : file->machine == EM_AARCH64 ? "arm64" : NULL;
}

static int read_object(struct reading *r)
{
	const char *arch = arch_of(&r->file);
	int e;

	if (!arch || (r->to->arch && strcmp(arch, r->to->arch) != 0))
		return 0;
	r->to->arch = arch;
	e = symtab_read_full(&r->symbols, &r->file, r->scratch, r->err);
	if (e == 0)
		e = sort_tables(r);
	for (size_t at = 0; e == 0 && at < r->function_count;)
		e = read_section(r, &at);
	return e;
}

/* The tables are read through a descriptor, as those of any file. */
static int read_member(struct reading *r, const struct ar_member *member)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	_cleanup_close_ int fd = memfd_create("member", MFD_CLOEXEC);
	int e;

	if (fd < 0 || !scratch)
		return fd < 0 ? err_sys(r->err, errno, "memory file") : err_oom(r->err);
	for (size_t at = 0; at < member->size;) {
		ssize_t n = write(fd, member->data + at, member->size - at);

		if (n < 0)
			return err_sys(r->err, errno, "memory file");
		at += (size_t)n;
	}
	r->scratch = scratch;
	r->name = member->name;
	r->data = member->data;
	r->size = member->size;
	r->symbols = (struct symtab){};
	e = elffile_open_debug(&r->file, fd, scratch, r->err);
	if (e == -ENOEXEC)
		return 0;
	return e < 0 ? e : read_object(r);
}

static int code_order(const void *a, const void *b)
{
	const struct library_function *x = a, *y = b;

	if (x->code.size != y->code.size)
		return x->code.size < y->code.size ? -1 : 1;
	return strcmp(x->code.sha256, y->code.sha256);
}

static int name_order(const void *a, const void *b)
{
	const struct library_function *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	c = c ? c : strcmp(x->member, y->member);
	return c ? c : code_order(a, b);
}

/* Leaves out what several functions have in common; names that stand for the very same code are kept, each. */
static void drop_ambiguous(struct static_library *library)
{
	struct library_function *f = library->functions;
	size_t kept = 0, end;

	array_sort(f, library->count, sizeof(*f), code_order);
	for (size_t i = 0; i < library->count; i = end) {
		bool same = true;

		for (end = i + 1; end < library->count && !code_order(&f[i], &f[end]); end++)
			same &= !strcmp(f[i].name, f[end].name);
		library->ambiguous += same ? 0 : end - i;
		if (same)
			f[kept++] = f[i];
	}
	library->count = kept;
	array_sort(f, kept, sizeof(*f), name_order);
}

int static_library_read(struct static_library *ret, const char *text, size_t len,
			struct arena *arena, struct err *err)
{
	struct reading r = { .to = ret, .arena = arena, .err = err };
	struct ar_member member;
	struct ar ar;
	int e;

	*ret = (struct static_library){};
	e = ar_open(&ar, text, len, err);
	if (e < 0)
		return e;
	while ((e = ar_next(&ar, &member, err)) > 0) {
		e = read_member(&r, &member);
		if (e < 0)
			return err_prefix(err, e, "member '%s'", member.name);
	}
	if (e < 0)
		return e;
	drop_ambiguous(ret);
	return 0;
}

void static_library_done(struct static_library *library)
{
	free(library->functions);
	*library = (struct static_library){};
}
