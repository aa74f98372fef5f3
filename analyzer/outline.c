// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* outline.c — where the functions of a source begin and end, by universal-ctags. */
#include "analyzer/outline.h"

#include <limits.h>
#include <string.h>

#include "analyzer/child.h"
#include "analyzer/file.h"
#include "analyzer/source_kind.h"
#include "include/array.h"

#define SECONDS_MAX 120u
#define TAGS_BYTES_MAX (64u << 20)
#define FUNCTIONS_MAX 100000u
#define HEAD_LINES_MAX 12u /* above the name of a function */
#define LIST "list"

/* One line that ctags printed, as its fields. */
struct tag {
	const char *name, *file, *kind, *scope;
	size_t line, end;
	bool typed, is_c;
};

static size_t number_of(const char *text)
{
	size_t n = 0;

	for (int i = 0; i < 9 && text[i] >= '0' && text[i] <= '9'; i++)
		n = n * 10 + (size_t)(text[i] - '0');
	return n;
}

/* "key:value" behind the kind; a scope is named by its kind. */
static void read_field(struct tag *tag, const char *field)
{
	static const char *const scopes[] = { "class:", "struct:", "namespace:", "union:",
					      "interface:" };

	if (!strncmp(field, "line:", 5))
		tag->line = number_of(field + 5);
	else if (!strncmp(field, "end:", 4))
		tag->end = number_of(field + 4);
	else if (!strncmp(field, "typeref:", 8))
		tag->typed = true;
	else if (!strcmp(field, "language:C"))
		tag->is_c = true;
	for (size_t i = 0; i < sizeof(scopes) / sizeof(*scopes); i++)
		if (!strncmp(field, scopes[i], strlen(scopes[i])))
			tag->scope = field + strlen(scopes[i]);
}

/* NAME \t FILE \t LINE;" \t KIND \t field… */
static bool read_tag(struct tag *ret, char *line)
{
	struct tag tag = {};
	char *at = line, *field;

	for (int i = 0; (field = strsep(&at, "\t")); i++) {
		if (i == 0)
			tag.name = field;
		else if (i == 1)
			tag.file = field;
		else if (i == 3)
			tag.kind = field;
		else if (i > 3)
			read_field(&tag, field);
	}
	*ret = tag;
	return tag.kind && *tag.name && tag.line;
}

/* Lambdas and unnamed namespaces are called so. */
static bool is_nameless(const struct tag *tag)
{
	return !strncmp(tag->name, "__anon", 6);
}

static int add_function(struct outline *to, size_t *capacity, const struct tag *tag,
			struct arena *arena, struct err *err)
{
	struct outline_function *f;
	bool scoped = tag->scope && strncmp(tag->scope, "__anon", 6) != 0;

	if (to->count >= FUNCTIONS_MAX)
		return err_set(err, EFBIG, "a source has more than %u functions", FUNCTIONS_MAX);
	f = array_add(to->functions, to->count, *capacity);
	if (!f)
		return err_oom(err);
	f->name =
	    arena_printf(arena, "%s%s%s", scoped ? tag->scope : "", scoped ? "::" : "", tag->name);
	f->first = tag->line;
	f->last = tag->end;
	f->prototype = !strcmp(tag->kind, "prototype");
	f->untyped = tag->is_c && !tag->typed && !f->prototype;
	return f->name ? 0 : err_oom(err);
}

static int compare_functions(const void *a, const void *b)
{
	const struct outline_function *x = a, *y = b;

	if (x->first != y->first)
		return x->first < y->first ? -1 : 1;
	if (x->last != y->last)
		return x->last < y->last ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* The line in which the declaration begins whose name is in `line`. */
static size_t head_of(const struct outline *o, size_t line)
{
	size_t first = line;

	while (first > 1 && line - first < HEAD_LINES_MAX && first - 2 < o->line_count &&
	       (o->lines[first - 2] & LINE_CODE) &&
	       !(o->lines[first - 2] & (LINE_DIRECTIVE | LINE_ENDS)))
		first--;
	return first;
}

static void mark_inside(struct outline *o, const struct outline_function *f)
{
	for (size_t line = f->first; line <= f->last && line <= o->line_count; line++)
		o->lines[line - 1] |= LINE_INSIDE;
}

/* Heads and missing ends; then the array becomes the arena's. */
static int settle(struct outline *o, struct arena *arena, struct err *err)
{
	struct outline_function *all = arena_alloc(arena, (o->count + 1) * sizeof(*all));

	if (!all)
		return err_oom(err);
	if (o->count)
		array_sort(o->functions, o->count, sizeof(*o->functions), compare_functions);
	for (size_t i = 0; i < o->count; i++) {
		struct outline_function *f = &o->functions[i];
		size_t next = i + 1;

		while (next < o->count && o->functions[next].first <= f->first)
			next++;
		all[i] = *f;
		if (f->last < f->first && f->prototype)
			all[i].last = f->first;
		else if (f->last < f->first)
			all[i].last =
			    next < o->count ? o->functions[next].first - 1 : o->line_count;
		all[i].first = head_of(o, f->first);
		mark_inside(o, &all[i]);
	}
	free(o->functions);
	o->functions = all;
	return 0;
}

static int read_tags(struct outline *outlines, size_t *capacities, size_t n, char *tags,
		     struct arena *arena, struct err *err)
{
	size_t number = 0;
	char *line;
	int r = 0;

	for (; r == 0 && (line = strsep(&tags, "\n")); number++) {
		struct tag tag;
		size_t which;

		if (!*line || *line == '!')
			continue;
		if (!read_tag(&tag, line) || (which = number_of(tag.file)) >= n)
			return err_set(err, EBADMSG, "ctags: line %zu is no tag of what was asked",
				       number + 1);
		if (!is_nameless(&tag))
			r = add_function(&outlines[which], &capacities[which], &tag, arena, err);
	}
	return r;
}

int outline_tags(struct outline *outlines, size_t n, const char *tags, struct arena *arena,
		 struct err *err)
{
	_cleanup_free_ size_t *capacities = calloc(n + 1, sizeof(*capacities));
	_cleanup_free_ char *copy = strdup(tags);
	size_t settled = 0;
	int r;

	if (!capacities || !copy)
		return err_oom(err);
	r = read_tags(outlines, capacities, n, copy, arena, err);
	while (r == 0 && settled < n) {
		r = settle(&outlines[settled], arena, err);
		settled += r == 0;
	}
	for (size_t i = settled; i < n; i++) {
		free(outlines[i].functions);
		outlines[i] = (struct outline){};
	}
	return r;
}

/* Files are numbered: no name of the package's reaches a command line. */
static int write_sources(const struct outline_source *sources, size_t n, const char *dir,
			 struct err *err)
{
	char path[PATH_MAX];
	_cleanup_fclose_ FILE *list = NULL;
	int r = 0;

	snprintf(path, sizeof(path), "%s/" LIST, dir);
	list = fopen(path, "we");
	if (!list)
		return err_sys(err, errno, "cannot write '%s'", path);
	for (size_t i = 0; r == 0 && i < n; i++) {
		const char *suffix = source_kind_suffix(sources[i].path);

		if (!sources[i].text)
			continue;
		snprintf(path, sizeof(path), "%s/%zu%s", dir, i, suffix);
		r = file_write(path, sources[i].text, sources[i].len, err);
		fprintf(list, "%zu%s\n", i, suffix);
	}
	if (r == 0 && fflush(list) != 0)
		r = err_sys(err, errno, "cannot write a list of files below '%s'", dir);
	return r;
}

static void remove_sources(const struct outline_source *sources, size_t n, const char *dir)
{
	char path[PATH_MAX];

	for (size_t i = 0; i < n; i++) {
		snprintf(path, sizeof(path), "%s/%zu%s", dir, i,
			 source_kind_suffix(sources[i].path));
		unlink(path);
	}
}

/* No configuration of the user's: what is printed depends on the sources alone. */
static int run_ctags(char **ret, const char *dir, struct err *err)
{
	static const char *const argv[] = { "ctags",
					    "--options=NONE",
					    "--quiet=yes",
					    "--sort=no",
					    "--excmd=number",
					    "--languages=C,C++",
					    "--kinds-C=fp",
					    "--kinds-C++=fp",
					    "--fields=neKstl",
					    "--output-format=u-ctags",
					    "-L" LIST,
					    "-f-",
					    NULL };
	const struct child_bounds bounds = { .dir = dir,
					     .out_max = TAGS_BYTES_MAX,
					     .seconds = SECONDS_MAX };

	return child_run_bounded(argv, &bounds, ret, err);
}

int outline_read(struct outline *ret, const struct outline_source *sources, size_t n,
		 const char *dir, struct arena *arena, struct err *err)
{
	_cleanup_free_ char *tags = NULL;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++) {
		ret[i] = (struct outline){};
		if (sources[i].text)
			r = outline_lines(&ret[i], sources[i].text, sources[i].len, arena, err);
	}
	if (r == 0)
		r = write_sources(sources, n, dir, err);
	if (r == 0)
		r = run_ctags(&tags, dir, err);
	remove_sources(sources, n, dir);
	return r < 0 ? r : outline_tags(ret, n, tags, arena, err);
}
