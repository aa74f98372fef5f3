// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_json.c — any bytes as a document: parsed or refused, and what is parsed prints to what parses again. */
#include <stdint.h>
#include <string.h>

#include "analyzer/json.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL, *again = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {};

	if (json_parse(&tree, (const char *)data, size, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	text = json_print(tree);
	if (!text || json_parse(&again, text, strlen(text), &err) < 0)
		__builtin_trap();
	return 0;
}
