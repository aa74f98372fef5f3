// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* coverage.c — how much of the watched code ran. */
#include "analyzer/coverage.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/string_set.h"
#include "include/array.h"

/* Files by what names them in hits, too. */
struct counting {
	struct coverage *coverage;
	struct string_set files, ran;
	struct arena *arena;
};

static const char *key_of(const char *object, const char *build_id)
{
	return build_id ? build_id : object;
}

static int add_file(struct counting *c, const struct trace_watched_file *watch)
{
	const char *key = key_of(watch->object, watch->build_id);
	struct coverage *all = c->coverage;
	struct coverage_file *file;
	size_t number;

	if (!watch->starts)
		return 0;
	if (string_set_add(&c->files, key, strlen(key), &number) < 0)
		return -ENOMEM;
	if (number == all->count) {
		file = array_add(all->items, all->count, all->room);
		if (!file)
			return -ENOMEM;
		file->object = watch->object;
		file->build_id = watch->build_id;
	}
	file = &all->items[number];
	file->late |= watch->late;
	file->functions = watch->starts > file->functions ? watch->starts : file->functions;
	return 0;
}

/* Each function of a file once, in whichever traces it ran. */
static int add_hit(struct counting *c, const struct trace_hit *hit)
{
	const char *key = key_of(hit->object, hit->build_id), *place;
	size_t number = string_set_find(&c->files, key, strlen(key)), before = c->ran.count;

	if (!hit->start || number == STRING_SET_NONE)
		return 0;
	place = arena_printf(c->arena, "%zu@%" PRIx64, number, hit->offset);
	if (!place || string_set_add(&c->ran, place, strlen(place), NULL) < 0)
		return -ENOMEM;
	c->coverage->items[number].ran += c->ran.count > before;
	return 0;
}

static int count_all(struct counting *c, struct trace *const *traces, size_t trace_count)
{
	int r = 0;

	for (size_t i = 0; i < trace_count; i++)
		for (size_t k = 0; r == 0 && k < traces[i]->functions.watch_count; k++)
			r = add_file(c, &traces[i]->functions.watches[k]);
	for (size_t i = 0; i < trace_count; i++)
		for (size_t k = 0; r == 0 && k < traces[i]->functions.hit_count; k++)
			r = add_hit(c, &traces[i]->functions.hits[k]);
	return r;
}

static int by_object(const void *a, const void *b)
{
	const struct coverage_file *x = a, *y = b;
	int r = strcmp(x->object, y->object);

	return r ? r : strcmp(x->build_id ? x->build_id : "", y->build_id ? y->build_id : "");
}

int coverage_of(struct coverage *ret, struct trace *const *traces, size_t trace_count)
{
	struct coverage coverage = {};
	struct counting counting = { .coverage = &coverage, .arena = arena_new() };
	int r = counting.arena ? count_all(&counting, traces, trace_count) : -ENOMEM;

	string_set_done(&counting.files);
	string_set_done(&counting.ran);
	arena_free(counting.arena);
	if (r < 0) {
		coverage_done(&coverage);
		return r;
	}
	array_sort(coverage.items, coverage.count, sizeof(*coverage.items), by_object);
	for (size_t i = 0; i < coverage.count; i++) {
		struct coverage_file *file = &coverage.items[i];

		/* Records that contradict each other: more ran than there is. */
		file->functions = file->ran > file->functions ? file->ran : file->functions;
		coverage.functions += file->functions;
		coverage.ran += file->ran;
	}
	*ret = coverage;
	return 0;
}

void coverage_done(struct coverage *coverage)
{
	free(coverage->items);
	*coverage = (struct coverage){};
}

void coverage_percent(char ret[COVERAGE_TEXT_BYTES], uint64_t ran, uint64_t functions)
{
	uint64_t part = functions ? (uint64_t)((__uint128_t)ran * 10000 / functions) : 0;

	part = part > 10000 ? 10000 : part;
	snprintf(ret, COVERAGE_TEXT_BYTES, "%" PRIu64 ".%02" PRIu64, part / 100, part % 100);
}

static void put_percent(struct json_writer *w, cJSON *obj, const char *key, uint64_t ran,
			uint64_t functions)
{
	char text[COVERAGE_TEXT_BYTES];

	coverage_percent(text, ran, functions);
	w->failed |= !cJSON_AddRawToObject(obj, key, text);
}

static void put_files(struct json_writer *w, cJSON *obj, const struct coverage *c, size_t rows_max)
{
	cJSON *array = json_put_array(w, obj, "objects");

	for (size_t i = 0; i < c->count && i < rows_max; i++) {
		const struct coverage_file *file = &c->items[i];
		cJSON *item = json_push_object(w, array);

		json_put_text(w, item, "object", file->object);
		json_put_optional(w, item, "build_id", file->build_id);
		json_put_u64(w, item, "functions", file->functions);
		json_put_u64(w, item, "ran", file->ran);
		put_percent(w, item, "code_coverage_percent", file->ran, file->functions);
		json_put_bool(w, item, "late", file->late);
	}
	if (c->count > rows_max)
		json_put_u64(w, obj, "objects_left_out", c->count - rows_max);
}

static void put_units(struct json_writer *w, cJSON *obj, const struct coverage *c,
		      struct trace *const *traces, size_t trace_count, size_t rows_max)
{
	cJSON *array = json_put_array(w, obj, "units");
	size_t n = 0;

	for (size_t i = 0; i < trace_count; i++)
		for (size_t unit = 0; unit <= traces[i]->unit_count; unit++) {
			const struct trace_functions *f = &traces[i]->functions;
			uint64_t ran = unit < f->unit_count ? f->unit_ran[unit] : 0;
			cJSON *item = n++ < rows_max ? json_push_object(w, array) : NULL;

			if (!item)
				continue;
			json_put_u64(w, item, "trace", i + 1);
			json_put_u64(w, item, "unit", unit);
			json_put_u64(w, item, "ran", ran);
			put_percent(w, item, "code_coverage_percent", ran, c->functions);
		}
	if (n > rows_max)
		json_put_u64(w, obj, "units_left_out", n - rows_max);
}

void coverage_put(struct json_writer *w, cJSON *obj, const struct coverage *coverage,
		  struct trace *const *traces, size_t trace_count, size_t rows_max)
{
	cJSON *item;

	if (!coverage->functions)
		return;
	put_percent(w, obj, "code_coverage_percent", coverage->ran, coverage->functions);
	item = json_put_object(w, obj, "code_coverage");
	json_put_u64(w, item, "functions", coverage->functions);
	json_put_u64(w, item, "ran", coverage->ran);
	put_files(w, item, coverage, rows_max);
	put_units(w, item, coverage, traces, trace_count, rows_max);
}
