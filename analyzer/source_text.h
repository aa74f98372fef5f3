/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* source_text.h — the sources beside the debug data: which lines are a function's, and is every source of code among them? */
#pragma once

#include "analyzer/fix_lines.h"
#include "analyzer/symbol_sites.h"

struct source_text;

/* Reads the sources that the fixes name, and what the tree holds. */
_must_check_ int source_text_open(struct source_text **ret, const struct site_package *package,
				  const struct fix_record *fixes, size_t count, struct err *err);
void source_text_free(struct source_text *text);
DEFINE_CLEANUP(struct source_text *, source_text_free)

/* Puts file, name and lines of the function into *ret; of a macro those uses that have lines of the fix. False when the name in the sources may not be the one
 * in the code, or the lines are not known. */
bool source_text_place(const struct source_text *text, const struct fix_target *target,
		       const struct fix_lines *lines, struct dwarf_place *ret);
/* A function of a file of the package (a number) without debug data, or NULL. When there is one, absence from the file is not
 * proved. */
const char *source_text_bare(const struct source_text *text, size_t file);
/* Does code come from a source that is not in the tree, so that the build must have written it? */
bool source_text_has_written(const struct source_text *text);
