// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_purl.c — any text as a package URL: refused, or its canonical text parses again to the same and matches itself. */
#include <stdint.h>
#include <string.h>

#include "analyzer/purl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct purl purl, again;
	struct err err = {};
	const char *text;

	if (purl_parse(&purl, arena_strndup(arena, (const char *)data, size), arena, &err) < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	text = purl_format(&purl, false, arena);
	if (strlen(text) > PURL_TEXT_MAX)
		return 0;
	if (purl_parse(&again, text, arena, &err) < 0)
		__builtin_trap();
	if (strcmp(purl_format(&again, false, arena), text) || !purl_matches(&purl, &again) ||
	    !purl_matches(&again, &purl))
		__builtin_trap();
	return 0;
}
