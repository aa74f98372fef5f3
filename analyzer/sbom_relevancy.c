// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* sbom_relevancy.c — what Kubescape's filter keeps of an SBOM, given the paths that were seen. */
#include "analyzer/sbom_relevancy.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"
#include "kubescape-compat/pattern.h"

#define PATTERNS_MAX 10000u

/* Files of the SBOM by path; one path may be that of several, in different layers. */
struct touching {
	struct sbom_relevancy *relevancy;
	size_t *by_path, count;
	size_t patterns;
};

static const char *path_at(const struct touching *t, size_t at)
{
	return t->relevancy->sbom->files[t->by_path[at]].path;
}

static int compare_paths(const void *a, const void *b, void *ctx)
{
	const struct kube_sbom *sbom = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int r = strcmp(sbom->files[x].path, sbom->files[y].path);

	return r ? r : (x > y) - (x < y);
}

static int compare_purls(const void *a, const void *b, void *ctx)
{
	const struct kube_sbom *sbom = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int r = strcmp(sbom->artifacts[x].purl, sbom->artifacts[y].purl);

	return r ? r : (x > y) - (x < y);
}

/* The first file whose path is not before the text. */
static size_t lower_bound(const struct touching *t, const char *text, size_t len)
{
	size_t low = 0, high = t->count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strncmp(path_at(t, mid), text, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static int touch(struct touching *t, const char *path)
{
	size_t artifacts = t->relevancy->sbom->artifact_count, len = kube_path_literal(path);
	bool pattern = kube_path_is_pattern(path);

	if (pattern && ++t->patterns > PATTERNS_MAX)
		return -E2BIG;
	for (size_t i = lower_bound(t, path, len);
	     i < t->count && !strncmp(path_at(t, i), path, len); i++)
		if (pattern ? kube_path_matches(path, path_at(t, i)) : !strcmp(path_at(t, i), path))
			relevancy_touch(t->relevancy->graph, artifacts + t->by_path[i], path);
	return 0;
}

static int touch_all(struct sbom_relevancy *relevancy, const char *const *paths, size_t count)
{
	const struct kube_sbom *sbom = relevancy->sbom;
	struct touching t = { .relevancy = relevancy,
			      .by_path = calloc(sbom->file_count + 1, sizeof(size_t)) };
	int r = 0;

	if (!t.by_path)
		return -ENOMEM;
	for (size_t i = 0; i < sbom->file_count; i++)
		if (sbom->files[i].path)
			t.by_path[t.count++] = i;
	array_sort_with(t.by_path, t.count, sizeof(size_t), compare_paths, (void *)sbom);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = touch(&t, paths[i]);
	free(t.by_path);
	return r;
}

static enum relevancy_edge edge_of(enum kube_relation relation)
{
	switch (relation) {
	case KUBE_CONTAINS:
		return RELEVANCY_CONTAINS;
	case KUBE_EVIDENT_BY:
		return RELEVANCY_EVIDENT;
	case KUBE_DEPENDENCY_OF:
		return RELEVANCY_DEPENDENCY;
	case KUBE_OVERLAP:
	case KUBE_DESCRIBED_BY:
	case KUBE_OTHER:
		break;
	}
	return RELEVANCY_OTHER;
}

static int build(struct sbom_relevancy *relevancy, const char *const *paths, size_t count,
		 struct err *err)
{
	const struct kube_sbom *sbom = relevancy->sbom;
	int r = relevancy_new(&relevancy->graph, sbom->artifact_count, sbom->file_count, err);

	for (size_t i = 0; r == 0 && i < sbom->relationship_count; i++) {
		const struct kube_relationship *e = &sbom->relationships[i];

		if (e->parent != KUBE_SBOM_NONE && e->child != KUBE_SBOM_NONE)
			r = relevancy_relate(relevancy->graph, e->parent, e->child,
					     edge_of(e->relation));
	}
	if (r == 0)
		r = touch_all(relevancy, paths, count);
	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %u patterns among the paths of the profile",
			       PATTERNS_MAX);
	if (r == 0)
		r = relevancy_spread(relevancy->graph);
	return r < 0 ? err_oom(err) : 0;
}

/* The names in their purls, which are compared as their ecosystems do; "" where there is none. */
static int read_names(struct sbom_relevancy *r)
{
	_cleanup_(arena_freep) struct arena *scratch = NULL;
	size_t n = r->sbom->artifact_count;

	r->names = arena_alloc(r->arena, (n + 1) * sizeof(*r->names));
	for (size_t i = 0; r->names && i < n; i++) {
		const char *text = r->sbom->artifacts[i].purl;
		struct purl purl;

		if (i % 1024 == 0) {
			arena_free(scratch);
			scratch = arena_new();
		}
		if (!scratch)
			return -ENOMEM;
		r->names[i] = text && purl_parse(&purl, text, scratch, NULL) == 0
				  ? arena_strdup(r->arena, purl.name)
				  : "";
		if (!r->names[i])
			return -ENOMEM;
	}
	return r->names ? 0 : -ENOMEM;
}

static int compare_names(const void *a, const void *b, void *ctx)
{
	const struct sbom_relevancy *r = ctx;
	size_t x = *(const size_t *)a, y = *(const size_t *)b;
	int c = strcmp(r->names[x], r->names[y]);

	return c ? c : (x > y) - (x < y);
}

static int index_artifacts(struct sbom_relevancy *r)
{
	const struct kube_sbom *sbom = r->sbom;
	size_t n = sbom->artifact_count;

	r->by_purl = arena_alloc(r->arena, (n + 1) * sizeof(size_t));
	r->by_name = arena_alloc(r->arena, (n + 1) * sizeof(size_t));
	if (!r->by_purl || !r->by_name || read_names(r) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		r->by_name[i] = i;
		if (sbom->artifacts[i].purl)
			r->by_purl[r->by_purl_count++] = i;
	}
	array_sort_with(r->by_purl, r->by_purl_count, sizeof(size_t), compare_purls, (void *)sbom);
	array_sort_with(r->by_name, n, sizeof(size_t), compare_names, r);
	return 0;
}

int sbom_relevancy_new(struct sbom_relevancy **ret, const struct kube_sbom *sbom,
		       const char *const *paths, size_t count, struct err *err)
{
	_cleanup_(sbom_relevancy_freep) struct sbom_relevancy *relevancy =
	    calloc(1, sizeof(*relevancy));
	int r;

	if (!relevancy || !(relevancy->arena = arena_new()))
		return err_oom(err);
	relevancy->sbom = sbom;
	r = build(relevancy, paths, count, err);
	if (r == 0 && index_artifacts(relevancy) < 0)
		r = err_oom(err);
	if (r < 0)
		return r;
	*ret = take_ptr(relevancy);
	return 0;
}

void sbom_relevancy_free(struct sbom_relevancy *relevancy)
{
	if (!relevancy)
		return;
	relevancy_free(relevancy->graph);
	arena_free(relevancy->arena);
	free(relevancy);
}

static const char *artifact_name(const void *ctx, size_t artifact)
{
	const char *name = ((const struct kube_sbom *)ctx)->artifacts[artifact].name;

	return name ? name : "?";
}

static int says(const struct sbom_relevancy *r, size_t artifact, const char **by, const char **why,
		struct arena *arena)
{
	if (!r->graph->nodes[artifact].kept)
		return 0;
	*by = relevancy_ground(r->graph, artifact);
	*why = relevancy_why(r->graph, artifact, artifact_name, r->sbom, arena);
	return 1;
}

int sbom_relevancy_of(const struct sbom_relevancy *r, const char *purl, const char **by,
		      const char **why, struct arena *arena)
{
	size_t low = 0, high = r->by_purl_count;
	bool found = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(r->sbom->artifacts[r->by_purl[mid]].purl, purl) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < r->by_purl_count; low++) {
		if (strcmp(r->sbom->artifacts[r->by_purl[low]].purl, purl) != 0)
			break;
		found = true;
		if (says(r, r->by_purl[low], by, why, arena))
			return 1;
	}
	return found ? 0 : -ENOENT;
}

int sbom_relevancy_of_package(const struct sbom_relevancy *r, const struct purl *purl,
			      const char *arch, const char **by, const char **why,
			      struct arena *arena)
{
	size_t low = 0, high = r->sbom->artifact_count;
	bool found = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(r->names[r->by_name[mid]], purl->name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < r->sbom->artifact_count; low++) {
		size_t artifact = r->by_name[low];
		struct purl theirs;

		if (strcmp(r->names[artifact], purl->name) != 0)
			break;
		if (purl_parse(&theirs, r->sbom->artifacts[artifact].purl, arena, NULL) < 0 ||
		    !purl_same_package(&theirs, purl, arch))
			continue;
		found = true;
		if (says(r, artifact, by, why, arena))
			return 1;
	}
	return found ? 0 : -ENOENT;
}
