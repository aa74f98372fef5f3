/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * advisory.h — fixes as OSV records that name functions.
 *
 *   {"schema_version","id":CVE,"modified":S,
 *    "affected":[{"package":{"ecosystem","name"},
 *      "ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":V}]}],
 *      "ecosystem_specific":{"imports":[{"path":P,"symbols":[S…],"source":patch}…]},
 *      "database_specific":{"vexxy":{
 *        "source_version":V,"fixed_by":"changelog"|"version"|"option","named_in":[V…],"dsc":S,"dsc_sha256":H,"method":S,
 *        "decidable":B,"partial":S,"shared":true,"shared_with":[CVE…],
 *        "patches":[{"name","sha256","cve_in":"filename"|"description","changes":N,"changes_outside":N,"fuzz":N,"files_not_c":[S…],
 *          "files_idle":[S…],"functions":[{"file","name","change":"modified"|"added"|"removed","now":S,"gone":true,
 *          "macro":true,"alias":S}…]}…]}}}]}
 *
 * "symbols" are the functions that were there before the fix: modified and removed ones, and the names that the final tree has
 * for them. A function that the fix adds is at fault for nothing; a macro is no symbol. "path" is "*", any object of the
 * package, when nobody knows better. "decidable": there is at least one symbol. "partial": why the symbols may not be all of
 * the fault, or more than it.
 */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/debian_fixes.h"

struct advisory_subject {
	const char *ecosystem, *package; /* "Debian:12", the source package */
	const char *path;                /* where the functions are */
	const char *source_version;      /* or NULL */
	const char *fixed, *fixed_by;    /* or NULL: no version is known to have the fix */
	const char **named_in;           /* versions, NULL-terminated; or NULL */
	const char *dsc, *dsc_sha256;    /* or NULL */
	const char *modified;            /* RFC 3339 */
};

/* The record on one CVE: of all patches those that are of it. NULL with a reason. Freed by the caller. */
cJSON *advisory_record(const struct advisory_subject *subject, const char *cve,
		       const struct debian_patch *patches, size_t n, struct err *err);

/* Is the function one that could be at fault in a version without the fix? */
bool advisory_is_symbol(const struct fix_function *function);
