// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_demangle.c — any text as a mangled name, and as the name that an advisory has for it. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/demangle.h"
#include "analyzer/function_name.h"
#include "include/cleanup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Text: the symbol, a line's end, the name that is looked for, a line's end, the package. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char readable[DEMANGLE_OUT_MAX];
	_cleanup_free_ char *symbol = strndup((const char *)data, size);
	char *name = symbol ? strchr(symbol, '\n') : NULL, *package;
	enum mangling mangling;

	if (!symbol)
		return 0;
	if (name)
		*name++ = '\0';
	package = name ? strchr(name, '\n') : NULL;
	if (package)
		*package++ = '\0';
	memset(readable, 'x', sizeof(readable));
	mangling = demangle(readable, sizeof(readable), symbol);
	if (strnlen(readable, sizeof(readable)) == sizeof(readable) ||
	    (mangling == MANGLING_NONE) != !*readable)
		__builtin_trap();
	for (enum language l = LANGUAGE_C; name && l <= LANGUAGE_GO; l++) {
		const struct function_name wanted = { l, package, name, package };

		if (function_name_match(&wanted, symbol) > NAME_EXACT)
			__builtin_trap();
	}
	return 0;
}
