/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * linked.h — which functions of static libraries stand in a program, told by their code alone.
 *
 * The program needs neither symbols nor a known build-id, but unwind tables: a function counts when its bounds are those of a
 * signature of a store, and its bytes equal outside of what a linker writes. What is not found may be there all the same.
 */
#pragma once

#include "analyzer/code.h"
#include "analyzer/symbol_store.h"

#define LINKED_WORK_MAX (4ull << 30) /* bytes compared of one file */

struct linked {
	uint64_t address;
	const struct store_archive *archive;
	const struct store_signature *function;
};

/* All signatures of some stores, ready to be asked for. Borrows them. */
struct linked_index;

_must_check_ int linked_index_new(struct linked_index **ret,
				  const struct symbol_store *const *stores, size_t count,
				  struct err *err);
void linked_index_free(struct linked_index *index);
DEFINE_CLEANUP(struct linked_index *, linked_index_free)
bool linked_index_is_empty(const struct linked_index *index);

/* Sorted by address, then archive and function. The array is the arena's. -EFBIG when it is too much work. */
_must_check_ int linked_find(struct linked **ret, size_t *ret_count,
			     const struct linked_index *index, const struct code *code,
			     struct arena *arena, struct err *err);
