// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_functions.c — what a trace says of watched functions. */
#include "analyzer/trace_functions.h"

#include "analyzer/json.h"
#include "include/trace_format.h"
#include "include/array.h"

void trace_functions_done(struct trace_functions *functions)
{
	string_set_done(&functions->seen);
	free(functions->hits);
	free(functions->watches);
	free(functions->unit_ran);
	*functions = (struct trace_functions){};
}

/* NULL stays NULL; 0 or -ENOMEM. */
static int keep(const char **ret, struct arena *arena, const char *text)
{
	*ret = text ? arena_strdup(arena, text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

void trace_again_add(struct trace_again *again, size_t unit, uint64_t t)
{
	if (again->count < TRACE_AGAIN_MAX && unit != again->last)
		again->t[again->count++] = t;
	again->last = unit;
}

/* A function that is watched for coverage, for the first time in that unit. */
static int count_in_unit(struct trace_functions *f, size_t unit)
{
	while (f->unit_count <= unit)
		if (!array_add(f->unit_ran, f->unit_count, f->unit_room))
			return -ENOMEM;
	f->unit_ran[unit]++;
	return 0;
}

/* One that ran before, again. */
static int hit_again(struct trace_functions *f, struct trace_hit *hit,
		     const struct trace_place *place)
{
	int r = 0;

	if (hit->start && hit->again.last != place->unit)
		r = count_in_unit(f, place->unit);
	trace_again_add(&hit->again, place->unit, place->t);
	return r;
}

/* 1: that function of that file has not been seen before; 0: again; -ENOMEM. The number of its hit in *ret. */
static int is_new(struct trace_functions *f, size_t *ret, const char *key, struct arena *arena)
{
	size_t before = f->seen.count;

	f->seen.arena = arena;
	if (string_set_add(&f->seen, key, strlen(key), ret) < 0)
		return -ENOMEM;
	return f->seen.count > before;
}

static int keep_stack(struct trace_hit *hit, const cJSON *stack, struct arena *arena)
{
	const cJSON *frame;

	if (!stack)
		return 0;
	hit->stack = arena_alloc(arena, TRACE_STACK_MAX * sizeof(*hit->stack));
	if (!hit->stack)
		return -ENOMEM;
	cJSON_ArrayForEach(frame, stack)
	{
		if (!cJSON_IsString(frame) || hit->stack_count == TRACE_STACK_MAX)
			break;
		if (keep(&hit->stack[hit->stack_count++], arena, frame->valuestring) < 0)
			return -ENOMEM;
	}
	return 0;
}

int trace_functions_add_hit(struct trace_functions *ret, const cJSON *record,
			    const struct trace_place *place, struct arena *arena, struct err *err)
{
	const char *object = json_string(record, "object"), *symbol = json_string(record, "symbol");
	const char *build_id = json_string(record, "build_id");
	uint64_t offset = json_u64(record, "offset", UINT64_MAX);
	char key[TRACE_PATH_BYTES_MAX + 32];
	struct trace_hit *hit;
	size_t number;
	int r;

	if (!object || !symbol || offset == UINT64_MAX ||
	    snprintf(key, sizeof(key), "%s@%jx", build_id ? build_id : object, (uintmax_t)offset) >=
		(int)sizeof(key)) {
		ret->faults++;
		return 0;
	}
	r = is_new(ret, &number, key, arena);
	if (r == 0)
		r = hit_again(ret, &ret->hits[number], place);
	if (r <= 0)
		return r < 0 ? err_oom(err) : 0;
	if (ret->hit_count == TRACE_HITS_MAX)
		return err_set(err, E2BIG, "line %ju: more than %u functions that ran",
			       (uintmax_t)place->line, TRACE_HITS_MAX);
	hit = array_add(ret->hits, ret->hit_count, ret->hit_room);
	if (!hit)
		return err_oom(err);
	hit->offset = offset;
	hit->t = json_u64(record, "t", 0);
	hit->pid = json_u64(record, "pid", 0);
	hit->line = place->line;
	hit->again.last = place->unit;
	hit->start = json_bool(record, "start", false);
	if (hit->start && count_in_unit(ret, place->unit) < 0)
		return err_oom(err);
	if (keep(&hit->object, arena, object) < 0 || keep(&hit->symbol, arena, symbol) < 0 ||
	    keep(&hit->build_id, arena, build_id) < 0 ||
	    keep(&hit->comm, arena, json_string(record, "comm")) < 0 ||
	    keep_stack(hit, json_array(record, "stack"), arena) < 0)
		return err_oom(err);
	return 0;
}

int trace_functions_add_watch(struct trace_functions *ret, const cJSON *record, uint64_t line,
			      struct arena *arena, struct err *err)
{
	const char *object = json_string(record, "object"), *armed = json_string(record, "armed");
	uint64_t sites = json_u64(record, "sites", UINT64_MAX);
	struct trace_watched_file *watch;

	if (!object || !armed || sites == UINT64_MAX) {
		ret->faults++;
		return 0;
	}
	if (ret->watch_count == TRACE_WATCHES_MAX)
		return err_set(err, E2BIG, "line %ju: more than %u files that were watched",
			       (uintmax_t)line, TRACE_WATCHES_MAX);
	watch = array_add(ret->watches, ret->watch_count, ret->watch_room);
	if (!watch)
		return err_oom(err);
	watch->sites = sites;
	watch->starts = json_u64(record, "starts", 0);
	watch->refused = (uint64_t)cJSON_GetArraySize(json_array(record, "refused"));
	watch->late = strcmp(armed, "before_code") != 0; /* also what this version does not know */
	watch->t = json_u64(record, "t", 0);
	watch->line = line;
	if (keep(&watch->object, arena, object) < 0 ||
	    keep(&watch->build_id, arena, json_string(record, "build_id")) < 0)
		return err_oom(err);
	return 0;
}
