// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_static_library.c — any bytes as a static library: refused with a reason, or functions whose signatures are what they say. */
#include <stdint.h>

#include "analyzer/static_library.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const struct library_function *f, struct arena *arena)
{
	struct signature again = {};
	const char *holes = signature_format_holes(&f->code, arena);

	if (!f->name || !f->member || signature_solid(&f->code) < SIGNATURE_SOLID_MIN || !holes ||
	    signature_parse_holes(&again, holes, f->code.size, arena) < 0 ||
	    again.hole_count != f->code.hole_count)
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct static_library library;
	struct err err = {};
	int r;

	if (!arena)
		return 0;
	r = static_library_read(&library, (const char *)data, size, arena, &err);
	if (r < 0 && !err.text[0])
		__builtin_trap();
	for (size_t i = 0; r == 0 && i < library.count; i++)
		check(&library.functions[i], arena);
	static_library_done(&library);
	return 0;
}
