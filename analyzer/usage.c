// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* usage.c — which files of the image were used, and how. */
#include "analyzer/usage.h"

#include "include/array.h"

#include "analyzer/nature.h"

/* Two orders of the inventory's files, for what a path cannot find. */
struct lookup {
	const struct inventory *inv;
	size_t *by_build_id, build_id_count;
	size_t *by_name, name_count;
};

struct collecting {
	struct usage *usage;
	const struct inventory *inv;
	struct lookup lookup;
	struct trace *const *traces;
	size_t trace;      /* the one being read */
	size_t first_unit; /* of that trace, counted over all of them */
};

static const char *build_id_of(const struct inventory *inv, size_t file)
{
	return inv->files[file].elf ? inv->files[file].elf->build_id : NULL;
}

static int compare_build_ids(const void *a, const void *b, void *inv)
{
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = strcmp(build_id_of(inv, x), build_id_of(inv, y));

	return c ? c : (x > y) - (x < y);
}

static int compare_names(const void *a, const void *b, void *ctx)
{
	const struct inventory *inv = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = strcmp(path_name(inv->files[x].path), path_name(inv->files[y].path));

	return c ? c : (x > y) - (x < y);
}

static int lookup_init(struct lookup *l, const struct inventory *inv)
{
	l->inv = inv;
	l->by_build_id = calloc(inv->file_count + 1, sizeof(size_t));
	l->by_name = calloc(inv->file_count + 1, sizeof(size_t));
	if (!l->by_build_id || !l->by_name)
		return -ENOMEM;
	for (size_t i = 0; i < inv->file_count; i++) {
		if (build_id_of(inv, i))
			l->by_build_id[l->build_id_count++] = i;
		if (inv->files[i].kind != FILE_LINK)
			l->by_name[l->name_count++] = i;
	}
	array_sort_with(l->by_build_id, l->build_id_count, sizeof(size_t), compare_build_ids,
			(void *)inv);
	array_sort_with(l->by_name, l->name_count, sizeof(size_t), compare_names, (void *)inv);
	return 0;
}

static void lookup_done(struct lookup *l)
{
	free(l->by_build_id);
	free(l->by_name);
}

/* The first entry of an order that is not before the key. */
static size_t lower_bound(const struct lookup *l, const size_t *order, size_t n, bool names,
			  const char *key)
{
	size_t low = 0, high = n, middle;
	const char *text;

	while (low < high) {
		middle = low + (high - low) / 2;
		text = names ? path_name(l->inv->files[order[middle]].path)
			     : build_id_of(l->inv, order[middle]);
		if (strcmp(text, key) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* How sure "its code ran" is. For comparing uses. */
static int strength(enum use_kind kind)
{
	switch (kind) {
	case USE_EXEC:
	case USE_SCRIPT:
		return 4;
	case USE_INTERPRETER:
		return 3;
	case USE_MAP:
		return 2;
	default:
		return 1;
	}
}

bool use_runs(enum use_kind kind)
{
	return strength(kind) > 1;
}

/* Which of two uses tells more: its class, then whether it is certain, then how the code ran. */
static int rank(enum use_class class, bool uncertain, const struct trace_use *use)
{
	return use ? (int)class * 16 + !uncertain * 8 + strength(use->kind) : 0;
}

static enum use_class classify(const struct inventory_file *file, const struct trace_use *use)
{
	if (use_runs(use->kind))
		return USE_CLASS_CODE;
	if (use->is_dir || use->kind != USE_OPEN_READ)
		return USE_CLASS_HARMLESS;
	if (nature_of(file) == NATURE_CODE)
		return USE_CLASS_CODE; /* also an example among the documents */
	return nature_is_database(file->path) || nature_is_document(file->path) ? USE_CLASS_HARMLESS
										: USE_CLASS_TOUCHED;
}

static void note_unit(struct collecting *c, struct file_usage *f, uint64_t t)
{
	const struct trace *trace = c->traces[c->trace];
	size_t unit = trace_unit_at(trace, t);

	sightings_add(&f->sightings, c->first_unit + unit);
	f->at_start |= !unit && trace->unit_count;
}

static void note_units(struct collecting *c, struct file_usage *f, const struct trace_use *use)
{
	note_unit(c, f, use->t);
	for (size_t i = 0; i < use->again.count; i++)
		note_unit(c, f, use->again.t[i]);
}

static void note(struct collecting *c, size_t index, const struct trace_use *use, bool uncertain)
{
	const struct inventory_file *file = &c->inv->files[index];
	struct file_usage *f = &c->usage->files[index];
	enum use_class class = classify(file, use);
	const char *build_id = build_id_of(c->inv, index);

	f->written |= use->kind == USE_OPEN_WRITE || use->writes;
	f->executed |= use_runs(use->kind) && use->kind != USE_MAP;
	/* A file that was read and has no build-id is not the one that was mapped with one. */
	if (!uncertain && use->build_id && (file->elf || file->kind != FILE_ELF))
		f->mismatch |= !build_id || strcmp(use->build_id, build_id);
	if (class > USE_CLASS_HARMLESS)
		note_units(c, f, use);
	if (class > USE_CLASS_HARMLESS && !f->first) {
		f->first = use;
		f->first_trace = c->trace;
	}
	if (rank(class, uncertain, use) <= rank(f->class, f->uncertain, f->use))
		return;
	f->uncertain = uncertain;
	f->class = class;
	f->use = use;
	f->trace = c->trace;
}

/* Every file with that build-id. Copies of one object cannot be told apart: all of them count. */
static bool note_by_build_id(struct collecting *c, const struct trace_use *use)
{
	const struct lookup *l = &c->lookup;
	size_t at;

	if (!use->build_id)
		return false;
	at = lower_bound(l, l->by_build_id, l->build_id_count, false, use->build_id);
	if (at == l->build_id_count ||
	    strcmp(build_id_of(c->inv, l->by_build_id[at]), use->build_id))
		return false;
	for (; at < l->build_id_count; at++) {
		if (strcmp(build_id_of(c->inv, l->by_build_id[at]), use->build_id))
			break;
		note(c, l->by_build_id[at], use, false);
	}
	return true;
}

static bool ends_with(const char *path, const char *end)
{
	size_t n = strlen(path), m = strlen(end);

	return n >= m && !strcmp(path + n - m, end);
}

/* A path cut at its front: "…/b/c" may be any file whose path ends so. */
static bool note_by_end(struct collecting *c, const struct trace_use *use, const char *cut)
{
	const char *end = strchr(cut, '/'), *name;
	const struct lookup *l = &c->lookup;
	bool any = false;

	if (!end)
		return false;
	name = path_name(end);
	for (size_t at = lower_bound(l, l->by_name, l->name_count, true, name); at < l->name_count;
	     at++) {
		const char *path = c->inv->files[l->by_name[at]].path;

		if (strcmp(path_name(path), name))
			break;
		if (!ends_with(path, end))
			continue;
		note(c, l->by_name[at], use, true);
		any = true;
	}
	return any;
}

/* A path from another root: "/var/lib/x/merged/usr/bin/y" may be our "/usr/bin/y". Every end that is ours. */
static bool note_by_tail(struct collecting *c, const struct trace_use *use, const char *foreign)
{
	bool any = false;
	size_t file;

	for (const char *at = foreign; at; at = strchr(at + 1, '/')) {
		file = *at == '/' ? inventory_find(c->inv, at) : INVENTORY_NONE;
		if (file == INVENTORY_NONE)
			continue;
		note(c, file, use, true);
		any = true;
	}
	return any;
}

static bool note_by_path(struct collecting *c, const struct trace_use *use)
{
	size_t file = inventory_find(c->inv, use->path);
	char *source;

	if (file == INVENTORY_NONE) {
		source = nature_python_source(c->usage->arena, use->path);
		file = source ? inventory_find(c->inv, source) : INVENTORY_NONE;
	}
	if (file == INVENTORY_NONE)
		return false;
	note(c, file, use, use->by_name);
	return true;
}

/* What is known is only how the path ends. Byte code stands for its source here too. */
static bool note_by_part(struct collecting *c, const struct trace_use *use)
{
	bool (*const by)(struct collecting *, const struct trace_use *, const char *) =
	    use->truncated ? note_by_end : note_by_tail;
	const char *source;

	if (by(c, use, use->path))
		return true;
	source = nature_python_source(c->usage->arena, use->path);
	return source && by(c, use, source);
}

static void stray_add(struct collecting *c, const struct trace_use *use)
{
	struct usage *u = c->usage;

	if (!use_runs(use->kind)) {
		u->strays_read++;
		return;
	}
	u->strays_running++;
	if (u->stray_count < STRAYS_MAX)
		u->strays[u->stray_count++] = (struct stray){ .trace = c->trace, .use = use };
}

/* Uses that name no file of the image. Code that runs is always worth telling; a read only when it may have been a file
 * of the image. */
static bool is_stray(const struct trace_use *use, bool found)
{
	if (use_runs(use->kind))
		return !found || use->deleted;
	if (use->is_dir || use->kind != USE_OPEN_READ || use->memfd)
		return false;
	return use->unresolved;
}

static void collect_use(struct collecting *c, const struct trace_use *use)
{
	bool has_path = use->path && !use->memfd && !use->unresolved;
	bool is_part = use->truncated || use->outside_root;
	bool sure = has_path && !is_part && note_by_path(c, use), found;

	sure = sure || note_by_build_id(c, use);
	found = sure || (has_path && is_part && note_by_part(c, use));
	/* What was deleted while it ran is not what the inventory has under that name, unless its build-id says so. */
	if (use->deleted && note_by_build_id(c, use))
		return;
	if (is_stray(use, use_runs(use->kind) ? sure : found))
		stray_add(c, use);
}

static void collect_all(struct collecting *c, struct trace *const *traces, size_t n)
{
	c->traces = traces;
	for (c->trace = 0; c->trace < n; c->trace++) {
		for (size_t i = 0; i < traces[c->trace]->use_count; i++)
			collect_use(c, &traces[c->trace]->uses[i]);
		c->first_unit += traces[c->trace]->unit_count + 1;
	}
}

/*
 * The kernel tells what a link leads to, not the link. Who executes "/bin/sh" of one package may run the program of another,
 * and code of nobody's that was reached by a package's link may be that package's: the link may have been used.
 */
static void touch_links(struct usage *usage, const struct inventory *inv)
{
	for (size_t i = 0; i < inv->file_count; i++) {
		const struct inventory_file *link = &inv->files[i];
		const struct file_usage *target;
		size_t file;

		if (link->kind != FILE_LINK || !link->target)
			continue;
		file = inventory_find_exact(inv, link->target);
		target = file == INVENTORY_NONE ? NULL : &usage->files[file];
		if (!target || target->class != USE_CLASS_CODE ||
		    (!target->executed && inv->files[file].owner_count))
			continue;
		usage->files[i].class = USE_CLASS_TOUCHED;
		usage->files[i].use = target->use;
		usage->files[i].trace = target->trace;
	}
}

/* Files of one build-id in a ring each; a file without another of its kind is its own copy. */
static int find_copies(struct usage *usage, const struct lookup *l)
{
	usage->copies = calloc(l->inv->file_count + 1, sizeof(*usage->copies));
	if (!usage->copies)
		return -ENOMEM;
	for (size_t i = 0; i < l->inv->file_count; i++)
		usage->copies[i] = i;
	for (size_t i = 1, first = 0; i < l->build_id_count; i++) {
		size_t before = l->by_build_id[i - 1], file = l->by_build_id[i];

		if (strcmp(build_id_of(l->inv, before), build_id_of(l->inv, file))) {
			first = i;
			continue;
		}
		usage->copies[before] = file;
		usage->copies[file] = l->by_build_id[first];
	}
	return 0;
}

/* Where one copy of an object ran, its code did, whichever of its owners is asked. */
static void use_copies(struct usage *usage, const struct inventory *inv)
{
	for (size_t i = 0; i < inv->file_count; i++) {
		const struct file_usage *f = &usage->files[i];

		if (f->class != USE_CLASS_CODE || f->copied || !use_runs(f->use->kind))
			continue;
		for (size_t k = usage->copies[i]; k != i; k = usage->copies[k]) {
			struct file_usage *copy = &usage->files[k];

			copy->executed |= f->executed;
			if (rank(f->class, f->uncertain, f->use) <=
			    rank(copy->class, copy->uncertain, copy->use))
				continue;
			copy->copied = true;
			copy->class = f->class;
			copy->uncertain = f->uncertain;
			copy->use = f->use;
			copy->trace = f->trace;
		}
	}
}

int usage_collect(struct usage **ret, const struct inventory *inv, struct trace *const *traces,
		  size_t trace_count, struct err *err)
{
	_cleanup_(usage_freep) struct usage *usage = calloc(1, sizeof(*usage));
	struct collecting c = { .usage = usage, .inv = inv };
	int r;

	if (!usage)
		return err_oom(err);
	usage->arena = arena_new();
	usage->files = calloc(inv->file_count + 1, sizeof(*usage->files));
	usage->strays = calloc(STRAYS_MAX, sizeof(*usage->strays));
	if (!usage->arena || !usage->files || !usage->strays)
		return err_oom(err);
	r = lookup_init(&c.lookup, inv);
	if (r >= 0)
		r = find_copies(usage, &c.lookup);
	if (r >= 0)
		collect_all(&c, traces, trace_count);
	lookup_done(&c.lookup);
	if (r < 0)
		return err_oom(err);
	use_copies(usage, inv);
	touch_links(usage, inv);
	*ret = take_ptr(usage);
	return 0;
}

void usage_free(struct usage *usage)
{
	if (!usage)
		return;
	free(usage->files);
	free(usage->strays);
	free(usage->copies);
	arena_free(usage->arena);
	free(usage);
}

enum use_class usage_of_package(const struct usage *usage, const struct package *package,
				size_t *file)
{
	enum use_class class = USE_CLASS_NONE;
	int best = 0, r;

	*file = INVENTORY_NONE;
	for (size_t i = 0; i < package->file_count; i++) {
		const struct file_usage *f = &usage->files[package->files[i]];

		r = rank(f->class, f->uncertain, f->use);
		if (r <= best)
			continue;
		best = r;
		class = f->class;
		*file = package->files[i];
	}
	return class;
}
