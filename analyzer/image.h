/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * image.h — an image reference becomes a merged root on disk, and the digests under which it is known.
 *
 * skopeo copies (and checks digests), umoci unpacks; nothing of theirs is done again here.
 */
#pragma once

#include <stddef.h>

#include "analyzer/janitor.h"
#include "include/cleanup.h"
#include "include/err.h"

#define IMAGE_DIGESTS_MAX 2

struct image {
	char *dir;    /* temporary, removed by image_free */
	char *rootfs; /* below dir, or in the cache of what ran before */
	char *digests
	    [IMAGE_DIGESTS_MAX]; /* "sha256:…": platform manifest, and index where it is another */
	size_t digest_count;
	struct janitor janitor;
};

/* "oci:DIR[:TAG]", "oci-archive:FILE", "docker-archive:FILE", a path to one of these, or any reference that skopeo
 * copies ("docker://…" may be left out). The caller frees it. */
_must_check_ int image_unpack(struct image **ret, const char *ref, struct err *err);
void image_free(struct image *image);
DEFINE_CLEANUP(struct image *, image_free)
