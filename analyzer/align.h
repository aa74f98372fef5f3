/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * align.h — the functions of one version of a file in a neighbouring one, by the order and content of all of them.
 *
 * A function's content is the hash of its bytes without the distances to what lies outside of it, which move from version to
 * version. What occurs once on both sides and in the same order is an anchor; between anchors the same is asked again of
 * what lies between, and from each one the match goes on as long as the contents are equal. Small functions are alike by chance
 * and are no anchors. What results is held against the names that both files export; one contradiction refuses all of it. Then
 * those names match what changed, too. Where exactly one function is left between two matches on either side, it is the
 * same one, changed (which a fix does). Of what changed the beginning is known and nothing in it. Nothing else is matched (method
 * and measure: reachability.md §2.3).
 */
#pragma once

#include "analyzer/code.h"
#include "analyzer/symbol_store.h"
#include "analyzer/symbols.h"

#define ALIGN_NONE SIZE_MAX

struct align_match {
	size_t to;    /* number of the function in the new file, or ALIGN_NONE */
	bool changed; /* only its beginning is known */
};

struct align_side {
	const struct code *code;
	const struct symbols *names;
};

/* For each function of `from` its match in `to`, malloc'ed, and how many exported names agree with it. -EBADE naming the first
 * that contradicts: then nothing may be carried over. -ENOTSUP for a machine that is not understood. */
_must_check_ int align_functions(const struct align_side *from, const struct align_side *to,
				 struct align_match **ret, size_t *ret_agreed, struct err *err);

/* What is known of `object` (the file of `from`), as far as it can be said of the file of `to` with that build-id. Each place
 * surely begins an instruction there. Proofs of absence are not carried over. Parts live in the store's arena. */
_must_check_ int align_carry(struct symbol_store *store, const struct store_object *object,
			     const struct code *from, const struct code *to,
			     const struct align_match *matches, const char *build_id,
			     struct store_object *ret, struct err *err);
