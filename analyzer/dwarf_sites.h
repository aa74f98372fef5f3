/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * dwarf_sites.h — where the debug data of a file says that functions of the source are, in all their copies.
 *
 * A function is found by the file that declares it and its name: its own code (entries), every copy that the compiler put into
 * another function (the entry that it names, the start of each range, and each row of the line table inside: a run may pass by any one
 * of them, measured in reachability.md §0), or, when a macro made it under another name, by the lines of its body.
 *
 * Which source a path in the debug data means is told by its end, because a build may run in a copy of the tree or through a
 * link to it: "/build/debian/tls/lib/url.c" is the source with which it has the most trailing components in common, of all
 * sources there are. What is meant too widely costs a probe; what is missed would be a wrong claim of absence.
 *
 * Addresses are those the file was linked for. That one is an instruction's start is not known here (instructions.h).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/rootfs.h"
#include "analyzer/string_set.h"

#define DWARF_ENTRIES_MAX 50000000u /* debug entries that are read */
#define DWARF_DEPTH_MAX 256u
#define DWARF_ROWS_MAX 30000000u
#define DWARF_RANGES_MAX 10000000u
#define DWARF_ADDRESSES_MAX 100000u /* of one answer */

struct dwarf_range {
	uint64_t start, end; /* end excluded */
};

/* Code that a function of the source became: itself, or one copy of it in another function. */
struct dwarf_piece {
	const char *name;
	size_t file; /* into files; STRING_SET_NONE: not said */
	unsigned line;
	bool inlined;
	size_t range, range_count; /* the first one begins with the function itself */
	uint64_t entry;            /* of a copy, when has_entry */
	bool has_entry;
};

struct dwarf_row {
	uint64_t address;
	size_t file;
	unsigned line;
	bool statement;
};

struct dwarf_sites {
	struct arena *arena;
	struct string_set
	    files; /* paths without "." and "..", of those that stand in a row or a piece */
	struct string_set
	    sources; /* last components of all sources that a unit names, with or without code */
	size_t
	    *common; /* of each file: the most components that it shares with a source; 0: none */
	struct dwarf_piece *pieces;
	struct dwarf_range *ranges;
	struct dwarf_row *rows; /* sorted by address */
	/* Functions without code of their own: declared, or compiled and then folded into an equal one (gcc -fipa-icf, which -O2
	 * has): the names, and "name\n" with the number of the file. */
	struct string_set names, bare;
	struct string_set called; /* what calls name, in the same form */
	size_t piece_count, piece_capacity, range_count, range_capacity, row_count, row_capacity;
};

/* Reads the debug data of the file behind fd. What dwz moved to another file is looked for in `root` (NULL: there is none).
 * -ENODATA: no debug data. -ENOENT: the other file is missing. -EFBIG, -EBADMSG with a reason. */
_must_check_ int dwarf_sites_read(struct dwarf_sites **ret, int fd, struct rootfs *root,
				  struct err *err);
void dwarf_sites_free(struct dwarf_sites *sites);
DEFINE_CLEANUP(struct dwarf_sites *, dwarf_sites_free)

/* Tells all sources there are, "lib/url.c". Until then a file means every source of its name. */
_must_check_ int dwarf_sites_bind(struct dwarf_sites *sites, const char *const *sources,
				  size_t count);
/* May the file (a number) be that source? System headers are none. */
bool dwarf_sites_is(const struct dwarf_sites *sites, size_t file, const char *source);
/* Was the file none of the sources that were told, nor a system header: one that the build wrote? */
bool dwarf_sites_is_written(const struct dwarf_sites *sites, size_t file);

/* Does a unit name a source with that last component, if only for its types or data? */
bool dwarf_sites_names(const struct dwarf_sites *sites, const char *source);

#define DWARF_BODIES_MAX 32u

struct dwarf_lines {
	unsigned first, last;
};

/* A function of the source, and the lines from its head to its end (none: not known). A macro that makes functions has several. */
struct dwarf_place {
	const char *file, *name;
	struct dwarf_lines bodies[DWARF_BODIES_MAX];
	size_t body_count;
};

bool dwarf_place_has(const struct dwarf_place *place, unsigned line);

struct dwarf_found {
	uint64_t *entries, *inlined; /* sorted, unique, malloc'ed */
	size_t entry_count, entry_capacity, inlined_count, inlined_capacity;
	size_t copies; /* how many times it was put into others */
	const char *
	    *made; /* other names under which its lines were compiled, sorted, unique; malloc'ed */
	size_t made_count, made_capacity;
	bool rows;     /* machine code comes from its lines */
	bool named;    /* there is code of that name, of whatever file */
	bool declared; /* the debug data has the name, with or without code, of whatever file */
	bool
	    defined; /* the file defines it, but without code of its own: it may be part of another one */
	bool called; /* a call names it */
};

/* Nothing found is no error. *ret is to be given to dwarf_found_done; its names are the table's. */
_must_check_ int dwarf_sites_find(const struct dwarf_sites *sites, const struct dwarf_place *place,
				  struct dwarf_found *ret, struct err *err);
void dwarf_found_done(struct dwarf_found *found);

/* Where the statements of the lines begin, sorted, unique, malloc'ed. */
_must_check_ int dwarf_sites_lines(const struct dwarf_sites *sites, const char *file,
				   unsigned first, unsigned last, uint64_t **ret, size_t *ret_count,
				   struct err *err);
/* Does a row of the line table lie there? */
bool dwarf_sites_cover(const struct dwarf_sites *sites, uint64_t start, uint64_t end);
