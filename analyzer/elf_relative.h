/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* elf_relative.h — what pointers in the data of an ELF file will be once it is loaded, as if at address 0. */
#pragma once

#include "analyzer/elf_dynamic.h"

#define ELF_RELATIVE_MAX 4000000u

struct elf_pointer {
	uint64_t at, value; /* addresses */
};

/* The relative relocations that carry their value with them (RELA), sorted by place. Others change what stands in the file. */
struct elf_relative {
	struct elf_pointer *items;
	size_t count;
};

/* -ENOMEM, -E2BIG, or an error of reading; relocations that lie are left out. */
_must_check_ int elfrel_read(struct elf_relative *ret, const struct elf_file *file,
			     const struct elf_dynamic *dyn, struct arena *arena);
/* The pointer at that address; -ERANGE when it is not in the file. */
_must_check_ int elfrel_pointer(const struct elf_relative *relative, const struct elf_file *file,
				uint64_t at, uint64_t *ret);
