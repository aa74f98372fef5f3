// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* go_inlined.c — where Go put functions that it inlined: the module data, and the trees that it leads to. */
#include <stdlib.h>
#include <string.h>

#include "analyzer/go_table.h"
#include "include/array.h"

/* Words of runtime.moduledata, the same from Go 1.18 on; where gofunc stands has moved. */
enum {
	MODULE_NAMES = 1,
	MODULE_MINPC = 20,
	MODULE_MAXPC = 21,
	MODULE_TEXT = 22,
	MODULE_GOFUNC_1_18 = 38,
	MODULE_GOFUNC_1_20 = 40,
	MODULE_GOFUNC_MIN = 36,
	MODULE_GOFUNC_MAX = 48,
};
#define PCDATA_INLINED 2
#define FUNCDATA_INLINED 3
#define STRETCH (1u << 20)
#define STEPS_MAX (256u << 20) /* of all tables of one file */
#define DEPTH_MAX 1000
#define CALLS_CHUNK 256u /* read at once */

static bool module_word(const struct go_table *table, uint64_t module, unsigned word, uint64_t *ret)
{
	return elfrel_pointer(&table->relative, table->file, module + word * table->pointer, ret) ==
	       0;
}

/* Is it the module data: do its addresses agree with those of the table? */
static bool take_module(struct go_table *table, uint64_t module)
{
	uint64_t end_at = table->ftab + (uint64_t)table->out->function_count * 8;
	uint64_t names, minpc, maxpc, text, first, end;

	if (!module_word(table, module, MODULE_NAMES, &names) ||
	    !module_word(table, module, MODULE_MINPC, &minpc) ||
	    !module_word(table, module, MODULE_MAXPC, &maxpc) ||
	    !module_word(table, module, MODULE_TEXT, &text) ||
	    !go_table_number(table, table->ftab, 4, &first) ||
	    !go_table_number(table, end_at, 4, &end) ||
	    names != table->out->addr + table->name_base || minpc != text + first ||
	    maxpc != text + end)
		return false;
	table->module = module;
	table->out->text = text;
	return true;
}

static bool search_stretch(struct go_table *table, const char *bytes, size_t len, uint64_t addr)
{
	size_t step = table->pointer;

	for (size_t i = (size_t)(-addr & (step - 1)); i + step <= len; i += step)
		if (elffile_number(table->file, bytes + i, step) == table->out->addr &&
		    take_module(table, addr + i))
			return true;
	return false;
}

int go_table_find_module(struct go_table *table)
{
	const struct elf_file *file = table->file;
	_cleanup_free_ char *bytes = malloc(STRETCH);
	int r;

	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < table->relative.count; i++)
		if (table->relative.items[i].value == table->out->addr &&
		    take_module(table, table->relative.items[i].at))
			return 0;
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct elf_segment *s = &file->segments[i];
		uint64_t skip = -s->vaddr & 7;

		if (s->type != PT_LOAD || !(s->flags & PF_W))
			continue;
		for (; skip < s->filesz; skip += STRETCH) {
			size_t n =
			    s->filesz - skip < STRETCH ? (size_t)(s->filesz - skip) : STRETCH;

			r = elffile_read(file, bytes, s->offset + skip, n);
			if (r < 0)
				return r;
			if (search_stretch(table, bytes, n, s->vaddr + skip))
				return 0;
		}
	}
	return 0;
}

/* From an address of the function on, the number of the innermost inlined call there; -1: none. */
struct span {
	uint64_t from, to; /* offsets from the function's entry */
	int64_t call;
};

/* One inlined call of a function. */
struct call {
	const char *name;
	uint64_t at;    /* offset of an instruction of the caller */
	int64_t parent; /* number of the call that it was inlined into; -1: the function itself */
	size_t last;    /* number + 1 of its last stretch, 0: none */
};

struct trees {
	struct go_table *table;
	uint64_t gofunc;
	size_t steps;
	struct span *spans;
	size_t span_count, span_capacity;
	struct call *calls;
	size_t call_count, call_capacity;
	struct go_inlined *found;
	size_t found_count, found_capacity;
	size_t tree_count;
};

static void trees_done(struct trees *trees)
{
	free(trees->spans);
	free(trees->calls);
	free(trees->found);
}

static bool read_varint(struct trees *trees, uint64_t *at, uint32_t *ret)
{
	uint64_t byte;
	uint32_t v = 0;

	for (unsigned shift = 0; shift < 35; shift += 7) {
		if (++trees->steps > STEPS_MAX || !go_table_number(trees->table, (*at)++, 1, &byte))
			return false;
		v |= (uint32_t)((byte & 0x7f) << (shift & 31));
		if (!(byte & 0x80)) {
			*ret = v;
			return true;
		}
	}
	return false;
}

/* A table of values by address: pairs of differences, the value's zigzag, until one of 0 that is not the first. 1: well,
 * 0: it lies. */
static int read_spans(struct trees *trees, const struct go_function *f, uint64_t at)
{
	uint32_t delta, advance;
	int64_t value = -1, most = -1;
	uint64_t pc = 0, size = f->end - f->addr;

	trees->span_count = 0;
	for (bool first = true;; first = false) {
		struct span *span;

		if (!read_varint(trees, &at, &delta))
			return 0;
		if (!delta && !first)
			break;
		value += (int32_t)(delta >> 1) ^ -(int32_t)(delta & 1);
		if (!read_varint(trees, &at, &advance) || value < -1 || value > INT32_MAX)
			return 0;
		span = array_add(trees->spans, trees->span_count, trees->span_capacity);
		if (!span)
			return -ENOMEM;
		*span = (struct span){ pc, pc + (uint64_t)advance * trees->table->quantum, value };
		most = value > most ? value : most;
		pc = span->to;
		if (pc > size)
			return 0;
	}
	trees->call_count = (size_t)(most + 1);
	return trees->call_count <= GO_INLINED_MAX;
}

static int64_t call_at(const struct trees *trees, uint64_t pc)
{
	size_t low = 0, high = trees->span_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (trees->spans[middle].to <= pc)
			low = middle + 1;
		else
			high = middle;
	}
	return low < trees->span_count ? trees->spans[low].call : -1;
}

/* The tree: an array of calls. Names must be whole ones: that is what tells a right gofunc from a wrong one. */
static int read_calls(struct trees *trees, const struct go_function *f, uint64_t addr)
{
	const struct go_table *table = trees->table;
	bool old = table->out->format == 18;
	size_t step = old ? 20 : 16;
	uint64_t offset, room, name;
	char raws[CALLS_CHUNK * 20];

	if (elffile_at(table->file, addr, &offset, &room) < 0 || trees->call_count > room / step)
		return 0;
	while (trees->call_capacity < trees->call_count)
		if (array_room((void **)&trees->calls, trees->call_capacity, &trees->call_capacity,
			       sizeof(*trees->calls)) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < trees->call_count; i++) {
		struct call *call = &trees->calls[i];
		size_t in_chunk = i % CALLS_CHUNK, left = trees->call_count - i;
		const char *raw = raws + in_chunk * step;

		if (++trees->steps > STEPS_MAX ||
		    (!in_chunk &&
		     elffile_read(table->file, raws, offset + i * step,
				  (left < CALLS_CHUNK ? left : CALLS_CHUNK) * step) < 0))
			return 0;
		name = elffile_number(table->file, raw + (old ? 12 : 4), 4);
		*call = (struct call){ .name = go_table_name(trees->table, name),
				       .at = elffile_number(table->file, raw + (old ? 16 : 8), 4) };
		if (!call->name || !*call->name || (name && table->out->names[name - 1]) ||
		    call->at >= f->end - f->addr)
			return 0;
		call->parent =
		    old ? (int16_t)elffile_number(table->file, raw, 2) : call_at(trees, call->at);
		if (call->parent < -1 || call->parent >= (int64_t)trees->call_count)
			return 0;
	}
	return 1;
}

/* The stretch belongs to the call there and to all that it was inlined into. */
static int add_span(struct trees *trees, size_t number, const struct span *span)
{
	uint64_t base = trees->table->out->functions[number].addr;
	unsigned depth = 0;

	for (int64_t i = span->call; i >= 0; i = trees->calls[i].parent) {
		struct call *call = &trees->calls[i];
		struct go_inlined *last = call->last ? &trees->found[call->last - 1] : NULL;

		if (++depth > DEPTH_MAX || ++trees->steps > STEPS_MAX)
			return 0;
		if (last && last->end == base + span->from) {
			last->end = base + span->to;
			continue;
		}
		if (trees->found_count >= GO_INLINED_MAX)
			return 0;
		last = array_add(trees->found, trees->found_count, trees->found_capacity);
		if (!last)
			return -ENOMEM;
		*last =
		    (struct go_inlined){ base + span->from, base + span->to, call->name, number };
		call->last = trees->found_count;
	}
	return 1;
}

/* Where the function's table of calls by address and its tree stand; false when it has none of both. */
static bool find_tree(const struct go_table *table, const struct go_function *f, uint64_t *pcdata,
		      uint64_t *tree)
{
	/* Number of pcdata at 24 behind the entry, which has 4 bytes; then the unit, from 1.20 the line, four bytes. */
	uint64_t fixed = f->record + (table->out->format == 18 ? 40 : 44), npcdata, nfuncdata;

	return go_table_number(table, f->record + 28, 4, &npcdata) && npcdata > PCDATA_INLINED &&
	       npcdata < 1000 && go_table_number(table, fixed - 1, 1, &nfuncdata) &&
	       nfuncdata > FUNCDATA_INLINED &&
	       go_table_number(table, fixed + PCDATA_INLINED * 4, 4, pcdata) && *pcdata &&
	       go_table_number(table, fixed + npcdata * 4 + FUNCDATA_INLINED * 4, 4, tree) &&
	       *tree != UINT32_MAX;
}

static int read_tree(struct trees *trees, size_t number)
{
	const struct go_function *f = &trees->table->out->functions[number];
	uint64_t pcdata, tree;
	int r;

	if (!find_tree(trees->table, f, &pcdata, &tree))
		return 1;
	r = read_spans(trees, f, trees->table->pcdata_base + pcdata);
	if (r > 0)
		r = read_calls(trees, f, trees->gofunc + tree);
	for (size_t i = 0; i < trees->span_count && r > 0; i++)
		r = add_span(trees, number, &trees->spans[i]);
	trees->tree_count++;
	return r;
}

/* 1 when every tree can be read with that gofunc. */
static int try_gofunc(struct trees *trees, uint64_t gofunc)
{
	int r = 1;

	trees->gofunc = gofunc;
	trees->found_count = trees->tree_count = 0;
	for (size_t i = 0; i < trees->table->out->function_count && r > 0; i++)
		r = read_tree(trees, i);
	return r;
}

static int compare_inlined(const void *pa, const void *pb)
{
	const struct go_inlined *a = pa, *b = pb;
	int r = a->name == b->name ? 0 : strcmp(a->name, b->name);

	r = r ? r : (a->addr > b->addr) - (a->addr < b->addr);
	return r ? r : (a->end > b->end) - (a->end < b->end);
}

static int keep(struct trees *trees)
{
	struct go_pclntab *out = trees->table->out;

	out->inlined_known = true;
	if (!trees->found_count)
		return 0;
	out->inlined = arena_alloc(trees->table->arena, trees->found_count * sizeof(*out->inlined));
	if (!out->inlined)
		return -ENOMEM;
	array_sort(trees->found, trees->found_count, sizeof(*trees->found), compare_inlined);
	memcpy(out->inlined, trees->found, trees->found_count * sizeof(*out->inlined));
	out->inlined_count = trees->found_count;
	return 0;
}

int go_table_read_inlined(struct go_table *table)
{
	_cleanup_(trees_done) struct trees trees = { .table = table };
	unsigned usual = table->out->format == 18 ? MODULE_GOFUNC_1_18 : MODULE_GOFUNC_1_20;
	uint64_t gofunc;
	int r;

	if (!table->module)
		return 0;
	for (unsigned i = MODULE_GOFUNC_MIN - 1; i <= MODULE_GOFUNC_MAX; i++) {
		/* The usual place first. */
		unsigned word = i < MODULE_GOFUNC_MIN ? usual : i;

		if (!module_word(table, table->module, word, &gofunc))
			continue;
		r = try_gofunc(&trees, gofunc);
		if (r < 0)
			return r;
		if (r > 0)
			return keep(&trees);
	}
	return 0;
}
