/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * symbol_store.h — what was found out, once and offline, about the vulnerable functions of shipped ELF files.
 *
 * JSON Lines, one file (build-id) a line, sorted by build-id; everything in it is sorted, so that the same findings are the same
 * bytes:
 *
 *   {"build_id": "69f4…", "file": "/usr/lib/x86_64-linux-gnu/libcares.so.2.5.1", "soname": "libcares.so.2",
 *    "package": "libc-ares2", "source": "c-ares", "version": "1.18.1-3", "arch": "amd64",
 *    "equality": "identical",                 how it is known (elf_equal.h)
 *    "aligned_from": "0a1b…",                 the build-id of the file that it was aligned with, whose names it has; only then
 *    "dsc": {"name": "c-ares_1.18.1-3.dsc", "sha256": "…"},   what was rebuilt
 *    "code": [["0x4000", "0x1234f", "0x4000"]],   executable segments: first address, the one behind the last, offset in the file
 *    "cves": [{"cve": "CVE-2022-4904", "complete": true,      false: not all that is vulnerable is known; "why" says so
 *      "patches": [{"name": "CVE-2022-4904.diff", "sha256": "…"}],
 *      "functions": [{"name": "config_sortlist", "file": "src/lib/ares_init.c", "kind": "local",
 *        "entries": ["0x7e70"],      where the function begins
 *        "inlined": ["0x81c4"],      where copies of it may be entered: every one is to be watched
 *        "lines": ["0x7e9a"],        statements that the fix changed: a hit is a sharper witness than the function
 *        "made": ["other_name"]}]}], the names under which a macro made it
 *    "elsewhere": ["CVE-2023-1"],    CVEs of the package of which this file has no code, but another file of the package has
 *    "apart": [{"cve": "CVE-2023-1", "of": "1 of 3 changes …"}]}   why the record on the CVE is partial, and yet this file has
 *                                    nothing of it: neither its functions, nor a source in which its fix changes more than functions
 *
 * Addresses are those the file was linked for; the reader gives the offset in the file, which a probe needs. Every one was
 * checked to be the start of an instruction when the store was made; whoever places a probe checks it again in the file at hand.
 * "not_compiled" holds for all files that the source package makes: no symbol, no function, no copy and no line of its body
 * is in any of them. A CVE that does not stand in a line was not looked for: nothing follows from that.
 *
 * What is known of one build-id is never used for another one: there is no lookup of a file but by build-id.
 *
 * Other lines are of static libraries, as packages for development ship them; they stand first:
 *
 *   {"archive": "/usr/lib/x86_64-linux-gnu/libexpat.a", "sha256": "…", "package": "libexpat1-dev", "source": "expat",
 *    "version": "2.5.0-1+deb12u2", "arch": "amd64",
 *    "functions": [{"name": "XML_ParseBuffer", "file": "expat/lib/xmlparse.c", "member": "xmlparse.o", "size": 423,
 *      "sha256": "…", "holes": "1f:4,30:7",    its code (signature.h)
 *      "cves": ["CVE-2024-28757"]}]}
 *
 * Code of a program that is equal to such a function's was linked from that library, or one with the same function. That no code is
 * equal proves nothing.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "analyzer/elf_equal.h"
#include "analyzer/signature.h"
#include "include/err.h"

#define STORE_BYTES_MAX (512u << 20)
#define STORE_OBJECTS_MAX 200000u
#define STORE_SITES_MAX 100000u /* of one list of addresses */
#define STORE_ITEMS_MAX 20000u  /* of any other list */
#define STORE_ARCHIVES_MAX 10000u

/* X(identifier, name, has entries, has inlined copies) */
#define STORE_KINDS(X)                                      \
	X(EXPORTED, "exported", true, false)                \
	X(EXPORTED_INLINED, "exported+inlined", true, true) \
	X(INLINED, "inlined", false, true)                  \
	X(LOCAL, "local", true, false)                      \
	X(LOCAL_INLINED, "local+inlined", true, true)       \
	X(ELSEWHERE, "elsewhere", false, false)             \
	X(NOT_COMPILED, "not_compiled", false, false)       \
	X(UNRESOLVED, "unresolved", false, false)

#define STORE_KIND_ENUM(id, name, entries, inlined) STORE_##id,
enum store_kind { STORE_KINDS(STORE_KIND_ENUM) STORE_KIND_COUNT };
#undef STORE_KIND_ENUM

struct store_sites {
	uint64_t *addresses; /* sorted, unique, each within the object's code */
	size_t count;
};

struct store_function {
	const char *name, *file;
	enum store_kind kind;
	struct store_sites entries, inlined, lines;
	const char **made;
	size_t made_count;
};

struct store_patch {
	const char *name, *sha256;
};

struct store_cve {
	const char *id;
	const char *why; /* it is not complete; NULL: it is */
	struct store_patch *patches;
	struct store_function *functions; /* sorted by file and name */
	size_t patch_count, function_count;
};

/* Of a CVE whose functions are not all that its fix changes, a file may have no part at all. */
struct store_apart {
	const char *cve, *of; /* of: the record's own words (fix_record.partial) */
};

struct store_segment {
	uint64_t start, end, offset;
};

struct store_object {
	const char *build_id, *file, *soname; /* soname: NULL when it has none */
	const char *package, *source, *version, *arch;
	const char *dsc, *dsc_sha256;
	const char *aligned_from; /* a build-id, exactly when equality is EQUALITY_ALIGNED */
	enum equality equality;
	struct store_segment *code;
	struct store_cve *cves;    /* sorted by id */
	const char **elsewhere;    /* sorted */
	struct store_apart *apart; /* sorted by CVE */
	size_t code_count, cve_count, elsewhere_count, apart_count;
};

/* A function that stands in a static library, and the CVEs whose fixes touch it. */
struct store_signature {
	const char *name, *file, *member; /* member of the archive */
	struct signature code;
	const char **cves; /* sorted */
	size_t cve_count;
};

struct store_archive {
	const char *file, *sha256;
	const char *package, *source, *version, *arch;
	struct store_signature *functions; /* sorted by name, member */
	size_t function_count;
};

struct symbol_store {
	struct arena *arena;
	struct store_object *objects; /* sorted by build-id, each once; malloc'ed */
	size_t count, capacity;
	struct store_archive
	    *archives; /* sorted by source, version, arch, package, file; malloc'ed */
	size_t archive_count, archive_capacity;
};

const char *store_kind_name(enum store_kind kind);
bool store_kind_has_entries(enum store_kind kind);
bool store_kind_has_inlined(enum store_kind kind);

/* An empty one. NULL: no memory. */
struct symbol_store *symbol_store_new(void);
void symbol_store_free(struct symbol_store *store);
DEFINE_CLEANUP(struct symbol_store *, symbol_store_free)

/* Reads a file, which may be compressed by gzip. Errors name file and line: a store is believed in whole or not at all. */
_must_check_ int symbol_store_load(struct symbol_store **ret, const char *path, struct err *err);
_must_check_ int symbol_store_parse(struct symbol_store **ret, const char *text, size_t len,
				    struct err *err);
/* The document, sorted, malloc'ed. */
_must_check_ int symbol_store_format(const struct symbol_store *store, char **ret, size_t *ret_len,
				     struct err *err);

/* Adds an object, whose parts live in the store's arena. -EEXIST with a reason when its build-id is there. */
_must_check_ int symbol_store_add(struct symbol_store *store, const struct store_object *object,
				  struct err *err);

/* Adds a static library, whose parts live in the store's arena. -EEXIST with a reason when it is there. */
_must_check_ int symbol_store_add_archive(struct symbol_store *store,
					  const struct store_archive *archive, struct err *err);
/* By name, member, file, code. */
int store_signature_order(const struct store_signature *a, const struct store_signature *b);
bool store_signature_is_of(const struct store_signature *signature, const char *cve);

/* What is known of the file with that build-id, or NULL. Borrowed. */
const struct store_object *symbol_store_lookup(const struct symbol_store *store,
					       const char *build_id);
/* NULL: it was not looked for. */
const struct store_cve *store_object_cve(const struct store_object *object, const char *cve);
bool store_object_is_elsewhere(const struct store_object *object, const char *cve);
/* Has the object no part of a fix of which a record says `partial`? */
bool store_object_is_apart(const struct store_object *object, const char *cve, const char *partial);
/* Where an address of the object's code stands in the file; -ERANGE. */
_must_check_ int store_object_offset(const struct store_object *object, uint64_t address,
				     uint64_t *ret);
