// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_elf.c — any bytes as an ELF file: read, or refused with a reason. */
#include <stdint.h>
#include <sys/mman.h>

#include "analyzer/elf_facts.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What others rely on: sorted and unique, so that they may search by halves. */
static void check_sorted(const char *const *items, size_t count)
{
	for (size_t i = 1; i < count; i++)
		if (strcmp(items[i - 1], items[i]) >= 0)
			__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct elf_facts facts = {};
	struct err err = {};
	int r;

	if (fd < 0 || !arena || write(fd, data, size) != (ssize_t)size)
		return 0;
	r = elf_facts_read(&facts, fd, NULL, arena, &err);
	if (r < 0 && !err.text[0])
		__builtin_trap();
	if (r >= 0 && (!facts.machine || !facts.type))
		__builtin_trap();
	check_sorted(facts.exported, facts.exported_count);
	check_sorted(facts.imported, facts.imported_count);
	check_sorted(facts.hints, facts.hints_count);
	return 0;
}
