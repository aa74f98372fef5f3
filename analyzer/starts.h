/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * starts.h — where every function of a file begins, for coverage: by its unwind tables, which stripping does not remove, or by Go's
 * own table. Parts of a function that a compiler split off (".cold") have records of their own, and count on their own. A place
 * is only taken when its whole function decodes, so that an instruction is known to begin there.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "include/err.h"

struct start {
	uint64_t offset;    /* in the file */
	const char *symbol; /* "0x…", its address, when it has no name; no white space */
};

struct starts {
	struct start *items; /* sorted by offset, unique */
	size_t count;
	size_t refused;       /* functions that cannot be watched */
	const char *build_id; /* of the file; NULL: none */
};

/* Of the open file, with the names that it has itself. None is no error. Memory is the arena's. -errno with a reason when the file
 * cannot be looked into. */
_must_check_ int starts_find(struct starts *ret, int fd, struct arena *arena, struct err *err);
