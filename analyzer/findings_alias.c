// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_alias.c — which ids are one vulnerability, and under which name. */
#include "analyzer/findings_alias.h"

#include <string.h>

#include "include/array.h"

static int add_id(struct aliases *a, const char *id, struct err *err)
{
	const char *cve = findings_cve_behind(id);

	if (string_set_add(&a->ids, id, strlen(id), NULL) < 0 ||
	    (cve && string_set_add(&a->ids, cve, strlen(cve), NULL) < 0))
		return err_oom(err);
	return 0;
}

static size_t number_of(const struct aliases *a, const char *id)
{
	return string_set_find(&a->ids, id, strlen(id));
}

/* Halves the path on the way: trees stay flat without a rank. */
static size_t root_of(const struct aliases *a, size_t i)
{
	while (a->parents[i] != i) {
		a->parents[i] = a->parents[a->parents[i]];
		i = a->parents[i];
	}
	return i;
}

static int add_pair(struct aliases *a, size_t group, size_t cve, struct err *err)
{
	struct alias_pair *pair = array_add(a->pairs, a->pair_count, a->pair_capacity);

	if (!pair)
		return err_oom(err);
	*pair = (struct alias_pair){ group, cve };
	return 0;
}

static int relate(struct aliases *a, const char *left, const char *right, struct err *err)
{
	bool left_cve = findings_id_is_cve(left), right_cve = findings_id_is_cve(right);
	size_t l = number_of(a, left), r = number_of(a, right);

	if (findings_id_is_bundle(left) || findings_id_is_bundle(right) || (left_cve && right_cve))
		return 0;
	if (left_cve)
		return add_pair(a, r, l, err);
	if (right_cve)
		return add_pair(a, l, r, err);
	l = root_of(a, l);
	r = root_of(a, r);
	/* The lower number is the root, so that no order of unions makes a long chain of one. */
	a->parents[l > r ? l : r] = l > r ? r : l;
	return 0;
}

static int relate_claim(struct aliases *a, const struct claim *claim, struct err *err)
{
	const char *cve = findings_cve_behind(claim->id);
	int r = cve ? relate(a, claim->id, cve, err) : 0;

	a->reported[number_of(a, claim->id)] = true;
	for (const char **link = claim->links; link && *link && r == 0; link++) {
		r = relate(a, claim->id, *link, err);
		cve = findings_cve_behind(*link);
		if (r == 0 && cve)
			r = relate(a, *link, cve, err);
	}
	return r;
}

static int compare_pairs(const void *left, const void *right)
{
	const struct alias_pair *x = left, *y = right;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return (x->cve > y->cve) - (x->cve < y->cve);
}

static void settle_pairs(struct aliases *a)
{
	size_t n = 0;

	for (size_t i = 0; i < a->pair_count; i++)
		a->pairs[i].group = root_of(a, a->pairs[i].group);
	array_sort(a->pairs, a->pair_count, sizeof(*a->pairs), compare_pairs);
	for (size_t i = 0; i < a->pair_count; i++)
		if (i == 0 || compare_pairs(&a->pairs[i - 1], &a->pairs[i]))
			a->pairs[n++] = a->pairs[i];
	a->pair_count = n;
}

static int name_groups(struct aliases *a, struct arena *arena, struct err *err)
{
	for (size_t i = 0, next; i < a->pair_count; i = next) {
		const char **names;

		for (next = i; next < a->pair_count && a->pairs[next].group == a->pairs[i].group;)
			next++;
		names = arena_alloc(arena, (next - i) * sizeof(*names));
		if (!names)
			return err_oom(err);
		for (size_t k = i; k < next; k++)
			names[k - i] = a->ids.items[a->pairs[k].cve];
		a->names[a->pairs[i].group] = names;
		a->name_counts[a->pairs[i].group] = next - i;
	}
	return 0;
}

/* A group without a CVE id is called by the least id that is reported, or else by the least. */
static void name_nameless(struct aliases *a, size_t *best)
{
	for (size_t i = 0; i < a->ids.count; i++) {
		size_t root = root_of(a, i), b = best[root];

		if (b == STRING_SET_NONE || a->reported[i] > a->reported[b] ||
		    (a->reported[i] == a->reported[b] &&
		     strcmp(a->ids.items[i], a->ids.items[b]) < 0))
			best[root] = i;
	}
	for (size_t i = 0; i < a->ids.count; i++) {
		size_t root = root_of(a, i);

		if (a->name_counts[root] == 0) {
			a->names[root] = &a->ids.items[best[root]];
			a->name_counts[root] = 1;
		}
		a->names[i] = a->names[root];
		a->name_counts[i] = a->name_counts[root];
	}
}

static int compare_aliases(const void *left, const void *right)
{
	const struct alias *x = left, *y = right;
	int r = strcmp(x->name, y->name);

	return r ? r : strcmp(x->id, y->id);
}

/* Left out: what stands for several vulnerabilities, because a scanner would suppress all by the verdict on one. */
static int list_aliases(struct aliases *a, struct arena *arena, struct err *err)
{
	a->list = calloc(a->ids.count + 1, sizeof(*a->list));
	a->listed = arena_alloc(arena, (a->ids.count + 1) * sizeof(*a->listed));
	if (!a->list || !a->listed)
		return err_oom(err);
	for (size_t i = 0; i < a->ids.count; i++) {
		const char *id = a->ids.items[i];

		if (a->name_counts[i] == 1 && strcmp(a->names[i][0], id) &&
		    !findings_id_is_bundle(id))
			a->list[a->list_count++] = (struct alias){ a->names[i][0], id };
	}
	array_sort(a->list, a->list_count, sizeof(*a->list), compare_aliases);
	for (size_t i = 0; i < a->list_count; i++)
		a->listed[i] = a->list[i].id;
	return 0;
}

static int add_ids(struct aliases *a, const struct claims *claims, struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < claims->count && r == 0; i++) {
		r = add_id(a, claims->items[i].id, err);
		for (const char **link = claims->items[i].links; link && *link && r == 0; link++)
			r = add_id(a, *link, err);
	}
	return r;
}

int aliases_init(struct aliases *a, struct claims *claims, struct err *err)
{
	_cleanup_free_ size_t *best = NULL;
	int r = add_ids(a, claims, err);
	size_t n = a->ids.count;

	if (r < 0)
		return r;
	a->parents = calloc(n + 1, sizeof(*a->parents));
	a->reported = calloc(n + 1, sizeof(*a->reported));
	a->names = calloc(n + 1, sizeof(*a->names));
	a->name_counts = calloc(n + 1, sizeof(*a->name_counts));
	best = calloc(n + 1, sizeof(*best));
	if (!a->parents || !a->reported || !a->names || !a->name_counts || !best)
		return err_oom(err);
	for (size_t i = 0; i < n; i++) {
		a->parents[i] = i;
		best[i] = STRING_SET_NONE;
	}
	for (size_t i = 0; i < claims->count && r == 0; i++)
		r = relate_claim(a, &claims->items[i], err);
	if (r < 0)
		return r;
	settle_pairs(a);
	r = name_groups(a, claims->arena, err);
	if (r < 0)
		return r;
	name_nameless(a, best);
	return list_aliases(a, claims->arena, err);
}

void aliases_done(struct aliases *a)
{
	string_set_done(&a->ids);
	free(a->parents);
	free(a->reported);
	free(a->pairs);
	free(a->names);
	free(a->name_counts);
	free(a->list);
	*a = (struct aliases){};
}

size_t aliases_names(const struct aliases *a, const char *id, const char *const **ret)
{
	size_t i = number_of(a, id);

	*ret = a->names[i];
	return a->name_counts[i];
}

size_t aliases_of(const struct aliases *a, const char *name, const char ***ret)
{
	size_t low = 0, high = a->list_count, count = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(a->list[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + count < a->list_count && !strcmp(a->list[low + count].name, name))
		count++;
	*ret = count ? &a->listed[low] : NULL;
	return count;
}
