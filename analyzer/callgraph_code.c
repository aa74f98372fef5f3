// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callgraph_code.c — what the instructions of each node refer to. */
#include <elf.h>

#include "analyzer/callgraph_graph.h"
#include "include/array.h"

#define STRAY_BYTES_MAX (256u << 20) /* decoded at every offset */
#define PAIRS_MAX 64000000u          /* pages times offsets of one function */

/* Half of an address, and the register that holds its page. */
struct half {
	uint64_t value;
	unsigned reg;
};

struct halves {
	struct half *items;
	size_t count, capacity;
};

#define REGISTERS 31u

struct sweep {
	struct building *b;
	uint32_t node;
	bool stray;                   /* code that belongs to no function */
	struct instruction last;      /* that is no padding */
	struct halves pages, offsets; /* arm64 */
	uint32_t
	    copies[REGISTERS]; /* arm64: registers that took the value of this one, one bit each */
};

static void sweep_done(struct sweep *s)
{
	free(s->pages.items);
	free(s->offsets.items);
}

static int keep(struct sweep *s, struct halves *halves, const struct reference *ref)
{
	struct half *slot = array_add(halves->items, halves->count, halves->capacity);

	if (!slot)
		return err_oom(s->b->err);
	*slot = (struct half){ ref->address, ref->reg };
	return 0;
}

static int take_reference(struct sweep *s, const struct instruction *in,
			  const struct reference *ref)
{
	uint32_t to;

	if (s->b->g->nodes[s->node].inert && ref->kind != REF_TARGET)
		return 0;
	switch (ref->kind) {
	case REF_TARGET:
		to = node_at(s->b->g, ref->address);
		return to == NODE_NONE ? 0 : lead(s->b, s->node, to, OPEN_NOT, 0);
	case REF_MEMORY:
		/* A stub that was not recognised: it counts for those who come through it. */
		if (s->stray && in->flow == FLOW_JUMP)
			return 0;
		return refer(s->b, s->node, ref->address, ref->bytes ? ref->bytes : 1);
	case REF_ADDRESS:
		to = node_at(s->b->g, ref->address);
		s->b->computes |=
		    to == s->node || (to != NODE_NONE && s->b->g->nodes[to].start != ref->address);
		return refer(s->b, s->node, ref->address, 0);
	case REF_NUMBER:
		return s->b->fixed ? refer(s->b, s->node, ref->address, 0) : 0;
	case REF_PAGE:
		return keep(s, &s->pages, ref);
	case REF_IN_PAGE:
		return keep(s, &s->offsets, ref);
	case REF_COPY:
		s->copies[ref->address] |= 1u << ref->reg;
		return 0;
	}
	return 0;
}

static void note_return(struct sweep *s, const struct instruction *in)
{
	struct node *node = &s->b->g->nodes[s->node];
	bool inside = false;

	for (size_t i = 0; i < in->reference_count; i++)
		if (in->references[i].kind == REF_TARGET)
			inside = in->references[i].address >= node->start &&
				 in->references[i].address < node->end;
	if (in->flow == FLOW_RETURN ||
	    ((in->flow == FLOW_JUMP || in->flow == FLOW_BRANCH) && !inside))
		node->returns = true;
}

static int take_instruction(void *ctx, const struct instruction *in)
{
	struct sweep *s = ctx;
	int r = 0;

	note_return(s, in);
	for (size_t i = 0; i < in->reference_count && r >= 0; i++)
		r = take_reference(s, in, &in->references[i]);
	if (!in->padding)
		s->last = *in;
	return r;
}

/* Whatever the true instructions are, they are among these. */
static int sweep_every_offset(struct sweep *s)
{
	const struct node *node = &s->b->g->nodes[s->node];
	uint64_t start = node->start, end = node->end;
	struct instruction in;
	int r = 0;

	s->b->stray_bytes += end - start;
	if (s->b->stray_bytes > STRAY_BYTES_MAX)
		return err_set(s->b->err, EFBIG,
			       "more than %u bytes of code that is not understood",
			       STRAY_BYTES_MAX);
	for (uint64_t at = start; at < end && r >= 0; at++)
		if (decoder_read(s->b->decoder, at, end, &in))
			r = take_instruction(s, &in);
	return r;
}

static int half_order(const void *a, const void *b)
{
	const struct half *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->reg < y->reg ? -1 : x->reg > y->reg;
}

static void unique(struct halves *halves)
{
	size_t kept = 0;

	array_sort(halves->items, halves->count, sizeof(*halves->items), half_order);
	for (size_t i = 0; i < halves->count; i++)
		if (!kept || half_order(&halves->items[i], &halves->items[kept - 1]))
			halves->items[kept++] = halves->items[i];
	halves->count = kept;
}

/* The registers in which a value may be that was put into `reg`, one bit each. */
static uint32_t carriers(const struct sweep *s, unsigned reg)
{
	uint32_t all = 1u << reg, before = 0;

	while (all != before) {
		before = all;
		for (unsigned i = 0; i < REGISTERS; i++)
			if (all >> i & 1)
				all |= s->copies[i];
	}
	return all;
}

/* Each page with each offset from a register that may hold it, in whatever order they stand: compilers share pages between
 * addresses, and take them out of loops. That one is stored in memory and read back is not expected: making it anew is
 * as cheap, and both gcc and clang do that. */
static int pair_pages(struct sweep *s)
{
	int r = 0;

	unique(&s->pages);
	unique(&s->offsets);
	if (s->pages.count && s->offsets.count > PAIRS_MAX / s->pages.count)
		return err_set(s->b->err, EFBIG, "the function at 0x%jx has too many addresses",
			       (uintmax_t)s->b->g->nodes[s->node].start);
	for (size_t p = 0; p < s->pages.count && r >= 0; p++) {
		const struct half *page = &s->pages.items[p];
		uint32_t regs = carriers(s, page->reg);

		r = refer(s->b, s->node, page->value, 0);
		for (size_t i = 0; i < s->offsets.count && r >= 0; i++)
			if (regs >> s->offsets.items[i].reg & 1)
				r = refer(s->b, s->node, page->value + s->offsets.items[i].value,
					  0);
	}
	return r;
}

static int note_end_call(struct sweep *s)
{
	struct edge *slot;

	for (size_t i = 0; i < s->last.reference_count; i++) {
		uint32_t callee = s->last.references[i].kind == REF_TARGET
				      ? node_at(s->b->g, s->last.references[i].address)
				      : NODE_NONE;

		if (callee == NODE_NONE)
			continue;
		slot = array_add(s->b->ends, s->b->end_count, s->b->end_capacity);
		if (!slot)
			return err_oom(s->b->err);
		*slot = (struct edge){ s->node, callee };
	}
	return 0;
}

static int fall_through(struct building *b, uint32_t node)
{
	uint32_t next = node_at(b->g, b->g->nodes[node].end);

	return next == NODE_NONE ? 0 : lead(b, node, next, OPEN_NOT, 0);
}

static int take_end(struct sweep *s, bool sure)
{
	if (!sure || s->last.flow == FLOW_NEXT || s->last.flow == FLOW_BRANCH)
		return fall_through(s->b, s->node);
	return s->last.flow == FLOW_CALL ? note_end_call(s) : 0;
}

static int take_node(struct building *b, uint32_t number)
{
	_cleanup_(sweep_done) struct sweep s = { .b = b, .node = number };
	const struct node *node = &b->g->nodes[number];
	int r, sure;

	s.stray = node->kind == NODE_GAP;
	sure = decoder_sweep(b->decoder, node->start, node->end, take_instruction, &s, b->err);
	if (sure < 0)
		return sure;
	b->g->facts.unsure += !sure && !s.stray;
	r = sure ? 0 : sweep_every_offset(&s);
	if (r >= 0)
		r = pair_pages(&s);
	return r < 0 ? r : take_end(&s, sure);
}

int edges_of_code(struct building *b)
{
	int r = 0;

	for (size_t i = 0; i < b->g->code_count && r >= 0; i++)
		r = take_node(b, (uint32_t)i);
	for (size_t i = 0; i < b->end_count && r >= 0; i++)
		if (b->g->nodes[b->ends[i].to].returns &&
		    b->g->nodes[b->ends[i].to].kind == NODE_FUNCTION)
			r = fall_through(b, b->ends[i].from);
	return r;
}
