/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * ar.h — the members of a static library in memory, within limits (the format of ar(5) as GNU ar writes it).
 *
 * Long names stand in a table of their own ("//"). A thin archive has names of files instead of members, and is refused.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"

#define AR_BYTES_MAX (512u << 20)
#define AR_MEMBERS_MAX 100000u
#define AR_NAME_MAX 1024u

struct ar {
	const char *data;
	size_t len, at; /* at: of the next member */
	const char *names;
	size_t names_len, count;
};

struct ar_member {
	char name[AR_NAME_MAX];
	const char *data; /* borrowed */
	size_t size;
};

/* Does the text begin like an archive, thin or not? */
bool ar_is(const char *text, size_t len);
/* The text is borrowed. -EBADMSG with a reason. */
_must_check_ int ar_open(struct ar *ret, const char *text, size_t len, struct err *err);
/* 1 with a member, 0 at the end, or an error. Tables of the archive itself are no members. */
_must_check_ int ar_next(struct ar *ar, struct ar_member *ret, struct err *err);
