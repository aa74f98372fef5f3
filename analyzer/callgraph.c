// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callgraph.c — who in one object can reach a function of it. */
#include "analyzer/callgraph.h"

#include "analyzer/callgraph_graph.h"
#include "include/array.h"

const char *opening_text(enum opening opening)
{
#define OPENING_TEXT(id, text) text,
	static const char *const texts[] = { "", OPENINGS(OPENING_TEXT) };
#undef OPENING_TEXT

	return texts[opening];
}

void callgraph_free(struct callgraph *g)
{
	if (!g)
		return;
	free(g->nodes);
	free(g->edges);
	arena_free(g->arena);
	free(g);
}

const struct callgraph_facts *callgraph_get_facts(const struct callgraph *g)
{
	return &g->facts;
}

bool callgraph_has_edge(const struct callgraph *g, uint64_t from, uint64_t to)
{
	uint32_t caller = node_at(g, from), callee = node_at(g, to);

	if (caller == NODE_NONE || callee == NODE_NONE)
		return false;
	for (size_t i = g->callers_of[callee]; i < g->callers_of[callee + 1]; i++)
		if (g->callers[i] == caller)
			return true;
	return caller == callee;
}

/* From callees to callers, the nearest first. */
struct climb {
	const struct callgraph *g;
	bool *seen;
	uint32_t *queue,
	    *toward; /* toward: the next on the way back; itself where the climb began */
	size_t head, tail;
};

static void climb_done(struct climb *climb)
{
	free(climb->seen);
	free(climb->queue);
	free(climb->toward);
}

static void reach(struct climb *climb, uint32_t node, uint32_t from)
{
	if (climb->seen[node])
		return;
	climb->seen[node] = true;
	climb->toward[node] = from;
	climb->queue[climb->tail++] = node;
}

static int climb_from(struct climb *climb, const uint64_t *addresses, size_t count, struct err *err)
{
	const struct callgraph *g = climb->g;

	climb->seen = calloc(g->count + 1, sizeof(*climb->seen));
	climb->queue = calloc(g->count + 1, sizeof(*climb->queue));
	climb->toward = calloc(g->count + 1, sizeof(*climb->toward));
	if (!climb->seen || !climb->queue || !climb->toward)
		return err_oom(err);
	for (size_t i = 0; i < count; i++) {
		uint32_t node = node_at(g, addresses[i]);

		if (node == NODE_NONE)
			return err_set(err, EINVAL, "there is no code at 0x%jx",
				       (uintmax_t)addresses[i]);
		reach(climb, node, node);
	}
	while (climb->head < climb->tail) {
		uint32_t node = climb->queue[climb->head++];

		for (size_t i = g->callers_of[node]; i < g->callers_of[node + 1]; i++)
			reach(climb, g->callers[i], node);
	}
	return 0;
}

/* Code that holds the address, or the data object that begins there. */
static uint32_t any_node_at(const struct callgraph *g, uint64_t address)
{
	uint32_t node = node_at(g, address);

	for (size_t i = g->code_count; node == NODE_NONE && i < g->count; i++)
		if (g->nodes[i].start == address)
			node = (uint32_t)i;
	return node;
}

static const char *exported_name(const struct callgraph *g, uint32_t node)
{
	for (size_t i = 0; i < g->name_count; i++)
		if (g->names[i].node == node)
			return g->names[i].symbol->name;
	return NULL;
}

int callgraph_path(struct step **ret, size_t *ret_count, const struct callgraph *g, uint64_t from,
		   const uint64_t *addresses, size_t count, struct arena *arena, struct err *err)
{
	_cleanup_(climb_done) struct climb climb = { .g = g };
	uint32_t first = any_node_at(g, from), node = first;
	struct step *steps;
	size_t n = 1;
	int r = climb_from(&climb, addresses, count, err);

	if (r < 0)
		return r;
	*ret_count = 0;
	if (first == NODE_NONE || !climb.seen[first])
		return 0;
	for (; climb.toward[node] != node; node = climb.toward[node])
		n += g->nodes[node].kind != NODE_STUB; /* they are how others are called */
	steps = arena_alloc(arena, n * sizeof(*steps));
	if (!steps)
		return err_oom(err);
	node = first;
	for (size_t i = 0; i < n; node = climb.toward[node])
		if (g->nodes[node].kind != NODE_STUB || climb.toward[node] == node)
			steps[i++] = (struct step){ g->nodes[node].start, exported_name(g, node) };
	*ret = steps;
	*ret_count = n;
	return 0;
}

static int exported_order(const void *a, const void *b)
{
	const struct exported *x = a, *y = b;
	int c = strcmp(x->name, y->name);

	if (!c)
		c = strcmp(x->version ? x->version : "", y->version ? y->version : "");
	if (c)
		return c;
	return x->address < y->address ? -1 : x->address > y->address;
}

static void take_nodes(struct ancestry *a, const struct climb *climb)
{
	const struct callgraph *g = climb->g;

	for (size_t i = 0; i < g->count; i++) {
		const struct node *n = &g->nodes[i];

		if (!climb->seen[i])
			continue;
		if (n->kind == NODE_FUNCTION)
			a->functions[a->function_count++] = n->start;
		if (n->open)
			a->opened[a->opened_count++] =
			    (struct opened){ n->start, n->from, n->open };
	}
	for (size_t i = 0; i < g->name_count; i++) {
		const struct symtab_entry *s = g->names[i].symbol;

		if (climb->seen[g->names[i].node])
			a->exported[a->exported_count++] =
			    (struct exported){ s->name, s->version, s->value,
					       g->nodes[g->names[i].node].kind == NODE_OBJECT };
	}
	array_sort(a->exported, a->exported_count, sizeof(*a->exported), exported_order);
}

static size_t count_seen(const struct climb *climb)
{
	size_t n = 0;

	for (size_t i = 0; i < climb->g->count; i++)
		n += climb->seen[i];
	return n;
}

int callgraph_ancestors(struct ancestry *ret, const struct callgraph *g, const uint64_t *addresses,
			size_t count, struct arena *arena, struct err *err)
{
	_cleanup_(climb_done) struct climb climb = { .g = g };
	struct ancestry a = {};
	size_t n, names = 0;
	int r;

	r = climb_from(&climb, addresses, count, err);
	if (r < 0)
		return r;
	n = count_seen(&climb);
	for (size_t i = 0; i < g->name_count; i++)
		names += climb.seen[g->names[i].node];
	a.functions = arena_alloc(arena, n * sizeof(*a.functions));
	a.opened = arena_alloc(arena, n * sizeof(*a.opened));
	a.exported = arena_alloc(arena, names * sizeof(*a.exported));
	if (!a.functions || !a.opened || !a.exported)
		return err_oom(err);
	take_nodes(&a, &climb);
	*ret = a;
	return 0;
}
