// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_functions.c — which functions the records of a vulnerability name, in any database's spelling. */
#include <string.h>

#include "analyzer/findings_claim.h"
#include "analyzer/string_set.h"
#include "include/array.h"

/* What all functions of one entry have in common. */
struct reader {
	struct function_set *set;
	struct arena *arena;
	const cJSON *own; /* what `vexxy advisory` knows beside the names, or NULL */
	const char *record;
};

void function_set_done(struct function_set *set)
{
	free(set->items);
}

static int add(struct function_set *set, const struct finding_function *function, struct err *err)
{
	struct finding_function *slot;

	if (set->count >= FINDINGS_FUNCTIONS_MAX)
		return err_set(err, EFBIG, "record '%s' names more than %u functions",
			       function->source, FINDINGS_FUNCTIONS_MAX);
	slot = array_add(set->items, set->count, set->capacity);
	if (!slot)
		return err_oom(err);
	*slot = *function;
	return 0;
}

/* Reasons are few and stand once each. */
static int add_partial(struct function_set *set, const char *why, struct arena *arena,
		       struct err *err)
{
	why = findings_text(why, arena);
	if (!why || (set->partial && strstr(set->partial, why)))
		return 0;
	set->partial = set->partial ? arena_printf(arena, "%s; %s", set->partial, why) : why;
	return set->partial ? 0 : err_oom(err);
}

static int read_limits(const char ***ret, const cJSON *array, struct arena *arena, struct err *err)
{
	_cleanup_(string_set_donep) struct string_set set = {};
	const char **sorted, **list;
	const cJSON *item;
	size_t n;

	*ret = NULL;
	cJSON_ArrayForEach(item, array)
	{
		const char *text =
		    cJSON_IsString(item) ? findings_text(item->valuestring, arena) : NULL;

		if (text && string_set_add(&set, text, strlen(text), NULL) < 0)
			return err_oom(err);
	}
	if (!set.count)
		return 0;
	list = arena_alloc(arena, (set.count + 1) * sizeof(*list));
	if (!list || string_set_sorted(&set, arena, &sorted, &n) < 0)
		return err_oom(err);
	memcpy(list, sorted, n * sizeof(*list));
	*ret = list;
	return 0;
}

static bool is_function(const cJSON *function, const char *symbol)
{
	const char *name = json_string(function, "name"), *now = json_string(function, "now");

	return (name && !strcmp(name, symbol)) || (now && !strcmp(now, symbol));
}

/* One name in several files of the source is as many functions. */
static int add_symbol(struct reader *in, struct finding_function *f, const cJSON *import,
		      const char *symbol, struct err *err)
{
	const char *source = json_string(import, "source");
	const cJSON *patch, *function;
	size_t before = in->set->count;
	int r = 0;

	f->symbol = findings_text(symbol, in->arena);
	if (!f->symbol)
		return 0;
	cJSON_ArrayForEach(patch, json_array(in->own, "patches"))
	{
		const char *name = json_string(patch, "name");

		if (!name || !source || strcmp(name, source))
			continue;
		cJSON_ArrayForEach(function, json_array(patch, "functions"))
		{
			f->file = findings_text(json_string(function, "file"), in->arena);
			if (f->file && is_function(function, symbol) && r == 0)
				r = add(in->set, f, err);
		}
	}
	f->file = NULL;
	return r < 0 || in->set->count > before ? r : add(in->set, f, err);
}

static int add_symbols(struct reader *in, struct finding_function *f, const cJSON *import,
		       const cJSON *symbols, struct err *err)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach(item, symbols)
	{
		if (cJSON_IsString(item) && r == 0)
			r = add_symbol(in, f, import, item->valuestring, err);
	}
	return r;
}

/* An import without symbols is a package of which everything is at fault. */
static int read_import(struct reader *in, const cJSON *import, struct err *err)
{
	const char *source = findings_text(json_string(import, "source"), in->arena);
	struct finding_function f = { .path =
					  findings_text(json_string(import, "path"), in->arena) };
	const cJSON *symbols = json_array(import, "symbols");
	const cJSON *derived = json_array(import, "derived_symbols");
	int r = read_limits(&f.os, json_array(import, "goos"), in->arena, err);

	if (r == 0)
		r = read_limits(&f.arch, json_array(import, "goarch"), in->arena, err);
	if (r < 0)
		return r;
	f.source = source ? arena_printf(in->arena, "%s (%s)", in->record, source) : in->record;
	if (!f.source)
		return err_oom(err);
	if (!cJSON_GetArraySize(symbols) && !cJSON_GetArraySize(derived))
		return f.path ? add(in->set, &f, err) : 0;
	r = add_symbols(in, &f, import, symbols, err);
	f.derived = true;
	return r < 0 ? r : add_symbols(in, &f, import, derived, err);
}

/* Spellings without a place: the names are whole. */
static int read_names(struct reader *in, const cJSON *specific, struct err *err)
{
	const cJSON *affects = json_object(specific, "affects");
	struct finding_function f = { .source = in->record };
	int r = read_limits(&f.os, json_array(affects, "os"), in->arena, err);

	if (r == 0)
		r = read_limits(&f.arch, json_array(affects, "arch"), in->arena, err);
	if (r == 0)
		r = add_symbols(in, &f, NULL, json_array(affects, "functions"), err);
	if (r == 0)
		r = add_symbols(in, &f, NULL, json_array(specific, "affected_functions"), err);
	return r;
}

int function_set_read(struct function_set *set, const cJSON *entry, const char *id,
		      struct arena *arena, struct err *err)
{
	const cJSON *specific = json_object(entry, "ecosystem_specific");
	const cJSON *database = json_object(entry, "database_specific");
	struct reader in = { set, arena, json_object(database, "vexxy"), id };
	size_t before = set->count;
	const cJSON *import;
	int r = 0;

	cJSON_ArrayForEach(import, json_array(specific, "imports"))
	{
		if (r == 0)
			r = read_import(&in, import, err);
	}
	if (r == 0)
		r = read_names(&in, specific, err);
	if (r == 0)
		r = read_names(&in, database, err);
	if (r == 0)
		r = add_partial(set, json_string(in.own, "partial"), arena, err);
	if (r < 0)
		return r;
	set->entries++;
	set->silent += set->count == before;
	if (set->silent && set->silent < set->entries)
		return add_partial(set, "a part of the record names no function", arena, err);
	return 0;
}

int function_set_merge(struct function_set *set, const struct claim *claim, bool shared,
		       struct arena *arena, struct err *err)
{
	int r = add_partial(set, claim->functions_partial, arena, err);

	for (size_t i = 0; i < claim->function_count && r == 0; i++)
		r = add(set, &claim->functions[i], err);
	if (r == 0 && shared && claim->function_count)
		r = add_partial(set, "the functions are those of several CVEs together", arena,
				err);
	return r;
}

static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_lists(const char **a, const char **b)
{
	int r = 0;

	if (!a || !b)
		return (a != NULL) - (b != NULL);
	for (; r == 0 && (*a || *b); a++, b++) {
		r = compare_texts(*a, *b);
		if (!*a || !*b)
			break;
	}
	return r;
}

/* What makes it another function. */
static int compare_places(const struct finding_function *x, const struct finding_function *y)
{
	int r = compare_texts(x->path, y->path);

	r = r ? r : compare_texts(x->symbol, y->symbol);
	r = r ? r : compare_texts(x->file, y->file);
	r = r ? r : compare_lists(x->os, y->os);
	return r ? r : compare_lists(x->arch, y->arch);
}

static int compare_functions(const void *a, const void *b)
{
	const struct finding_function *x = a, *y = b;
	int r = compare_places(x, y);

	return r ? r : strcmp(x->source, y->source);
}

/* At fault by one source is at fault. */
static int fold(struct finding_function *to, const struct finding_function *from,
		const char *last_source, struct arena *arena, struct err *err)
{
	to->derived &= from->derived;
	if (strcmp(last_source, from->source))
		to->source = arena_printf(arena, "%s, %s", to->source, from->source);
	return to->source ? 0 : err_oom(err);
}

int function_set_take(struct function_set *set, struct finding_function **ret, size_t *ret_count,
		      struct arena *arena, struct err *err)
{
	struct finding_function *all;
	size_t n = 0;
	int r;

	if (!set->count) {
		*ret = NULL;
		*ret_count = 0;
		return 0;
	}
	all = arena_alloc(arena, set->count * sizeof(*all));
	if (!all)
		return err_oom(err);
	array_sort(set->items, set->count, sizeof(*set->items), compare_functions);
	for (size_t i = 0; i < set->count; i++) {
		const struct finding_function *f = &set->items[i];

		if (!n || compare_places(&all[n - 1], f)) {
			all[n++] = *f;
			continue;
		}
		r = fold(&all[n - 1], f, set->items[i - 1].source, arena, err);
		if (r < 0)
			return r;
	}
	*ret = all;
	*ret_count = n;
	return 0;
}
