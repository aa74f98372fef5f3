// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_inventory.c — any bytes as a saved inventory: refused with a reason, or written and read again without a change. */
#include <stdint.h>

#include "analyzer/inventory.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(inventory_freep) struct inventory *first = NULL, *second = NULL;
	_cleanup_free_ char *text = NULL, *again = NULL;
	struct err err = {};

	if (inventory_parse(&first, (const char *)data, size, &err) < 0) {
		if (!err.text[0])
			__builtin_trap();
		return 0;
	}
	for (size_t i = 0; i < first->file_count; i++)
		(void)inventory_find(first, first->files[i].path);
	if (inventory_print(first, &text, &err) < 0 ||
	    inventory_parse(&second, text, strlen(text), &err) < 0 ||
	    inventory_print(second, &again, &err) < 0 || strcmp(text, again))
		__builtin_trap();
	return 0;
}
