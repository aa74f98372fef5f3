// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* sites.c — where the functions at fault are: file by file, each file once for all findings. */
#include "analyzer/sites.h"

#include "analyzer/rootfs.h"
#include "analyzer/sites_object.h"
#include "include/array.h"

struct searching {
	struct sites *sites;
	const struct inventory *inv;
	const struct findings *findings;
	const struct store_list *stores;
	const struct option_list *debug_dirs;
	struct rootfs *root;
	struct placing *placings;   /* one per finding */
	struct linked_index *index; /* of all static libraries in the stores */
	const char **notes;
	size_t note_count, note_capacity;
};

static void sites_note(struct searching *s, const char *text)
{
	const char **slot = text ? array_add(s->notes, s->note_count, s->note_capacity) : NULL;

	if (slot)
		*slot = text;
}

static bool is_language_package(const struct finding *f, const char *type)
{
	return f->report_purl && !strncmp(f->report_purl, "pkg:", 4) &&
	       !strncmp(f->report_purl + 4, type, strlen(type)) &&
	       f->report_purl[4 + strlen(type)] == '/';
}

/* Is it about a module of Go? Those have no files of their own: every Go program may have them. */
static bool is_about_go(const struct searching *s, const struct finding *f)
{
	if (f->package != INVENTORY_NONE && !strcmp(s->inv->packages[f->package].type, "golang"))
		return true;
	return is_language_package(f, "golang");
}

/* Is the file one of those in which the finding's code would be? Without section headers a Go program is only known by looking. */
static bool concerns(const struct searching *s, const struct finding *f, size_t file)
{
	const struct inventory_file *item = &s->inv->files[file];

	if (!f->function_count)
		return false;
	if (is_about_go(s, f))
		return item->elf && (item->elf->is_go || !item->owner_count);
	for (size_t i = 0; i < item->owner_count; i++)
		if (item->owners[i] == f->package)
			return true;
	return false;
}

static bool is_wanted(const struct searching *s, size_t file)
{
	for (size_t i = 0; i < s->findings->count; i++)
		if (concerns(s, &s->findings->items[i], file))
			return true;
	return false;
}

/* What cannot be read may have all of it. */
static void doubt_all(struct searching *s, size_t file, const char *why)
{
	for (size_t i = 0; i < s->findings->count; i++)
		if (concerns(s, &s->findings->items[i], file)) {
			placing_doubt(&s->placings[i], s->sites->arena, why);
			s->placings[i].absent_everywhere = false;
			s->placings[i].apart_everywhere = false;
		}
	sites_note(s, why);
}

static int search_file(struct searching *s, size_t file)
{
	const char *path = s->inv->files[file].path;
	_cleanup_close_ int fd = rootfs_open_file(s->root, path);
	struct object object = {};
	struct err err = {};
	int r = fd < 0 ? err_sys(&err, -fd, "open") : 0;

	if (r == 0)
		r = object_open(&object, s->inv, file, fd, s->stores, s->debug_dirs,
				s->sites->arena, &err);
	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		doubt_all(s, file, arena_printf(s->sites->arena, "%s: %s", path, err.text));
		return 0;
	}
	for (size_t i = 0; i < s->findings->count && r == 0; i++) {
		if (!concerns(s, &s->findings->items[i], file))
			continue;
		if (!is_about_go(s, &s->findings->items[i]))
			s->placings[i].seen_object = true;
		else if (!object_is_go(&object, &s->placings[i]))
			continue;
		object_find(&object, &s->placings[i]);
		r = s->placings[i].error;
	}
	object_close(&object);
	return r;
}

static bool is_stored(const struct searching *s, const struct elf_facts *elf)
{
	for (size_t i = 0; elf->build_id && i < s->stores->count; i++)
		if (symbol_store_lookup(s->stores->items[i], elf->build_id))
			return true;
	return false;
}

/* Static libraries are linked into programs that need no shared ones, and into code that no package brought. */
static bool may_be_linked(const struct searching *s, size_t file)
{
	const struct inventory_file *f = &s->inv->files[file];

	return f->elf && !f->elf->is_go && (f->elf->is_static || !f->owner_count) &&
	       !is_stored(s, f->elf);
}

static const struct package *package_of(const struct searching *s, const struct finding *f)
{
	return f->package == INVENTORY_NONE ? NULL : &s->inv->packages[f->package];
}

static int take_linked(struct searching *s, const struct object *o)
{
	struct linked *items;
	struct err err = {};
	size_t n;
	int r = linked_find(&items, &n, s->index, &o->code, s->sites->arena, &err);

	if (r == -ENOMEM)
		return r;
	if (r < 0) {
		sites_note(s, arena_printf(s->sites->arena,
					   "%s was not searched for code of static libraries: %s",
					   o->facts->path, err.text));
		return 0;
	}
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < s->findings->count; k++) {
			const struct finding *f = &s->findings->items[k];

			object_take_linked(o, &s->placings[k], &items[i], package_of(s, f));
			if (s->placings[k].error)
				return s->placings[k].error;
		}
	return 0;
}

/* A file that cannot be read has been noted, or says nothing: what was not found may be there. */
static int search_linked(struct searching *s, size_t file)
{
	_cleanup_close_ int fd = rootfs_open_file(s->root, s->inv->files[file].path);
	struct object object = {};
	struct err err = {};
	int r = fd < 0 ? fd
		       : object_open(&object, s->inv, file, fd, s->stores, s->debug_dirs,
				     s->sites->arena, &err);

	if (r < 0)
		return r == -ENOMEM ? r : 0;
	r = take_linked(s, &object);
	object_close(&object);
	return r;
}

static int search_files(struct searching *s)
{
	int r = 0;

	for (size_t i = 0; i < s->inv->file_count && r == 0; i++) {
		const struct inventory_file *file = &s->inv->files[i];

		if (file->kind != FILE_ELF)
			continue;
		if (is_wanted(s, i) && file->elf)
			r = search_file(s, i);
		else if (is_wanted(s, i))
			doubt_all(s, i,
				  arena_printf(s->sites->arena, "%s: %s", file->path,
					       file->elf_error ? file->elf_error : "unreadable"));
		if (r == 0 && !linked_index_is_empty(s->index) && may_be_linked(s, i))
			r = search_linked(s, i);
	}
	return r;
}

static int by_place(const void *a, const void *b)
{
	const struct site *x = a, *y = b;

	if (x->file != y->file)
		return x->file < y->file ? -1 : 1;
	if (x->offset != y->offset)
		return x->offset < y->offset ? -1 : 1;
	if (x->kind != y->kind)
		return (int)x->kind - (int)y->kind;
	return strcmp(x->symbol, y->symbol);
}

/* How surely the functions are those at fault: reachability.md 5.2, r_map. */
static void rate_mapping(struct finding_sites *to, const struct finding *f)
{
	bool reviewed = true;

	for (size_t i = 0; i < f->function_count; i++)
		reviewed &= !strncmp(f->functions[i].source, "GO-", 3) ||
			    !strncmp(f->functions[i].source, "RUSTSEC-", 8);
	to->mapping = reviewed ? RISK_REVIEWED : RISK_PATCH;
}

static size_t unique(struct site *items, size_t count, bool kinds)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++)
		if (!kept || items[kept - 1].file != items[i].file ||
		    items[kept - 1].offset != items[i].offset ||
		    (kinds && items[kept - 1].kind != items[i].kind))
			items[kept++] = items[i];
	return kept;
}

static void finish_finding(struct searching *s, size_t i)
{
	struct finding_sites *to = &s->sites->findings[i];
	const struct finding *f = &s->findings->items[i];
	struct placing *p = &s->placings[i];
	struct arena *a = s->sites->arena;
	bool apart;

	array_sort(to->items, to->count, sizeof(*to->items), by_place);
	to->count = unique(to->items, to->count, true);
	if (!f->function_count)
		return;
	rate_mapping(to, f);
	apart = p->seen_object && p->absent_everywhere && p->apart_everywhere;
	if (f->functions_partial && !apart)
		placing_doubt(p, a, f->functions_partial);
	if (!p->seen_object)
		placing_doubt(p, a, "no object of the package was found to look into");
	if (!to->doubt && !to->count && p->seen_object && p->absent_everywhere)
		to->absent = f->functions_partial
				 ? "no object of the package has the functions, a copy of them, or "
				   "anything else of the sources that the fix changes"
				 : "no object of the package has the functions, nor a copy of them";
	else if (!to->count)
		placing_doubt(p, a, "none of the functions was found");
}

static int collect_all(struct sites *sites)
{
	size_t n = 0;

	for (size_t i = 0; i < sites->count; i++)
		n += sites->findings[i].count;
	if (n > SITES_MAX)
		return -E2BIG;
	sites->all = calloc(n + 1, sizeof(*sites->all));
	if (!sites->all)
		return -ENOMEM;
	for (size_t i = 0; i < sites->count; i++) {
		if (sites->findings[i].count)
			memcpy(sites->all + sites->all_count, sites->findings[i].items,
			       sites->findings[i].count * sizeof(*sites->all));
		sites->all_count += sites->findings[i].count;
	}
	array_sort(sites->all, sites->all_count, sizeof(*sites->all), by_place);
	sites->all_count = unique(sites->all, sites->all_count, false);
	return 0;
}

static int search(struct searching *s, struct err *err)
{
	int r = search_files(s);

	for (size_t i = 0; i < s->findings->count && r == 0; i++) {
		finish_finding(s, i);
		r = s->placings[i].error;
	}
	if (r == 0)
		r = collect_all(s->sites);
	return r == -E2BIG ? err_set(err, E2BIG, "more than %u places to watch", SITES_MAX)
	       : r < 0     ? err_oom(err)
			   : 0;
}

int sites_find(struct sites **ret, const struct inventory *inv, const struct findings *findings,
	       const char *rootfs, const struct store_list *stores,
	       const struct option_list *debug_dirs, struct err *err)
{
	_cleanup_(sites_freep) struct sites *sites = calloc(1, sizeof(*sites));
	struct searching s = { .sites = sites,
			       .inv = inv,
			       .findings = findings,
			       .stores = stores,
			       .debug_dirs = debug_dirs };
	int r;

	if (!sites || !(sites->arena = arena_new()))
		return err_oom(err);
	sites->count = findings->count;
	sites->findings = calloc(findings->count + 1, sizeof(*sites->findings));
	s.placings = calloc(findings->count + 1, sizeof(*s.placings));
	r = sites->findings && s.placings ? rootfs_open(&s.root, rootfs, err) : err_oom(err);
	if (r == 0)
		r = linked_index_new(&s.index, (const struct symbol_store *const *)stores->items,
				     stores->count, err);
	for (size_t i = 0; r == 0 && i < findings->count; i++) {
		s.placings[i] = (struct placing){ .to = &sites->findings[i],
						  .finding = &findings->items[i],
						  .absent_everywhere = true,
						  .apart_everywhere = true };
		sites->findings[i].rung = RUNG_PACKAGE;
		sites->findings[i].linked = INVENTORY_NONE;
	}
	if (r == 0)
		r = search(&s, err);
	if (s.root)
		rootfs_close(s.root);
	linked_index_free(s.index);
	free(s.placings);
	sites->notes = s.notes;
	sites->note_count = s.note_count;
	if (r < 0)
		return r;
	*ret = take_ptr(sites);
	return 0;
}

void sites_free(struct sites *sites)
{
	if (!sites)
		return;
	for (size_t i = 0; sites->findings && i < sites->count; i++) {
		for (size_t k = 0; k < sites->findings[i].object_count; k++)
			free(sites->findings[i].objects[k].addresses);
		free(sites->findings[i].objects);
		free(sites->findings[i].items);
	}
	free(sites->findings);
	free(sites->all);
	free(sites->notes);
	arena_free(sites->arena);
	free(sites);
}
