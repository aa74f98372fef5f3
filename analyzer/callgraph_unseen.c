// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callgraph_unseen.c — what nothing in an object is seen to lead to: dead, or a sign that something was overlooked. */
#include <elf.h>

#include "analyzer/callgraph_graph.h"
#include "include/array.h"

#define DEAD_BYTES_MAX (64u << 20) /* of code that is searched byte by byte */
#define START_KINDS 65536u

struct flood {
	const struct callgraph *g;
	uint32_t *callees, *stack;
	size_t *begin;
	bool *seen;
};

static void flood_from(struct flood *f, uint32_t node)
{
	size_t top = 0;

	if (f->seen[node])
		return;
	f->seen[node] = true;
	f->stack[top++] = node;
	while (top) {
		uint32_t at = f->stack[--top];

		for (size_t i = f->begin[at]; i < f->begin[at + 1]; i++) {
			uint32_t to = f->callees[i];

			if (!f->seen[to])
				f->stack[top++] = to;
			f->seen[to] = true;
		}
	}
}

/* Of an object whose words are read one by one the others are left: nothing is seen to read those. */
static void open_unread(struct flood *f, struct building *b, const struct node *object)
{
	const struct relocations *rel = &b->relocations;

	for (size_t i = relocation_from(b, object->start);
	     i < rel->count && rel->items[i].at < object->end; i++) {
		uint32_t to = b->slot_read[i] || rel->items[i].kind == RELOCATION_IMPORT
				  ? NODE_NONE
				  : node_at(b->g, rel->items[i].target);

		if (to == NODE_NONE || f->seen[to])
			continue;
		b->g->nodes[to].open = OPEN_UNSEEN;
		b->g->nodes[to].from = rel->items[i].at;
		flood_from(f, to);
	}
}

static void open_node(struct flood *f, struct building *b, uint32_t number)
{
	struct node *node = &b->g->nodes[number];

	if (node->kind == NODE_OBJECT && node->read) {
		f->seen[number] = true;
		open_unread(f, b, node);
		return;
	}
	node->open = OPEN_UNSEEN;
	flood_from(f, number);
}

/* A place that looks as if it led from one node to the start of another, read at any byte. */
struct lookalike {
	uint32_t from, to; /* from: NODE_NONE: data, or code of no node */
};

struct lookalikes {
	struct building *b;
	uint32_t *starts; /* functions that were not seen, by address */
	size_t start_count;
	bool may[START_KINDS]; /* one of them begins at an address with these bits */
	struct lookalike *items;
	size_t count, capacity;
};

static uint32_t unseen_start(const struct lookalikes *l, uint64_t address)
{
	const struct node *nodes = l->b->g->nodes;
	size_t low = 0, high = l->start_count;

	if (!l->may[address % START_KINDS])
		return NODE_NONE;
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (nodes[l->starts[middle]].start < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low < l->start_count && nodes[l->starts[low]].start == address ? l->starts[low]
									      : NODE_NONE;
}

static int note_lookalike(struct lookalikes *l, uint64_t at, uint64_t target)
{
	uint32_t to = unseen_start(l, target), from;
	struct lookalike *slot;

	if (to == NODE_NONE)
		return 0;
	from = node_at(l->b->g, at);
	if (from == to)
		return 0;
	slot = array_add(l->items, l->count, l->capacity);
	if (!slot)
		return err_oom(l->b->err);
	*slot = (struct lookalike){ from, to };
	return 0;
}

/* Distances of 32 bits: in code from behind themselves, as calls, jumps and addresses have them; in data from where they stand.
 * None at all leads from an instruction to the one behind it, and such are followed, sure or not; padding is full of them. */
static int look_through(struct lookalikes *l, const struct stretch *s, unsigned behind)
{
	int r = 0;

	for (uint64_t at = s->start; at + 4 <= s->end && r >= 0; at++) {
		uint64_t v = elffile_number(&l->b->g->code->file, s->bytes + (at - s->start), 4);

		if (!v)
			continue;
		r = note_lookalike(l, at, at + behind + (uint64_t)(int64_t)(int32_t)(uint32_t)v);
	}
	return r;
}

/* Unwind tables tell of every function where it begins. */
static bool is_unwinding(const struct elf_section *s)
{
	return s->flags & SHF_ALLOC && s->size && !strncmp(s->name, ".eh_frame", 9);
}

/* A stretch of data without the unwind tables in it. */
static int look_through_data(struct lookalikes *l, struct stretch s)
{
	const struct elf_file *file = &l->b->g->code->file;
	int r = 0;

	for (size_t i = 0; i < file->section_count && r >= 0; i++) {
		const struct elf_section *skip = &file->sections[i];

		if (!is_unwinding(skip) || skip->addr < s.start || skip->addr >= s.end ||
		    skip->size > s.end - skip->addr)
			continue;
		r = look_through_data(l, (struct stretch){ s.start, skip->addr, s.bytes });
		if (r >= 0)
			r = look_through_data(
			    l, (struct stretch){ skip->addr + skip->size, s.end,
						 s.bytes + (skip->addr + skip->size - s.start) });
		return r;
	}
	return look_through(l, &s, 0);
}

static int look_everywhere(struct lookalikes *l)
{
	const struct code *code = l->b->g->code;
	int r = 0;

	for (size_t i = 0; i < l->start_count; i++)
		l->may[l->b->g->nodes[l->starts[i]].start % START_KINDS] = true;
	for (size_t i = 0; i < l->b->data_count && r >= 0; i++)
		r = look_through_data(l, l->b->data[i]);
	for (size_t i = 0; i < code->segment_count && r >= 0; i++) {
		const struct code_segment *s = &code->segments[i];

		r = look_through(l, &(struct stretch){ s->start, s->end, s->bytes }, 4);
	}
	return r;
}

/* Functions without a caller are dead when not even a byte sequence that is no instruction could mean their start: then nothing was
 * overlooked. Only in x86-64 code, whose distances stand in one piece, where addresses in data need relocations, where nothing is
 * reckoned from a place in code (psABI x86-64, "Large position-independent code model"), and where all code is understood: by hand
 * one can write tables into code. */
static bool tells_the_dead(const struct building *b)
{
	const struct callgraph *g = b->g;
	uint64_t bytes = 0;

	for (size_t i = 0; i < g->code->segment_count; i++)
		bytes += g->code->segments[i].end - g->code->segments[i].start;
	for (size_t i = 0; i < g->code_count; i++)
		if (g->nodes[i].kind == NODE_GAP && !g->nodes[i].inert)
			return false;
	return !b->fixed && !b->computes && !g->facts.unsure && bytes <= DEAD_BYTES_MAX &&
	       g->code->file.machine == EM_X86_64;
}

/* Those that something live seems to lead to are open after all, until no more are found. */
static int open_functions(struct flood *f, struct building *b, struct arena *scratch)
{
	struct lookalikes l = { .b = b };
	bool more = true;
	int r;

	l.starts = arena_alloc(scratch, (b->g->code_count + 1) * sizeof(*l.starts));
	if (!l.starts)
		return err_oom(b->err);
	for (uint32_t i = 0; i < b->g->code_count; i++)
		if (!f->seen[i])
			l.starts[l.start_count++] = i;
	r = l.start_count ? look_everywhere(&l) : 0;
	while (more && r >= 0) {
		more = false;
		for (size_t i = 0; i < l.count; i++) {
			uint32_t from = l.items[i].from, to = l.items[i].to;

			if (f->seen[to] || (from != NODE_NONE && !f->seen[from]))
				continue;
			b->g->nodes[to].open = OPEN_UNSEEN;
			flood_from(f, to);
			more = true;
		}
	}
	free(l.items);
	return r;
}

/* What the roots do not lead to: first what nothing leads to, then one of each ring that is left. */
static int open_all(struct flood *f, struct building *b, struct arena *scratch)
{
	struct callgraph *g = b->g;
	bool tells = tells_the_dead(b);

	for (uint32_t i = 0; i < g->count; i++)
		if (g->nodes[i].open)
			flood_from(f, i);
	for (size_t i = 0; i < g->name_count; i++)
		flood_from(f, g->names[i].node);
	for (int rings = 0; rings < 2; rings++)
		for (uint32_t i = 0; i < g->count; i++) {
			bool alone = g->callers_of[i] == g->callers_of[i + 1];

			if (!f->seen[i] && (alone || rings) &&
			    !(tells && g->nodes[i].kind == NODE_FUNCTION))
				open_node(f, b, i);
		}
	return tells ? open_functions(f, b, scratch) : 0;
}

int open_unseen(struct building *b)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	struct flood f = { .g = b->g };

	if (!scratch || edges_group(b->g, false, &f.callees, &f.begin, scratch) < 0)
		return err_oom(b->err);
	f.stack = arena_alloc(scratch, b->g->count * sizeof(*f.stack));
	f.seen = arena_alloc(scratch, b->g->count * sizeof(*f.seen));
	if (!f.stack || !f.seen)
		return err_oom(b->err);
	return open_all(&f, b, scratch);
}
