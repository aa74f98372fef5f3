// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* series_map.c — changed lines become functions. */
#include <string.h>

#include "analyzer/series_state.h"
#include "analyzer/string_set.h"
#include "include/array.h"

#define CHANGES_MAX 200000u

struct list {
	struct fix_function *items;
	size_t count, capacity;
};

static void list_done(struct list *list)
{
	free(list->items);
}

static const struct outline_function *find(const struct outline *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (!o->functions[i].prototype && !strcmp(o->functions[i].name, name))
			return &o->functions[i];
	return NULL;
}

static int add(struct list *list, const struct touched *t, const struct outline_function *f,
	       enum fix_change change, struct err *err)
{
	struct fix_function *slot = array_add(list->items, list->count, list->capacity);

	if (!slot)
		return err_oom(err);
	*slot = (struct fix_function){ .file = t->path,
				       .name = f->name,
				       .change = change,
				       .track = t->track,
				       .untyped = f->untyped };
	return 0;
}

/* The functions that the lines from `start` lie in; `other` is the outline of the text before or after. */
static int add_range(struct list *list, const struct touched *t, const struct outline *o,
		     const struct outline *other, size_t start, size_t count, bool after,
		     struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < o->count && r == 0; i++) {
		const struct outline_function *f = &o->functions[i];

		if (f->prototype || f->first >= start + count || f->last < start)
			continue;
		r = add(list, t, f,
			find(other, f->name) ? FIX_MODIFIED
			: after              ? FIX_ADDED
					     : FIX_REMOVED,
			err);
	}
	return r;
}

/* Is there code among the lines that is in no function and declares none? */
static bool is_outside(const struct outline *o, size_t start, size_t count)
{
	for (size_t line = start; line < start + count && line <= o->line_count; line++) {
		unsigned char flags = o->lines[line - 1];

		if ((flags & LINE_CODE) && !(flags & (LINE_INCLUDE | LINE_INSIDE)))
			return true;
	}
	return false;
}

static int map_file(struct list *list, struct fix *fix, const struct touched *t,
		    const struct outline *before, const struct outline *after, bool *outside,
		    struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < t->change_count && r == 0; i++) {
		const struct patch_change *c = &t->changes[i];

		if (++fix->changes > CHANGES_MAX)
			return err_set(err, EFBIG, "changes more than %u places", CHANGES_MAX);
		if (is_outside(before, c->old_start, c->old_count) ||
		    is_outside(after, c->new_start, c->new_count)) {
			fix->outside++;
			*outside = true;
		}
		r = add_range(list, t, before, after, c->old_start, c->old_count, false, err);
		if (r == 0)
			r = add_range(list, t, after, before, c->new_start, c->new_count, true,
				      err);
	}
	return r;
}

static int compare_functions(const void *a, const void *b)
{
	const struct fix_function *x = a, *y = b;
	int r = strcmp(x->file, y->file);

	r = r ? r : strcmp(x->name, y->name);
	r = r ? r : (x->change > y->change) - (x->change < y->change);
	return r ? r : (x->track > y->track) - (x->track < y->track);
}

/* Each once. A function that one part of a patch takes away and another brings is modified. */
static int settle(struct fix *fix, struct list *list, struct arena *arena, struct err *err)
{
	struct fix_function *all = arena_alloc(arena, (list->count + 1) * sizeof(*all));
	size_t n = 0;

	if (!all)
		return err_oom(err);
	if (list->count)
		array_sort(list->items, list->count, sizeof(*list->items), compare_functions);
	for (size_t i = 0; i < list->count; i++) {
		const struct fix_function *f = &list->items[i];
		struct fix_function *last = n ? &all[n - 1] : NULL;

		if (!last || strcmp(last->file, f->file) || strcmp(last->name, f->name)) {
			all[n++] = *f;
			continue;
		}
		if (last->change != f->change)
			last->change = FIX_MODIFIED;
		last->track = f->track;
	}
	fix->functions = all;
	fix->function_count = n;
	return 0;
}

int series_map(struct series *series, struct fix *fix, struct err *err)
{
	size_t n = series->touched_count;
	_cleanup_free_ struct outline_source *sources = calloc(2 * n + 1, sizeof(*sources));
	_cleanup_free_ struct outline *outlines = calloc(2 * n + 1, sizeof(*outlines));
	_cleanup_(string_set_donep) struct string_set outside = { .arena = series->arena };
	_cleanup_(list_done) struct list list = {};
	int r;

	if (!sources || !outlines)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		sources[2 * i] = series->touched[i].before;
		sources[2 * i + 1] = series->touched[i].after;
	}
	r = n ? outline_read(outlines, sources, 2 * n, series->scratch.dir, series->arena, err) : 0;
	for (size_t i = 0; i < n && r == 0; i++) {
		const struct touched *t = &series->touched[i];
		bool any = false;

		series->tracks[t->track].after = outlines[2 * i + 1];
		r = map_file(&list, fix, t, &outlines[2 * i], &outlines[2 * i + 1], &any, err);
		if (r == 0 && any && string_set_add(&outside, t->path, strlen(t->path), NULL) < 0)
			return err_oom(err);
	}
	if (r == 0 && string_set_sorted(&outside, series->arena, &fix->outside_files,
					&fix->outside_file_count) < 0)
		return err_oom(err);
	return r < 0 ? r : settle(fix, &list, series->arena, err);
}
