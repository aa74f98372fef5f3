// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_symbols_signatures.c — vexxy symbols signatures: a symbol store from the static libraries of packages for development. */
#include "analyzer/cmd_symbols.h"
#include "analyzer/symbol_archives.h"

static int add_each(struct symbol_store *store, const struct fix_records *fixes,
		    const struct option_list *operands, struct err *err)
{
	int r = 0;

	for (size_t i = 1; i < operands->count && r == 0; i++) {
		struct archives_told told = {};

		r = symbol_archives_add(store, operands->items[i], NULL, fixes, &told, err);
		if (r == 0)
			fprintf(stderr,
				"%s: %zu static libraries with functions of fixes, %zu signatures "
				"(left out: %zu with code that others have too, %zu too short, %zu "
				"not understood)\n",
				operands->items[i], told.archives, told.functions, told.ambiguous,
				told.short_ones, told.unknown);
	}
	return r;
}

int symbols_signatures(const struct symbols_options *opts, const struct option_list *operands,
		       struct err *err)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = symbol_store_new();
	_cleanup_(fix_records_done) struct fix_records fixes = {};
	int r = store ? 0 : err_oom(err);

	if (r == 0 && !opts->advisories)
		return err_set(err, EINVAL,
			       "'signatures' needs --advisories: the records of 'vexxy advisory "
			       "from-source' on the packages' sources");
	if (r == 0)
		r = fix_records_load(&fixes, opts->advisories, err);
	if (r == 0)
		r = add_each(store, &fixes, operands, err);
	return r < 0 ? r : symbols_write_store(store, opts->out, err);
}
