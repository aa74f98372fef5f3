// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* relocations.c — the words that the loader fills in with addresses. */
#include "analyzer/relocations.h"

#include "include/array.h"

/* What a type of relocation makes of its word. */
enum meaning { MEANS_UNKNOWN, MEANS_NOTHING, MEANS_RELATIVE, MEANS_SLOT, MEANS_SYMBOL, MEANS_CALL };

struct reading {
	const struct elf_file *file;
	const struct elf_dynamic *dyn;
	const struct symtab *symbols;
	struct relocation *items;
	size_t count, capacity;
	struct err *err;
};

static void reading_done(struct reading *reading)
{
	free(reading->items);
}

/* psABI x86-64 table 4.9 and AAELF64 section 5.7: what a loader meets. */
static enum meaning meaning_of(const struct elf_file *file, uint32_t type)
{
	static const struct {
		uint16_t machine;
		uint32_t type;
		enum meaning meaning;
	} known[] = {
		{ EM_X86_64, R_X86_64_NONE, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_64, MEANS_SYMBOL },
		{ EM_X86_64, R_X86_64_COPY, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_GLOB_DAT, MEANS_SLOT },
		{ EM_X86_64, R_X86_64_JUMP_SLOT, MEANS_SLOT },
		{ EM_X86_64, R_X86_64_RELATIVE, MEANS_RELATIVE },
		{ EM_X86_64, R_X86_64_RELATIVE64, MEANS_RELATIVE },
		{ EM_X86_64, R_X86_64_DTPMOD64, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_DTPOFF64, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_TPOFF64, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_TLSDESC, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_SIZE64, MEANS_NOTHING },
		{ EM_X86_64, R_X86_64_IRELATIVE, MEANS_CALL },
		{ EM_AARCH64, R_AARCH64_NONE, MEANS_NOTHING },
		{ EM_AARCH64, R_AARCH64_ABS64, MEANS_SYMBOL },
		{ EM_AARCH64, R_AARCH64_COPY, MEANS_NOTHING },
		{ EM_AARCH64, R_AARCH64_GLOB_DAT, MEANS_SLOT },
		{ EM_AARCH64, R_AARCH64_JUMP_SLOT, MEANS_SLOT },
		{ EM_AARCH64, R_AARCH64_RELATIVE, MEANS_RELATIVE },
		{ EM_AARCH64, R_AARCH64_TLS_DTPMOD, MEANS_NOTHING },
		{ EM_AARCH64, R_AARCH64_TLS_DTPREL, MEANS_NOTHING },
		{ EM_AARCH64, R_AARCH64_TLS_TPREL, MEANS_NOTHING },
		{ EM_AARCH64, R_AARCH64_TLSDESC, MEANS_NOTHING },
		{ EM_AARCH64, R_AARCH64_IRELATIVE, MEANS_CALL },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (known[i].machine == file->machine && known[i].type == type)
			return known[i].meaning;
	return MEANS_UNKNOWN;
}

static int add(struct reading *r, enum relocation_kind kind, uint64_t at, uint64_t target)
{
	struct relocation *slot;

	if (r->count == RELOCATIONS_MAX)
		return err_set(r->err, EBADMSG, "more than %u relocations", RELOCATIONS_MAX);
	slot = array_add(r->items, r->count, r->capacity);
	if (!slot)
		return err_oom(r->err);
	*slot = (struct relocation){ .kind = kind, .at = at, .target = target };
	return 0;
}

static int add_import(struct reading *r, uint64_t at, uint32_t symbol, bool slot)
{
	int e = add(r, RELOCATION_IMPORT, at, 0);

	if (e < 0)
		return e;
	r->items[r->count - 1].symbol = symbol;
	r->items[r->count - 1].slot = slot;
	return 0;
}

static uint64_t word_at(const struct reading *r, uint64_t address)
{
	uint64_t offset, room;
	char raw[8];

	if (elffile_at(r->file, address, &offset, &room) < 0 || room < sizeof(raw) ||
	    elffile_read(r->file, raw, offset, sizeof(raw)) < 0)
		return 0;
	return elffile_number(r->file, raw, sizeof(raw));
}

static int take(struct reading *r, uint64_t at, uint64_t info, uint64_t addend)
{
	enum meaning meaning = meaning_of(r->file, (uint32_t)info);
	uint64_t number = info >> 32;
	const struct symtab_entry *symbol;

	if (meaning == MEANS_UNKNOWN)
		return err_set(r->err, ENOTSUP,
			       "a relocation of type %u at 0x%jx is not understood",
			       (unsigned)(uint32_t)info, (uintmax_t)at);
	if (meaning == MEANS_NOTHING)
		return 0;
	if (meaning == MEANS_RELATIVE || meaning == MEANS_CALL)
		return add(r, meaning == MEANS_CALL ? RELOCATION_RESOLVER : RELOCATION_WORD, at,
			   addend);
	if (!number) /* no symbol: relative in all but name */
		return add(r, RELOCATION_WORD, at, addend);
	if (number >= r->symbols->count)
		return err_set(r->err, EBADMSG, "the relocation at 0x%jx names no symbol",
			       (uintmax_t)at);
	symbol = &r->symbols->items[number];
	if (!symbol->defined)
		return add_import(r, at, (uint32_t)number, meaning == MEANS_SLOT);
	if (symbol->type == STT_TLS)
		return 0;
	if (symbol->type == STT_GNU_IFUNC &&
	    add(r, RELOCATION_RESOLVER, at, symbol->value + addend) < 0)
		return -ENOMEM;
	return add(r, meaning == MEANS_SLOT ? RELOCATION_SLOT : RELOCATION_WORD, at,
		   symbol->value + addend);
}

/* A table of Elf64_Rela, or of Elf64_Rel when `implicit`: then the addend stands in the word itself. */
static int read_table(struct reading *r, uint64_t address, uint64_t bytes, bool implicit)
{
	size_t step = implicit ? sizeof(Elf64_Rel) : sizeof(Elf64_Rela);
	_cleanup_free_ char *raw = NULL;
	uint64_t offset, room;
	int ret;

	if (!bytes)
		return 0;
	if (elffile_at(r->file, address, &offset, &room) < 0 || bytes > room ||
	    bytes / step > RELOCATIONS_MAX)
		return err_set(r->err, EBADMSG,
			       "the relocations at 0x%jx reach beyond their segment",
			       (uintmax_t)address);
	raw = malloc((size_t)bytes);
	if (!raw)
		return err_oom(r->err);
	ret = elffile_read(r->file, raw, offset, (size_t)bytes);
	if (ret < 0)
		return err_sys(r->err, -ret, "relocations");
	for (size_t i = 0; i + step <= bytes && ret >= 0; i += step) {
		uint64_t at = elffile_number(r->file, raw + i, 8);
		uint64_t addend =
		    implicit ? word_at(r, at) : elffile_number(r->file, raw + i + 16, 8);

		ret = take(r, at, elffile_number(r->file, raw + i + 8, 8), addend);
	}
	return ret;
}

/* gABI, "Relative Relocation Table": an even word is an address, an odd one a bitmap of the 63 words that follow. */
static int read_relr(struct reading *r, uint64_t address, uint64_t bytes)
{
	uint64_t offset, room, where = 0;
	char raw[8];
	int ret = 0;

	if (!bytes)
		return 0;
	if (elffile_at(r->file, address, &offset, &room) < 0 || bytes > room)
		return err_set(r->err, EBADMSG,
			       "the relative relocations at 0x%jx reach beyond their segment",
			       (uintmax_t)address);
	for (uint64_t i = 0; i + 8 <= bytes && ret >= 0; i += 8) {
		uint64_t entry;

		ret = elffile_read(r->file, raw, offset + i, sizeof(raw));
		if (ret < 0)
			return err_sys(r->err, -ret, "relative relocations");
		entry = elffile_number(r->file, raw, sizeof(raw));
		if (!(entry & 1)) {
			ret = add(r, RELOCATION_WORD, entry, word_at(r, entry));
			where = entry + 8;
			continue;
		}
		for (unsigned bit = 1; bit < 64 && ret >= 0; bit++)
			if (entry >> bit & 1)
				ret = add(r, RELOCATION_WORD, where + 8 * (bit - 1),
					  word_at(r, where + 8 * (bit - 1)));
		where += 8 * 63;
	}
	return ret;
}

static int order(const void *a, const void *b)
{
	const struct relocation *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->target < y->target ? -1 : x->target > y->target;
}

static int read_all(struct reading *r)
{
	const struct elf_dynamic *dyn = r->dyn;
	const uint64_t *v = dyn->value;
	int ret;

	if (dyn->packed)
		return err_set(r->err, ENOTSUP, "relocations in Android's packed form");
	ret = read_table(r, v[DT_RELA], v[DT_RELASZ], false);
	if (ret >= 0)
		ret = read_table(r, v[DT_REL], v[DT_RELSZ], true);
	if (ret >= 0)
		ret = read_table(r, v[DT_JMPREL], v[DT_PLTRELSZ], v[DT_PLTREL] == DT_REL);
	return ret < 0 ? ret : read_relr(r, v[DT_RELR], v[DT_RELRSZ]);
}

int relocations_read(struct relocations *ret, const struct elf_file *file,
		     const struct elf_dynamic *dyn, const struct symtab *symbols,
		     struct arena *arena, struct err *err)
{
	_cleanup_(reading_done) struct reading reading = {
		.file = file, .dyn = dyn, .symbols = symbols, .err = err
	};
	struct relocation *items;
	int r;

	r = read_all(&reading);
	if (r < 0)
		return r;
	array_sort(reading.items, reading.count, sizeof(*reading.items), order);
	items = arena_alloc(arena, reading.count * sizeof(*items));
	if (!items)
		return err_oom(err);
	if (reading.count)
		memcpy(items, reading.items, reading.count * sizeof(*items));
	*ret = (struct relocations){ items, reading.count };
	return 0;
}
