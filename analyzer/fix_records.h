/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * fix_records.h — the records that `vexxy advisory` writes, as questions about the code: which functions did a fix touch?
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define FIX_RECORDS_BYTES_MAX (256u << 20)
#define FIX_RECORDS_MAX 100000u

struct fix_target {
	const char *file, *name; /* in the final tree */
	const char *alias;       /* a macro of the sources may call it that; NULL: none does */
	bool macro;              /* the name is of a macro that makes functions of other names */
};

struct fix_patch_name {
	const char *name, *sha256;
};

struct fix_record {
	const char *cve, *package; /* the source package */
	const char *
	    partial; /* why the functions may not be what is at fault, no more and no less; NULL: they are */
	bool
	    confined; /* what is at fault beside them stands in the files `outside`, and nowhere else */
	const char **outside;
	size_t outside_count;
	struct fix_patch_name *patches;
	struct fix_target
	    *targets; /* sorted by file and name, unique; functions that the fix adds are none */
	size_t patch_count, target_count;
};

struct fix_records {
	struct arena *arena;
	struct fix_record *items; /* sorted by package and CVE; malloc'ed */
	size_t count, capacity;
};

/* Reads JSON Lines. Errors name file and line. *ret is to be given to fix_records_done. */
_must_check_ int fix_records_load(struct fix_records *ret, const char *path, struct err *err);
_must_check_ int fix_records_parse(struct fix_records *ret, const char *text, size_t len,
				   struct err *err);
void fix_records_done(struct fix_records *records);
