// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* go_linked.c — is a function linked into a Go program? */
#include "analyzer/go_linked.h"

#include <string.h>

/* Names lie between anything there: the last part of the wanted one is looked for. */
static enum name_match search_bytes(const struct go_pclntab *table, const char *name)
{
	const char *dot = strrchr(name, '.'), *last = dot ? dot + 1 : name;

	return memmem(table->names, table->names_len, last, strcspn(last, "[")) ? NAME_LIKELY
										: NAME_NONE;
}

enum name_match go_linked(const struct go_pclntab *table, const struct function_name *wanted)
{
	enum name_match best = NAME_NONE, match;
	const char *name;

	if (table->format == 2)
		return search_bytes(table, wanted->name);
	for (size_t at = 0; best != NAME_EXACT && (name = go_pclntab_next_name(table, &at));) {
		match = function_name_match(wanted, name);
		best = match > best ? match : best;
	}
	return best;
}
