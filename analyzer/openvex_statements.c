// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* openvex_statements.c — findings that no scanner can tell apart become one statement, decided by the most cautious. */
#include "analyzer/openvex.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

/* A finding under one of its purls. */
struct entry {
	const char *id, *purl;
	size_t finding;
};

/* Findings as sets: parent[i] leads to the smallest finding of its set. */
struct groups {
	const struct analysis *analysis;
	size_t *parent;
	struct entry *entries;
	size_t entry_count;
};

const char *openvex_left_out(const struct finding *finding)
{
	return finding->purl_count
		   ? NULL
		   : "the package has no package URL: a statement without one would speak "
		     "for the whole image";
}

size_t openvex_covered(const struct analysis *analysis)
{
	size_t n = 0;

	for (size_t i = 0; i < analysis->findings->count; i++)
		n += !openvex_left_out(&analysis->findings->items[i]);
	return n;
}

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int r = strcmp(a->id, b->id);

	r = r ? r : strcmp(a->purl, b->purl);
	if (r)
		return r;
	return a->finding < b->finding ? -1 : a->finding > b->finding;
}

static size_t find_root(const struct groups *g, size_t i)
{
	while (g->parent[i] != i) {
		g->parent[i] = g->parent[g->parent[i]];
		i = g->parent[i];
	}
	return i;
}

static void join(const struct groups *g, size_t a, size_t b)
{
	a = find_root(g, a);
	b = find_root(g, b);
	g->parent[a < b ? b : a] = a < b ? a : b;
}

static int collect_entries(struct groups *g, struct arena *arena)
{
	const struct findings *findings = g->analysis->findings;
	size_t n = 0;

	for (size_t i = 0; i < findings->count; i++)
		n += findings->items[i].purl_count;
	g->parent = arena_alloc(arena, (findings->count + 1) * sizeof(*g->parent));
	g->entries = arena_alloc(arena, (n + 1) * sizeof(*g->entries));
	if (!g->parent || !g->entries)
		return -ENOMEM;
	for (size_t i = 0; i < findings->count; i++) {
		const struct finding *f = &findings->items[i];

		g->parent[i] = i;
		for (size_t p = 0; p < f->purl_count; p++)
			g->entries[g->entry_count++] = (struct entry){ f->id, f->purls[p], i };
	}
	array_sort(g->entries, n, sizeof(*g->entries), compare_entries);
	for (size_t i = 1; i < n; i++)
		if (!strcmp(g->entries[i - 1].id, g->entries[i].id) &&
		    !strcmp(g->entries[i - 1].purl, g->entries[i].purl))
			join(g, g->entries[i - 1].finding, g->entries[i].finding);
	return 0;
}

/* How much a verdict promises: of two for one statement, the one that promises less decides. */
static int promise(const struct verdict *v)
{
	switch (v->status) {
	case STATUS_AFFECTED:
		return 0;
	case STATUS_UNDER_INVESTIGATION:
		return 1;
	case STATUS_FIXED:
		return 5;
	case STATUS_NOT_AFFECTED:
		break;
	}
	return v->justification == COMPONENT_NOT_PRESENT         ? 4
	       : v->justification == VULNERABLE_CODE_NOT_PRESENT ? 3
								 : 2;
}

static bool decides_over(const struct verdict *a, const struct verdict *b)
{
	if (promise(a) != promise(b))
		return promise(a) < promise(b);
	return a->confidence < b->confidence;
}

static int compare_by_root(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int r;

	/* `finding` holds the root here. */
	if (a->finding != b->finding)
		return a->finding < b->finding ? -1 : 1;
	r = strcmp(a->purl, b->purl);
	return r;
}

/* The purls of each statement, from the entries sorted by (root, purl). */
static int add_purls(struct groups *g, struct openvex_statement *by_root, struct arena *arena)
{
	struct openvex_statement *s;
	const char **purls = arena_alloc(arena, (g->entry_count + 1) * sizeof(*purls));

	if (!purls)
		return -ENOMEM;
	for (size_t i = 0; i < g->entry_count; i++)
		g->entries[i].finding = find_root(g, g->entries[i].finding);
	array_sort(g->entries, g->entry_count, sizeof(*g->entries), compare_by_root);
	for (size_t i = 0; i < g->entry_count; i++) {
		s = &by_root[g->entries[i].finding];
		s->purls = s->purls ? s->purls : purls;
		if (s->purl_count && !strcmp(s->purls[s->purl_count - 1], g->entries[i].purl))
			continue;
		s->purls[s->purl_count++] = g->entries[i].purl;
		purls++;
	}
	return 0;
}

static int compare_statements(const void *pa, const void *pb)
{
	const struct openvex_statement *a = pa, *b = pb;
	int r = strcmp(a->finding->id, b->finding->id);

	for (size_t i = 0; !r && i < a->purl_count && i < b->purl_count; i++)
		r = strcmp(a->purls[i], b->purls[i]);
	return r ? r : (a->purl_count > b->purl_count) - (a->purl_count < b->purl_count);
}

static int fill_statements(struct groups *g, struct openvex_statement *by_root, size_t *count,
			   struct arena *arena)
{
	const struct findings *findings = g->analysis->findings;
	size_t n = 0;

	for (size_t i = 0; i < findings->count; i++) {
		struct openvex_statement *s = &by_root[find_root(g, i)];
		const struct verdict *v = &g->analysis->verdicts->items[i];

		if (openvex_left_out(&findings->items[i]))
			continue;
		s->copies++;
		if (s->verdict && !decides_over(v, s->verdict))
			continue;
		s->verdict = v;
		s->finding = &findings->items[i];
	}
	if (add_purls(g, by_root, arena) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < findings->count; i++)
		if (by_root[i].copies)
			by_root[n++] = by_root[i];
	array_sort(by_root, n, sizeof(*by_root), compare_statements);
	*count = n;
	return 0;
}

int openvex_statements(struct openvex_statement **ret, size_t *ret_count,
		       const struct analysis *analysis, struct arena *arena, struct err *err)
{
	struct groups groups = { .analysis = analysis };
	struct openvex_statement *by_root;
	size_t n = analysis->findings->count;

	if (analysis->verdicts->count != n)
		return err_set(err, EINVAL, "%zu verdicts for %zu findings",
			       analysis->verdicts->count, n);
	by_root = arena_alloc(arena, (n + 1) * sizeof(*by_root));
	if (!by_root || collect_entries(&groups, arena) < 0 ||
	    fill_statements(&groups, by_root, ret_count, arena) < 0)
		return err_oom(err);
	*ret = by_root;
	return 0;
}
