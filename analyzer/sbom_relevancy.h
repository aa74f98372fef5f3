/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* sbom_relevancy.h — Kubescape's relevancy (relevancy.h) over the relationships that its own SBOM tells. */
#pragma once

#include "analyzer/purl.h"
#include "analyzer/relevancy.h"
#include "kubescape-compat/syft.h"

struct sbom_relevancy {
	struct arena *arena;
	const struct kube_sbom *sbom;
	struct relevancy *graph;   /* packages: the artifacts; files: its files */
	size_t *by_purl, *by_name; /* artifacts, by the text of their purl, and by the name in it */
	size_t by_purl_count;
	const char **names;
};

/* Borrows the SBOM and the paths, of which some may be patterns. -E2BIG for too many of those. */
_must_check_ int sbom_relevancy_new(struct sbom_relevancy **ret, const struct kube_sbom *sbom,
				    const char *const *paths, size_t count, struct err *err);
void sbom_relevancy_free(struct sbom_relevancy *relevancy);
DEFINE_CLEANUP(struct sbom_relevancy *, sbom_relevancy_free)

/* 1, by what and why (in `arena`; why NULL: no memory): relevant; 0: not; -ENOENT: the SBOM has no artifact of that purl, to the letter. */
int sbom_relevancy_of(const struct sbom_relevancy *relevancy, const char *purl, const char **by,
		      const char **why, struct arena *arena);
/* The same for the package, however its purl is spelled; `arch` is its architecture or NULL. */
int sbom_relevancy_of_package(const struct sbom_relevancy *relevancy, const struct purl *purl,
			      const char *arch, const char **by, const char **why,
			      struct arena *arena);
