/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * manifest.h — VulnerabilityManifest, whose payload is a report of grype, and VulnerabilityManifestSummary, which counts it.
 *
 * The same kind serves two purposes: of an image, and of what one container used of it ("filtered"). The label "context" tells, and
 * where it is missing, whether it was made with relevancy.
 */
#pragma once

#include <stdint.h>

#include "kubescape-compat/metadata.h"
#include "kubescape-compat/object.h"
#include "kubescape-compat/profile.h"

/* One pair of vulnerability and package. Borrowed. */
struct kube_match {
	const char *id, *purl, *name, *version, *severity; /* NULL when not told */
	const char *fix_state;
	const cJSON *tree;
};

struct kube_manifest {
	const struct kube_object *object;
	bool filtered;
	const cJSON
	    *payload; /* grype's document; NULL: there is none (a stub, or read from a list) */
	char digest[KUBE_DIGEST_BYTES];
	struct kube_match *matches;
	size_t match_count, match_room;
};

/* The object is a VulnerabilityManifest, and outlives the result. */
_must_check_ int kube_manifest_read(struct kube_manifest *ret, const struct kube_object *object,
				    struct err *err);
void kube_manifest_done(struct kube_manifest *manifest);

/*
 * As the filtered manifest of one container: the matches that are kept (one bool for each), everything else of the payload as it is.
 * The caller deletes it. NULL with the reason.
 */
cJSON *kube_manifest_write_filtered(const struct kube_manifest *manifest,
				    const struct kube_profile *profile, const bool *keep,
				    const struct kube_state *state, struct err *err);

/* The annotations that tell how it was scanned belong to all that is told of that scan. -ENOMEM. */
_must_check_ int kube_put_scan(cJSON *tree, const struct kube_object *from);

enum kube_severity {
	KUBE_CRITICAL,
	KUBE_HIGH,
	KUBE_MEDIUM,
	KUBE_LOW,
	KUBE_NEGLIGIBLE,
	KUBE_UNKNOWN,
	KUBE_SEVERITY_COUNT
};

struct kube_reference {
	const char *namespace,
	    *name; /* may be stale, or of the wrong namespace: look in KUBE_HOME, too */
};

struct kube_summary {
	const struct kube_object *object;
	uint64_t all[KUBE_SEVERITY_COUNT],
	    relevant[KUBE_SEVERITY_COUNT];     /* pairs, not vulnerabilities */
	struct kube_reference image, filtered; /* name NULL: there is none */
	bool stub;                             /* the scan failed: nothing was counted */
};

_must_check_ int kube_summary_read(struct kube_summary *ret, const struct kube_object *object,
				   struct err *err);
