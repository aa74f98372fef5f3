/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* compare_words.h — Kubescape's objects while its word is taken from them; for compare_*.c only. */
#pragma once

#include "analyzer/compare.h"
#include "analyzer/relevancy.h"
#include "kubescape-compat/exchange.h"
#include "kubescape-compat/manifest.h"
#include "kubescape-compat/profile.h"
#include "kubescape-compat/syft.h"

#define COMPARE_MANIFESTS_MAX 1000u

/* The relevancy of an SBOM under a profile. */
struct object_relevancy {
	struct arena *arena;
	const struct kube_sbom *sbom;
	struct relevancy *graph;
	size_t *by_purl; /* artifacts, by purl */
	size_t by_purl_count;
};

/* Paths of all the profiles are taken together. */
_must_check_ int object_relevancy_new(struct object_relevancy **ret, const struct kube_sbom *sbom,
				      const struct kube_profiles *profiles, struct err *err);
void object_relevancy_free(struct object_relevancy *relevancy);
DEFINE_CLEANUP(struct object_relevancy *, object_relevancy_free)
/* 1, by what and why: relevant; 0: not; -ENOENT: the SBOM has no such artifact. The text is in `arena`. */
int object_relevancy_of(const struct object_relevancy *relevancy, const char *purl, const char **by,
			const char **why, struct arena *arena);
