/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * reach_names.h — names of functions that stand as strings in the objects of an image: what dlsym could be asked for.
 *
 * A name counts where it ends a string, since linkers let one string be the end of another. The dynamic symbols' own strings
 * are left out: they are imports and exports, which are looked at as such.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define REACH_PATTERNS_MAX 20000u

struct reach_names;

_must_check_ int reach_names_new(struct reach_names **ret);
void reach_names_free(struct reach_names *names);
DEFINE_CLEANUP(struct reach_names *, reach_names_free)

/* Wants to know of this name, which stays the caller's. To be called before any scan. -ENOMEM. */
_must_check_ int reach_names_want(struct reach_names *names, const char *name);
/* Looks through all that is loaded of the ELF file behind fd; `file` is the caller's number for it. `patterns`: keep its
 * printf patterns, too ("%s_init"), as names that it may build. An error names no file. */
_must_check_ int reach_names_scan(struct reach_names *names, int fd, size_t file, bool patterns,
				  struct err *err);
/* The first file that was scanned and has the name as a string, or can build it (*pattern, else NULL); SIZE_MAX: none. */
size_t reach_names_find(struct reach_names *names, const char *name, const char **pattern);
