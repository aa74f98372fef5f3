/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * backend.h — the operator's other service, at VEXXY_BACKEND_URL: SBOMs that were uploaded there have an id there.
 *
 * Asked with the operator's key (VEXXY_API_KEY, as X-API-Key), never with the client's; a redirect is not followed.
 */
#pragma once

#include "server/app.h"

struct backend_sbom {
	char digest[DIGEST_HEX_BYTES];
	const char *format; /* a literal of input_check.h */
};

/* Fetches GET URL/api/v1/sboms/ID, bounded and checked as an upload is, and keeps it among the blobs. -ENOENT: there is none, or no
 * backend. -EINVAL: it is too large, or no SBOM. -EREMOTEIO: the backend did not answer as it should. */
_must_check_ int backend_fetch_sbom(struct backend_sbom *ret, struct app *app, const char *id,
				    struct err *err);
