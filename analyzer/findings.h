/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * findings.h — vulnerabilities joined to the packages of the inventory: one finding per (vulnerability, package).
 *
 * Reads grype JSON, trivy JSON, OSV records (one, an array, JSON Lines, a directory, a zip) and CycloneDX VEX/VDR, told
 * apart by content. The order of the inputs does not matter: the result is the same to the byte. Sorted by (id, package,
 * report_purl).
 *
 *   Joining. A report names a package by purl, or by type, name and version. Namespace (of deb, apk and rpm), architecture,
 *   distribution and qualifiers are left aside, names are compared as their ecosystem does, versions by its order: a deb
 *   epoch may stand in the version, in a qualifier, or be missing. Joined is only what is installed in that version. A
 *   report's package that is not in the inventory is kept with package = INVENTORY_NONE; one that is in the inventory in
 *   another version likewise, with version_differs set: the report speaks of another image, and nothing may be concluded
 *   from the absence of that version (not R1).
 *   OSV. A database speaks of every package there is, so only records that concern a package of the inventory become
 *   findings: by name (Debian, Ubuntu, Alpine: the name of the source package, unless package.purl names a binary one) and by
 *   release of the distribution. The version lies in the range (open), at or behind its fix (installed_is_fixed), or outside:
 *   then there is no finding. A version or range that cannot be compared leaves the finding open.
 *   Aliases. Ids that a source calls aliases are one vulnerability, transitively; "DEBIAN-CVE-2024-1" and the like are the
 *   CVE behind them; OSV's `related` is no alias. Two CVE ids are never merged: each stays a finding, and an id that stands
 *   for several of them (a DSA, a GHSA with two CVEs) is listed as alias of none, because a scanner would suppress both by
 *   the verdict on one.
 *   Functions. Records of OSV may name the vulnerable functions: Go's `imports`, RustSec's `affects.functions`, and the records of
 * `vexxy advisory`. Those of all sources of one finding are united; entries about another version or package count for
 * nothing. Nothing goes from one CVE to another: a record that stands for several gives its functions to each, and says so.
 *   Fixed. installed_is_fixed holds only when every source that speaks of the package agrees, and one of them is a database
 *   against whose ranges the version was held: a report that calls a version vulnerable and names a fix below it contradicts
 *   itself. A contradiction is a note, and not fixed.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/inventory.h"

#define FINDINGS_RECORDS_MAX 2000000u

/* A function at fault, or everything in a place. */
struct finding_function {
	const char *
	    path; /* where it is: import path of Go, soname, glob of paths in the image ("*": any object of the
				* package); NULL: the name is whole, as Rust's crate::module::function */
	const char *symbol; /* NULL: everything in `path` */
	const char *file;   /* of the source, or NULL */
	const char **os,
	    **arch; /* only there, as the ecosystem spells it; NULL-terminated, sorted. NULL: everywhere */
	const char *
	    source; /* who says so: "GO-2023-1571", "CVE-2024-1 (debian/patches/x.patch)": sorted, joined by ", " */
	bool
	    derived; /* not at fault itself: it calls one that is. Not every source tells them apart */
};

struct finding {
	const char *id;       /* the CVE id when any alias is one, else the source's */
	const char **aliases; /* all other ids, sorted, unique */
	size_t alias_count;
	size_t
	    package; /* into inventory.packages; INVENTORY_NONE when the report names a package that is not there */
	bool
	    version_differs; /* package is INVENTORY_NONE, but one of that name is installed in another version: decide nothing */
	const char
	    *report_purl; /* the input's own purl of the package without qualifiers, or NULL */
	const char *
	    *purls; /* every spelling to be listed as subcomponent (openvex.md 2.5), with the
				  * installed version, sorted, unique, unqualified */
	size_t purl_count;
	const char *package_name,
	    *package_version; /* as reported; of the inventory when only OSV speaks of it */
	const char *
	    severity; /* "critical", "high", "medium", "low", "negligible", "unknown": the highest that a source gives */
	const char *summary, *url; /* or NULL */
	const char *
	    fixed_version; /* of this package, or NULL when none is known; above the installed one unless installed_is_fixed */
	bool fix_state_known; /* the source says that there is a fix, or that there is none */
	bool
	    installed_is_fixed; /* the installed version is at or above the fixed one, by the ecosystem's order (R11) */
	struct finding_function *functions; /* sorted, unique; none: unknown */
	size_t function_count;
	const char *
	    functions_partial; /* why that may not be what is at fault, no more and no less; NULL: it is */
	const char *sources; /* "grype, osv": sorted, unique, for people */
};

struct findings {
	struct arena *arena;
	struct finding *items;
	size_t count;
	const char **notes; /* what was skipped and why, sorted, unique */
	size_t note_count;
	const char *image_ref,
	    *image_digest; /* what a report says it scanned ("sha256:…", of the manifest or index it names), or NULL */
	const char **
	    image_digests; /* all such digests of all reports, index and platform, sorted, unique */
	size_t image_digest_count;
};

/* What to read: reports and databases, and advisories, whose records only add functions and other names to
 * what those report. */
struct findings_inputs {
	const char *const *vulns, *const *advisories;
	size_t vuln_count, advisory_count;
};

/* Reads all inputs. An unknown format, a file that is not readable or broken is an error that names it; a single record that
 * lacks what is needed is a note. */
_must_check_ int findings_load(struct findings **ret, const struct inventory *inv,
			       const struct findings_inputs *inputs, struct err *err);
void findings_free(struct findings *findings);
DEFINE_CLEANUP(struct findings *, findings_free)
