// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_sbom.c — any bytes as an SBOM: read or refused with a reason. */
#include <stdint.h>

#include "analyzer/sbom.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(sbom_freep) struct sbom *sbom = NULL;
	struct err err = {};

	if (sbom_parse(&sbom, (const char *)data, size, &err) < 0 && !err.text[0])
		__builtin_trap();
	return 0;
}
