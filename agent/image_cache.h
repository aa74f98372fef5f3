/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * image_cache.h — images, unpacked once each: CACHE/sha256-DIGEST/{rootfs, config.json}.
 *
 * skopeo copies and umoci unpacks; an entry appears by a rename, whole, and is never written again. The directory belongs to
 * its user alone: unpacked images hold set-user-id programs of any age.
 */
#pragma once

#include <limits.h>

#include "agent/guardian.h"
#include "agent/helper.h"
#include "agent/image_config.h"
#include "include/err.h"

struct cached_image {
	char digest[IMAGE_DIGEST_BYTES]; /* of the manifest in the OCI layout */
	char rootfs[PATH_MAX];
	struct image_config config;
};

/*
 * ref: oci:DIR[:TAG], oci-archive:FILE, docker-archive:FILE, a path to one of these, or any reference that skopeo copies
 * ("docker://" may be left out). What is half made is named in holdings->unfinished.
 */
_must_check_ int image_cache_get(struct cached_image *ret, const char *ref,
				 const struct helpers *helpers, struct holdings *holdings,
				 struct err *err);
void image_cache_done(struct cached_image *image);

/* The reference as skopeo wants it, with its transport. */
_must_check_ int image_reference(char ret[PATH_MAX], const char *ref, struct err *err);
