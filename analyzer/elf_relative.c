// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* elf_relative.c — what pointers in the data of an ELF file will be once it is loaded. */
#include "analyzer/elf_relative.h"

#include "include/array.h"

#define CHUNK 4096u /* relocations read at once */

static uint64_t relative_type(uint16_t machine)
{
	switch (machine) {
	case EM_X86_64:
		return R_X86_64_RELATIVE;
	case EM_AARCH64:
		return R_AARCH64_RELATIVE;
	case EM_S390:
		return R_390_RELATIVE;
	case EM_PPC64:
		return R_PPC64_RELATIVE;
	case EM_RISCV:
	case EM_LOONGARCH:
		return R_RISCV_RELATIVE; /* the same number */
	default:
		return UINT64_MAX;
	}
}

static int compare_places(const void *a, const void *b)
{
	const struct elf_pointer *x = a, *y = b;

	return (x->at > y->at) - (x->at < y->at);
}

int elfrel_read(struct elf_relative *ret, const struct elf_file *file,
		const struct elf_dynamic *dyn, struct arena *arena)
{
	size_t half = file->wide ? 8 : 4, step = 3 * half;
	uint64_t at, room, bytes = dyn->value[DT_RELASZ], count;
	uint64_t type = relative_type(file->machine);
	struct elf_relative found = {};
	char raw[CHUNK * 24];

	*ret = found;
	if (!dyn->present[DT_RELA] || elffile_at(file, dyn->value[DT_RELA], &at, &room) < 0)
		return 0;
	count = (bytes < room ? bytes : room) / step;
	if (count > ELF_RELATIVE_MAX)
		return -E2BIG;
	found.items = arena_alloc(arena, (count + 1) * sizeof(*found.items));
	if (!found.items)
		return -ENOMEM;
	for (uint64_t i = 0; i < count; i++) {
		size_t in_chunk = i % CHUNK, n = count - i < CHUNK ? (size_t)(count - i) : CHUNK;
		const char *entry = raw + in_chunk * step;
		int r = in_chunk ? 0 : elffile_read(file, raw, at + i * step, n * step);
		uint64_t info = elffile_number(file, entry + half, half);

		if (r < 0)
			return r;
		if ((file->wide ? ELF64_R_TYPE(info) : ELF32_R_TYPE(info)) == type)
			found.items[found.count++] =
			    (struct elf_pointer){ elffile_number(file, entry, half),
						  elffile_number(file, entry + 2 * half, half) };
	}
	array_sort(found.items, found.count, sizeof(*found.items), compare_places);
	*ret = found;
	return 0;
}

int elfrel_pointer(const struct elf_relative *relative, const struct elf_file *file, uint64_t at,
		   uint64_t *ret)
{
	const struct elf_pointer key = { .at = at }, *found;
	size_t half = file->wide ? 8 : 4;
	uint64_t offset, room;
	char raw[8];
	int r;

	found = array_find(&key, relative->items, relative->count, sizeof(*relative->items),
			   compare_places);
	if (found) {
		*ret = found->value;
		return 0;
	}
	r = elffile_at(file, at, &offset, &room);
	if (r < 0 || room < half)
		return -ERANGE;
	r = elffile_read(file, raw, offset, half);
	if (r < 0)
		return r;
	*ret = elffile_number(file, raw, half);
	return 0;
}
