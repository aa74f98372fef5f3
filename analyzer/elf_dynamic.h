/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* elf_dynamic.h — what the dynamic loader reads of an ELF file: PT_DYNAMIC and the tables it points to. */
#pragma once

#include <elf.h>

#include "analyzer/elf_file.h"

#define DYNAMIC_TAGS \
	40 /* those below it are kept by number; of a tag that stands twice the last counts */

struct elf_dynamic {
	uint64_t value[DYNAMIC_TAGS];
	bool present[DYNAMIC_TAGS];
	uint64_t gnu_hash;       /* 0: none */
	uint64_t versym, verdef; /* addresses of the versions of symbols; 0: none */
	uint64_t flags_1;        /* DT_FLAGS_1 */
	bool packed;             /* there are relocations in Android's packed form, too */
	uint64_t *needed;        /* offsets into the strings */
	size_t needed_count;
	char *strings; /* DT_STRTAB, with a NUL behind it */
	size_t strings_len;
	uint64_t strings_offset; /* in the file */
};

/* A symbol with a name, borrowed for the call. */
typedef int (*elf_symbol_fn)(void *ctx, const struct elf_symbol *symbol);

/* Leaves ret empty when the file has no dynamic section. Memory is the arena's. */
_must_check_ int elfdyn_read(struct elf_dynamic *ret, const struct elf_file *file,
			     struct arena *arena, struct err *err);
/* The string at that offset, or NULL when it lies outside. */
const char *elfdyn_string(const struct elf_dynamic *dyn, uint64_t offset);
/* Where the dynamic symbols stand in the file, and their number with that of the first, which is none; 0: there are none. */
_must_check_ int elfdyn_symbol_table(const struct elf_dynamic *dyn, const struct elf_file *file,
				     uint64_t *offset, uint64_t *count, struct err *err);
/* Calls fn for each imported symbol and each that is visible outside; its < 0 ends the walk. */
_must_check_ int elfdyn_symbols(const struct elf_dynamic *dyn, const struct elf_file *file,
				elf_symbol_fn fn, void *ctx, struct err *err);
