/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* openapi.h — the table of routes as an OpenAPI 3.1 document. */
#pragma once

#include <stdint.h>

#include "include/err.h"
#include "server/text.h"

/* duration_min: the operator's least observation, in seconds. */
_must_check_ int openapi_render(struct text *ret, int64_t duration_min, struct err *err);
