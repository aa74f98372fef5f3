// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_finish.c — from the workbench to the inventory: what is kept, sorted and joined both ways. */
#include "analyzer/inventory_build.h"

#include <string.h>

#include "include/array.h"

/* New numbers of entries and packages; those of entries that are not kept are ENTRY_NONE. */
struct order {
	struct builder *b;
	uint32_t *entries, *drafts;      /* old numbers in the new order */
	uint32_t *new_entry, *new_draft; /* new numbers by the old ones */
	size_t kept;
};

static void order_done(struct order *order)
{
	free(order->entries);
	free(order->drafts);
	free(order->new_entry);
	free(order->new_draft);
}

static int by_path(const void *x, const void *y, void *ctx)
{
	const struct builder *b = ctx;

	return strcmp(b->entries[*(const uint32_t *)x].path, b->entries[*(const uint32_t *)y].path);
}

static int compare(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

int package_compare(const struct package *p, const struct package *q)
{
	int r = compare(p->type, q->type);

	r = r ? r : compare(p->name, q->name);
	r = r ? r : compare(p->version, q->version);
	r = r ? r : compare(p->arch, q->arch);
	return r ? r : compare(p->location, q->location);
}

static int by_name(const void *x, const void *y, void *ctx)
{
	const struct builder *b = ctx;
	const uint32_t *i = x, *j = y;
	int r = package_compare(&b->drafts[*i].package, &b->drafts[*j].package);

	return r ? r : (int)*i - (int)*j;
}

static int order_make(struct order *order, struct builder *b)
{
	order->b = b;
	order->entries = calloc(b->entry_count + 1, sizeof(uint32_t));
	order->new_entry = calloc(b->entry_count + 1, sizeof(uint32_t));
	order->drafts = calloc(b->draft_count + 1, sizeof(uint32_t));
	order->new_draft = calloc(b->draft_count + 1, sizeof(uint32_t));
	if (!order->entries || !order->new_entry || !order->drafts || !order->new_draft)
		return -ENOMEM;
	for (uint32_t i = 0; i < b->entry_count; i++) {
		order->new_entry[i] = ENTRY_NONE;
		if (b->entries[i].keep && !S_ISDIR(b->entries[i].mode))
			order->entries[order->kept++] = i;
	}
	for (uint32_t i = 0; i < b->draft_count; i++)
		order->drafts[i] = i;
	array_sort_with(order->entries, order->kept, sizeof(uint32_t), by_path, b);
	array_sort_with(order->drafts, b->draft_count, sizeof(uint32_t), by_name, b);
	for (uint32_t i = 0; i < order->kept; i++)
		order->new_entry[order->entries[i]] = i;
	for (uint32_t i = 0; i < b->draft_count; i++)
		order->new_draft[order->drafts[i]] = i;
	return 0;
}

/* The names by which something in the image can be executed. */
static int name_programs(struct builder *b, struct string_set *programs)
{
	int r = 0;

	for (size_t i = 0; i < b->entry_count && r >= 0; i++) {
		const struct entry *e = &b->entries[i];
		const char *name = strrchr(e->path, '/') + 1;

		if (e->kind == FILE_LINK || (S_ISREG(e->mode) && e->mode & 0111))
			r = string_set_add(programs, name, strlen(name), NULL);
	}
	return r;
}

static int read_elf(struct builder *b, struct inventory_file *file,
		    const struct string_set *programs)
{
	_cleanup_close_ int fd = rootfs_open_file(b->root, file->path);
	struct elf_facts *facts;
	struct err err = {};
	int r = fd;

	facts = arena_alloc(b->inv->arena, sizeof(*facts));
	if (!facts)
		return -ENOMEM;
	if (fd < 0)
		err_sys(&err, -fd, "open");
	else
		r = elf_facts_read(facts, fd, programs, b->inv->arena, &err);
	if (r == -ENOMEM)
		return r;
	if (r >= 0) {
		file->elf = facts;
		return 0;
	}
	file->elf_error = arena_strdup(b->inv->arena, err.text);
	return file->elf_error
		   ? builder_note(b, "'%s' cannot be read as ELF file: %s", file->path, err.text)
		   : -ENOMEM;
}

static int follow_link(struct builder *b, struct inventory_file *file)
{
	uint32_t entry;
	char *target;
	int r;

	r = rootfs_canonical(b->root, file->path, b->inv->arena, &target);
	if (r < 0)
		return r == -ENOMEM ? r : 0;
	entry = builder_find(b, target, strlen(target));
	file->target = target;
	file->to_directory =
	    !strcmp(target, "/") || (entry != ENTRY_NONE && S_ISDIR(b->entries[entry].mode));
	return 0;
}

static int finish_files(struct order *order)
{
	_cleanup_(string_set_donep) struct string_set programs = {};
	struct builder *b = order->b;
	struct inventory *inv = b->inv;
	int r;

	inv->files = arena_alloc(inv->arena, (order->kept + 1) * sizeof(*inv->files));
	if (!inv->files)
		return -ENOMEM;
	inv->file_count = order->kept;
	r = name_programs(b, &programs);
	for (size_t i = 0; i < order->kept && r >= 0; i++) {
		const struct entry *e = &b->entries[order->entries[i]];
		struct inventory_file *file = &inv->files[i];

		*file = (struct inventory_file){
			.path = e->path,
			.kind = e->kind,
			.script = e->script,
			.script_argument = e->script_argument,
			.size = S_ISREG(e->mode) ? e->size : 0,
			.executable = S_ISREG(e->mode) && e->mode & 0111,
		};
		if (file->kind == FILE_LINK)
			r = follow_link(b, file);
		else if (file->kind == FILE_ELF)
			r = read_elf(b, file, &programs);
	}
	return r;
}

static int by_number(const void *x, const void *y)
{
	const size_t *a = x, *b = y;

	return *a < *b ? -1 : *a > *b;
}

/* Whom a package wants, by the keys that packages offer; sorted, each once, never itself. */
static int finish_depends(struct order *order, const struct draft *draft, struct package *package)
{
	struct builder *b = order->b;
	size_t self = (size_t)(package - b->inv->packages), kept = 0;

	if (!draft->want_count)
		return 0;
	package->depends = arena_alloc(b->inv->arena, draft->want_count * sizeof(size_t));
	if (!package->depends)
		return -ENOMEM;
	for (size_t i = 0; i < draft->want_count; i++) {
		size_t key = string_set_find(&b->keys, draft->wants[i], strlen(draft->wants[i]));

		if (key != STRING_SET_NONE && order->new_draft[b->key_drafts[key]] != self)
			package->depends[kept++] = order->new_draft[b->key_drafts[key]];
	}
	array_sort(package->depends, kept, sizeof(size_t), by_number);
	for (size_t i = 0; i < kept; i++)
		if (!i || package->depends[i] != package->depends[package->depend_count - 1])
			package->depends[package->depend_count++] = package->depends[i];
	return 0;
}

static int finish_packages(struct order *order)
{
	struct builder *b = order->b;
	struct inventory *inv = b->inv;
	int r = 0;

	inv->packages = arena_alloc(inv->arena, (b->draft_count + 1) * sizeof(*inv->packages));
	if (!inv->packages)
		return -ENOMEM;
	inv->package_count = b->draft_count;
	for (size_t i = 0; i < b->draft_count && r >= 0; i++) {
		const struct draft *draft = &b->drafts[order->drafts[i]];

		inv->packages[i] = draft->package;
		r = finish_depends(order, draft, &inv->packages[i]);
	}
	return r;
}

static int by_claim(const void *x, const void *y)
{
	const struct claim *a = x, *b = y;

	if (a->entry != b->entry)
		return a->entry < b->entry ? -1 : 1;
	return a->package < b->package ? -1 : a->package > b->package;
}

/* Claims in new numbers, each once, sorted by file and then by package. */
static size_t sort_claims(struct order *order)
{
	struct builder *b = order->b;
	size_t kept = 0;

	for (size_t i = 0; i < b->claim_count; i++) {
		b->claims[i].entry = order->new_entry[b->claims[i].entry];
		b->claims[i].package = order->new_draft[b->claims[i].package];
	}
	array_sort(b->claims, b->claim_count, sizeof(*b->claims), by_claim);
	for (size_t i = 0; i < b->claim_count; i++)
		if (!i || by_claim(&b->claims[i], &b->claims[kept - 1]))
			b->claims[kept++] = b->claims[i];
	return kept;
}

static int join(struct order *order)
{
	struct inventory *inv = order->b->inv;
	const struct claim *claims = order->b->claims;
	size_t n = sort_claims(order);
	size_t *owners = arena_alloc(inv->arena, (n + 1) * sizeof(*owners));
	size_t *files = arena_alloc(inv->arena, (n + 1) * sizeof(*files));

	if (!owners || !files)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		struct inventory_file *file = &inv->files[claims[i].entry];

		if (!file->owner_count)
			file->owners = owners + i;
		owners[i] = claims[i].package;
		file->owner_count++;
		inv->packages[claims[i].package].file_count++;
	}
	for (size_t i = 0; i < inv->package_count; i++) {
		inv->packages[i].files = files;
		files += inv->packages[i].file_count;
		inv->packages[i].file_count = 0;
	}
	for (size_t i = 0; i < n; i++) {
		struct package *package = &inv->packages[claims[i].package];

		package->files[package->file_count++] = claims[i].entry;
	}
	return 0;
}

static int finish_notes(struct builder *b)
{
	int r = 0;

	if (b->steps > INVENTORY_STEPS_MAX)
		r = builder_fault(b, "the packages of Python and Node overlap beyond reason: who "
				     "owns what was not searched to the end");
	if (r >= 0 && b->note_overflow) {
		char text[64];

		snprintf(text, sizeof(text), "… and %zu more notes", b->note_overflow);
		r = string_set_add(&b->notes, text, strlen(text), NULL);
	}
	if (r < 0)
		return r;
	return string_set_sorted(&b->notes, b->inv->arena, &b->inv->notes, &b->inv->note_count);
}

int inventory_finish(struct builder *b)
{
	_cleanup_(order_done) struct order order = {};
	int r;

	r = order_make(&order, b);
	if (r >= 0)
		r = finish_files(&order);
	if (r >= 0)
		r = finish_packages(&order);
	if (r >= 0)
		r = join(&order);
	return r < 0 ? r : finish_notes(b);
}
