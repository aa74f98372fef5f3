// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_fix_records.c — any text as records of fixes: refused with a reason, or sorted questions with file and name. */
#include <stdint.h>

#include "analyzer/fix_records.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(fix_records_done) struct fix_records records = {};
	struct err err = {};

	if (fix_records_parse(&records, (const char *)data, size, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	for (size_t i = 0; i < records.count; i++)
		for (size_t k = 0; k < records.items[i].target_count; k++)
			if (!*records.items[i].targets[k].file ||
			    !*records.items[i].targets[k].name)
				__builtin_trap();
	return 0;
}
