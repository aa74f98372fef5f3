// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callgraph_nodes.c — functions, linkage stubs, stray code and data objects as nodes of the call graph. */
#include <elf.h>

#include "analyzer/callgraph_graph.h"
#include "include/array.h"

#define NODES_MAX 16000000u

static int add_node(struct building *b, const struct node *node)
{
	struct node *slot;

	if (b->g->count == NODES_MAX)
		return err_set(b->err, EFBIG, "more than %u functions and data objects", NODES_MAX);
	slot = array_add(b->g->nodes, b->g->count, b->node_capacity);
	if (!slot)
		return err_oom(b->err);
	*slot = *node;
	return 0;
}

/* Code that belongs to no function, without the padding before it; nothing when it is all padding. */
static int add_gap(struct building *b, uint64_t start, uint64_t end)
{
	const unsigned char *bytes;
	struct instruction in;
	size_t room;

	while (start < end) {
		bytes = code_bytes_at(b->g->code, start, &room);
		if (bytes && !*bytes)
			start++;
		else if (decoder_read(b->decoder, start, end, &in) && in.padding)
			start += in.length;
		else
			break;
	}
	if (start >= end)
		return 0;
	return add_node(b, &(struct node){ .start = start,
					   .end = end,
					   .kind = NODE_GAP,
					   .open = OPEN_NO_FUNCTION,
					   .from = start });
}

static bool is_slot_jump(const struct instruction *in)
{
	return in->flow == FLOW_JUMP && in->reference_count == 1 &&
	       in->references[0].kind == REF_MEMORY;
}

static bool is_slot(const struct building *b, uint64_t address)
{
	size_t i = relocation_from(b, address);

	return i < b->relocations.count && b->relocations.items[i].at == address;
}

static bool read_next(struct building *b, uint64_t *at, uint64_t end, struct instruction *in)
{
	*at += in->length;
	return decoder_read(b->decoder, *at, end, in);
}

/* psABI x86-64, "Procedure Linkage Table": "jmp *slot; push number; jmp first", all three or some of them, and the first
 * one "push; jmp *slot"; each behind a mark of where jumps may land. What is not known to be linkage code must begin with a
 * jump through a slot: data may look like the rest. */
static size_t x86_stub(struct building *b, uint64_t start, uint64_t end, bool linkage)
{
	struct instruction in;
	uint64_t at = start, done = 0;

	if (at % 8 || !decoder_read(b->decoder, at, end, &in))
		return 0;
	if (in.padding && in.length == 4 && !read_next(b, &at, end, &in))
		return 0;
	if (is_slot_jump(&in) && (linkage || is_slot(b, in.references[0].address))) {
		done = at + in.length - start;
		if (!read_next(b, &at, end, &in))
			return done;
	}
	if ((!done && !linkage) || !in.pushes || !read_next(b, &at, end, &in) ||
	    in.flow != FLOW_JUMP)
		return done;
	return at + in.length - start;
}

/* "adrp x16; ldr x17; add x16; br x17", behind a mark of where jumps may land. */
static size_t arm64_stub(struct building *b, uint64_t at, uint64_t end)
{
	struct instruction in;
	uint64_t p = at;

	if (at % 4 || !decoder_read(b->decoder, p, end, &in))
		return 0;
	if (in.padding && (!decoder_read(b->decoder, p += 4, end, &in)))
		return 0;
	if (!in.reference_count || in.references[0].kind != REF_PAGE)
		return 0;
	for (size_t i = 0; i < 2; i++)
		if (!decoder_read(b->decoder, p += 4, end, &in) || !in.reference_count ||
		    in.references[0].kind != REF_IN_PAGE)
			return 0;
	if (!decoder_read(b->decoder, p += 4, end, &in) || in.flow != FLOW_JUMP ||
	    in.reference_count)
		return 0;
	return p + 4 - at;
}

static size_t stub_length(struct building *b, uint64_t at, uint64_t end, bool linkage)
{
	return b->g->code->file.machine == EM_AARCH64 ? arm64_stub(b, at, end)
						      : x86_stub(b, at, end, linkage);
}

/* Code outside of functions: linkage stubs, each a node, and what is between them. */
static int add_area(struct building *b, uint64_t start, uint64_t end, bool linkage)
{
	uint64_t rest = start;
	size_t len;
	int r = 0;

	for (uint64_t at = start; at < end && r >= 0; at += len ? len : 4 - at % 4) {
		len = stub_length(b, at, end, linkage);
		if (!len)
			continue;
		r = add_gap(b, rest, at);
		if (r >= 0)
			r = add_node(
			    b, &(struct node){ .start = at, .end = at + len, .kind = NODE_STUB });
		rest = at + len;
	}
	return r < 0 ? r : add_gap(b, rest, end);
}

static int is_linkage_instruction(void *ctx, const struct instruction *in)
{
	size_t *jumps = ctx;

	*jumps += is_slot_jump(in);
	return in->flow == FLOW_JUMP || in->padding || in->pushes ? 0 : -ECANCELED;
}

/* The linker gives all stubs of x86-64 one unwind record, so they look like one function. One with a single jump may be one. */
static int is_linkage(struct building *b, const struct code_function *f)
{
	size_t jumps = 0;
	int r = decoder_sweep(b->decoder, f->start, f->end, is_linkage_instruction, &jumps, b->err);

	if (r == -ECANCELED)
		return 0;
	return r < 0 ? r : r && jumps > 1;
}

static int add_function(struct building *b, const struct code_function *f)
{
	int r = is_linkage(b, f);

	if (r < 0)
		return r;
	if (r)
		return add_area(b, f->start, f->end, true);
	return add_node(b, &(struct node){ .start = f->start,
					   .end = f->end,
					   .overlaps = f->overlaps,
					   .open = f->overlaps ? OPEN_OVERLAP : OPEN_NOT,
					   .kind = NODE_FUNCTION });
}

int nodes_of_code(struct building *b)
{
	const struct code *code = b->g->code;
	size_t next = 0;
	int r = 0;

	for (size_t i = 0; i < code->segment_count; i++) {
		const struct code_segment *s = &code->segments[i];
		uint64_t at = s->start;

		for (; next < code->function_count && code->functions[next].start < s->end;
		     next++) {
			r = add_area(b, at, code->functions[next].start, false);
			if (r >= 0)
				r = add_function(b, &code->functions[next]);
			if (r < 0)
				return r;
			at = code->functions[next].end;
		}
		r = add_area(b, at, s->end, false);
		if (r < 0)
			return r;
	}
	b->g->code_count = b->g->count;
	return 0;
}

uint32_t node_at(const struct callgraph *g, uint64_t address)
{
	size_t low = 0, high = g->code_count, room;

	if (!code_bytes_at(g->code, address, &room))
		return NODE_NONE;
	while (low < high) { /* the first that ends behind the address */
		size_t middle = low + (high - low) / 2;

		if (g->nodes[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == g->code_count || g->nodes[low].start >= address + room)
		return NODE_NONE;
	return (uint32_t)low;
}

static int add_symbols(struct building *b, const struct symtab *symbols)
{
	int r = 0;

	for (size_t i = 0; i < symbols->count && r >= 0; i++) {
		const struct symtab_entry *s = &symbols->items[i];
		uint64_t size = s->size ? s->size : 1; /* a mark: who refers to it means no other */
		size_t room;

		if ((s->type == STT_OBJECT || s->type == STT_NOTYPE) && s->defined && s->value &&
		    size <= UINT64_MAX - s->value && !code_bytes_at(b->g->code, s->value, &room))
			r = add_node(b, &(struct node){ .start = s->value,
							.end = s->value + size,
							.kind = NODE_OBJECT });
	}
	return r;
}

static int node_order(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Objects that overlap become one; marks those that hold pointers. */
static void merge_objects(struct building *b)
{
	struct node *objects = b->g->nodes + b->g->code_count;
	size_t count = b->g->count - b->g->code_count, kept = 0, next = 0;
	const struct relocations *rel = &b->relocations;

	array_sort(objects, count, sizeof(*objects), node_order);
	for (size_t i = 0; i < count; i++) {
		struct node *last = kept ? &objects[kept - 1] : NULL;

		if (last && objects[i].start < last->end)
			last->end = objects[i].end > last->end ? objects[i].end : last->end;
		else
			objects[kept++] = objects[i];
	}
	b->g->count = b->g->code_count + kept;
	for (size_t i = 0; i < kept; i++) {
		while (next < rel->count && rel->items[next].at < objects[i].start)
			next++;
		objects[i].points =
		    b->fixed || (next < rel->count && rel->items[next].at < objects[i].end);
	}
}

int nodes_of_objects(struct building *b)
{
	int r = 0;

	/* Compilers for arm64 reach several objects from one address (section anchors), so bounds say nothing there. */
	if (b->g->code->file.machine == EM_AARCH64)
		return 0;
	r = add_symbols(b, &b->symbols);
	if (r >= 0)
		r = add_symbols(b, &b->full);
	if (r >= 0 && b->g->count > b->g->code_count)
		merge_objects(b);
	return r;
}
