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

/* Bytes of x86-64 code; what is 0xff00 may be anything. */
#define ANY 0xff00
#define ANY4 ANY, ANY, ANY, ANY

static bool code_is(const struct building *b, uint64_t at, uint64_t end, const uint16_t *want,
		    size_t count)
{
	size_t room;
	const unsigned char *bytes = code_bytes_at(b->g->code, at, &room);

	if (!bytes || room < count || end - at < count)
		return false;
	for (size_t i = 0; i < count; i++)
		if (want[i] != ANY && bytes[i] != want[i])
			return false;
	return true;
}

/* Where the address of "lea address(%rip), register" leads. */
static uint64_t lea_target(const struct building *b, uint64_t at)
{
	size_t room;
	const unsigned char *bytes = code_bytes_at(b->g->code, at, &room);
	uint64_t distance = elffile_number(&b->g->code->file, bytes + 3, 4);

	return at + 7 + (uint64_t)(int64_t)(int32_t)(uint32_t)distance;
}

/* Behind the code of gcc's crtstuff.c, which every object begins with and which has no unwind records; 0 when it is not that,
 * byte for byte. It takes the end of the data as an empty table of clones for transactional memory, and the object's handle, which
 * is an address of data as well, to end it. None of them means the data there. */
static uint64_t startup_end(const struct building *b, uint64_t at, uint64_t end)
{
	static const uint16_t take[] = { 0x48, 0x8d, 0x3d, ANY4, 0x48, 0x8d, 0x05, ANY4,
					 0x48, 0x39, 0xf8, 0x74, 0x15, 0x48, 0x8b, 0x05,
					 ANY4, 0x48, 0x85, 0xc0, 0x74, 0x09, 0xff, 0xe0,
					 0x0f, 0x1f, 0x80, 0,    0,    0,    0,    0xc3 };
	static const uint16_t give[] = { 0x48, 0x8d, 0x3d, ANY4, 0x48, 0x8d, 0x35, ANY4, 0x48, 0x29,
					 0xfe, 0x48, 0x89, 0xf0, 0x48, 0xc1, 0xee, 0x3f, 0x48, 0xc1,
					 0xf8, 0x03, 0x48, 0x01, 0xc6, 0x48, 0xd1, 0xfe, 0x74, 0x14,
					 0x48, 0x8b, 0x05, ANY4, 0x48, 0x85, 0xc0, 0x74, 0x08, 0xff,
					 0xe0, 0x66, 0x0f, 0x1f, 0x44, 0,    0,    0xc3 };
	static const uint16_t finish[] = {
		0xf3, 0x0f, 0x1e, 0xfa, 0x80, 0x3d, ANY4, 0,    0x75, 0x2b, 0x55, 0x48, 0x83,
		0x3d, ANY4, 0,    0x48, 0x89, 0xe5, 0x74, 0x0c, 0x48, 0x8b, 0x3d, ANY4, 0xe8,
		ANY4, 0xe8, ANY4, 0xc6, 0x05, ANY4, 0x01, 0x5d, 0xc3, 0x0f, 0x1f, 0x00, 0xc3,
		0x0f, 0x1f, 0x80, 0,    0,    0,    0,    0xf3, 0x0f, 0x1e, 0xfa, 0xe9, ANY4,
	};
	uint64_t second = at + 0x30, third = at + 0x70;

	if (b->g->code->file.machine != EM_X86_64 || at % 16 ||
	    !code_is(b, at, end, take, sizeof(take) / sizeof(*take)) || third >= end ||
	    !code_is(b, second, end, give, sizeof(give) / sizeof(*give)) ||
	    !code_is(b, third, end, finish, sizeof(finish) / sizeof(*finish)))
		return 0;
	if (lea_target(b, at) != lea_target(b, at + 7) ||
	    lea_target(b, second) != lea_target(b, at) ||
	    lea_target(b, second + 7) != lea_target(b, at))
		return 0;
	return third + sizeof(finish) / sizeof(*finish);
}

/* The same of crti.o and crtn.o: _init, which calls __gmon_start__ if there is one, and _fini, which does nothing. */
static uint64_t frame_end(const struct building *b, uint64_t at, uint64_t end)
{
	static const uint16_t begin[] = { 0x48, 0x83, 0xec, 0x08, 0x48, 0x8b, 0x05,
					  ANY4, 0x48, 0x85, 0xc0, 0x74, 0x02, 0xff,
					  0xd0, 0x48, 0x83, 0xc4, 0x08, 0xc3 };
	static const uint16_t finish[] = { 0x48, 0x83, 0xec, 0x08, 0x48, 0x83, 0xc4, 0x08, 0xc3 };

	if (b->g->code->file.machine != EM_X86_64)
		return 0;
	if (code_is(b, at, end, begin, sizeof(begin) / sizeof(*begin)))
		return at + sizeof(begin) / sizeof(*begin);
	if (code_is(b, at, end, finish, sizeof(finish) / sizeof(*finish)))
		return at + sizeof(finish) / sizeof(*finish);
	return 0;
}

/* Code that belongs to no function, without the padding before it; nothing when it is all padding. */
static int add_gap(struct building *b, uint64_t start, uint64_t end)
{
	const unsigned char *bytes;
	struct instruction in;
	uint64_t inert;
	size_t room;
	int r;

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
	inert = startup_end(b, start, end);
	inert = inert ? inert : frame_end(b, start, end);
	if (inert) {
		r = add_node(b,
			     &(struct node){
				 .start = start, .end = inert, .kind = NODE_GAP, .inert = true });
		return r < 0 ? r : add_gap(b, inert, end);
	}
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

static bool is_data(const struct building *b, const struct symtab_entry *s)
{
	size_t room;

	return (s->type == STT_OBJECT || s->type == STT_NOTYPE) && s->defined && s->value &&
	       s->size <= UINT64_MAX - s->value - 1 && !code_bytes_at(b->g->code, s->value, &room);
}

static int add_symbols(struct building *b, const struct symtab *symbols)
{
	bool stripped = !b->full.count;
	int r = 0;

	for (size_t i = 0; i < symbols->count && r >= 0; i++) {
		const struct symtab_entry *s = &symbols->items[i];

		/* A mark without a size: who refers to it means no other; yet in a stripped file it may lie within one. */
		if (!is_data(b, s) || (!s->size && stripped))
			continue;
		r = add_node(b, &(struct node){ .start = s->value,
						.end = s->value + (s->size ? s->size : 1),
						.kind = NODE_OBJECT });
	}
	return r;
}

static int node_order(const void *a, const void *b)
{
	const struct node *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

/* Objects that overlap become one. */
static void merge_objects(struct building *b)
{
	size_t count = b->g->count - b->g->code_count, kept = 0;
	struct node *objects = count ? b->g->nodes + b->g->code_count : NULL;

	array_sort(objects, count, sizeof(*objects), node_order);
	for (size_t i = 0; i < count; i++) {
		struct node *last = kept ? &objects[kept - 1] : NULL;

		if (last && objects[i].start < last->end)
			last->end = objects[i].end > last->end ? objects[i].end : last->end;
		else
			objects[kept++] = objects[i];
	}
	b->g->count = b->g->code_count + kept;
}

/* Those that hold pointers. */
static void mark_objects(struct building *b)
{
	const struct relocations *rel = &b->relocations;
	size_t next = 0;

	for (size_t i = b->g->code_count; i < b->g->count; i++) {
		struct node *object = &b->g->nodes[i];

		while (next < rel->count && rel->items[next].at < object->start)
			next++;
		object->points =
		    b->fixed || (next < rel->count && rel->items[next].at < object->end);
	}
}

/* A stretch of data between objects with known bounds, as one of its own. */
static int fill(struct building *b, uint64_t start, uint64_t end)
{
	size_t i = relocation_from(b, start);

	if (start >= end || i == b->relocations.count || b->relocations.items[i].at >= end)
		return 0; /* without a pointer it leads nowhere */
	return add_node(b, &(struct node){ .start = start, .end = end, .kind = NODE_OBJECT });
}

/* From *next on the known objects, which are sorted like the sections; *next moves on. */
static int fill_section(struct building *b, uint64_t start, uint64_t end, size_t known,
			size_t *next)
{
	int r = 0;

	for (; *next < known && b->g->nodes[*next].start < end && r >= 0; ++*next) {
		uint64_t behind = b->g->nodes[*next].end;

		r = fill(b, start, b->g->nodes[*next].start);
		start = behind > start ? behind : start;
		if (behind > end)
			break; /* it goes on into the next section */
	}
	return r < 0 ? r : fill(b, start, end);
}

/* The linker's own table has a word for each symbol, and who reads one means no other. */
static int fill_slots(struct building *b, uint64_t start, uint64_t end)
{
	int r = 0;

	for (size_t i = relocation_from(b, start);
	     i < b->relocations.count && r >= 0 && b->relocations.items[i].at < end; i++)
		r = add_node(b, &(struct node){ .start = b->relocations.items[i].at,
						.end = b->relocations.items[i].at + 8,
						.kind = NODE_OBJECT });
	return r;
}

static bool is_data_section(const struct building *b, const struct elf_section *s)
{
	size_t room;

	return s->type == SHT_PROGBITS && s->flags & SHF_ALLOC &&
	       !(s->flags & (SHF_EXECINSTR | SHF_TLS)) && s->size &&
	       s->size <= UINT64_MAX - s->addr && !code_bytes_at(b->g->code, s->addr, &room);
}

static int section_order(const void *a, const void *b)
{
	const struct elf_section *x = *(const struct elf_section *const *)a;
	const struct elf_section *y = *(const struct elf_section *const *)b;

	return x->addr < y->addr ? -1 : x->addr > y->addr;
}

/* Data whose objects no symbol tells: the whole stretch up to the next that is known, or the section's end, is taken to be one
 * object. Objects do not go on from one section into the next, so that whoever refers to any of them refers to the stretch. */
static int fill_between(struct building *b)
{
	const struct elf_file *file = &b->g->code->file;
	_cleanup_free_ const struct elf_section **sections =
	    calloc(file->section_count + 1, sizeof(*sections));
	size_t count = 0, known = b->g->count, next = b->g->code_count;
	uint64_t done = 0;
	int r = 0;

	if (!sections)
		return err_oom(b->err);
	for (size_t i = 0; i < file->section_count; i++)
		if (is_data_section(b, &file->sections[i]))
			sections[count++] = &file->sections[i];
	array_sort(sections, count, sizeof(*sections), section_order);
	for (size_t i = 0; i < count && r >= 0; i++) {
		const struct elf_section *s = sections[i];
		uint64_t start = s->addr > done ? s->addr : done, end = s->addr + s->size;

		if (start >= end)
			continue;
		r = strncmp(s->name, ".got", 4) ? fill_section(b, start, end, known, &next)
						: fill_slots(b, start, end);
		done = end;
	}
	return r;
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
	if (r < 0)
		return r;
	merge_objects(b);
	r = b->fixed ? 0 : fill_between(b);
	if (r < 0)
		return r;
	merge_objects(b);
	mark_objects(b);
	return 0;
}
