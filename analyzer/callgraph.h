/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * callgraph.h — who in one object can reach a function of it, seen from its machine code alone.
 *
 * When in doubt there is an edge, so that what is no ancestor is really none. Edges come from
 *   1. calls and jumps to a fixed place, also to the next function by falling into it. Where an exception goes on is in the
 *      same function, or it jumps on from there
 *   2. calls, jumps and loads through the linkage table (a call of an own exported function through it, too)
 *   3. taking a function's address: who takes it counts as a caller, whoever may call it later (handlers of signals, threads,
 *      callbacks, callees of qsort)
 *   4. tables of offsets (switch), read from where the function points to
 *   5. pointers in data. A data object whose bounds the symbols tell is a node of its own: who refers to it reaches what it
 *      points to. Where no symbol tells bounds (a stripped file), all that lies between two objects that are known, or within
 *      one section, is one object: objects do not go on into the next section. Because compilers refer to a table by an
 *      address beside it as well (&table[-8]), who refers to anything but the start of an object is taken to mean all objects
 *      within OBJECT_REACH bytes, and who refers to the start of one is taken to mean its neighbours, too. Who reads a word of
 *      an object at a fixed place means what that word points to, and no more of it; words that nobody is seen to read are
 *      open. On arm64, where one address serves for many objects, nobody can tell who uses a pointer: then what it
 *      points to is open.
 * The code of crti.o and crtbeginS.o, which is in every object and has no unwind records, is known byte for byte (x86-64): the
 * addresses that it takes mean no data.
 * Bytes that cannot be decoded for sure are decoded at every offset, so that no true edge is missed. Of arm64 code, whose addresses
 * come in two halves, each page of a function is combined with each offset in it.
 *
 * A function is open when something other than a call from inside and a name from outside may run it: entry point,
 * constructors, resolvers (IFUNC), pointers in data that nobody is seen to use, code that belongs to no function, a function
 * of which another one claims a part, and one to which nothing leads at all, since a reference that was not recognised looks just
 * like that. Such a one is dead instead, and leads nowhere, when all code of an x86-64 object is understood, nothing in it is
 * reckoned from a place in code, and no four bytes of it, be they an instruction or not, could mean the function's start
 * (callgraph_unseen.c). An ancestor that is open makes the set open.
 *
 * What is assumed: a call at the very end of a function does not come back, unless it is to a function of the object that is
 * seen to return; code is not written at run time (see writable_code, text_relocations); data symbols and the bounds of sections tell the truth.
 */
#pragma once

#include "analyzer/code.h"

#define OBJECT_REACH 8192u

struct callgraph;

/* X(identifier, why a function may run though nobody inside calls it). %jx: where that is seen. */
#define OPENINGS(X)                                                       \
	X(ENTRY, "it is where the program begins")                        \
	X(STARTUP, "the loader calls it at start or end")                 \
	X(RESOLVER, "the loader calls it to choose an implementation")    \
	X(POINTER, "data points to it, and who uses that cannot be told") \
	X(NO_FUNCTION, "it is code that belongs to no known function")    \
	X(OVERLAP, "another function claims a part of it")                \
	X(UNSEEN, "nothing is seen to lead to it, so what does was not understood")

#define OPENING_ENUM(id, text) OPEN_##id,
enum opening { OPEN_NOT, OPENINGS(OPENING_ENUM) OPENING_COUNT };
#undef OPENING_ENUM

const char *opening_text(enum opening opening); /* as above; "" for OPEN_NOT */

/* A name by which others reach an ancestor. */
struct exported {
	const char *name;
	const char *version; /* NULL when it has none */
	uint64_t address;
	bool is_data; /* a data object that leads to it */
};

struct opened {
	uint64_t address; /* of the function or object */
	uint64_t from;    /* where the reference stands, 0: nowhere in particular */
	enum opening why;
};

/* All that can reach some functions, these included. Sorted by address; exported by name and version. */
struct ancestry {
	uint64_t *functions; /* where they begin */
	size_t function_count;
	struct exported *exported;
	size_t exported_count;
	struct opened *opened; /* none: only the exported names lead here */
	size_t opened_count;
};

struct callgraph_facts {
	size_t functions, edges;
	size_t objects;        /* data objects with known bounds that lead to code */
	size_t unsure;         /* functions that were decoded at every offset */
	size_t open;           /* functions that are open themselves */
	bool writable_code;    /* a segment is writable and executable */
	bool text_relocations; /* the loader writes into code */
};

/* Borrows code, whose file must be open meanwhile. `symbols_fd`: a file with the symbol table of this very object (separate
 * debug data, told by its build-id), or -1. -ENOTSUP with a reason for a machine or a form of relocation that is not
 * understood, -EBADMSG when tables lie, -EFBIG when it is too large. */
_must_check_ int callgraph_build(struct callgraph **ret, const struct code *code, int symbols_fd,
				 struct err *err);
void callgraph_free(struct callgraph *graph);
DEFINE_CLEANUP(struct callgraph *, callgraph_free)

const struct callgraph_facts *callgraph_get_facts(const struct callgraph *graph);
/* Does an edge lead from the function at one address to that at another? Both may lie anywhere in the function. */
bool callgraph_has_edge(const struct callgraph *graph, uint64_t from, uint64_t to);
/* One function, or data object, on a way through the graph. */
struct step {
	uint64_t address;
	const char *name; /* by which it is exported; NULL: by none. Borrowed from the graph */
};

/* A shortest way from the function or object at an address to one that holds one of the others: an example, of edges that are there
 * when in doubt, so no proof that it can be taken. Begins with `from`; *ret_count is 0 when there is none. Memory is the arena's. */
_must_check_ int callgraph_path(struct step **ret, size_t *ret_count, const struct callgraph *graph,
				uint64_t from, const uint64_t *addresses, size_t count,
				struct arena *arena, struct err *err);
/* Who can reach any of the functions that hold these addresses. Names are borrowed from the graph, memory is the arena's. An
 * address outside the code is -EINVAL with a reason. */
_must_check_ int callgraph_ancestors(struct ancestry *ret, const struct callgraph *graph,
				     const uint64_t *addresses, size_t count, struct arena *arena,
				     struct err *err);
