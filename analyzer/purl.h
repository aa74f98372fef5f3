/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * purl.h — package URLs (package-url specification 1.0), as scanners write, normalise and match them.
 *
 * Parsing follows what grype, trivy and vexctl link: the name ends the last path segment, a version is what follows the
 * last '@' of that segment (so an unescaped npm scope is a namespace), and only the types of openvex.md 2.1 are
 * lower-cased.
 */
#pragma once

#include <stdbool.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define PURL_TEXT_MAX 4096
#define PURL_QUALIFIERS_MAX 64

struct purl {
	const char *type, *namespace, *name,
	    *version; /* decoded and normalised; namespace, version NULL when absent */
	const char **keys, **values; /* qualifiers sorted by key */
	size_t qualifier_count;
	const char *subpath;
};

/* Everything in *ret lives in the arena; *ret is untouched on failure. -EINVAL with the fault for what is no package URL. */
_must_check_ int purl_parse(struct purl *ret, const char *text, struct arena *arena,
			    struct err *err);
/* Canonical text; qualifiers and subpath left out when `bare`. Percent-encoding as in openvex.md rule 30: '@' of a scope
 * is %40, '+' is %2B, ':' in a version %3A, but literal in the digest of an oci package. NULL: no memory. */
char *purl_format(const struct purl *purl, bool bare, struct arena *arena);
/* The value of a qualifier, or NULL. */
const char *purl_qualifier(const struct purl *purl, const char *key);
/* Lower-cases and replaces as packageurl-go does for the type; what purl_parse does last. false: no memory. */
bool purl_normalize(struct purl *purl, struct arena *arena);
/* The same package in the same version (any, where `stated` tells none) and for the same architecture (`arch` is that of `ours`, or
 * NULL), whatever else their qualifiers say? */
bool purl_same_package(const struct purl *stated, const struct purl *ours, const char *arch);
/* Would a VEX component `vex` be taken by go-vex for the scanned package `scanned`? (openvex reference 2.1) */
bool purl_matches(const struct purl *vex, const struct purl *scanned);
