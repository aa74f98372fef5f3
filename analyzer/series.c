// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* series.c — patches applied one after the other. */
#include "analyzer/series.h"

#include <string.h>

#include "analyzer/series_state.h"
#include "analyzer/source_kind.h"
#include "analyzer/string_set.h"
#include "include/array.h"

/* What one patch does to one file of the tree. */
struct move {
	const char *from, *to; /* in the tree; NULL: made, or taken away */
	const char *old;
	size_t old_len;
};

/* The names of the files of one patch that functions cannot speak for. */
struct names {
	struct string_set others, idle;
};

static void names_done(struct names *names)
{
	string_set_done(&names->others);
	string_set_done(&names->idle);
}

int series_open(struct series **ret, const char *dir, struct err *err)
{
	_cleanup_(series_freep) struct series *series = calloc(1, sizeof(*series));
	int r;

	if (!series || !(series->arena = arena_new()))
		return err_oom(err);
	r = source_tree_open(&series->tree, dir, err);
	if (r == 0)
		r = scratch_open(&series->scratch, err);
	if (r < 0)
		return r;
	*ret = take_ptr(series);
	return 0;
}

static void forget_touched(struct series *series)
{
	for (size_t i = 0; i < series->touched_count; i++)
		free(series->touched[i].changes);
	series->touched_count = 0;
}

void series_free(struct series *series)
{
	if (!series)
		return;
	forget_touched(series);
	free(series->touched);
	for (size_t i = 0; i < series->track_count; i++)
		free(series->tracks[i].now);
	free(series->tracks);
	free(series->fixes);
	scratch_done(&series->scratch);
	source_tree_free(series->tree);
	arena_free(series->arena);
	free(series);
}

static int exists(struct series *series, const char *path, struct err *err)
{
	const char *text;
	size_t len;
	int r = source_tree_read(series->tree, path, &text, &len, err);

	return r == -ENOENT ? 0 : r < 0 ? r : 1;
}

/* The names in the tree. Where a patch has two that differ, the one that is there counts, the new one first. */
static int read_names(struct series *series, struct move *ret, const struct patch_file *file,
		      unsigned strip, struct err *err)
{
	const char *from = NULL, *to = NULL;
	int r = 0;

	strip = file->renamed ? 0 : strip;
	if (file->old_name)
		r = patch_path(&from, file->old_name, strip, series->arena, err);
	if (r == 0 && file->new_name)
		r = patch_path(&to, file->new_name, strip, series->arena, err);
	if (r == 0 && !from && !to)
		r = err_set(err, EBADMSG, "line %zu: a file without a name", file->at);
	if (r == 0 && from && to && !file->renamed && strcmp(from, to)) {
		r = exists(series, to, err);
		if (r == 0) {
			r = exists(series, from, err);
			to = r > 0 ? from : to;
		}
		from = to;
	}
	*ret = (struct move){ .from = from, .to = to };
	return r < 0 ? r : 0;
}

static int read_old(struct series *series, struct move *move, const struct patch_file *file,
		    struct err *err)
{
	const char *path = move->from ? move->from : move->to;
	bool makes = file->hunk_count == 1 && !file->hunks[0].old_count;
	int r = source_tree_read(series->tree, path, &move->old, &move->old_len, err);

	if (r == -ENOENT && makes) {
		move->old = NULL;
		move->from = NULL;
		return 0;
	}
	if (r == -ENOENT)
		return err_set(err, ENOENT, "line %zu: there is no '%s' to patch", file->at, path);
	if (r == 0 && !move->from)
		move->from = path;
	return r;
}

/* Where the lines of a track are behind the changes. */
static void follow(struct track *track, const struct patched *patched)
{
	for (size_t i = 0; i < track->line_count; i++) {
		size_t line = track->now[i], low = 0, high = patched->change_count;
		const struct patch_change *c;

		if (!line)
			continue;
		while (low < high) { /* the first change that begins behind the line */
			size_t mid = low + (high - low) / 2;

			if (patched->changes[mid].old_start <= line)
				low = mid + 1;
			else
				high = mid;
		}
		/* Nothing old begins behind a change of 0 lines: it stands behind its line. */
		while (low && !patched->changes[low - 1].old_count &&
		       patched->changes[low - 1].old_start == line)
			low--;
		if (!low)
			continue;
		c = &patched->changes[low - 1];
		if (line < c->old_start + c->old_count)
			track->now[i] = 0;
		else if (c->old_count)
			track->now[i] = line - (c->old_start + c->old_count) + c->new_start +
					(c->new_count ? c->new_count : 1);
		else
			track->now[i] = line - c->old_start - 1 + c->new_start + c->new_count;
	}
}

static void follow_all(struct series *series, const struct move *move,
		       const struct patched *patched)
{
	for (size_t i = 0; move->from && i < series->track_count; i++) {
		struct track *track = &series->tracks[i];

		if (strcmp(track->path, move->from) != 0)
			continue;
		follow(track, patched);
		if (move->to)
			track->path = move->to;
	}
}

static size_t count_lines(const char *text, size_t len)
{
	size_t n = 0;
	const char *at = text, *end = text + len, *newline;

	for (; at < end; at = newline ? newline + 1 : end, n++)
		newline = memchr(at, '\n', (size_t)(end - at));
	return n;
}

/* Keeps what is needed to name the functions, once the whole patch is applied. */
static int touch(struct series *series, const struct move *move, const char *text, size_t len,
		 struct patched *patched, struct err *err)
{
	const char *path = move->from ? move->from : move->to;
	struct touched *t =
	    array_add(series->touched, series->touched_count, series->touched_capacity);
	struct track *track =
	    t ? array_add(series->tracks, series->track_count, series->track_capacity) : NULL;

	if (!track)
		return err_oom(err);
	track->path = move->to ? move->to : path;
	track->line_count = text ? count_lines(text, len) : 0;
	track->now = calloc(track->line_count + 1, sizeof(*track->now));
	if (!track->now)
		return err_oom(err);
	for (size_t i = 0; i < track->line_count; i++)
		track->now[i] = i + 1;
	t->path = path;
	t->before = (struct outline_source){ path, move->old, move->old_len };
	t->after = (struct outline_source){ path, text, len };
	t->track = series->track_count - 1;
	t->changes = take_ptr(patched->changes);
	t->change_count = patched->change_count;
	return 0;
}

/* Gives the tree the new text, under the new name. */
static int store(struct series *series, const struct move *move, struct patched *patched,
		 const char **text, size_t *len, struct err *err)
{
	int r = 0;

	*text = NULL;
	*len = 0;
	if (move->from && (!move->to || strcmp(move->from, move->to) != 0))
		r = source_tree_remove(series->tree, move->from, err);
	if (r < 0 || (!move->to && !patched->len))
		return r;
	r = source_tree_put(series->tree, move->to ? move->to : move->from, take_ptr(patched->text),
			    patched->len, err);
	return r < 0 ? r
		     : source_tree_read(series->tree, move->to ? move->to : move->from, text, len,
					err);
}

static int note_name(struct names *names, const char *path, bool unread)
{
	enum source_kind kind = source_kind_of(path);
	struct string_set *set = kind == SOURCE_IDLE ? &names->idle : &names->others;

	return kind == SOURCE_C && !unread ? 0 : string_set_add(set, path, strlen(path), NULL);
}

static int apply_file(struct series *series, const struct series_step *step,
		      const struct patch_file *file, struct names *names, struct err *err)
{
	_cleanup_(patched_done) struct patched patched = {};
	struct move move = {};
	const char *text, *path;
	size_t len;
	int r = read_names(series, &move, file, step->strip, err);

	if (r < 0)
		return r;
	path = move.from ? move.from : move.to;
	if (note_name(names, path, file->unread) < 0)
		return err_oom(err);
	if (file->unread)
		return 0;
	r = read_old(series, &move, file, err);
	if (r == 0)
		r = patch_apply(&patched, file, move.old ? move.old : "", move.old_len, step->fuzz,
				err);
	if (r == 0) {
		series->fuzz = patched.fuzz > series->fuzz ? patched.fuzz : series->fuzz;
		follow_all(series, &move, &patched);
		r = store(series, &move, &patched, &text, &len, err);
	}
	if (r == 0 && step->wanted && source_kind_of(path) == SOURCE_C)
		r = touch(series, &move, text, len, &patched, err);
	return r < 0 ? err_prefix(err, r, "'%.200s'", path) : 0;
}

static int add_fix(struct series *series, const char *name, const char *text, size_t len,
		   struct names *names, struct fix **ret, struct err *err)
{
	struct fix *fix = arena_alloc(series->arena, sizeof(*fix));
	struct fix **slot;

	if (!fix || !(fix->name = arena_strdup(series->arena, name)))
		return err_oom(err);
	slot = array_add(series->fixes, series->fix_count, series->fix_capacity);
	if (!slot)
		return err_oom(err);
	*ret = *slot = fix;
	fix->fuzz = series->fuzz;
	digest_bytes(fix->sha256, text, len);
	if (string_set_sorted(&names->others, series->arena, &fix->others, &fix->other_count) < 0 ||
	    string_set_sorted(&names->idle, series->arena, &fix->idle, &fix->idle_count) < 0)
		return err_oom(err);
	return 0;
}

static int apply(struct series *series, const struct series_step *step, const struct patch *patch,
		 struct names *names, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < patch->file_count && r == 0; i++)
		r = apply_file(series, step, &patch->files[i], names, err);
	return r;
}

int series_apply(struct series *series, const struct series_step *step, const char *text,
		 size_t len, const struct fix **ret, struct err *err)
{
	_cleanup_(patch_freep) struct patch *patch = NULL;
	_cleanup_(names_done) struct names names = {};
	struct fix *fix = NULL;
	int r = patch_parse(&patch, text, len, err);

	names.others.arena = names.idle.arena = series->arena;
	series->fuzz = 0;
	if (r == 0)
		r = apply(series, step, patch, &names, err);
	if (r == 0 && step->wanted) {
		r = add_fix(series, step->name, text, len, &names, &fix, err);
		if (r == 0)
			r = series_map(series, fix, err);
	}
	forget_touched(series);
	if (r < 0)
		return err_prefix(err, r, "patch '%.200s'", step->name);
	if (fix)
		*ret = fix;
	return 0;
}

int series_read(struct series *series, const char *path, const char **ret, size_t *ret_len,
		struct err *err)
{
	return source_tree_read(series->tree, path, ret, ret_len, err);
}
