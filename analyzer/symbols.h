/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * symbols.h — the functions of an ELF file that have a name: where they are, and who says so.
 *
 * Names come from the dynamic symbols (by PT_DYNAMIC: no section header is needed), from .symtab, from .gnu_debugdata, from
 * separate debug data with the same build-id, and from Go's table of functions. A function is a symbol of type FUNC or
 * GNU_IFUNC whose address lies in an executable segment; labels without a type are none. That a name is missing proves
 * nothing: most functions of a stripped file have none.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "analyzer/elf_dynamic.h"
#include "analyzer/elf_file.h"
#include "analyzer/go_pclntab.h"
#include "analyzer/rung.h"
#include "include/err.h"

#define SYMBOLS_MAX 4000000u
#define SYMBOLS_DEBUG_DIR "/usr/lib/debug"

/* X(identifier, name): who names a function, the best witness first. */
#define SYMBOL_ORIGINS(X)           \
	X(DYNSYM, "dynsym")         \
	X(SYMTAB, "symtab")         \
	X(DEBUGDATA, "debugdata")   \
	X(DEBUG_FILE, "debug file") \
	X(GO_PCLNTAB, "pclntab")

#define SYMBOL_ENUM(id, name) SYMBOL_##id,
enum symbol_origin { SYMBOL_ORIGINS(SYMBOL_ENUM) SYMBOL_ORIGIN_COUNT };
#undef SYMBOL_ENUM

struct symbol {
	uint64_t addr, size; /* in the file's own addresses; size 0: not known */
	const char *name;    /* as it is mangled, without version */
	const char *version; /* NULL: none */
	enum symbol_origin origin;
	bool version_default; /* name@@VERSION */
	bool exported;        /* others can bind to it */
	bool local;           /* its name is of its own object file alone: several may have it */
	bool ifunc;           /* addr is the resolver's: the function itself is elsewhere */
};

struct symbols {
	struct arena *arena;
	struct elf_file file;       /* its descriptor is the caller's */
	struct elf_dynamic dynamic; /* for symbols_ifunc_targets */
	const char *build_id;       /* NULL: none */
	struct symbol
	    *items; /* sorted by address, name, version; aliases each stand for themselves */
	const struct symbol **by_name; /* sorted by name, address, version */
	uint64_t *reach;               /* behind the end of all items up to this one */
	size_t count;
	size_t outside;        /* symbols left out: their address is not in code */
	struct go_pclntab *go; /* NULL: not Go, or not readable (a note says so) */
	uint64_t effort;       /* bytes read for symbols_ifunc_targets so far */
	const char **notes;    /* what could not be read, and why */
	size_t note_count;
};

/* Reads the file behind fd, which the caller keeps open as long as the result. Separate debug data is looked for as
 * DIR/.build-id/xx/yyyy.debug in each directory of `debug_dirs`, in order; the first with the same build-id is taken. Where
 * there is none, as DIR/NAME or DIR/.debug/NAME when the file has a link to NAME and the checksum is right. What is broken but
 * not needed to load the file becomes a note. -ENOEXEC: no ELF file; -ENOTSUP: relocatable, so nothing has an address;
 * -EBADMSG with a reason. */
_must_check_ int symbols_read(struct symbols **ret, int fd, const char *const *debug_dirs,
			      size_t debug_dir_count, struct err *err);
void symbols_free(struct symbols *symbols);
DEFINE_CLEANUP(struct symbols *, symbols_free)

const char *symbol_origin_name(enum symbol_origin origin);
/* EXPORTED or LOCAL_DEBUG. */
enum rung symbol_rung(const struct symbol *symbol);

/* All functions of that name: every version, alias and, of local ones, namesake; *ret_count may be 0. */
const struct symbol *const *symbols_named(const struct symbols *symbols, const char *name,
					  size_t *ret_count);
/* The function that has the byte at addr, by its best name (exported, default version, not local, fewest underscores in
 * front, shortest); NULL when no function is known to have it. */
const struct symbol *symbols_at(const struct symbols *symbols, uint64_t addr);

#define IFUNC_TARGETS_MAX 64u

/*
 * All functions that the resolver of an IFUNC can choose, sorted by address: where a call really goes. They are those whose
 * address the resolver takes (x86-64 only). -ENOENT with a reason when that is not certain: one of them has no name, the
 * resolver calls what could choose for it, or its code is of another machine. Then nothing may be claimed about the
 * function. *ret is the table's arena's.
 */
_must_check_ int symbols_ifunc_targets(struct symbols *symbols, const struct symbol *ifunc,
				       const struct symbol ***ret, size_t *ret_count,
				       struct err *err);
