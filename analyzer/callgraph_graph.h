/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* callgraph_graph.h — the call graph while it is built; for callgraph*.c only. */
#pragma once

#include "analyzer/callgraph.h"
#include "analyzer/instructions.h"
#include "analyzer/relocations.h"

#define NODE_NONE UINT32_MAX
#define EDGES_MAX 100000000u

enum node_kind {
	NODE_FUNCTION,
	NODE_STUB, /* one entry of the linkage table's code */
	NODE_GAP,  /* code that belongs to no function */
	NODE_OBJECT,
};

struct node {
	uint64_t start, end, from; /* from: where what opens it stands */
	enum node_kind kind;
	enum opening open;
	bool overlaps;
	bool returns; /* there is a return in it, or a jump that leaves it */
	bool points;  /* an object that holds pointers */
	bool read;    /* some words of the object are read, each for itself */
	bool inert;   /* code that refers to no data, whatever its addresses look like */
};

struct edge {
	uint32_t from, to;
};

/* Bytes as loaded. */
struct stretch {
	uint64_t start, end;
	const unsigned char *bytes;
};

struct name_of_node {
	uint32_t node;
	const struct symtab_entry *symbol;
};

struct callgraph {
	struct arena *arena;
	const struct code *code;
	struct callgraph_facts facts;
	struct node *nodes; /* code, sorted by address and disjoint; then objects, the same */
	size_t code_count, count;
	struct edge *edges;
	size_t edge_count, edge_capacity;
	uint32_t *callers;          /* from[], grouped by to */
	size_t *callers_of;         /* per node and one more: where its group begins */
	struct name_of_node *names; /* sorted by node */
	size_t name_count;
};

/* A node refers to this address: a table of offsets may begin there. */
struct table {
	uint64_t address;
	uint32_t from;
};

struct building {
	struct callgraph *g;
	struct decoder *decoder;
	struct elf_dynamic dynamic;
	struct symtab symbols, full; /* of the loader; of the full table */
	struct relocations relocations;
	bool *slot_read;      /* per relocation: some code uses the slot */
	struct stretch *data; /* loaded segments without code */
	size_t data_count;
	size_t node_capacity;
	bool computes; /* code takes an address within a function, or its own, to reckon from it */
	bool fixed;    /* linked for fixed addresses: any number may be one */
	struct edge *ends; /* last calls of functions: from the function, to the callee */
	size_t end_count, end_capacity;
	struct table *tables;
	size_t table_count, table_capacity;
	uint64_t stray_bytes;
	struct err *err;
};

/* callgraph_nodes.c */
_must_check_ int nodes_of_code(struct building *b);
_must_check_ int nodes_of_objects(struct building *b);
/* The node of code at an address, or behind the padding at it; NODE_NONE outside the code. */
uint32_t node_at(const struct callgraph *g, uint64_t address);

/* callgraph_code.c */
_must_check_ int edges_of_code(struct building *b);

/* callgraph_data.c */
_must_check_ int data_load(struct building *b);
_must_check_ int edges_of_data(struct building *b);
_must_check_ int edges_of_tables(struct building *b);
/* A node refers to the address: to nothing but `bytes` bytes there when that is not 0, else to whatever is around it. */
_must_check_ int refer(struct building *b, uint32_t from, uint64_t address, size_t bytes);
/* The first relocation at or behind an address. */
size_t relocation_from(const struct building *b, uint64_t address);
/* The bytes at a loaded address, and how many follow it; NULL when it is not loaded from the file. */
const unsigned char *loaded_bytes(const struct building *b, uint64_t address, size_t *room);

/* callgraph_unseen.c */
/* Opens what no root leads to, unless it is surely dead. Callers are grouped by then. */
_must_check_ int open_unseen(struct building *b);

/* callgraph_build.c */
/* Groups edges by one end: *ends are the other ends, *begin where the group of a node begins. -ENOMEM. */
_must_check_ int edges_group(const struct callgraph *g, bool by_callee, uint32_t **ends,
			     size_t **begin, struct arena *arena);
/* An edge; from NODE_NONE: what is seen at `at` opens the node. */
_must_check_ int lead(struct building *b, uint32_t from, uint32_t to, enum opening why,
		      uint64_t at);
