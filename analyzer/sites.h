/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * sites.h — where the functions at fault are in the files of the image: what a probe can watch, and what its silence would say.
 *
 * For each finding whose functions are known, every object of its package is asked: the symbol store by build-id, which
 * knows all copies that a compiler made of a function; else the names that the file itself or separate debug data has, which
 * know where a function begins and not where it was inlined; else Go's own table, which knows both. Every place is held to be
 * the start of an instruction by decoding the function around it, or it is not used.
 *
 * Code of a static library that was linked into a program is known by its bytes (linked.h), whosever the program is; there may be
 * more of it than is found, so that one function is a doubt about all others of the same source.
 *
 * What is not known stays a doubt, in words: only of a finding without one does silence of all places mean that none of the
 * code ran.
 */
#pragma once

#include "analyzer/findings.h"
#include "analyzer/inventory.h"
#include "analyzer/risk.h"
#include "analyzer/rung.h"
#include "analyzer/symbol_store.h"
#include "include/options.h"

#define SITES_MAX 1000000u

enum site_kind {
	SITE_ENTRY, /* the function begins there */
	SITE_COPY,  /* a copy of it that was inlined can be entered there */
	SITE_LINE,  /* a statement that the fix changes */
};

struct site {
	size_t file; /* into inventory.files */
	uint64_t address, offset;
	const char *symbol; /* as a hit is named in the trace: no white space */
	enum site_kind kind;
	enum rung rung;
};

/* One object in which functions at fault are. */
struct site_object {
	size_t file;
	uint64_t
	    *addresses; /* of what the functions begin or are inlined at, for who can reach them */
	size_t address_count;
};

/* What is known of one finding. All borrowed. */
struct finding_sites {
	struct site *items; /* sorted by (file, offset, kind), unique */
	size_t count;
	struct site_object *objects; /* sorted by file */
	size_t object_count;
	const char *doubt; /* why the sites may not be all; NULL: they are */
	const char *
	    absent; /* how it is proved that no object of the package has the code; NULL: it is not */
	size_t linked;     /* a file into which code of its source was linked from a static library;
			  INVENTORY_NONE */
	enum rung rung;    /* the lowest of them; RUNG_PACKAGE without any */
	enum risk mapping; /* that the functions are not those at fault; RISK_NONE: not rated */
	enum risk
	    placing; /* that the places are not theirs: the largest; RISK_NONE: nothing was placed */
};

struct sites {
	struct arena *arena;
	struct finding_sites *findings; /* one per finding, same order */
	size_t count;
	struct site *all; /* of all findings, sorted by (file, offset), each place once */
	size_t all_count;
	const char **notes; /* files that could not be read, places that were refused; sorted */
	size_t note_count;
};

/* Where the same object is in several, the first counts. */
struct store_list {
	struct symbol_store **items;
	size_t count;
};

/* Reads the files of the inventory below rootfs. `stores` may be empty; debug data is looked for in `debug_dirs`. Borrows
 * inventory, findings and stores for its life time. */
_must_check_ int sites_find(struct sites **ret, const struct inventory *inv,
			    const struct findings *findings, const char *rootfs,
			    const struct store_list *stores, const struct option_list *debug_dirs,
			    struct err *err);
void sites_free(struct sites *sites);
DEFINE_CLEANUP(struct sites *, sites_free)
