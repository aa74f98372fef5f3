/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* names.h — under which names the files of an image can be asked for: for a loader, and for execvp. */
#pragma once

#include "analyzer/inventory.h"

struct name {
	const char *name; /* last element of the path of a file or of a link to it, or its soname */
	size_t file;      /* never a link */
};

/* Sorted by (name, file); borrowed from the inventory. */
struct names {
	struct name *items;
	size_t count;
};

/* Names of shared objects and position independent programs. */
_must_check_ int names_of_objects(struct names *ret, const struct inventory *inv);
/* Names of what has an x bit: programs, scripts. */
_must_check_ int names_of_programs(struct names *ret, const struct inventory *inv);
void names_done(struct names *names);

/* The first item whose name is not before `text`; names->count when there is none. */
size_t names_at_least(const struct names *names, const char *text);

/* A pattern of printf ("lib%s.so.%d") as one for fnmatch ("lib*.so.*"). NULL: no memory. */
char *names_glob(struct arena *arena, const char *format);
