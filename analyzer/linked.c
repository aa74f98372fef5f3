// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* linked.c — which functions of static libraries stand in a program. */
#include "analyzer/linked.h"

#include <elf.h>

#include "include/array.h"

struct entry {
	const struct store_archive *archive;
	const struct store_signature *function;
};

struct linked_index {
	struct entry *items; /* by size, then in the order of the stores */
	size_t count, capacity;
};

static int entry_order(const void *a, const void *b)
{
	const struct entry *x = a, *y = b;
	uint32_t p = x->function->code.size, q = y->function->code.size;
	int c;

	if (p != q)
		return p < q ? -1 : 1;
	c = strcmp(x->archive->package, y->archive->package);
	c = c ? c : strcmp(x->archive->version, y->archive->version);
	c = c ? c : strcmp(x->archive->file, y->archive->file);
	return c ? c : store_signature_order(x->function, y->function);
}

int linked_index_new(struct linked_index **ret, const struct symbol_store *const *stores,
		     size_t count, struct err *err)
{
	_cleanup_(linked_index_freep) struct linked_index *index = calloc(1, sizeof(*index));

	if (!index)
		return err_oom(err);
	for (size_t s = 0; s < count; s++)
		for (size_t i = 0; i < stores[s]->archive_count; i++) {
			const struct store_archive *archive = &stores[s]->archives[i];

			for (size_t k = 0; k < archive->function_count; k++) {
				struct entry *slot =
				    array_add(index->items, index->count, index->capacity);

				if (!slot)
					return err_oom(err);
				*slot = (struct entry){ archive, &archive->functions[k] };
			}
		}
	array_sort(index->items, index->count, sizeof(*index->items), entry_order);
	*ret = take_ptr(index);
	return 0;
}

void linked_index_free(struct linked_index *index)
{
	if (!index)
		return;
	free(index->items);
	free(index);
}

bool linked_index_is_empty(const struct linked_index *index)
{
	return !index->count;
}

/* The first signature of at least that size. */
static size_t first_of(const struct linked_index *index, uint64_t size)
{
	size_t low = 0, high = index->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (index->items[middle].function->code.size < size)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

struct linking {
	const struct linked_index *index;
	const struct code *code;
	const char *arch;
	struct linked *items;
	size_t count, capacity;
	uint64_t work;
	struct err *err;
};

static void linking_done(struct linking *f)
{
	free(f->items);
}

static int ask(struct linking *f, const struct code_function *at)
{
	uint64_t size = at->end - at->start;
	const unsigned char *bytes;
	size_t room;

	bytes = code_bytes_at(f->code, at->start, &room);
	if (!bytes || room < size)
		return 0;
	for (size_t i = first_of(f->index, size);
	     i < f->index->count && f->index->items[i].function->code.size == size; i++) {
		const struct entry *e = &f->index->items[i];
		struct linked *slot;
		int r;

		if (strcmp(e->archive->arch, f->arch) != 0)
			continue;
		f->work += size;
		if (f->work > LINKED_WORK_MAX)
			return err_set(f->err, EFBIG, "more than %llu bytes of code to compare",
				       LINKED_WORK_MAX);
		r = signature_match(&e->function->code, bytes);
		if (r < 0)
			return err_oom(f->err);
		if (!r)
			continue;
		slot = array_add(f->items, f->count, f->capacity);
		if (!slot)
			return err_oom(f->err);
		*slot = (struct linked){ at->start, e->archive, e->function };
	}
	return 0;
}

int linked_find(struct linked **ret, size_t *ret_count, const struct linked_index *index,
		const struct code *code, struct arena *arena, struct err *err)
{
	_cleanup_(linking_done) struct linking f = { .index = index, .code = code, .err = err };
	struct linked *items;
	int r = 0;

	f.arch = code->file.machine == EM_X86_64    ? "amd64"
		 : code->file.machine == EM_AARCH64 ? "arm64"
						    : "";
	for (size_t i = 0; i < code->function_count && r == 0 && index->count; i++)
		if (!code->functions[i].overlaps)
			r = ask(&f, &code->functions[i]);
	if (r < 0)
		return r;
	items = arena_alloc(arena, (f.count + 1) * sizeof(*items));
	if (!items)
		return err_oom(err);
	if (f.count)
		memcpy(items, f.items, f.count * sizeof(*items));
	*ret = items;
	*ret_count = f.count;
	return 0;
}
