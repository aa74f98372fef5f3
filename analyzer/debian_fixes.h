/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * debian_fixes.h — the patches of a Debian source package that fix a CVE, and what each of them changed.
 *
 * The series of debian/patches is replayed patch by patch. A patch is of the CVEs that its file name names; when that names
 * none, of those that its description does.
 */
#pragma once

#include "analyzer/changelog.h"
#include "analyzer/dsc.h"
#include "analyzer/series.h"

#define PATCHES_MAX 5000u

struct debian_patch {
	const char *name; /* "debian/patches/CVE-2024-1.patch" */
	const char **cves,
	    **mentions; /* of which it is; what a description beside a file name that names CVEs names too. Sorted */
	size_t cve_count, mention_count;
	bool by_name; /* the file name says so, else the description */
	const struct fix *fix;
};

struct debian_fixes {
	struct arena *arena;
	struct series *series;
	struct changelog changelog;
	struct debian_patch *patches; /* those of CVEs only, in the order of the series */
	size_t patch_count;
	size_t series_count; /* all patches */
};

/* `dir`: the unpacked sources without patches. `diff`: the text of the patch of format 1.0, or NULL. */
_must_check_ int debian_fixes_read(struct debian_fixes **ret, const char *dir, const char *diff,
				   size_t diff_len, struct err *err);
void debian_fixes_free(struct debian_fixes *fixes);
DEFINE_CLEANUP(struct debian_fixes *, debian_fixes_free)

/* Which CVEs a patch is of, into its members `cves`, `mentions` and `by_name`. `text` is the patch. */
_must_check_ int debian_patch_cves(struct debian_patch *patch, const char *name, const char *text,
				   size_t len, struct arena *arena, struct err *err);
