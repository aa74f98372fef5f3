/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* changelog.h — debian/changelog: which version names a CVE. */
#pragma once

#include <time.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define CHANGELOG_BYTES_MAX (32u << 20)

struct changelog_entry {
	const char *source, *version;
	const char *distribution; /* "bookworm-security"; the first when there are several */
	const char *body;         /* not NUL-terminated */
	size_t body_len;
	time_t date; /* 0 when it cannot be read */
};

struct changelog {
	struct changelog_entry *entries; /* as they stand: the newest first */
	size_t count;
};

/* Lines that are none of a changelog's are passed over. -EBADMSG when there is no entry at all. */
_must_check_ int changelog_parse(struct changelog *ret, const char *text, size_t len,
				 struct arena *arena, struct err *err);

/* The versions whose entries name the id, the newest first, NULL-terminated: *ret is the arena's, NULL when there are none. */
_must_check_ int changelog_versions_with(const struct changelog *changelog, const char *cve,
					 struct arena *arena, const char ***ret);
