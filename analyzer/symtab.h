/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* symtab.h — the symbols of an ELF file with their addresses: those of the loader, and those that stripping removes. */
#pragma once

#include "analyzer/elf_dynamic.h"

#define SYMTAB_MAX 8000000u

struct symtab_entry {
	const char *name;    /* "" when it has none */
	const char *version; /* of a definition: "GLIBC_2.14"; NULL when it has none */
	uint64_t value, size;
	unsigned char type; /* STT_* */
	uint16_t section;   /* number of the section that it is defined in */
	bool defined;
	bool exported; /* defined, and others can bind to it */
};

struct symtab {
	struct symtab_entry *items; /* by number: the first is none */
	size_t count;
};

/* The dynamic symbols, with versions. Empty when there are none. -EBADMSG with a reason. Memory is the arena's; names are
 * borrowed from dyn. */
_must_check_ int symtab_read_dynamic(struct symtab *ret, const struct elf_file *file,
				     const struct elf_dynamic *dyn, struct arena *arena,
				     struct err *err);
/* The full table (.symtab), also of a file of separate debug data. Empty when it was stripped. */
_must_check_ int symtab_read_full(struct symtab *ret, const struct elf_file *file,
				  struct arena *arena, struct err *err);
