/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* scratch.h — a private directory for the while of one scope, and at most of this process. */
#pragma once

#include "analyzer/janitor.h"
#include "include/err.h"

#define SCRATCH_PATH_BYTES 512

struct scratch {
	char dir[SCRATCH_PATH_BYTES]; /* mode 0700; empty when there is none */
	struct janitor janitor;
};

/* Makes it below TMPDIR, else /tmp. */
_must_check_ int scratch_open(struct scratch *ret, struct err *err);
/* Removes it with all that is in it. Safe on a zeroed object. */
void scratch_done(struct scratch *scratch);
