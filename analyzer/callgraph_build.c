// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callgraph_build.c — the call graph of one object: nodes, edges, names. */
#include <elf.h>

#include "analyzer/callgraph_graph.h"
#include "include/array.h"

static void building_done(struct building *b)
{
	decoder_close(b->decoder);
	free(b->slot_read);
	free(b->ends);
	free(b->tables);
}

int lead(struct building *b, uint32_t from, uint32_t to, enum opening why, uint64_t at)
{
	struct callgraph *g = b->g;
	struct node *node = &g->nodes[to];

	if (from == to)
		return 0;
	if (from == NODE_NONE) {
		if (!node->open || node->open == OPEN_ENTRY) { /* which may mean nothing */
			node->open = why;
			node->from = at;
		}
		return 0;
	}
	if (g->edge_count && g->edges[g->edge_count - 1].from == from &&
	    g->edges[g->edge_count - 1].to == to)
		return 0;
	if (g->edge_count == EDGES_MAX)
		return err_set(b->err, EFBIG, "more than %u edges between functions", EDGES_MAX);
	if (array_room((void **)&g->edges, g->edge_count, &g->edge_capacity, sizeof(*g->edges)) < 0)
		return err_oom(b->err);
	g->edges[g->edge_count++] = (struct edge){ from, to };
	return 0;
}

int edges_group(const struct callgraph *g, bool by_callee, uint32_t **ends, size_t **begin,
		struct arena *arena)
{
	uint32_t *e = arena_alloc(arena, g->edge_count * sizeof(*e));
	size_t *at = arena_alloc(arena, (g->count + 2) * sizeof(*at));

	if (!e || !at)
		return -ENOMEM;
	/* Counted two places on, so that filling moves each start into place. */
	for (size_t i = 0; i < g->edge_count; i++)
		at[(by_callee ? g->edges[i].to : g->edges[i].from) + 2]++;
	for (size_t i = 2; i < g->count + 2; i++)
		at[i] += at[i - 1];
	for (size_t i = 0; i < g->edge_count; i++) {
		uint32_t key = by_callee ? g->edges[i].to : g->edges[i].from;

		e[at[key + 1]++] = by_callee ? g->edges[i].from : g->edges[i].to;
	}
	*ends = e;
	*begin = at;
	return 0;
}

static int name_order(const void *a, const void *b)
{
	const struct name_of_node *x = a, *y = b;

	return x->node < y->node ? -1 : x->node > y->node;
}

static uint32_t node_of_symbol(const struct callgraph *g, const struct symtab_entry *s)
{
	uint32_t node = node_at(g, s->value);

	for (size_t i = g->code_count; node == NODE_NONE && i < g->count; i++)
		if (g->nodes[i].end > s->value)
			return g->nodes[i].start <= s->value ? (uint32_t)i : NODE_NONE;
	return node;
}

static int take_names(struct building *b)
{
	struct callgraph *g = b->g;

	g->names = arena_alloc(g->arena, b->symbols.count * sizeof(*g->names));
	if (!g->names)
		return err_oom(b->err);
	for (size_t i = 0; i < b->symbols.count; i++) {
		const struct symtab_entry *s = &b->symbols.items[i];
		uint32_t node =
		    s->exported && s->type != STT_TLS ? node_of_symbol(g, s) : NODE_NONE;

		if (node != NODE_NONE)
			g->names[g->name_count++] = (struct name_of_node){ node, s };
	}
	array_sort(g->names, g->name_count, sizeof(*g->names), name_order);
	return 0;
}

static void count_facts(struct callgraph *g)
{
	g->facts.edges = g->edge_count;
	for (size_t i = 0; i < g->count; i++) {
		const struct node *n = &g->nodes[i];

		g->facts.functions += n->kind == NODE_FUNCTION;
		g->facts.objects += n->kind == NODE_OBJECT && n->points;
		g->facts.open += n->kind == NODE_FUNCTION && n->open;
	}
	for (size_t i = 0; i < g->code->segment_count; i++)
		g->facts.writable_code |= g->code->segments[i].writable;
}

static int read_full(struct building *b, int fd)
{
	struct elf_file file;
	int r = 0;

	if (fd >= 0)
		r = elffile_open_debug(&file, fd, b->g->arena, b->err);
	return r < 0 ? r
		     : symtab_read_full(&b->full, fd >= 0 ? &file : &b->g->code->file, b->g->arena,
					b->err);
}

static int read_tables(struct building *b, int symbols_fd)
{
	const struct elf_file *file = &b->g->code->file;
	struct arena *arena = b->g->arena;
	int r;

	r = decoder_open(&b->decoder, b->g->code, b->err);
	if (r >= 0)
		r = elfdyn_read(&b->dynamic, file, arena, b->err);
	if (r >= 0)
		r = symtab_read_dynamic(&b->symbols, file, &b->dynamic, arena, b->err);
	if (r >= 0)
		r = read_full(b, symbols_fd);
	if (r >= 0)
		r = relocations_read(&b->relocations, file, &b->dynamic, &b->symbols, arena,
				     b->err);
	if (r >= 0)
		r = data_load(b);
	if (r < 0)
		return r;
	b->slot_read = calloc(b->relocations.count + 1, sizeof(*b->slot_read));
	return b->slot_read ? 0 : err_oom(b->err);
}

int callgraph_build(struct callgraph **ret, const struct code *code, int symbols_fd,
		    struct err *err)
{
	_cleanup_(callgraph_freep) struct callgraph *g = calloc(1, sizeof(*g));
	_cleanup_(building_done) struct building b = { .g = g, .err = err };
	int r;

	if (!g)
		return err_oom(err);
	g->arena = arena_new();
	if (!g->arena)
		return err_oom(err);
	g->code = code;
	b.fixed = code->file.type == ET_EXEC;
	r = read_tables(&b, symbols_fd);
	if (r >= 0)
		r = nodes_of_code(&b);
	if (r >= 0)
		r = nodes_of_objects(&b);
	if (r >= 0)
		r = edges_of_code(&b);
	if (r >= 0)
		r = edges_of_tables(&b);
	if (r >= 0)
		r = edges_of_data(&b);
	if (r >= 0)
		r = take_names(&b);
	if (r < 0)
		return r;
	if (edges_group(g, true, &g->callers, &g->callers_of, g->arena) < 0)
		return err_oom(err);
	r = open_unseen(&b);
	if (r < 0)
		return r;
	count_facts(g);
	*ret = take_ptr(g);
	return 0;
}
