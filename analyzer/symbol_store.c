// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbol_store.c — the objects of a store: added, found by build-id. */
#include "analyzer/symbol_store.h"

#include "include/array.h"

static const struct {
	const char *name;
	bool entries, inlined;
} kinds[] = {
#define STORE_KIND_ROW(id, name, entries, inlined) { name, entries, inlined },
	STORE_KINDS(STORE_KIND_ROW)
#undef STORE_KIND_ROW
};

const char *store_kind_name(enum store_kind kind)
{
	return kinds[kind].name;
}

bool store_kind_has_entries(enum store_kind kind)
{
	return kinds[kind].entries;
}

bool store_kind_has_inlined(enum store_kind kind)
{
	return kinds[kind].inlined;
}

struct symbol_store *symbol_store_new(void)
{
	_cleanup_(symbol_store_freep) struct symbol_store *store = calloc(1, sizeof(*store));

	if (!store || !(store->arena = arena_new()))
		return NULL;
	return take_ptr(store);
}

void symbol_store_free(struct symbol_store *store)
{
	if (!store)
		return;
	arena_free(store->arena);
	free(store->objects);
	free(store->archives);
	free(store);
}

/* Where the build-id stands or would stand. */
static size_t place_of(const struct symbol_store *store, const char *build_id)
{
	size_t low = 0, high = store->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strcmp(store->objects[middle].build_id, build_id) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

const struct store_object *symbol_store_lookup(const struct symbol_store *store,
					       const char *build_id)
{
	size_t at = place_of(store, build_id);

	if (at < store->count && !strcmp(store->objects[at].build_id, build_id))
		return &store->objects[at];
	return NULL;
}

int symbol_store_add(struct symbol_store *store, const struct store_object *object, struct err *err)
{
	size_t at = place_of(store, object->build_id);

	if (at < store->count && !strcmp(store->objects[at].build_id, object->build_id))
		return err_set(err, EEXIST, "the build-id %s stands twice: '%s' and '%s'",
			       object->build_id, store->objects[at].file, object->file);
	if (store->count >= STORE_OBJECTS_MAX)
		return err_set(err, EFBIG, "more than %u files", STORE_OBJECTS_MAX);
	if (!array_add(store->objects, store->count, store->capacity))
		return err_oom(err);
	memmove(&store->objects[at + 1], &store->objects[at],
		(store->count - 1 - at) * sizeof(*object));
	store->objects[at] = *object;
	return 0;
}

static int archive_order(const struct store_archive *a, const struct store_archive *b)
{
	int c = strcmp(a->source, b->source);

	c = c ? c : strcmp(a->version, b->version);
	c = c ? c : strcmp(a->arch, b->arch);
	c = c ? c : strcmp(a->package, b->package);
	return c ? c : strcmp(a->file, b->file);
}

int symbol_store_add_archive(struct symbol_store *store, const struct store_archive *archive,
			     struct err *err)
{
	size_t at = store->archive_count;

	while (at && archive_order(archive, &store->archives[at - 1]) < 0)
		at--;
	if (at && !archive_order(archive, &store->archives[at - 1]))
		return err_set(err, EEXIST, "'%s' of %s %s (%s) stands twice", archive->file,
			       archive->package, archive->version, archive->arch);
	if (store->archive_count >= STORE_ARCHIVES_MAX)
		return err_set(err, EFBIG, "more than %u static libraries", STORE_ARCHIVES_MAX);
	if (!array_add(store->archives, store->archive_count, store->archive_capacity))
		return err_oom(err);
	memmove(&store->archives[at + 1], &store->archives[at],
		(store->archive_count - 1 - at) * sizeof(*archive));
	store->archives[at] = *archive;
	return 0;
}

int store_signature_order(const struct store_signature *a, const struct store_signature *b)
{
	int c = strcmp(a->name, b->name);

	c = c ? c : strcmp(a->member, b->member);
	c = c ? c : strcmp(a->file, b->file);
	return c ? c : strcmp(a->code.sha256, b->code.sha256);
}

bool store_signature_is_of(const struct store_signature *signature, const char *cve)
{
	for (size_t i = 0; i < signature->cve_count; i++)
		if (!strcmp(signature->cves[i], cve))
			return true;
	return false;
}

const struct store_cve *store_object_cve(const struct store_object *object, const char *cve)
{
	for (size_t i = 0; i < object->cve_count; i++)
		if (!strcmp(object->cves[i].id, cve))
			return &object->cves[i];
	return NULL;
}

bool store_object_is_elsewhere(const struct store_object *object, const char *cve)
{
	for (size_t i = 0; i < object->elsewhere_count; i++)
		if (!strcmp(object->elsewhere[i], cve))
			return true;
	return false;
}

bool store_object_is_apart(const struct store_object *object, const char *cve, const char *partial)
{
	for (size_t i = 0; i < object->apart_count; i++)
		if (!strcmp(object->apart[i].cve, cve) && !strcmp(object->apart[i].of, partial))
			return true;
	return false;
}

int store_object_offset(const struct store_object *object, uint64_t address, uint64_t *ret)
{
	for (size_t i = 0; i < object->code_count; i++) {
		const struct store_segment *s = &object->code[i];

		if (address < s->start || address >= s->end)
			continue;
		*ret = s->offset + (address - s->start);
		return 0;
	}
	return -ERANGE;
}
