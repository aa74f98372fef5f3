/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * apart.h — files of a package that have no part at all of a fix which changes more than functions.
 *
 * Of such a fix it is not enough that a file has none of the functions: a table or a type may be what was at fault. A file is
 * apart when each source in which the fix changes more than functions is one that is compiled by itself, holds one of the
 * functions (which are elsewhere, or nowhere), and is named by no unit of the file's debug data, nor included by any source.
 * A header is never proved to be left out: what it defines for the preprocessor leaves no trace.
 */
#pragma once

#include "analyzer/fix_records.h"
#include "analyzer/symbol_sites.h"

struct apart;

/* Reads what the sources of the package include, when one of the fixes makes that a question. Borrows nothing. */
_must_check_ int apart_open(struct apart **ret, const struct site_package *package,
			    const struct fix_record *fixes, size_t count, struct err *err);
void apart_free(struct apart *apart);
DEFINE_CLEANUP(struct apart *, apart_free)

/* `cve`: what was found of the fix in the file. */
bool apart_is(const struct apart *apart, const struct site_file *file, const struct fix_record *fix,
	      const struct store_cve *cve);
