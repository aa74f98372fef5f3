/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* cmd_symbols.h — what the verbs of `vexxy symbols` share; private to cmd_symbols*.c. */
#pragma once

#include "analyzer/symbol_store.h"
#include "include/options.h"

#define EXIT_MISSING 3

struct symbols_options {
	struct option_list debug_dirs, urls;
	const char *advisories, *store, *rebuilt, *chroot, *out;
	const char *rootfs, *image, *inventory, *ca;
	uint64_t limit_mb, timeout;
	bool json;
};

/* Each verb returns an exit status, or -errno with a reason; operands->items[0] is its own name. */
int symbols_lookup_store(const struct symbols_options *opts, const struct option_list *operands,
			 struct err *err);
int symbols_build(const struct symbols_options *opts, const struct option_list *operands,
		  struct err *err);
int symbols_signatures(const struct symbols_options *opts, const struct option_list *operands,
		       struct err *err);
int symbols_starts(const struct symbols_options *opts, const struct option_list *operands,
		   struct err *err);
/* -EINVAL: the words do not go together. */
int symbols_debuginfo_check(const struct symbols_options *opts, const struct option_list *operands,
			    struct err *err);
int symbols_debuginfo(const struct symbols_options *opts, const struct option_list *operands,
		      struct err *err);
int symbols_align(const struct symbols_options *opts, const struct option_list *operands,
		  struct err *err);
/* Of a file that the store does not know: functions of its static libraries. EXIT_MISSING: none was found. */
int symbols_lookup_linked(const struct symbols_options *opts, const struct option_list *operands,
			  const struct symbol_store *store, struct err *err);
/* Writes a store to a file, or to standard output when that is NULL. */
int symbols_write_store(const struct symbol_store *store, const char *out, struct err *err);
