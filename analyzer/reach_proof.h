/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * reach_proof.h — R4: a function cannot run, though its object may be loaded.
 *
 * Two steps. Within the object: its ancestors in the call graph (callgraph.h), none of which is open. Across objects: no other
 * object that the closure (closure.h) holds to be loadable imports any name by which an ancestor is exported, in whatever
 * version. What could reach a function without importing it is an obstacle, too. One obstacle voids the proof, and each is
 * named:
 *   imported     a loadable object imports an exported ancestor
 *   open         an ancestor may run otherwise: entry point, constructor, pointer in data … (callgraph.h)
 *   looked_up    something loadable can look names up (dlsym), and an exported ancestor's name stands as a string in
 *                something loadable, or is built there by a printf pattern; the C library and the loader do so themselves
 *   foreign_call something loadable calls functions by name at the word of a script or of generated code (libffi, LuaJIT, LLVM …)
 *   twin         another loadable object has the same soname, or exports an ancestor's name, too: it may hold the same code
 *   closure      what can be loaded is not known in full
 *   unread       a loadable object could not be read
 *   writes_code  the object's code is written at run time, or can be
 *   not_understood  its machine code or relocations are not understood
 *   preload      the image names objects that are loaded into every program
 * What is assumed instead: reach_proof_assumptions().
 */
#pragma once

#include "analyzer/callgraph.h"
#include "analyzer/closure.h"
#include "analyzer/rootfs.h"

/* X(identifier, name) */
#define OBSTACLES(X)                        \
	X(IMPORTED, "imported")             \
	X(OPEN, "open")                     \
	X(LOOKED_UP, "looked_up")           \
	X(FOREIGN_CALL, "foreign_call")     \
	X(TWIN, "twin")                     \
	X(CLOSURE, "closure")               \
	X(UNREAD, "unread")                 \
	X(WRITES_CODE, "writes_code")       \
	X(NOT_UNDERSTOOD, "not_understood") \
	X(PRELOAD, "preload")

#define OBSTACLE_ENUM(id, name) OBSTACLE_##id,
enum obstacle_kind { OBSTACLES(OBSTACLE_ENUM) OBSTACLE_COUNT };
#undef OBSTACLE_ENUM

#define OBSTACLES_MAX 64u /* kept of one proof; the rest is only counted */

struct obstacle {
	enum obstacle_kind kind;
	size_t
	    file; /* of the inventory: who stands in the way; INVENTORY_NONE: nobody in particular */
	const char *text; /* "/usr/bin/xz imports lzma_stream_decoder_mt" */
	uint64_t enters;  /* where in the object that leads in; 0: nowhere in particular */
};

struct reach_proof {
	bool holds;                 /* without obstacles */
	struct obstacle *obstacles; /* by kind, file, text */
	size_t obstacle_count, obstacle_total;
	uint32_t kinds;            /* of all obstacles, also those not kept: a bit each */
	uint32_t openings;         /* of those that are "open": a bit for each enum opening */
	size_t ancestor_count;     /* functions that can lead to those asked for, these included */
	struct exported *exported; /* names by which ancestors are exported, sorted */
	size_t exported_count;
	const struct obstacle *way_from; /* an example of a way to them begins there; NULL: none */
	struct step *way;
	size_t way_count;
	size_t *checked; /* loadable objects whose imports were looked at, ascending */
	size_t checked_count;
};

struct reach_prover;

/* What all proofs of one analysis share: names that stand in loadable objects, call graphs. Borrows all four. Reads every
 * loadable object once; -errno with a reason only when that fails for a lack of memory or an unreadable root. */
_must_check_ int reach_prover_new(struct reach_prover **ret, const struct inventory *inv,
				  const struct closure *closure, struct rootfs *root,
				  struct err *err);
void reach_prover_free(struct reach_prover *prover);
DEFINE_CLEANUP(struct reach_prover *, reach_prover_free)

/* Takes over the call graphs that another prover of the same inventory has read; its proofs keep only their own texts. */
void reach_prover_inherit(struct reach_prover *to, struct reach_prover *from);

/* Can any function that holds one of these addresses of an ELF file of the inventory run? Lives as long as the prover. -EINVAL
 * with a reason when an address is no code, or the file no ELF file. */
_must_check_ int reach_prove(const struct reach_proof **ret, struct reach_prover *prover,
			     size_t file, const uint64_t *addresses, size_t count, struct err *err);

const char *obstacle_name(enum obstacle_kind kind);
/* Sentences on what a proof takes for granted, NULL behind the last. */
const char *const *reach_proof_assumptions(void);
