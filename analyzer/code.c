// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* code.c — the machine code of one ELF file as it is loaded, cut into functions. */
#include "analyzer/code.h"

#include <elf.h>

#include "analyzer/eh_frame.h"
#include "include/array.h"

static int segment_order(const void *a, const void *b)
{
	const struct code_segment *x = a, *y = b;

	return x->start < y->start ? -1 : x->start > y->start;
}

static int function_order(const void *a, const void *b)
{
	const struct code_function *x = a, *y = b;

	if (x->start != y->start)
		return x->start < y->start ? -1 : 1;
	return x->end > y->end ? -1 : x->end < y->end;
}

static const struct code_segment *segment_at(const struct code *code, uint64_t address)
{
	size_t low = 0, high = code->segment_count;

	while (low < high) { /* the last that starts at or before the address */
		size_t middle = low + (high - low) / 2;

		if (code->segments[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < code->segments[low - 1].end ? &code->segments[low - 1] : NULL;
}

/* Two segments at one address: which bytes run is the loader's affair, and no compiler makes such files. */
static bool is_disputed(const struct elf_file *file, size_t which)
{
	const struct elf_segment *s = &file->segments[which];

	for (size_t i = 0; i < file->segment_count; i++) {
		const struct elf_segment *o = &file->segments[i];

		if (i != which && o->type == PT_LOAD && o->filesz &&
		    o->vaddr < s->vaddr + s->filesz && s->vaddr < o->vaddr + o->filesz)
			return true;
	}
	return false;
}

static int load_segment(struct code *code, size_t which, uint64_t *total, struct arena *arena,
			struct err *err)
{
	const struct elf_segment *s = &code->file.segments[which];
	unsigned char *bytes;
	int r;

	if (s->vaddr > UINT64_MAX - s->filesz || is_disputed(&code->file, which))
		return err_set(err, EBADMSG, "executable segment %zu shares its addresses", which);
	*total += s->filesz;
	if (*total > CODE_BYTES_MAX)
		return err_set(err, EFBIG, "more than %llu bytes of code", CODE_BYTES_MAX);
	bytes = arena_alloc(arena, (size_t)s->filesz);
	if (!bytes)
		return err_oom(err);
	r = elffile_read(&code->file, bytes, s->offset, (size_t)s->filesz);
	if (r < 0)
		return err_sys(err, -r, "executable segment %zu", which);
	code->segments[code->segment_count++] =
	    (struct code_segment){ s->vaddr, s->vaddr + s->filesz, s->offset, s->flags & PF_W,
				   bytes };
	return 0;
}

static int load_segments(struct code *code, struct arena *arena, struct err *err)
{
	const struct elf_file *file = &code->file;
	uint64_t total = 0;
	int r = 0;

	code->segments = arena_alloc(arena, file->segment_count * sizeof(*code->segments));
	if (!code->segments)
		return err_oom(err);
	for (size_t i = 0; i < file->segment_count && r >= 0; i++)
		if (file->segments[i].type == PT_LOAD && file->segments[i].flags & PF_X &&
		    file->segments[i].filesz)
			r = load_segment(code, i, &total, arena, err);
	array_sort(code->segments, code->segment_count, sizeof(*code->segments), segment_order);
	return r;
}

/* Cuts what is sorted into disjoint functions; returns how many are left. */
static size_t cut(struct code_function *f, size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		struct code_function *last = kept ? &f[kept - 1] : NULL;

		if (last && f[i].start < last->end) {
			if (f[i].start == last->start && f[i].end == last->end)
				continue;
			last->overlaps = f[i].overlaps = true;
			if (f[i].start == last->start)
				continue; /* the longer one stays */
			last->end = f[i].start;
		}
		f[kept++] = f[i];
	}
	return kept;
}

/* A function without an end goes on to the next one, or to the end of its segment. */
static void find_ends(const struct code *code, struct code_function *f, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct code_segment *s = segment_at(code, f[i].start);
		size_t next = i + 1;

		while (next < count && f[next].start == f[i].start)
			next++;
		if (!f[i].end)
			f[i].end = next < count && f[next].start < s->end ? f[next].start : s->end;
		f[i].overlaps = f[i].end > s->end;
		if (f[i].overlaps)
			f[i].end = s->end;
	}
}

int code_set_functions(struct code *code, const struct code_function *functions, size_t count,
		       struct arena *arena, struct err *err)
{
	struct code_function *kept;
	size_t n = 0;

	if (count > CODE_FUNCTIONS_MAX)
		return err_set(err, EBADMSG, "more than %u functions", CODE_FUNCTIONS_MAX);
	kept = arena_alloc(arena, count * sizeof(*kept));
	if (!kept)
		return err_oom(err);
	for (size_t i = 0; i < count; i++) {
		const struct code_function *f = &functions[i];

		if (segment_at(code, f->start) && (!f->end || f->end > f->start))
			kept[n++] = *f;
	}
	array_sort(kept, n, sizeof(*kept), function_order);
	find_ends(code, kept, n);
	code->functions = kept;
	code->function_count = cut(kept, n);
	code->refused += count - n;
	return 0;
}

int code_read(struct code *ret, int fd, struct arena *arena, struct err *err)
{
	_cleanup_free_ struct code_function *functions = NULL;
	struct frames frames = {};
	struct code code = {};
	int r;

	r = elffile_open(&code.file, fd, arena, err);
	if (r >= 0)
		r = load_segments(&code, arena, err);
	if (r >= 0)
		r = eh_frame_read(&frames, &code.file, arena, err);
	if (r < 0)
		return r;
	functions = calloc(frames.count + 1, sizeof(*functions));
	if (!functions)
		return err_oom(err);
	for (size_t i = 0; i < frames.count; i++)
		functions[i] = (struct code_function){ .start = frames.items[i].start,
						       .end = frames.items[i].end };
	code.refused = frames.refused;
	r = code_set_functions(&code, functions, frames.count, arena, err);
	if (r < 0)
		return r;
	*ret = code;
	return 0;
}

const struct code_function *code_function_at(const struct code *code, uint64_t address)
{
	size_t low = 0, high = code->function_count;

	while (low < high) { /* the last that starts at or before the address */
		size_t middle = low + (high - low) / 2;

		if (code->functions[middle].start <= address)
			low = middle + 1;
		else
			high = middle;
	}
	return low && address < code->functions[low - 1].end ? &code->functions[low - 1] : NULL;
}

const unsigned char *code_bytes_at(const struct code *code, uint64_t address, size_t *room)
{
	const struct code_segment *s = segment_at(code, address);

	if (!s)
		return NULL;
	*room = (size_t)(s->end - address);
	return s->bytes + (address - s->start);
}

int code_offset(const struct code *code, uint64_t address, uint64_t *ret)
{
	const struct code_segment *s = segment_at(code, address);

	if (!s)
		return -ERANGE;
	*ret = s->offset + (address - s->start);
	return 0;
}

int code_address(const struct code *code, uint64_t offset, uint64_t *ret)
{
	for (size_t i = 0; i < code->segment_count; i++) {
		const struct code_segment *s = &code->segments[i];

		if (offset < s->offset || offset - s->offset >= s->end - s->start)
			continue;
		*ret = s->start + (offset - s->offset);
		return 0;
	}
	return -ERANGE;
}
