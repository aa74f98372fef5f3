// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_symbols.c — any bytes as an ELF file with functions: a table in order, or refused with a reason. */
#include <stdint.h>
#include <sys/mman.h>

#include "analyzer/go_buildinfo.h"
#include "analyzer/debug_fetch.h"
#include "analyzer/symbols.h"

#define LOOKUPS 64u

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void look_up(struct symbols *symbols)
{
	const struct symbol **targets;
	struct err err = {};
	size_t n, count;

	for (size_t i = 0; i < symbols->count; i++) {
		const struct symbol *s = &symbols->items[i];

		if (i && symbols->items[i - 1].addr > s->addr)
			__builtin_trap();
		if (i >= LOOKUPS)
			continue;
		symbols_named(symbols, s->name, &n);
		if (!n || !symbols_at(symbols, s->addr))
			__builtin_trap();
		if (s->ifunc && symbols_ifunc_targets(symbols, s, &targets, &count, &err) == 0 &&
		    !count)
			__builtin_trap();
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);
	_cleanup_(symbols_freep) struct symbols *symbols = NULL;
	const struct debug_want want = { .id = "00", .path = "/", .linked = true };
	struct go_buildinfo info;
	struct err err = {};
	int r;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		return 0;
	/* As what a server gave for debug data. */
	if (debug_fetch_check(fd, &want, &err) < 0 && !err.text[0])
		__builtin_trap();
	err.text[0] = '\0';
	r = symbols_read(&symbols, fd, NULL, 0, &err);
	if (r < 0 && (!err.text[0] || symbols))
		__builtin_trap();
	if (r < 0)
		return 0;
	look_up(symbols);
	err.text[0] = '\0';
	if (go_buildinfo_read(&info, &symbols->file, &symbols->dynamic, symbols->arena, &err) < 0 &&
	    !err.text[0])
		__builtin_trap();
	return 0;
}
