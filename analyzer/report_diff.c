// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_diff.c — which verdicts of two results belong together, and what kind of change each pair is. */
#include "analyzer/report_diff.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/json.h"

#define CONFIDENCE_DECIMALS 4

/* A verdict of one side, under two names. */
struct side {
	const char *exact, *loose; /* id and purl; id and the purl without version */
	const cJSON *verdict;
	size_t position;
	bool paired;
};

struct sides {
	struct side *items;
	size_t count;
};

struct pair {
	const cJSON *before, *after;
	const char *kind;
};

static const char *const kinds[] = { "moved", "new", "gone", "confidence", "grounds" };
#define KINDS (sizeof(kinds) / sizeof(*kinds))

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

/* "pkg:deb/debian/curl@1?arch=amd64" without "@1". */
static const char *without_version(const char *purl, struct arena *arena)
{
	size_t end = strcspn(purl, "?#");
	const char *at = memrchr(purl, '@', end), *slash = memrchr(purl, '/', end);

	if (!at || !slash || at < slash) /* that one belongs to a namespace */
		at = purl + end;
	return arena_printf(arena, "%.*s%s", (int)(at - purl), purl, purl + end);
}

static bool name_side(struct side *s, struct arena *arena)
{
	const char *id = text_of(s->verdict, "id"), *name = text_of(s->verdict, "package");
	const char *purl = json_string(s->verdict, "purl"), *loose;

	loose = purl ? without_version(purl, arena) : name;
	s->exact =
	    purl ? arena_printf(arena, "%s\n%s", id, purl)
		 : arena_printf(arena, "%s\n%s\n%s", id, name, text_of(s->verdict, "version"));
	s->loose = loose ? arena_printf(arena, "%s\n%s", id, loose) : NULL;
	return s->exact && s->loose;
}

static int read_side(struct sides *ret, const cJSON *report, struct arena *arena, struct err *err)
{
	const cJSON *verdicts = json_array(report, "verdicts"), *verdict;

	if (!json_string(report, "vexxy_report") || !verdicts)
		return err_set(err, EBADMSG, "it is no report of an analysis");
	ret->items =
	    arena_alloc(arena, ((size_t)cJSON_GetArraySize(verdicts) + 1) * sizeof(*ret->items));
	if (!ret->items)
		return err_oom(err);
	cJSON_ArrayForEach(verdict, verdicts)
	{
		struct side *s = &ret->items[ret->count];

		*s = (struct side){ .verdict = verdict, .position = ret->count++ };
		if (!name_side(s, arena))
			return err_oom(err);
	}
	return 0;
}

static int by_position(const struct side *a, const struct side *b)
{
	return (a->position > b->position) - (a->position < b->position);
}

static int compare_exact(const void *pa, const void *pb)
{
	const struct side *a = pa, *b = pb;
	int r = strcmp(a->exact, b->exact);

	return r ? r : by_position(a, b);
}

static int compare_loose(const void *pa, const void *pb)
{
	const struct side *a = pa, *b = pb;
	int r = strcmp(a->loose, b->loose);

	return r ? r : by_position(a, b);
}

/* Both are sorted by the name that `loose` chooses: the first that is left of one goes with the first that is left of the other. */
static void pair_up(struct sides sides[2], bool loose, struct pair *pairs, size_t *count)
{
	size_t i = 0, k = 0;

	while (i < sides[0].count && k < sides[1].count) {
		struct side *a = &sides[0].items[i], *b = &sides[1].items[k];
		int r;

		if (a->paired || b->paired) {
			i += a->paired;
			k += b->paired;
			continue;
		}
		r = loose ? strcmp(a->loose, b->loose) : strcmp(a->exact, b->exact);
		if (!r) {
			a->paired = b->paired = true;
			pairs[(*count)++] = (struct pair){ a->verdict, b->verdict, NULL };
		}
		i += r <= 0;
		k += r >= 0;
	}
}

static size_t match(struct sides sides[2], struct pair *pairs)
{
	size_t count = 0;

	for (int loose = 0; loose < 2; loose++) {
		for (int s = 0; s < 2; s++)
			array_sort(sides[s].items, sides[s].count, sizeof(*sides[s].items),
				   loose ? compare_loose : compare_exact);
		pair_up(sides, loose, pairs, &count);
	}
	for (size_t i = 0; i < sides[0].count; i++)
		if (!sides[0].items[i].paired)
			pairs[count++] = (struct pair){ sides[0].items[i].verdict, NULL, NULL };
	for (size_t i = 0; i < sides[1].count; i++)
		if (!sides[1].items[i].paired)
			pairs[count++] = (struct pair){ NULL, sides[1].items[i].verdict, NULL };
	return count;
}

static bool same_text(const cJSON *a, const cJSON *b, const char *key)
{
	return !strcmp(text_of(a, key), text_of(b, key));
}

static double confidence_of(const cJSON *verdict)
{
	const cJSON *item = json_get(verdict, "confidence");

	return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

/* NULL: nothing changed. */
static const char *kind_of(struct report_pair *p, const struct pair *pair)
{
	const cJSON *a = pair->before, *b = pair->after;

	if (!a || !b)
		return a ? "gone" : "new";
	if (!same_text(a, b, "status") || !same_text(a, b, "justification") ||
	    !same_text(a, b, "level"))
		return "moved";
	if (confidence_of(a) != confidence_of(b))
		return "confidence";
	return report_diff_same_grounds(p, a, b) ? NULL : "grounds";
}

static int compare_pairs(const void *pa, const void *pb)
{
	const struct pair *a = pa, *b = pb;
	const cJSON *va = a->after ? a->after : a->before, *vb = b->after ? b->after : b->before;
	int r = strcmp(text_of(va, "id"), text_of(vb, "id"));

	r = r ? r : strcmp(text_of(va, "package"), text_of(vb, "package"));
	r = r ? r : strcmp(text_of(va, "purl"), text_of(vb, "purl"));
	return r ? r : strcmp(text_of(va, "version"), text_of(vb, "version"));
}

static void put_side(struct report_pair *p, cJSON *change, const char *key, const cJSON *verdict)
{
	static const char *const texts[] = { "version", "status", "justification", "level",
					     "rule",    "gated",  "reason" };
	cJSON *object;

	if (!verdict)
		return;
	object = json_put_object(&p->json, change, key);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_put_optional(&p->json, object, texts[i], json_string(verdict, texts[i]));
	p->json.failed |=
	    !json_add_fixed(object, "confidence", confidence_of(verdict), CONFIDENCE_DECIMALS);
}

static void push_change(struct report_pair *p, cJSON *changes, const struct pair *pair)
{
	static const char *const texts[] = { "id", "package", "purl", "severity" };
	const cJSON *either = pair->after ? pair->after : pair->before;
	cJSON *change = json_push_object(&p->json, changes);

	json_put_text(&p->json, change, "kind", pair->kind);
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		json_put_optional(&p->json, change, texts[i], json_string(either, texts[i]));
	put_side(p, change, "old", pair->before);
	put_side(p, change, "new", pair->after);
	report_diff_put_why(p, change, pair->before, pair->after);
}

static void put_changes(struct report_pair *p, cJSON *doc, struct pair *pairs, size_t count)
{
	cJSON *summary = json_put_object(&p->json, doc, "summary"), *changes;
	uint64_t counts[KINDS] = {}, unchanged = 0;

	for (size_t i = 0; i < count; i++) {
		pairs[i].kind = kind_of(p, &pairs[i]);
		unchanged += !pairs[i].kind;
		for (size_t k = 0; pairs[i].kind && k < KINDS; k++)
			counts[k] += !strcmp(kinds[k], pairs[i].kind);
	}
	array_sort(pairs, count, sizeof(*pairs), compare_pairs);
	for (size_t k = 0; k < KINDS; k++)
		json_put_u64(&p->json, summary, kinds[k], counts[k]);
	json_put_u64(&p->json, summary, "unchanged", unchanged);
	changes = json_put_array(&p->json, doc, "changes");
	for (size_t k = 0; k < KINDS; k++)
		for (size_t i = 0; i < count; i++)
			if (pairs[i].kind && !strcmp(pairs[i].kind, kinds[k]))
				push_change(p, changes, &pairs[i]);
}

static void put_result(struct report_pair *p, cJSON *doc, const char *key, const cJSON *report)
{
	cJSON *object = json_put_object(&p->json, doc, key);
	const cJSON *product = json_object(report, "product");

	json_put_optional(&p->json, object, "timestamp", json_string(report, "timestamp"));
	json_put_optional(&p->json, object, "product", json_string(product, "name"));
	json_put_optional(&p->json, object, "policy",
			  json_string(json_object(report, "options"), "policy"));
	json_put_optional(&p->json, object, "model", json_string(report, "model"));
}

static int fill(struct report_pair *p, cJSON *doc, struct err *err)
{
	struct sides sides[2] = {};
	struct pair *pairs;

	for (int s = 0; s < 2; s++) {
		int r = read_side(&sides[s], p->report[s], p->arena, err);

		if (r < 0)
			return err_prefix(err, r, s ? "the new result" : "the old result");
	}
	pairs = arena_alloc(p->arena, (sides[0].count + sides[1].count + 1) * sizeof(*pairs));
	if (!pairs)
		return err_oom(err);
	json_put_text(&p->json, doc, "vexxy_diff", "1.0");
	put_result(p, doc, "old", p->report[0]);
	put_result(p, doc, "new", p->report[1]);
	report_diff_put_between(p, doc);
	put_changes(p, doc, pairs, match(sides, pairs));
	return p->json.failed ? err_oom(err) : 0;
}

cJSON *report_diff(const cJSON *old_report, const cJSON *new_report, const cJSON *old_inputs,
		   const cJSON *new_inputs, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct report_pair p = { .report = { old_report, new_report },
				 .inputs = { old_inputs, new_inputs },
				 .arena = arena };

	if (!doc || !arena) {
		err_oom(err);
		return NULL;
	}
	return fill(&p, doc, err) < 0 ? NULL : take_ptr(doc);
}
