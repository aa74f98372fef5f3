// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callgraph_data.c — pointers in data: who holds them, what they lead to, who refers to them. */
#include <elf.h>

#include "analyzer/callgraph_graph.h"
#include "include/array.h"

#define DATA_BYTES_MAX (1ull << 30)

int data_load(struct building *b)
{
	const struct elf_file *file = &b->g->code->file;
	uint64_t total = 0;
	int r;

	b->data = arena_alloc(b->g->arena, file->segment_count * sizeof(*b->data));
	if (!b->data)
		return err_oom(b->err);
	for (size_t i = 0; i < file->segment_count; i++) {
		const struct elf_segment *s = &file->segments[i];
		unsigned char *bytes;

		if (s->type != PT_LOAD || s->flags & PF_X || !s->filesz)
			continue;
		total += s->filesz;
		if (total > DATA_BYTES_MAX || s->vaddr > UINT64_MAX - s->filesz)
			return err_set(b->err, EFBIG, "more than %llu bytes of data",
				       DATA_BYTES_MAX);
		bytes = arena_alloc(b->g->arena, (size_t)s->filesz);
		if (!bytes)
			return err_oom(b->err);
		r = elffile_read(file, bytes, s->offset, (size_t)s->filesz);
		if (r < 0)
			return err_sys(b->err, -r, "data at 0x%jx", (uintmax_t)s->vaddr);
		b->data[b->data_count++] =
		    (struct stretch){ s->vaddr, s->vaddr + s->filesz, bytes };
	}
	return 0;
}

const unsigned char *loaded_bytes(const struct building *b, uint64_t address, size_t *room)
{
	for (size_t i = 0; i < b->data_count; i++)
		if (address >= b->data[i].start && address < b->data[i].end) {
			*room = (size_t)(b->data[i].end - address);
			return b->data[i].bytes + (address - b->data[i].start);
		}
	return code_bytes_at(b->g->code, address, room);
}

size_t relocation_from(const struct building *b, uint64_t address)
{
	size_t low = 0, high = b->relocations.count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (b->relocations.items[middle].at < address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* The first object that ends behind an address. */
static size_t object_from(const struct callgraph *g, uint64_t address)
{
	size_t low = g->code_count, high = g->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (g->nodes[middle].end <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static uint32_t object_holding(const struct callgraph *g, uint64_t address)
{
	size_t i = object_from(g, address);

	return i < g->count && g->nodes[i].start <= address ? (uint32_t)i : NODE_NONE;
}

static bool is_near(const struct node *object, uint64_t address)
{
	if (address < object->start)
		return object->start - address <= OBJECT_REACH;
	return address < object->end || address - object->end <= OBJECT_REACH;
}

/* The address of data, not of one variable in it: see callgraph.h on what that may mean. */
static int refer_around(struct building *b, uint32_t from, uint64_t address, uint64_t at)
{
	struct callgraph *g = b->g;
	size_t i = object_from(g, address), first, last;
	bool starts = i < g->count && g->nodes[i].start == address;
	int r = 0;

	for (first = i; first > g->code_count && is_near(&g->nodes[first - 1], address); first--)
		if (starts && first < i)
			break;
	for (last = i; last < g->count && is_near(&g->nodes[last], address); last++)
		if (starts && last > i + 1)
			break;
	for (; first < last && r >= 0; first++)
		if (g->nodes[first].points)
			r = lead(b, from, (uint32_t)first, OPEN_POINTER, at);
	return r;
}

/* What a pointer with this value leads to. */
static int follow(struct building *b, uint32_t from, uint64_t target, uint64_t at)
{
	uint32_t to = node_at(b->g, target);

	if (to != NODE_NONE)
		return lead(b, from, to, OPEN_POINTER, at);
	return refer_around(b, from, target, at);
}

static uint64_t word(const struct building *b, const unsigned char *at, size_t bytes)
{
	return elffile_number(&b->g->code->file, at, bytes);
}

static int note_table(struct building *b, uint32_t from, uint64_t address)
{
	struct table *slot;
	size_t room;

	/* A random address of what may be no code would cut true tables in two. */
	if (b->g->nodes[from].kind == NODE_GAP || !loaded_bytes(b, address, &room))
		return 0;
	slot = array_add(b->tables, b->table_count, b->table_capacity);
	if (!slot)
		return err_oom(b->err);
	*slot = (struct table){ address, from };
	return 0;
}

static int table_order(const void *a, const void *b)
{
	const struct table *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	return x->from < y->from ? -1 : x->from > y->from;
}

/* Offsets of 32 bits from the table's start, as a switch has them, up to the next address that anything refers to. */
static int follow_offsets(struct building *b, const struct table *table, uint64_t end)
{
	size_t i = relocation_from(b, table->address), room, unused;
	const unsigned char *bytes = loaded_bytes(b, table->address, &room);
	int r = 0;

	if (i < b->relocations.count && b->relocations.items[i].at < end)
		end = b->relocations.items[i].at; /* a word that is no offset */
	end = end - table->address < room ? end : table->address + room;
	for (uint64_t at = table->address; at + 4 <= end && r >= 0; at += 4) {
		uint64_t offset = word(b, bytes + (at - table->address), 4);
		uint64_t to = table->address + (uint64_t)(int64_t)(int32_t)(uint32_t)offset;

		if (!code_bytes_at(b->g->code, to, &unused))
			break;
		if (node_at(b->g, to) != NODE_NONE)
			r = lead(b, table->from, node_at(b->g, to), OPEN_NOT, 0);
	}
	return r;
}

int edges_of_tables(struct building *b)
{
	int r = 0;

	array_sort(b->tables, b->table_count, sizeof(*b->tables), table_order);
	for (size_t i = 0, next = 0; i < b->table_count && r >= 0; i++) {
		const struct table *t = &b->tables[i];

		if (i && !table_order(t, t - 1))
			continue;
		for (next = next > i ? next : i; next < b->table_count; next++)
			if (b->tables[next].address > t->address)
				break;
		r = follow_offsets(b, t,
				   next < b->table_count ? b->tables[next].address : UINT64_MAX);
	}
	return r;
}

/* Reads the words that are there, exactly: what they point to, and nothing else of the object that they are a part of. Without
 * relocations nobody tells which words those are. */
static int refer_exactly(struct building *b, uint32_t from, uint64_t address, size_t bytes)
{
	uint32_t object = object_holding(b->g, address);
	const unsigned char *content;
	size_t room;
	int r = 0;

	for (size_t i = relocation_from(b, address > 7 ? address - 7 : 0);
	     i < b->relocations.count && r >= 0; i++) {
		const struct relocation *rel = &b->relocations.items[i];

		if (rel->at >= address && rel->at - address >= bytes)
			break;
		b->slot_read[i] = true;
		if (rel->kind != RELOCATION_IMPORT)
			r = follow(b, from, rel->target, address);
	}
	if (object != NODE_NONE)
		b->g->nodes[object].read = true;
	if (r < 0 || !b->fixed)
		return r;
	if (object != NODE_NONE && b->g->nodes[object].points)
		r = lead(b, from, object, OPEN_NOT, 0);
	content = loaded_bytes(b, address, &room);
	return r >= 0 && content && room >= 8 ? follow(b, from, word(b, content, 8), address) : r;
}

int refer(struct building *b, uint32_t from, uint64_t address, size_t bytes)
{
	uint32_t to = node_at(b->g, address);
	size_t i;
	int r = 0;

	if (to != NODE_NONE)
		r = lead(b, from, to, OPEN_NOT, 0);
	if (r < 0)
		return r;
	if (bytes)
		return refer_exactly(b, from, address, bytes);
	i = relocation_from(b, address);
	if (i < b->relocations.count && b->relocations.items[i].at == address)
		r = refer_exactly(b, from, address, 8);
	if (r >= 0)
		r = refer_around(b, from, address, 0);
	return r < 0 || to != NODE_NONE ? r : note_table(b, from, address);
}

/* The words between two addresses are called by the loader. */
static int open_array(struct building *b, uint64_t address, uint64_t bytes)
{
	const unsigned char *content;
	size_t room;
	int r = 0;

	content = loaded_bytes(b, address, &room);
	for (size_t i = 0; content && i + 8 <= bytes && i + 8 <= room && r >= 0; i += 8) {
		uint32_t to = node_at(b->g, word(b, content + i, 8));

		if (to != NODE_NONE)
			r = lead(b, NODE_NONE, to, OPEN_STARTUP, address + i);
	}
	for (size_t i = relocation_from(b, address);
	     i < b->relocations.count && b->relocations.items[i].at - address < bytes && r >= 0;
	     i++) {
		uint32_t to = node_at(b->g, b->relocations.items[i].target);

		if (to != NODE_NONE)
			r = lead(b, NODE_NONE, to, OPEN_STARTUP, b->relocations.items[i].at);
	}
	return r;
}

/*
 * A library that the kernel does not start, and nobody chose where it would: what older linkers then write as its entry is the beginning
 * of its code, whatever stands there. That excuses no function from being led to; who leads to it is not seen. Without sections nothing
 * tells the two apart. Programs that are linked statically say that they are programs.
 */
static bool has_idle_entry(const struct building *b)
{
	const struct elf_file *file = &b->g->code->file;

	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segments[i].type == PT_INTERP)
			return false;
	if (file->type != ET_DYN || b->dynamic.flags_1 & DF_1_PIE)
		return false;
	for (size_t i = 0; i < file->section_count; i++)
		if (file->sections[i].flags & SHF_EXECINSTR &&
		    file->entry > file->sections[i].addr &&
		    file->entry - file->sections[i].addr < file->sections[i].size)
			return false;
	return true;
}

static int open_entries(struct building *b)
{
	const struct elf_dynamic *dyn = &b->dynamic;
	const struct {
		uint64_t address;
		enum opening why;
	} single[] = {
		{ b->g->code->file.entry, has_idle_entry(b) ? OPEN_UNSEEN : OPEN_ENTRY },
		{ dyn->value[DT_INIT], OPEN_STARTUP },
		{ dyn->value[DT_FINI], OPEN_STARTUP },
	};
	static const unsigned char arrays[][2] = { { DT_PREINIT_ARRAY, DT_PREINIT_ARRAYSZ },
						   { DT_INIT_ARRAY, DT_INIT_ARRAYSZ },
						   { DT_FINI_ARRAY, DT_FINI_ARRAYSZ } };
	int r = 0;

	for (size_t i = 0; i < sizeof(single) / sizeof(*single) && r >= 0; i++) {
		uint32_t to = single[i].address ? node_at(b->g, single[i].address) : NODE_NONE;

		if (to != NODE_NONE)
			r = lead(b, NODE_NONE, to, single[i].why, 0);
	}
	for (size_t i = 0; i < sizeof(arrays) / sizeof(*arrays) && r >= 0; i++)
		r = open_array(b, dyn->value[arrays[i][0]], dyn->value[arrays[i][1]]);
	return r;
}

static int take_relocation(struct building *b, size_t i)
{
	const struct relocation *rel = &b->relocations.items[i];
	uint32_t to = node_at(b->g, rel->target);
	size_t room;

	if (code_bytes_at(b->g->code, rel->at, &room))
		b->g->facts.text_relocations = true;
	if (rel->kind == RELOCATION_IMPORT || rel->target == rel->at)
		return 0; /* the latter means itself, as the handle of an object does */
	if (rel->kind == RELOCATION_RESOLVER)
		return to == NODE_NONE ? 0 : lead(b, NODE_NONE, to, OPEN_RESOLVER, rel->at);
	/* A slot that code reads: that code leads there, and nothing else knows where the slot is. */
	if (rel->kind == RELOCATION_SLOT && b->slot_read[i])
		return 0;
	return follow(b, object_holding(b->g, rel->at), rel->target, rel->at);
}

/* Fixed addresses need no relocation: any eight bytes may be one. Those within functions are numbers of instructions. */
static int scan(struct building *b, const struct stretch *s)
{
	bool is_arm = b->g->code->file.machine == EM_AARCH64;
	int r = 0;

	for (uint64_t at = s->start; at + 8 <= s->end && r >= 0; at++) {
		uint64_t v = word(b, s->bytes + (at - s->start), 8);
		size_t room;

		if (!loaded_bytes(b, v, &room) || (!is_arm && code_function_at(b->g->code, at)))
			continue;
		r = follow(b, object_holding(b->g, at), v, at);
	}
	return r;
}

static int scan_all(struct building *b)
{
	const struct code *code = b->g->code;
	int r = 0;

	for (size_t i = 0; i < b->data_count && r >= 0; i++)
		r = scan(b, &b->data[i]);
	for (size_t i = 0; i < code->segment_count && r >= 0; i++) {
		const struct code_segment *s = &code->segments[i];

		r = scan(b, &(struct stretch){ s->start, s->end, s->bytes });
	}
	return r;
}

int edges_of_data(struct building *b)
{
	int r = open_entries(b);

	for (size_t i = 0; i < b->relocations.count && r >= 0; i++)
		r = take_relocation(b, i);
	return r < 0 || !b->fixed ? r : scan_all(b);
}
