/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* metadata.h — names, labels and annotations of the objects that are written. */
#pragma once

#include "kubescape-compat/object.h"
#include "kubescape-compat/slug.h"

#define KUBE_HOME "kubescape" /* the namespace of everything that is about images */

struct kube_names {
	const char *instance_id;                 /* needed */
	const char *wlid, *image_id, *image_tag; /* or NULL */
};

/* apiVersion, kind, and an empty metadata and spec. NULL: no memory. */
cJSON *kube_object_new(enum kube_kind kind);

/* Of a ContainerProfile: namespace of the workload, named by its slug. */
_must_check_ int kube_put_profile_names(cJSON *tree, const struct kube_names *names,
					struct err *err);

/*
 * Of what is about one container but lives with the images (SBOMSyftFiltered, VulnerabilityManifest, its OpenVEX): names, labels and
 * annotations of the profile that it rests on, of the kind that its object has.
 */
struct kube_profile;
struct kube_state {
	const char *completion; /* "complete" or "partial" */
	const char *created_at; /* RFC 3339, of the report; NULL: that of what it was made from */
};
_must_check_ int kube_put_filtered_names(cJSON *tree, const struct kube_profile *profile,
					 const struct kube_state *state, struct err *err);
