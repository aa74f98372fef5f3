/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* same_image.h — was it this image that ran, that was scanned, and that the SBOM is of? */
#pragma once

#include "analyzer/analysis.h"

struct same_image_inputs {
	const struct product *product;
	struct trace *const *traces;
	size_t trace_count;
	const struct findings *findings;
	const char *sbom, *sbom_digest; /* its path, and the image that it tells; or NULL */
};

/* Why a trace or the reports are of another one, for R9, in *ret (NULL: they are not, as far as is known). -EBADMSG for an SBOM of another
 * image. */
_must_check_ int same_image_check(const char **ret, const struct same_image_inputs *in,
				  struct arena *arena, struct err *err);
