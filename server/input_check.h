/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * input_check.h — what an upload is, and whether the analysis could read it.
 *
 * What is no document of the kind, was cut off (packed: in its packing), or has more than the analysis takes is refused while the
 * client is there to be told; what the members of a document say is for the confined analysis.
 */
#pragma once

#include "include/err.h"

/* kind: "sbom", "vulnerabilities", "advisories". *ret_format is a literal: cyclonedx, spdx, syft, grype, trivy, osv, zip, gzip.
 * -EBADMSG with what is wrong, -EFBIG. */
_must_check_ int input_check(const char **ret_format, const char *kind, const char *path,
			     struct err *err);
