/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* product.h — the name and the digests under which scanners know the image (openvex rules 23–27). */
#pragma once

#include "analyzer/analysis.h"

/* Takes "sha256:<64 hex>" or the bare hex; -EINVAL with a reason for anything else. Duplicates are dropped. */
_must_check_ int product_add_digest(struct product *product, const char *digest,
				    struct arena *arena, struct err *err);

/* The last path element of an image reference in lower case, without tag and digest: "reg:5000/a/Nginx:1@sha256:…" is
 * "nginx", "oci:/x/layout:web" is "layout". NULL when there is no memory or nothing is left. */
const char *product_name_from_ref(const char *ref, struct arena *arena);

/* The repository that a reference of a registry names, as trivy tells it: "reg:5000/a/web:1@sha256:…" is "reg:5000/a/web", and
 * "docker://nginx:1" is "index.docker.io/library/nginx". NULL for a reference that names no registry, or when there is no memory. */
const char *product_repository_from_ref(const char *ref, struct arena *arena);
/* Is that one of its digests? */
bool product_has_digest(const struct product *product, const char *digest);
