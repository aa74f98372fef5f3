// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_openvex.c — any bytes as a VEX document: refused with a reason, or every rule comes to an end. */
#include <stdint.h>

#include "analyzer/json.h"
#include "analyzer/lint.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(lint_freep) struct lint *lint = NULL;
	_cleanup_(cJSON_Deletep) cJSON *result = NULL;
	struct err err = {};

	if (lint_parse(&lint, (const char *)data, size, "fuzz", &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	if (lint_run(lint, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	result = lint_document_json(lint);
	if (!result || json_bool(result, "valid", false) != !lint->error_count)
		__builtin_trap();
	return 0;
}
