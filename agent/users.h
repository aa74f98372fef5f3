/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* users.h — the user that a container runs as, by the image's own passwd and group files. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "include/err.h"

#define USERS_GROUPS_MAX 64
#define USERS_FILE_BYTES_MAX (1u << 20)

struct user {
	uint32_t uid, gid;
	uint32_t
	    groups[USERS_GROUPS_MAX]; /* further ones, when the user was named or found in passwd */
	size_t group_count;
};

/*
 * spec: "", "USER" or "USER:GROUP", each a name or a number ("" is root). passwd and group are the texts of these files, or
 * NULL. A number need not be in them; a name that is not is -ENOENT.
 */
_must_check_ int users_find(struct user *ret, const char *spec, const char *passwd,
			    const char *group, struct err *err);
