// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_dynamic.c — what the dynamic loader reads of an ELF file. */
#include "analyzer/elf_dynamic.h"

#include <string.h>

#include "analyzer/elf_facts.h"

#define ENTRIES_MAX 65536u
#define STRINGS_BYTES_MAX (256u << 20)
#define ANDROID_REL 0x6000000f /* DT_ANDROID_REL … DT_ANDROID_RELASZ */
#define ANDROID_RELASZ 0x60000012
#define CHUNK 4096u /* entries read at once */

static int take_entry(struct elf_dynamic *dyn, uint64_t tag, uint64_t value, struct err *err)
{
	if (tag == DT_NEEDED) {
		if (dyn->needed_count == ELF_NEEDED_MAX)
			return err_set(err, EBADMSG, "more than %u needed libraries",
				       ELF_NEEDED_MAX);
		dyn->needed[dyn->needed_count++] = value;
	} else if (tag < DYNAMIC_TAGS) {
		dyn->value[tag] = value;
		dyn->present[tag] = true;
	} else if (tag == DT_GNU_HASH) {
		dyn->gnu_hash = value;
	} else if (tag == DT_VERSYM) {
		dyn->versym = value;
	} else if (tag == DT_VERDEF) {
		dyn->verdef = value;
	} else if (tag == DT_FLAGS_1) {
		dyn->flags_1 = value;
	} else if (tag >= ANDROID_REL && tag <= ANDROID_RELASZ) {
		dyn->packed = true;
	}
	return 0;
}

static int read_entries(struct elf_dynamic *dyn, const struct elf_file *file,
			const struct elf_segment *segment, struct err *err)
{
	size_t half = file->wide ? 8 : 4;
	uint64_t at, room, n;
	char raw[16];
	int r;

	/* The loader goes by the address; p_offset is only for those who do not load. */
	if (elffile_at(file, segment->vaddr, &at, &room) < 0)
		return err_set(err, EBADMSG, "the dynamic section is in no loaded segment");
	n = room / (2 * half);
	for (uint64_t i = 0; i < n; i++) {
		uint64_t tag;

		if (i == ENTRIES_MAX)
			return err_set(err, EBADMSG, "more than %u dynamic entries", ENTRIES_MAX);
		r = elffile_read(file, raw, at + i * 2 * half, 2 * half);
		if (r < 0)
			return err_sys(err, -r, "dynamic section");
		tag = elffile_number(file, raw, half);
		if (tag == DT_NULL)
			return 0;
		r = take_entry(dyn, tag, elffile_number(file, raw + half, half), err);
		if (r < 0)
			return r;
	}
	return err_set(err, EBADMSG, "the dynamic section has no end");
}

static int read_strings(struct elf_dynamic *dyn, const struct elf_file *file, struct arena *arena,
			struct err *err)
{
	uint64_t len = dyn->value[DT_STRSZ], room;
	int r;

	if (!dyn->present[DT_STRTAB] || !dyn->present[DT_STRSZ])
		return dyn->needed_count || dyn->present[DT_SYMTAB]
			   ? err_set(err, EBADMSG, "dynamic section without a string table")
			   : 0;
	if (elffile_at(file, dyn->value[DT_STRTAB], &dyn->strings_offset, &room) < 0 || len > room)
		return err_set(err, EBADMSG, "the dynamic string table lies outside the file");
	if (len > STRINGS_BYTES_MAX)
		return err_set(err, EBADMSG, "%ju bytes of dynamic strings, at most %u are read",
			       (uintmax_t)len, STRINGS_BYTES_MAX);
	dyn->strings = arena_alloc(arena, (size_t)len + 1);
	if (!dyn->strings)
		return err_oom(err);
	dyn->strings_len = (size_t)len;
	r = elffile_read(file, dyn->strings, dyn->strings_offset, (size_t)len);
	return r < 0 ? err_sys(err, -r, "dynamic string table") : 0;
}

int elfdyn_read(struct elf_dynamic *ret, const struct elf_file *file, struct arena *arena,
		struct err *err)
{
	const struct elf_segment *found = NULL;
	int r;

	*ret = (struct elf_dynamic){};
	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segments[i].type == PT_DYNAMIC)
			found = &file->segments[i];
	/* Separate debug data keeps the header of what was left out. */
	if (!found || !found->filesz)
		return 0;
	ret->needed = arena_alloc(arena, ELF_NEEDED_MAX * sizeof(*ret->needed));
	if (!ret->needed)
		return err_oom(err);
	r = read_entries(ret, file, found, err);
	return r < 0 ? r : read_strings(ret, file, arena, err);
}

const char *elfdyn_string(const struct elf_dynamic *dyn, uint64_t offset)
{
	return offset < dyn->strings_len ? dyn->strings + offset : NULL;
}

/* DT_HASH: the second word is the number of symbols. Words are 8 bytes on 64 bit s390 and alpha. */
static uint64_t count_by_hash(const struct elf_dynamic *dyn, const struct elf_file *file)
{
	size_t word = file->wide && (file->machine == EM_S390 || file->machine == 0x9026) ? 8 : 4;
	uint64_t at, room;
	char raw[8];

	if (!dyn->present[DT_HASH] || elffile_at(file, dyn->value[DT_HASH], &at, &room) < 0 ||
	    room < 2 * word || elffile_read(file, raw, at + word, word) < 0)
		return 0;
	return elffile_number(file, raw, word);
}

/* DT_GNU_HASH: behind the last symbol of the last chain, whose hash has its lowest bit set. */
static uint64_t count_by_gnu_hash(const struct elf_dynamic *dyn, const struct elf_file *file)
{
	uint64_t at, room, buckets, first, bloom, last = 0;
	char raw[CHUNK * 4];

	if (!dyn->gnu_hash || elffile_at(file, dyn->gnu_hash, &at, &room) < 0 || room < 16 ||
	    elffile_read(file, raw, at, 16) < 0)
		return 0;
	buckets = elffile_number(file, raw, 4);
	first = elffile_number(file, raw + 4, 4);
	bloom = elffile_number(file, raw + 8, 4) * (file->wide ? 8 : 4);
	at += 16 + bloom;
	for (uint64_t i = 0; i < buckets; i += CHUNK) {
		size_t n = buckets - i < CHUNK ? (size_t)(buckets - i) : CHUNK;

		if (elffile_read(file, raw, at + i * 4, n * 4) < 0)
			return 0;
		for (size_t k = 0; k < n; k++) {
			uint64_t v = elffile_number(file, raw + k * 4, 4);

			last = v > last ? v : last;
		}
	}
	if (last < first)
		return first;
	at += buckets * 4;
	for (uint64_t i = last - first; i <= ELF_SYMBOLS_MAX; i++)
		if (elffile_read(file, raw, at + i * 4, 4) < 0)
			return 0;
		else if (elffile_number(file, raw, 4) & 1)
			return first + i + 1;
	return UINT64_MAX;
}

/* The highest symbol that a relocation names: a program that exports nothing has no chain to count by. */
static uint64_t count_by_relocations(const struct elf_file *file, uint64_t vaddr, uint64_t bytes,
				     bool addend)
{
	size_t half = file->wide ? 8 : 4, step = (addend ? 3 : 2) * half;
	uint64_t at, room, count = 0;
	char raw[1024 * 24];

	if (elffile_at(file, vaddr, &at, &room) < 0)
		return 0;
	bytes = bytes < room ? bytes : room;
	for (uint64_t done = 0; done + step <= bytes;) {
		size_t n = bytes - done < 1024 * step ? (size_t)((bytes - done) / step) : 1024;

		if (elffile_read(file, raw, at + done, n * step) < 0)
			return count;
		for (size_t i = 0; i < n; i++) {
			const char *info = raw + i * step + half;
			uint64_t v = elffile_number(file, info, half);
			/* 64 bit MIPS stores the symbol as a word of its own, first. */
			uint64_t symbol = !file->wide                ? v >> 8
					  : file->machine == EM_MIPS ? elffile_number(file, info, 4)
								     : v >> 32;

			count = symbol + 1 > count ? symbol + 1 : count;
		}
		done += n * step;
	}
	return count;
}

static uint64_t count_by_section(const struct elf_dynamic *dyn, const struct elf_file *file,
				 size_t step)
{
	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *s = &file->sections[i];

		if (s->type == SHT_DYNSYM && s->addr == dyn->value[DT_SYMTAB])
			return s->size / step;
	}
	return 0;
}

/* No header tells the number of dynamic symbols; each of these is a lower bound, so the largest is taken. */
static uint64_t count_symbols(const struct elf_dynamic *dyn, const struct elf_file *file,
			      size_t step)
{
	bool plt_addend = dyn->value[DT_PLTREL] == DT_RELA;
	uint64_t counts[] = {
		count_by_hash(dyn, file),
		count_by_gnu_hash(dyn, file),
		count_by_section(dyn, file, step),
		count_by_relocations(file, dyn->value[DT_RELA], dyn->value[DT_RELASZ], true),
		count_by_relocations(file, dyn->value[DT_REL], dyn->value[DT_RELSZ], false),
		count_by_relocations(file, dyn->value[DT_JMPREL], dyn->value[DT_PLTRELSZ],
				     plt_addend),
	};
	uint64_t most = 0;

	for (size_t i = 0; i < sizeof(counts) / sizeof(*counts); i++)
		most = counts[i] > most ? counts[i] : most;
	return most;
}

/* Neither imported nor visible outside: nothing that the loader would bind. */
static bool is_hidden(const struct elf_symbol *symbol)
{
	return symbol->section != SHN_UNDEF &&
	       (symbol->bind == STB_LOCAL || symbol->visibility == STV_HIDDEN ||
		symbol->visibility == STV_INTERNAL);
}

int elfdyn_symbol_table(const struct elf_dynamic *dyn, const struct elf_file *file,
			uint64_t *offset, uint64_t *count, struct err *err)
{
	size_t step = elffile_symbol_size(file);
	uint64_t at = 0, room, n;

	n = dyn->present[DT_SYMTAB] ? count_symbols(dyn, file, step) : 0;
	if (n > ELF_SYMBOLS_MAX)
		return err_set(err, EBADMSG, "more than %u dynamic symbols", ELF_SYMBOLS_MAX);
	if (n <= 1)
		n = 0;
	if (n && (elffile_at(file, dyn->value[DT_SYMTAB], &at, &room) < 0 || n > room / step))
		return err_set(err, EBADMSG, "%ju dynamic symbols reach beyond their segment",
			       (uintmax_t)n);
	*offset = at;
	*count = n;
	return 0;
}

int elfdyn_symbols(const struct elf_dynamic *dyn, const struct elf_file *file, elf_symbol_fn fn,
		   void *ctx, struct err *err)
{
	size_t step = elffile_symbol_size(file);
	char raw[CHUNK * sizeof(Elf64_Sym)];
	struct elf_symbol symbol;
	uint64_t at, count;
	int r;

	r = elfdyn_symbol_table(dyn, file, &at, &count, err);
	if (r < 0)
		return r;
	for (uint64_t i = 1; i < count; i++) {
		size_t in_chunk = (i - 1) % CHUNK;

		if (!in_chunk) {
			size_t n = count - i < CHUNK ? (size_t)(count - i) : CHUNK;

			r = elffile_read(file, raw, at + i * step, n * step);
			if (r < 0)
				return err_sys(err, -r, "dynamic symbol %ju", (uintmax_t)i);
		}
		if (!elffile_symbol(file, &symbol, raw + in_chunk * step, dyn->strings,
				    dyn->strings_len))
			return err_set(err, EBADMSG, "dynamic symbol %ju: its name lies outside",
				       (uintmax_t)i);
		symbol.number = (uint32_t)i;
		r = *symbol.name && !is_hidden(&symbol) ? fn(ctx, &symbol) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}
