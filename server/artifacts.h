/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* artifacts.h — which files an analysis leaves, under which name the server keeps them, and what they are. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct artifact_kind {
	const char *name, *file, *media;
	bool always;     /* an analysis without it has failed */
	bool of_failure; /* kept of one that failed, too: it may tell why */
};

/* Ends with a name of NULL. */
extern const struct artifact_kind artifact_kinds[];
const struct artifact_kind *artifact_kind_find(const char *name);
