/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* purl.h — package URLs (package-url specification 1.0), as scanners write, normalise and match them. */
#pragma once

#include <stdbool.h>

#include "analyzer/arena.h"
#include "include/err.h"

struct purl {
	const char *type, *namespace, *name,
	    *version; /* decoded and normalised; namespace, version NULL when absent */
	const char **keys, **values; /* qualifiers sorted by key */
	size_t qualifier_count;
	const char *subpath;
};

_must_check_ int purl_parse(struct purl *ret, const char *text, struct arena *arena,
			    struct err *err);
/* Canonical text; qualifiers and subpath left out when `bare`. Percent-encoding as in openvex.md rule 30. NULL: no memory. */
char *purl_format(const struct purl *purl, bool bare, struct arena *arena);
/* Would a VEX component `vex` be taken by go-vex for the scanned package `scanned`? (openvex reference 2.1) */
bool purl_matches(const struct purl *vex, const struct purl *scanned);
