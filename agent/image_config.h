/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* image_config.h — the three documents of an OCI image layout that say what to run. All are hostile; the only user of cJSON. */
#pragma once

#include <stddef.h>

#include "agent/strings.h"
#include "include/err.h"

#define IMAGE_DOCUMENT_BYTES_MAX (4u << 20)
#define IMAGE_DIGEST_BYTES 72 /* "sha256:", 64 digits, NUL */

struct image_config {
	struct strings entrypoint, command, env;
	char *user, *workdir; /* NULL when absent */
};

/* index.json: the digest of its only manifest. */
_must_check_ int image_index_parse(char ret[IMAGE_DIGEST_BYTES], const char *text, size_t len,
				   struct err *err);
/* The manifest: the digest of the configuration. */
_must_check_ int image_manifest_parse(char ret[IMAGE_DIGEST_BYTES], const char *text, size_t len,
				      struct err *err);
/* The configuration. ret is filled only on success; free it with image_config_done. */
_must_check_ int image_config_parse(struct image_config *ret, const char *text, size_t len,
				    struct err *err);
void image_config_done(struct image_config *config);
