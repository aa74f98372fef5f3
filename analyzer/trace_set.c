// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_set.c — the traces of one analysis: in the order in which they were recorded, each recording once. */
#include "analyzer/trace_set.h"

#include <string.h>

#include "include/array.h"

static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return !a - !b; /* what is not told comes last */
	return strcmp(a, b);
}

static int compare(const void *a, const void *b)
{
	const struct trace *x = *(struct trace *const *)a, *y = *(struct trace *const *)b;
	int order = compare_texts(x->start, y->start);

	order = order ? order : compare_texts(x->recording, y->recording);
	return order ? order : compare_texts(x->digest, y->digest);
}

/* Two that watch one container at the same time see the same twice. */
static bool is_beside(const struct trace *a, const struct trace *b)
{
	if (!a->boot_id || !b->boot_id || !a->cgroup_id || !b->cgroup_id ||
	    a->boottime_ns == UINT64_MAX || b->boottime_ns == UINT64_MAX ||
	    strcmp(a->boot_id, b->boot_id) || strcmp(a->cgroup_id, b->cgroup_id))
		return false;
	if (a->boottime_ns <= b->boottime_ns)
		return b->boottime_ns - a->boottime_ns < a->duration_ns;
	return a->boottime_ns - b->boottime_ns < b->duration_ns;
}

static int refuse_concurrent(const struct trace_set *set, struct err *err)
{
	for (size_t i = 1; i < set->count; i++)
		for (size_t k = 0; k < i; k++)
			if (is_beside(set->items[k], set->items[i]))
				return err_set(err, EEXIST,
					       "traces '%s' and '%s' are of one container at the "
					       "same time: name one of them only",
					       set->items[k]->path, set->items[i]->path);
	return 0;
}

static int refuse_repeats(const struct trace_set *set, struct err *err)
{
	for (size_t i = 1; i < set->count; i++) {
		const struct trace *a = set->items[i - 1], *b = set->items[i];

		if ((a->recording && b->recording && !strcmp(a->recording, b->recording)) ||
		    !strcmp(a->digest, b->digest))
			return err_set(err, EEXIST,
				       "traces '%s' and '%s' are of the same recording: name one "
				       "of them only",
				       a->path, b->path);
	}
	return 0;
}

int trace_set_load(struct trace_set *ret, const char *const *paths, size_t n, struct err *err)
{
	struct trace_set set = { .items = calloc(n + 1, sizeof(*set.items)) };
	int r = set.items ? 0 : err_oom(err);

	for (; r >= 0 && set.count < n; set.count += r >= 0)
		r = trace_load(&set.items[set.count], paths[set.count], err);
	array_sort(set.items, set.count, sizeof(*set.items), compare);
	if (r >= 0)
		r = refuse_repeats(&set, err);
	if (r >= 0)
		r = refuse_concurrent(&set, err);
	if (r < 0) {
		trace_set_done(&set);
		return r;
	}
	*ret = set;
	return 0;
}

time_t trace_set_end(const struct trace_set *set)
{
	time_t newest = 0, end;

	for (size_t i = 0; i < set->count; i++) {
		struct tm tm = {};

		if (!set->items[i]->start ||
		    !strptime(set->items[i]->start, "%Y-%m-%dT%H:%M:%S", &tm))
			continue;
		end = timegm(&tm) + (time_t)(set->items[i]->duration_ns / 1000000000);
		newest = end > newest ? end : newest;
	}
	return newest;
}

void trace_set_done(struct trace_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		trace_free(set->items[i]);
	free(set->items);
	*set = (struct trace_set){};
}
