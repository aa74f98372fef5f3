// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_rederive.c — any bytes as inputs.json: refused with a reason, or whole inputs with an image in front. */
#include <stdint.h>

#include "analyzer/rederive_inputs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct record record;
	struct err err = {};

	if (!arena)
		return 0;
	if (record_parse(&record, (const char *)data, size, arena, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	for (size_t i = 0; i < record.count; i++)
		if (!record.inputs[i].role || !record.inputs[i].path || !record.inputs[i].sha256)
			__builtin_trap();
	if (!record.count || record.again.input_count != record.count)
		__builtin_trap();
	record_done(&record);
	return 0;
}
