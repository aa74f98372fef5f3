/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * relocations.h — the words that the loader fills in with addresses, of x86-64 and arm64.
 *
 * From DT_RELA, DT_REL, DT_JMPREL and DT_RELR. Only what may end as the address of something in the same object is told,
 * and imports; thread-local storage and copied data are not.
 */
#pragma once

#include "analyzer/symtab.h"

#define RELOCATIONS_MAX 20000000u

enum relocation_kind {
	RELOCATION_SLOT,     /* a slot of the global offset table, for one symbol */
	RELOCATION_WORD,     /* any other word that is to hold an address */
	RELOCATION_IMPORT,   /* a word for a symbol of another object: target is 0 */
	RELOCATION_RESOLVER, /* the loader calls what is at `target`, and keeps what it returns */
};

struct relocation {
	enum relocation_kind kind;
	uint64_t at, target; /* address of the word; address that it will hold or call */
	uint32_t symbol;     /* RELOCATION_IMPORT: its number among the dynamic symbols, */
	bool slot;           /* and whether the word is a slot of the global offset table */
};

struct relocations {
	struct relocation *items; /* sorted by address, then target */
	size_t count;
};

/* -ENOTSUP with a reason when a relocation is not understood: then nothing can be said about who points where. */
_must_check_ int relocations_read(struct relocations *ret, const struct elf_file *file,
				  const struct elf_dynamic *dyn, const struct symtab *symbols,
				  struct arena *arena, struct err *err);
