/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * functions.h — which functions are to be watched: a list that `vexxy` makes, one item a line, nothing to be interpreted.
 *
 *   vexxy-functions 1 [ID]               ID: hex digits that name this list in the trace, told to nobody else
 *   object BUILD_ID                       the ELF file with this GNU build-id, in lower-case hex, or for one that has none:
 *   object path=/usr/bin/app size=12345   the one at that path in the container, of that size in bytes
 *   site 0xOFFSET NAME                    of the object above: file offset of an instruction, and what to call it (no white space)
 *   start 0xOFFSET NAME                   the same, where a function begins: for coverage alone, so nobody asks who called it
 *   both 0xOFFSET NAME                    a site where a function begins
 *
 * That an instruction begins at each offset is for the maker of the list to know: the kernel takes a wrong one and corrupts
 * the program. Here only the form is checked; probes.h checks that the offset lies in code.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/cleanup.h"
#include "include/err.h"

#define FUNCTIONS_SITES_MAX 1000000u
#define FUNCTIONS_OBJECTS_MAX 10000u
#define FUNCTIONS_NAME_BYTES_MAX 512u
#define FUNCTIONS_BYTES_MAX (256u << 20)

struct function_site {
	uint64_t offset;
	const char *name;
	bool wanted; /* for itself, and with its callers */
	bool starts; /* counts for coverage */
};

struct function_object {
	const char *build_id; /* NULL: then path and size */
	const char *path;
	uint64_t size;
	uint32_t first_site, site_count;
};

struct functions {
	const char *id; /* NULL: the list has none */
	struct function_object *objects;
	struct function_site *sites;
	size_t object_count, object_room, site_count, site_room;
	char *text; /* holds the strings */
};

/* Takes the text over, also on failure; text[len] must be NUL. The error names the line. Caller frees. */
_must_check_ int functions_parse(struct functions **ret, char *text, size_t len, struct err *err);
_must_check_ int functions_load(struct functions **ret, const char *path, struct err *err);
/* From the start of an open file. */
_must_check_ int functions_read(struct functions **ret, int fd, struct err *err);
void functions_free(struct functions *functions);
DEFINE_CLEANUP(struct functions *, functions_free)

/* The object that a file is, or NULL. build_id: NULL when it has none. */
const struct function_object *functions_find(const struct functions *functions,
					     const char *build_id, const char *path, uint64_t size);
