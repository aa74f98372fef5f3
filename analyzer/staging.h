/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* staging.h — several files appear together or not at all: written beside their place, then renamed. */
#pragma once

#include <limits.h>

#include "analyzer/janitor.h"
#include "include/err.h"

struct staging {
	char target[PATH_MAX - 128]; /* the directory where the files shall appear */
	char dir[PATH_MAX -
		 64]; /* a directory in it, until staging_commit; empty when there is none */
	struct janitor janitor;
};

/* Makes the target directory when it is absent (not its parents). */
_must_check_ int staging_open(struct staging *ret, const char *target, struct err *err);
/* The path under which the file `name` is to be written now; valid until the next call. */
const char *staging_path(const struct staging *staging, const char *name, char path[PATH_MAX]);
/* Moves every staged file to its place. */
_must_check_ int staging_commit(struct staging *staging, struct err *err);
/* Removes what was not committed. Safe after staging_commit, and on a zeroed object. */
void staging_done(struct staging *staging);
