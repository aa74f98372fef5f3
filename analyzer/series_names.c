// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* series_names.c — what became, in the final tree, of the functions that a fix names. */
#include <ctype.h>
#include <string.h>

#include "analyzer/series_state.h"
#include "analyzer/string_set.h"

/* What "#define NAME" says of the names that matter. */
struct defines {
	struct series *series;
	struct string_set names;
	bool *makes;      /* by number: NAME( … ) is a macro */
	const char *path; /* of the file at hand */
	bool failed;
};

/* The final texts of the tracked files, outlined once each. */
struct final {
	struct string_set paths;
	struct outline *outlines; /* by number of the path */
};

static void defines_done(struct defines *defines)
{
	string_set_done(&defines->names);
	free(defines->makes);
}

static void final_done(struct final *final)
{
	string_set_done(&final->paths);
	free(final->outlines);
}

static int read_final(struct series *series, struct final *final, struct err *err)
{
	_cleanup_free_ struct outline_source *sources = NULL;
	int r = 0;

	for (size_t i = 0; i < series->track_count; i++)
		if (string_set_add(&final->paths, series->tracks[i].path,
				   strlen(series->tracks[i].path), NULL) < 0)
			return err_oom(err);
	sources = calloc(final->paths.count + 1, sizeof(*sources));
	final->outlines = calloc(final->paths.count + 1, sizeof(*final->outlines));
	if (!sources || !final->outlines)
		return err_oom(err);
	for (size_t i = 0; i < final->paths.count && r == 0; i++) {
		sources[i].path = final->paths.items[i];
		r = source_tree_read(series->tree, sources[i].path, &sources[i].text,
				     &sources[i].len, err);
		r = r == -ENOENT ? 0 : r;
	}
	return r < 0 || !final->paths.count
		   ? r
		   : outline_read(final->outlines, sources, final->paths.count, series->scratch.dir,
				  series->arena, err);
}

static const struct outline_function *find(const struct outline *o, const char *name)
{
	for (size_t i = 0; i < o->count; i++)
		if (!o->functions[i].prototype && !strcmp(o->functions[i].name, name))
			return &o->functions[i];
	return NULL;
}

/* How many lines of the function as the fix left it are in `now`. */
static size_t count_common(const struct track *track, const struct outline_function *then,
			   const struct outline_function *now)
{
	size_t n = 0;

	for (size_t line = then->first; line <= then->last && line <= track->line_count; line++)
		n += track->now[line - 1] >= now->first && track->now[line - 1] <= now->last;
	return n;
}

/* The function that has most of the lines, and at least half of them. */
static const char *follow_lines(const struct track *track, const struct outline *final,
				const char *name)
{
	const struct outline_function *then = find(&track->after, name), *best = NULL;
	size_t most = 0, n;

	if (!then)
		return NULL;
	for (size_t i = 0; i < final->count; i++) {
		if (final->functions[i].prototype)
			continue;
		n = count_common(track, then, &final->functions[i]);
		if (n > most) {
			most = n;
			best = &final->functions[i];
		}
	}
	return best && 2 * most >= then->last - then->first + 1 ? best->name : NULL;
}

static void settle_function(const struct series *series, const struct final *final,
			    struct fix_function *f)
{
	const struct track *track = &series->tracks[f->track];
	size_t number = string_set_find(&final->paths, track->path, strlen(track->path));
	const struct outline *outline = &final->outlines[number];

	if (find(outline, f->name))
		return;
	f->now = follow_lines(track, outline, f->name);
	f->gone = !f->now;
}

static const char *word_end(const char *at, const char *end)
{
	while (at < end && (isalnum((unsigned char)*at) || *at == '_'))
		at++;
	return at;
}

static const char *blanks_end(const char *at, const char *end)
{
	while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
		at++;
	return at;
}

/* The name as macros may have it: without the classes. */
static const char *plain_name(const struct fix_function *f)
{
	const char *colon = strrchr(f->name, ':');

	return colon ? colon + 1 : f->name;
}

/* What is called NAME in this file is compiled as `alias`. Headers that rename a whole library's functions are left alone:
 * more often than not nobody includes them. */
static void set_alias(struct defines *d, const char *name, const char *alias)
{
	for (size_t i = 0; i < d->series->fix_count; i++)
		for (size_t k = 0; k < d->series->fixes[i]->function_count; k++) {
			struct fix_function *f = &d->series->fixes[i]->functions[k];

			if (!strcmp(plain_name(f), name) && !strcmp(f->file, d->path) && !f->alias)
				f->alias = alias;
		}
}

/* "NAME(" or "NAME other": the latter only when nothing but a comment follows. */
static void read_define(struct defines *d, const char *at, const char *end)
{
	const char *stop = word_end(at, end), *word, *word_stop, *alias;
	size_t number = string_set_find(&d->names, at, (size_t)(stop - at));

	if (number == STRING_SET_NONE)
		return;
	if (stop < end && *stop == '(') {
		d->makes[number] = true;
		return;
	}
	word = blanks_end(stop, end);
	word_stop = word_end(word, end);
	stop = blanks_end(word_stop, end);
	if (word_stop == word || isdigit((unsigned char)*word) || (stop < end && *stop != '/'))
		return;
	alias = arena_strndup(d->series->arena, word, (size_t)(word_stop - word));
	if (!alias)
		d->failed = true;
	else if (strcmp(alias, d->names.items[number]) != 0)
		set_alias(d, d->names.items[number], alias);
}

static int visit(void *ctx, const char *path, const char *text, size_t len)
{
	struct defines *d = ctx;
	const char *at = text, *end = text + len, *hash;

	d->path = path;
	while ((hash = memchr(at, '#', (size_t)(end - at)))) {
		const char *newline = memchr(hash, '\n', (size_t)(end - hash)), *word;

		newline = newline ? newline : end;
		word = blanks_end(hash + 1, newline);
		if (newline - word > 7 && !memcmp(word, "define", 6) &&
		    (word[6] == ' ' || word[6] == '\t'))
			read_define(d, blanks_end(word + 6, newline), newline);
		at = newline;
	}
	return d->failed ? -ENOMEM : 0;
}

static int read_defines(struct series *series, struct defines *d, struct err *err)
{
	int r;

	for (size_t i = 0; i < series->fix_count; i++)
		for (size_t k = 0; k < series->fixes[i]->function_count; k++) {
			const char *name = plain_name(&series->fixes[i]->functions[k]);

			if (string_set_add(&d->names, name, strlen(name), NULL) < 0)
				return err_oom(err);
		}
	d->makes = calloc(d->names.count + 1, sizeof(*d->makes));
	if (!d->makes)
		return err_oom(err);
	r = d->names.count ? source_tree_walk(series->tree, visit, d, err) : 0;
	return r == -ENOMEM ? err_oom(err) : r;
}

static void settle_macro(const struct defines *d, struct fix_function *f)
{
	const char *name = plain_name(f);

	f->macro = f->untyped && d->makes[string_set_find(&d->names, name, strlen(name))];
}

int series_finish(struct series *series, struct err *err)
{
	_cleanup_(defines_done) struct defines defines = { .series = series };
	_cleanup_(final_done) struct final final = {};
	int r = read_final(series, &final, err);

	if (r == 0)
		r = read_defines(series, &defines, err);
	for (size_t i = 0; i < series->fix_count && r == 0; i++)
		for (size_t k = 0; k < series->fixes[i]->function_count; k++) {
			struct fix_function *f = &series->fixes[i]->functions[k];

			settle_function(series, &final, f);
			settle_macro(&defines, f);
		}
	return r;
}
