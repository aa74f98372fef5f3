/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* advisory_make.h — OSV records with functions, made from a patch or from source packages. */
#pragma once

#include "analyzer/advisory.h"

/* Records, one line of JSON each. */
struct advisory_line {
	char *id, *package, *text;
};

/* What came of one source package, for people. */
struct advisory_count {
	char *package, *version;
	size_t patches, of_cves, cves, decidable;
};

struct advisories {
	struct advisory_line *lines;
	size_t count, capacity;
	struct advisory_count *counts;
	size_t count_count, count_capacity;
};

void advisories_done(struct advisories *advisories);

/* Adds a record for each CVE that a patch of the source package fixes. `ecosystem`: NULL: as the changelog tells. */
_must_check_ int advisories_add_dsc(struct advisories *advisories, const char *path,
				    const char *ecosystem, struct err *err);

struct advisory_patch_options {
	const char *cve, *package, *ecosystem, *path,
	    *fixed;           /* each NULL: as the patch or the sources tell */
	const char *modified; /* RFC 3339 */
};

/* Adds a record for each CVE that one patch is of. The sources in `dir` are as they were before it, and are only read. */
_must_check_ int advisories_add_patch(struct advisories *advisories, const char *patch,
				      const char *dir, const struct advisory_patch_options *options,
				      struct err *err);

/* All records as JSON Lines, sorted by id and package. Freed by the caller. */
_must_check_ int advisories_print(struct advisories *advisories, char **ret, size_t *ret_len,
				  struct err *err);
