// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* compare_relevancy.c — what Kubescape's filter keeps of an SBOM, given a profile. */
#include "analyzer/compare_words.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"
#include "kubescape-compat/pattern.h"

#define PATTERNS_MAX 10000u

/* Files of the SBOM by path; one path may be that of several, in different layers. */
struct touching {
	struct object_relevancy *relevancy;
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

static int touch_profile(struct touching *t, const struct kube_profile *p)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < p->open_count; i++)
		if (p->opens[i].path)
			r = touch(t, p->opens[i].path);
	for (size_t i = 0; r == 0 && i < p->exec_count; i++)
		if (p->execs[i].path)
			r = touch(t, p->execs[i].path);
	return r;
}

static int touch_all(struct object_relevancy *relevancy, const struct kube_profiles *profiles)
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
	for (size_t i = 0; r == 0 && i < profiles->count; i++)
		r = touch_profile(&t, &profiles->items[i]);
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

static int build(struct object_relevancy *relevancy, const struct kube_profiles *profiles,
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
		r = touch_all(relevancy, profiles);
	if (r == -E2BIG)
		return err_set(err, E2BIG, "more than %u patterns among the paths of the profile",
			       PATTERNS_MAX);
	if (r == 0)
		r = relevancy_spread(relevancy->graph);
	return r < 0 ? err_oom(err) : 0;
}

static int index_purls(struct object_relevancy *relevancy)
{
	const struct kube_sbom *sbom = relevancy->sbom;

	relevancy->by_purl = calloc(sbom->artifact_count + 1, sizeof(size_t));
	if (!relevancy->by_purl)
		return -ENOMEM;
	for (size_t i = 0; i < sbom->artifact_count; i++)
		if (sbom->artifacts[i].purl)
			relevancy->by_purl[relevancy->by_purl_count++] = i;
	array_sort_with(relevancy->by_purl, relevancy->by_purl_count, sizeof(size_t), compare_purls,
			(void *)sbom);
	return 0;
}

int object_relevancy_new(struct object_relevancy **ret, const struct kube_sbom *sbom,
			 const struct kube_profiles *profiles, struct err *err)
{
	_cleanup_(object_relevancy_freep) struct object_relevancy *relevancy =
	    calloc(1, sizeof(*relevancy));
	int r;

	if (!relevancy)
		return err_oom(err);
	relevancy->sbom = sbom;
	r = build(relevancy, profiles, err);
	if (r == 0 && index_purls(relevancy) < 0)
		r = err_oom(err);
	if (r < 0)
		return r;
	*ret = take_ptr(relevancy);
	return 0;
}

void object_relevancy_free(struct object_relevancy *relevancy)
{
	if (!relevancy)
		return;
	relevancy_free(relevancy->graph);
	free(relevancy->by_purl);
	free(relevancy);
}

static const char *artifact_name(const void *ctx, size_t artifact)
{
	const char *name = ((const struct kube_sbom *)ctx)->artifacts[artifact].name;

	return name ? name : "?";
}

int object_relevancy_of(const struct object_relevancy *relevancy, const char *purl, const char **by,
			const char **why, struct arena *arena)
{
	const struct kube_sbom *sbom = relevancy->sbom;
	size_t low = 0, high = relevancy->by_purl_count;
	bool found = false;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(sbom->artifacts[relevancy->by_purl[mid]].purl, purl) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	for (; low < relevancy->by_purl_count; low++) {
		size_t artifact = relevancy->by_purl[low];

		if (strcmp(sbom->artifacts[artifact].purl, purl) != 0)
			break;
		found = true;
		if (!relevancy->graph->nodes[artifact].kept)
			continue;
		*by = relevancy_ground(relevancy->graph, artifact);
		*why = relevancy_why(relevancy->graph, artifact, artifact_name, sbom, arena);
		return 1;
	}
	return found ? 0 : -ENOENT;
}
