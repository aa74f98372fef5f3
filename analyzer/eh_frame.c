// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* eh_frame.c — where the functions of an ELF file lie, by its unwind tables. */
#include "analyzer/eh_frame.h"

#include <elf.h>

#include "include/array.h"

#define TABLE_BYTES_MAX (128u << 20)

/* DW_EH_PE_*: the form of a number (low half), what it is relative to, and whether it is a pointer to the number. */
enum { FORM_PTR = 0x00, FORM_ULEB = 0x01, FORM_SLEB = 0x09, FORM_SIGNED = 0x08, FORM_MASK = 0x0f };
enum { BASE_NONE = 0x00, BASE_PC = 0x10, BASE_DATA = 0x30, BASE_MASK = 0x70 };
enum { ENCODING_INDIRECT = 0x80, ENCODING_OMIT = 0xff };

/* Bytes of the file with the address of the first one. */
struct bytes {
	const struct elf_file *file;
	const unsigned char *data;
	size_t len;
	uint64_t address, data_base; /* data_base: what "data relative" means here */
};

struct cursor {
	const struct bytes *in;
	size_t at, end;
	bool bad; /* something reached beyond the end: what was read since is 0 */
};

/* What a CIE says of the records that name it. */
struct shape {
	unsigned char pointer; /* how they are written */
};

struct walk {
	struct frames *ret;
	size_t capacity;
	struct bytes in;
};

static uint64_t take(struct cursor *c, size_t n)
{
	uint64_t v;

	if (c->bad || n > c->end - c->at) {
		c->bad = true;
		return 0;
	}
	v = elffile_number(c->in->file, c->in->data + c->at, n);
	c->at += n;
	return v;
}

static uint64_t take_leb(struct cursor *c, bool is_signed)
{
	uint64_t v = 0, byte;
	unsigned shift = 0;

	do {
		byte = take(c, 1);
		c->bad |= shift > 63; /* longer than any number: it would only cost time */
		if (!c->bad)
			v |= (byte & 0x7f) << shift;
		shift += 7;
	} while (byte & 0x80 && !c->bad);
	if (is_signed && byte & 0x40 && shift < 64)
		v |= UINT64_MAX << shift;
	return v;
}

static uint64_t take_form(struct cursor *c, unsigned form)
{
	static const unsigned char sizes[] = { 0, 0, 2, 4, 8, 0, 0, 0 };
	size_t n = sizes[form & 7];
	uint64_t v;

	if (form == FORM_ULEB || form == FORM_SLEB)
		return take_leb(c, form == FORM_SLEB);
	if (!(form & 7))
		n = c->in->file->wide ? 8 : 4;
	if (!n) {
		c->bad = true;
		return 0;
	}
	v = take(c, n);
	if (form & FORM_SIGNED && n < 8 && v >> (8 * n - 1))
		v |= UINT64_MAX << (8 * n);
	return v;
}

/* An address as encoded there. An indirect one is only good for who does not need its value. */
static uint64_t take_pointer(struct cursor *c, unsigned encoding)
{
	uint64_t here = c->in->address + c->at, v = take_form(c, encoding & FORM_MASK);

	if (!v)
		return 0;
	if ((encoding & BASE_MASK) == BASE_PC)
		v += here;
	else if ((encoding & BASE_MASK) == BASE_DATA)
		v += c->in->data_base;
	else if ((encoding & BASE_MASK) != BASE_NONE)
		c->bad = true;
	return c->in->file->wide ? v : (uint32_t)v;
}

/* Length and end of the record at `at`; false when there is none. */
static bool open_record(struct cursor *ret, const struct bytes *in, size_t at, bool *far)
{
	struct cursor c = { .in = in, .at = at, .end = in->len };
	uint64_t len;

	if (at > in->len)
		return false;
	len = take(&c, 4);
	*far = len == UINT32_MAX;
	if (*far)
		len = take(&c, 8);
	if (c.bad || !len || len > c.end - c.at)
		return false;
	c.end = c.at + (size_t)len;
	*ret = c;
	return true;
}

static void take_augmentation(struct cursor *c, const char *letters, struct shape *shape)
{
	for (; *letters && !c->bad; letters++) {
		if (*letters == 'R')
			shape->pointer = (unsigned char)take(c, 1);
		else if (*letters == 'L')
			take(c, 1);
		else if (*letters == 'P')
			take_pointer(c, (unsigned)take(c, 1) & ~(unsigned)ENCODING_INDIRECT);
		else if (!strchr("zSBG", *letters))
			c->bad = true;
	}
}

static bool read_cie(struct shape *ret, const struct bytes *in, size_t at)
{
	struct shape shape = { .pointer = FORM_PTR };
	char letters[8] = {};
	struct cursor c;
	uint64_t version;
	size_t n = 0;
	bool far;

	if (!open_record(&c, in, at, &far) || take(&c, far ? 8 : 4))
		return false;
	version = take(&c, 1);
	while (n < sizeof(letters) && (letters[n] = (char)take(&c, 1)))
		n++;
	if (n == sizeof(letters) || (version != 1 && version != 3))
		return false;
	take_leb(&c, false); /* alignment of code, of data, register of the return address */
	take_leb(&c, true);
	if (version == 1)
		take(&c, 1);
	else
		take_leb(&c, false);
	if (letters[0] && letters[0] != 'z')
		return false;
	if (letters[0])
		take_leb(&c, false);
	take_augmentation(&c, letters, &shape);
	*ret = shape;
	return !c.bad;
}

/* The record at `at`: 1 a frame, 0 a CIE, -EBADMSG when it cannot be understood. *next: where the next one begins. */
static int read_record(struct frame *ret, const struct bytes *in, size_t at, size_t *next)
{
	struct frame frame = {};
	struct cursor c;
	struct shape shape;
	uint64_t back, range;
	size_t here;
	bool far;

	*next = 0;
	if (!open_record(&c, in, at, &far))
		return -EBADMSG;
	*next = c.end;
	here = c.at;
	back = take(&c, far ? 8 : 4);
	if (!back)
		return 0;
	if (c.bad || back > here || !read_cie(&shape, in, here - (size_t)back) ||
	    shape.pointer & ENCODING_INDIRECT)
		return -EBADMSG;
	frame.start = take_pointer(&c, shape.pointer);
	range = take_form(&c, shape.pointer & FORM_MASK);
	if (c.bad || !range || range > UINT64_MAX - frame.start)
		return -EBADMSG;
	frame.end = frame.start + range;
	*ret = frame;
	return 1;
}

static int add_frame(struct walk *w, size_t at, size_t *next, struct err *err)
{
	struct frame frame, *slot;
	int r = read_record(&frame, &w->in, at, next);

	if (r < 0)
		w->ret->refused++;
	if (r <= 0)
		return 0;
	if (w->ret->count == FRAMES_MAX)
		return err_set(err, EBADMSG, "more than %u unwind records", FRAMES_MAX);
	slot = array_add(w->ret->items, w->ret->count, w->capacity);
	if (!slot)
		return err_oom(err);
	*slot = frame;
	return 0;
}

/* One record behind the other, as far as they are whole. */
static int walk_records(struct walk *w, struct err *err)
{
	size_t at = 0, next;
	int r = 0;

	while (r >= 0 && w->in.len - at > 4 && elffile_number(w->in.file, w->in.data + at, 4)) {
		r = add_frame(w, at, &next, err);
		if (!next)
			break;
		at = next;
	}
	return r;
}

static int load(struct bytes *ret, const struct elf_file *file, uint64_t address, uint64_t max,
		struct arena *arena, struct err *err)
{
	uint64_t offset, room;
	unsigned char *data;
	int r;

	if (elffile_at(file, address, &offset, &room) < 0)
		return err_set(err, EBADMSG, "unwind tables at 0x%jx are in no loaded segment",
			       (uintmax_t)address);
	room = room < max ? room : max;
	room = room < TABLE_BYTES_MAX ? room : TABLE_BYTES_MAX;
	data = arena_alloc(arena, (size_t)room);
	if (!data)
		return err_oom(err);
	r = elffile_read(file, data, offset, (size_t)room);
	if (r < 0)
		return err_sys(err, -r, "unwind tables at 0x%jx", (uintmax_t)address);
	*ret = (struct bytes){ file, data, (size_t)room, address, 0 };
	return 0;
}

/* The sorted table behind the header: pairs of (function, record). */
static int walk_table(struct walk *w, struct cursor *table, uint64_t count, unsigned encoding,
		      struct err *err)
{
	int r = 0;

	for (uint64_t i = 0; i < count && r >= 0; i++) {
		uint64_t record;
		size_t next;

		take_pointer(table, encoding);
		record = take_pointer(table, encoding);
		if (table->bad)
			break;
		if (record < w->in.address || record - w->in.address >= w->in.len)
			w->ret->refused++;
		else
			r = add_frame(w, (size_t)(record - w->in.address), &next, err);
	}
	return r;
}

static int read_by_header(struct walk *w, const struct elf_file *file,
			  const struct elf_segment *segment, struct arena *arena, struct err *err)
{
	struct bytes header;
	struct cursor c = { .in = &header };
	unsigned frame_form, count_form, table_form;
	uint64_t start, count = 0;
	int r;

	r = load(&header, file, segment->vaddr, segment->filesz, arena, err);
	if (r < 0)
		return r;
	header.data_base = header.address;
	c.end = header.len;
	if (take(&c, 1) != 1)
		return err_set(err, EBADMSG, "the header of the unwind tables has another version");
	frame_form = (unsigned)take(&c, 1);
	count_form = (unsigned)take(&c, 1);
	table_form = (unsigned)take(&c, 1);
	start = take_pointer(&c, frame_form);
	if (count_form != ENCODING_OMIT)
		count = take_pointer(&c, count_form);
	if (c.bad || !start)
		return err_set(err, EBADMSG, "the header of the unwind tables is not understood");
	r = load(&w->in, file, start, UINT64_MAX, arena, err);
	if (r < 0)
		return r;
	if (count && table_form != ENCODING_OMIT)
		r = walk_table(w, &c, count, table_form, err);
	return r < 0 || w->ret->count ? r : walk_records(w, err);
}

static int read_any(struct walk *w, const struct elf_file *file, struct arena *arena,
		    struct err *err)
{
	int r;

	for (size_t i = 0; i < file->segment_count; i++)
		if (file->segments[i].type == PT_GNU_EH_FRAME && file->segments[i].filesz)
			return read_by_header(w, file, &file->segments[i], arena, err);
	for (size_t i = 0; i < file->section_count; i++) {
		const struct elf_section *s = &file->sections[i];

		if (strcmp(s->name, ".eh_frame") || !s->size || s->type == SHT_NOBITS)
			continue;
		r = load(&w->in, file, s->addr, s->size, arena, err);
		return r < 0 ? r : walk_records(w, err);
	}
	return 0;
}

int eh_frame_read(struct frames *ret, const struct elf_file *file, struct arena *arena,
		  struct err *err)
{
	struct frames frames = {};
	struct walk walk = { .ret = &frames };
	_cleanup_free_ struct frame *items = NULL;
	int r;

	r = read_any(&walk, file, arena, err);
	items = frames.items; /* grown on the heap; kept in the arena */
	if (r < 0)
		return r;
	frames.items = arena_alloc(arena, frames.count * sizeof(*items));
	if (!frames.items)
		return err_oom(err);
	if (frames.count)
		memcpy(frames.items, items, frames.count * sizeof(*items));
	*ret = frames;
	return 0;
}
