/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * go_pclntab.h — the functions of a Go program, from the table that its own runtime needs, so that stripping cannot remove it.
 *
 * The table is found by its magic where sections do not name it. Formats: of Go 1.2 (magic 0xfffffffb), 1.16 (…fa),
 * 1.18 (…f0) and 1.20 (…f1). Described by Go's own sources: runtime/symtab.go, internal/abi/symtab.go, cmd/link.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "analyzer/elf_dynamic.h"
#include "analyzer/elf_relative.h"

#define GO_FUNCTIONS_MAX 4000000u
#define GO_INLINED_MAX 8000000u

struct go_function {
	uint64_t addr, end;
	const char *name; /* as Go writes it: "net/http.(*Transport).RoundTrip" */
	uint32_t record;  /* offset in the table */
};

/* A stretch of code that belongs to a function that was inlined there, or to one inlined into that. */
struct go_inlined {
	uint64_t addr, end;
	const char *name;
	size_t function; /* number of the function that has the code */
};

struct go_pclntab {
	unsigned format; /* 2, 16, 18 or 20: the minor version of Go that brought it */
	uint64_t addr;   /* of the table */
	uint64_t text;   /* what addresses are counted from; 0 for formats 2 and 16 */
	struct go_function *functions; /* sorted by address */
	size_t function_count;
	/* The strings of all names, each with a NUL behind it: of functions, and of inlined ones (see go_linked). Format 2 has no such
	 * table: then it is all of the table of functions. */
	const char *names;
	size_t names_len;
	/* Sorted by name, address. Empty and not believed for formats 2 and 16 and when the tree was not found. */
	struct go_inlined *inlined;
	size_t inlined_count;
	bool inlined_known;
};

/* -ENOENT: there is no such table, so it is no Go program (or one of another compiler). -EBADMSG with a reason: there is one,
 * but it lies. Memory is the arena's. */
_must_check_ int go_pclntab_read(struct go_pclntab **ret, const struct elf_file *file,
				 const struct elf_dynamic *dyn, struct arena *arena,
				 struct err *err);

/* The name at *at, of those of format 16 and later; NULL at the end. Begin with *at = 0. */
const char *go_pclntab_next_name(const struct go_pclntab *table, size_t *at);
/* The inlined stretches of that name, exactly. */
const struct go_inlined *go_pclntab_inlined(const struct go_pclntab *table, const char *name,
					    size_t *ret_count);
