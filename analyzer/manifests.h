/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* manifests.h — the VulnerabilityManifest of the image among what --vulns names, for writing what a container used of it. */
#pragma once

#include "include/options.h"
#include "kubescape-compat/manifest.h"

struct product;

/* Everything is borrowed from the objects. */
struct manifest_of_image {
	struct kube_objects objects;
	struct kube_manifest manifest;
	bool found; /* of the files and lists that were named, not of those in directories */
};

/* The first that has a payload, is not filtered, and is not known to be of another image. The inputs were read before: what is none of
 * Kubescape's is passed over. */
_must_check_ int manifests_find(struct manifest_of_image *ret, const struct option_list *paths,
				const struct product *product, struct err *err);
void manifests_done(struct manifest_of_image *manifests);
