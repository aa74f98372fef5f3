/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * fix_lines.h — the lines that a fix brought, where they are in the final tree.
 *
 * A hunk is looked for by all of its lines as the patch leaves them. Where they stand exactly once in the file, its new lines
 * are known; where a later patch changed them, or they stand more than once, they are left out: a hit on such a line is a
 * stronger witness than the function alone, and without it nothing is lost but that.
 */
#pragma once

#include "analyzer/fix_records.h"
#include "analyzer/rootfs.h"

struct fix_line {
	const char *file;
	unsigned line;
};

struct fix_lines {
	struct fix_line *items; /* sorted, unique; malloc'ed */
	size_t count, capacity;
};

/* Patches that are not in the tree, or not of the usual form, bring nothing. Names are the arena's. *ret is to be given to
 * fix_lines_done. */
_must_check_ int fix_lines_read(struct fix_lines *ret, struct rootfs *tree,
				const struct fix_record *fix, struct arena *arena, struct err *err);
void fix_lines_done(struct fix_lines *lines);
