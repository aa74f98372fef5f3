// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_view.c — the verdicts of a report by vulnerability and package URL. */
#include "analyzer/report_view.h"

#include <stdlib.h>

#include "include/array.h"

#include "analyzer/json.h"

/* A verdict under one of its package's spellings. */
struct entry {
	const char *id, *purl;
	const cJSON *verdict;
	size_t position;
};

struct report_index {
	struct entry *items; /* sorted by (id, purl), one for each: the most cautious */
	size_t count;
};

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

/* What openvex_statements.c calls the promise, told from the report's words: the verdict that promises least decides. */
static int promise(const cJSON *verdict)
{
	static const char *const order[] = { "affected",
					     "under_investigation",
					     "vulnerable_code_not_in_execute_path",
					     "vulnerable_code_not_present",
					     "component_not_present",
					     "fixed" };
	const char *word = text_of(verdict, "status");

	if (!strcmp(word, "not_affected"))
		word = text_of(verdict, "justification");
	for (size_t i = 0; i < sizeof(order) / sizeof(*order); i++)
		if (!strcmp(word, order[i]))
			return (int)i;
	return -1;
}

static bool decides_over(const struct entry *a, const struct entry *b)
{
	const cJSON *ca = json_get(a->verdict, "confidence");
	const cJSON *cb = json_get(b->verdict, "confidence");
	int pa = promise(a->verdict), pb = promise(b->verdict);

	if (pa != pb)
		return pa < pb;
	if (cJSON_IsNumber(ca) && cJSON_IsNumber(cb) && ca->valuedouble != cb->valuedouble)
		return ca->valuedouble < cb->valuedouble;
	return a->position < b->position;
}

static int compare_keys(const struct entry *a, const struct entry *b)
{
	int r = strcmp(a->id, b->id);

	return r ? r : strcmp(a->purl, b->purl);
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int r = compare_keys(a, b);

	return r ? r : (a->position > b->position) - (a->position < b->position);
}

static size_t count_purls(const cJSON *verdicts)
{
	const cJSON *verdict;
	size_t n = 0;

	cJSON_ArrayForEach(verdict, verdicts)
	{
		n += (size_t)cJSON_GetArraySize(json_array(verdict, "purls"));
	}
	return n;
}

static void keep_one_each(struct report_index *index)
{
	size_t kept = 0;

	for (size_t i = 0; i < index->count; i++)
		if (!kept || compare_keys(&index->items[kept - 1], &index->items[i]) != 0)
			index->items[kept++] = index->items[i];
		else if (decides_over(&index->items[i], &index->items[kept - 1]))
			index->items[kept - 1] = index->items[i];
	index->count = kept;
}

int report_index_new(struct report_index **ret, const cJSON *report, struct arena *arena,
		     struct err *err)
{
	const cJSON *verdicts = json_array(report, "verdicts"), *verdict, *purl;
	struct report_index *index = arena_alloc(arena, sizeof(*index));
	size_t position = 0;

	if (!json_string(report, "vexxy_report")) {
		*ret = NULL;
		return 0;
	}
	if (!verdicts)
		return err_set(err, EBADMSG, "a report without verdicts");
	if (index)
		index->items =
		    arena_alloc(arena, (count_purls(verdicts) + 1) * sizeof(*index->items));
	if (!index || !index->items)
		return err_oom(err);
	cJSON_ArrayForEach(verdict, verdicts)
	{
		cJSON_ArrayForEach(purl, json_array(verdict, "purls"))
		{
			if (cJSON_IsString(purl))
				index->items[index->count++] =
				    (struct entry){ text_of(verdict, "id"), purl->valuestring,
						    verdict, position };
		}
		position++;
	}
	array_sort(index->items, index->count, sizeof(*index->items), compare_entries);
	keep_one_each(index);
	*ret = index;
	return 0;
}

static const struct entry *find_entry(const struct report_index *index, const char *id,
				      const char *purl)
{
	const struct entry key = { .id = id, .purl = purl };
	size_t low = 0, high = index->count, mid;
	int r;

	while (low < high) {
		mid = low + (high - low) / 2;
		r = compare_keys(&index->items[mid], &key);
		if (!r)
			return &index->items[mid];
		if (r < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

const cJSON *report_verdict(const struct lint *lint, const struct lint_statement *s)
{
	const struct entry *best = NULL, *entry;

	for (size_t i = 0; lint->report_index && i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		for (size_t k = 0; k < p->sub_count; k++) {
			entry = p->subs[k].id
				    ? find_entry(lint->report_index, s->name, p->subs[k].id)
				    : NULL;
			if (entry && (!best || decides_over(entry, best)))
				best = entry;
		}
	}
	return best ? best->verdict : NULL;
}

const char *report_fixed_version(const struct lint *lint, const struct lint_statement *s)
{
	return json_string(report_verdict(lint, s), "fixed_version");
}
