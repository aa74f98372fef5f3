/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * findings.h — vulnerabilities joined to the packages of the inventory: one finding per (vulnerability, package).
 *
 * Reads grype JSON, trivy JSON, OSV records (one, an array, JSON Lines, a directory, a zip) and CycloneDX VEX/VDR. Records
 * that are aliases of one another collapse to one finding. Sorted by (id, package).
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/inventory.h"

struct finding {
	const char *id;       /* the CVE id when any alias is one, else the source's */
	const char **aliases; /* all other ids, sorted, unique */
	size_t alias_count;
	size_t
	    package; /* into inventory.packages; INVENTORY_NONE when the report names a package that is not in the inventory */
	const char *
	    report_purl; /* the input's own purl of the package without qualifiers, or NULL; sorted twins follow */
	const char **
	    purls; /* every spelling to be listed as subcomponent (openvex.md 2.5), sorted, unique, unqualified */
	size_t purl_count;
	const char *package_name, *package_version; /* as reported */
	const char *severity;                       /* "critical" … "negligible", "unknown" */
	const char *summary, *url;                  /* or NULL */
	const char *fixed_version; /* of this package, or NULL when none is known */
	bool fix_state_known;      /* the source says that there is a fix, or that there is none */
	bool
	    installed_is_fixed; /* the installed version is at or above the fixed one, by the ecosystem's order (R11) */
	const char *sources; /* "grype, osv": sorted, unique, for people */
};

struct findings {
	struct arena *arena;
	struct finding *items;
	size_t count;
	const char **notes; /* what was skipped and why, sorted */
	size_t note_count;
	const char *image_ref,
	    *image_digest; /* what a report says it scanned ("sha256:…"), or NULL */
};

_must_check_ int findings_load(struct findings **ret, const struct inventory *inv,
			       const char *const *paths, size_t n, struct err *err);
void findings_free(struct findings *findings);
DEFINE_CLEANUP(struct findings *, findings_free)
