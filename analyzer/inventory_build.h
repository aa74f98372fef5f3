/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * inventory_build.h — the workbench on which an inventory is made; only inventory_*.c know it.
 *
 * First the walk fills `entries` (all there is in the root, depth first, so that what lies below a directory follows it).
 * Then each kind of package database adds packages and claims files for them. At the end what is worth keeping is sorted.
 */
#pragma once

#include "analyzer/inventory.h"
#include "analyzer/rootfs.h"
#include "analyzer/string_set.h"

#define INVENTORY_PACKAGES_MAX 500000u
#define INVENTORY_CLAIMS_MAX 20000000u
#define INVENTORY_STEPS_MAX 500000000ull
#define INVENTORY_NOTES_MAX 1000u

#define ENTRY_NONE UINT32_MAX

/* One name below the root. */
struct entry {
	const char *path;
	uint64_t size;
	uint32_t mode;
	uint32_t next_pyc; /* the next compiled form of the same source, or ENTRY_NONE */
	uint32_t owner;    /* the first package that claims it, or ENTRY_NONE */
	bool keep;         /* worth keeping even when nobody owns it */
	enum file_kind kind;
	const char *script, *script_argument;
};

/* A package, and what only the workbench needs of it. */
struct draft {
	struct package package;
	const char **wants; /* keys of what it depends on: "deb:libc6" */
	size_t want_count;
	bool by_system; /* of the distribution's database */
};

struct claim {
	uint32_t entry, package;
};

struct builder {
	struct inventory *inv;
	struct arena *scratch;
	struct rootfs *root;
	struct entry *entries;
	size_t entry_count, entry_capacity;
	struct string_set paths; /* of the entries, same numbers */
	struct draft *drafts;
	size_t draft_count, draft_capacity;
	struct claim *claims;
	size_t claim_count, claim_capacity;
	struct string_set keys; /* what can be depended on … */
	uint32_t *key_drafts;   /* … and by which package it is met */
	size_t key_capacity;
	struct string_set notes;
	size_t note_overflow;
	struct string_set asked; /* paths whose canonical form was asked for … */
	const char **answers;    /* … and is, NULL: nothing there */
	size_t answer_capacity;
	struct string_set pyc_names; /* sources that have compiled forms … */
	uint32_t *pycs;              /* … and the first of these */
	size_t pyc_capacity;
	uint64_t steps;    /* taken by searches that a hostile root could make quadratic */
	bool has_database; /* of a distribution */
};

/* An empty inventory with its arena; NULL: no memory. */
struct inventory *inventory_new(void);

/* The order of packages in an inventory. */
int package_compare(const struct package *p, const struct package *q);

/* Lines of a text in memory. */
struct lines {
	const char *at, *end;
	size_t number; /* of the line that was given last */
};

/* The next line without its newline (and a carriage return before it); false at the end. */
bool lines_next(struct lines *lines, const char **line, size_t *len);

/* Says something to people. A fault also makes the inventory incomplete: absence proves nothing then. */
_must_check_ _printf_(2, 3) int builder_note(struct builder *b, const char *fmt, ...);
_must_check_ _printf_(2, 3) int builder_fault(struct builder *b, const char *fmt, ...);

/* The entry of that exact path, or ENTRY_NONE. */
uint32_t builder_find(const struct builder *b, const char *path, size_t len);
/* The canonical path, or NULL when nothing is there. -ENOMEM only. */
_must_check_ int builder_canonical(struct builder *b, const char *path, const char **ret);
/* The canonical path of the directory joined with the name as it is; NULL when there is no such directory. */
_must_check_ int builder_place(struct builder *b, const char *path, const char **ret);

/* Reads a whole file of the root. 0 and *ret NULL when there is none or when it could not be read: that is then a fault. */
_must_check_ int builder_read(struct builder *b, const char *path, size_t max, char **ret,
			      size_t *len);

/* Adds a package; its strings are borrowed. The number in *ret, ENTRY_NONE beyond the limit. */
_must_check_ int builder_add(struct builder *b, const struct draft *draft, uint32_t *ret);
/* Package `owner` meets what others want as `key`; the first one stays. A NULL key is a lack of memory. */
_must_check_ int builder_offer(struct builder *b, const char *key, uint32_t owner);
/* purl with qualifiers arch and distro. */
_must_check_ int builder_purl(struct builder *b, struct package *package, const char *namespace);

/* Another step of a search; false when there were so many that the search must end (inventory_finish says so). */
bool builder_spend(struct builder *b);
/* The package owns that entry, and when it is a Python source its compiled forms. Directories are nobody's. */
_must_check_ int builder_claim(struct builder *b, uint32_t package, uint32_t entry);
/* The package owns what a list calls `path`, if it is there; else it is counted as missing. */
_must_check_ int builder_claim_path(struct builder *b, uint32_t package, const char *path);
/* The package owns all files below the directory, but for those below a directory called `except` (or NULL). */
_must_check_ int builder_claim_below(struct builder *b, uint32_t package, const char *directory,
				     const char *except);

/* The parts of building, in this order. Only the first can fail for another reason than a lack of memory: what is wrong with
 * a database is a fault of the inventory. */
_must_check_ int inventory_read_files(struct builder *b, struct err *err);
_must_check_ int inventory_read_os(struct builder *b);
_must_check_ int inventory_read_dpkg(struct builder *b);
_must_check_ int inventory_read_apk(struct builder *b);
_must_check_ int inventory_read_python(struct builder *b);
_must_check_ int inventory_read_node(struct builder *b);
_must_check_ int inventory_read_libraries(struct builder *b);
_must_check_ int inventory_finish(struct builder *b);
