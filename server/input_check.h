/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * input_check.h — what an upload looks like, from its first bytes.
 *
 * A look, not a parser: the confined analysis reads it in full. What cannot be of the kind is refused while the client is there
 * to be told.
 */
#pragma once

#include "include/err.h"

/* kind: "sbom", "vulnerabilities", "advisories". *ret_format is a literal: cyclonedx, spdx, syft, grype, trivy, osv, zip, gzip.
 * -EBADMSG with what is wrong. */
_must_check_ int input_check(const char **ret_format, const char *kind, const char *path,
			     struct err *err);
