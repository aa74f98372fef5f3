/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kubescape_view.h — what Kubescape itself would say of the same inputs, finding by finding.
 *
 * Its agent records the paths of open and openat, also of those that failed, and of programs that were executed; not what is mapped,
 * nor opens by other means (openat2, io_uring, by handle). A failed open counts under the path that was given, with a '/' before it
 * where it was relative. When its own profile is at hand, that is what it saw, and our traces are not asked. Its SBOM has what a package
 * owns under resolved paths, the file that tells of each package, and who depends on whom (relevancy.h): taken from its own SBOM when
 * that is at hand, which then is all that its scanner matches, and else from the inventory. A match of the scanner is affected when its package is relevant, and otherwise not_affected with
 * vulnerable_code_not_present; it never says under_investigation, and where the scanner matches nothing it says nothing.
 */
#pragma once

#include "analyzer/inventory.h"
#include "analyzer/profiles.h"
#include "analyzer/sbom_relevancy.h"
#include "analyzer/trace.h"
#include "analyzer/verdict.h"

struct kubescape_view {
	struct arena *arena;
	const struct inventory *inv;
	struct relevancy *relevancy;  /* of the inventory; NULL: */
	struct sbom_relevancy *exact; /* of its own SBOM */
};

struct kubescape_word {
	bool silent; /* no match, no statement */
	enum status status;
	enum justification justification;
	const char *by;  /* affected: as in relevancy_ground, else NULL */
	const char *why; /* one sentence; NULL: no memory */
};

/* What it would have. */
struct kubescape_inputs {
	struct trace *const *traces;
	size_t trace_count;
	const struct profile_choice *profiles; /* NULL: there are none, */
	const struct kube_sbom *sbom;          /* or none with relationships */
};

/* Borrows everything. */
_must_check_ int kubescape_view_new(struct kubescape_view **ret, const struct inventory *inv,
				    const struct kubescape_inputs *inputs, struct err *err);
void kubescape_view_free(struct kubescape_view *view);
DEFINE_CLEANUP(struct kubescape_view *, kubescape_view_free)

struct kubescape_word kubescape_view_says(const struct kubescape_view *view,
					  const struct finding *finding);
