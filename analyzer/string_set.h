/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* string_set.h — strings, each once, with a number; taken out sorted. The strings live in the caller's arena. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/arena.h"

struct string_set {
	struct arena *arena; /* copies are made there; NULL: strings are borrowed */
	const char **items;  /* in the order in which they came */
	size_t count, capacity;
	uint32_t *slots; /* number + 1, or 0 */
	size_t slot_count;
};

void string_set_done(struct string_set *set);
static inline _unused_ void string_set_donep(struct string_set *set)
{
	string_set_done(set);
}

#define STRING_SET_NONE SIZE_MAX

/* The number of the string, or STRING_SET_NONE. */
size_t string_set_find(const struct string_set *set, const char *text, size_t len);
/* Adds it when it is new. 0, or -ENOMEM; the number in *ret, which may be NULL. */
_must_check_ int string_set_add(struct string_set *set, const char *text, size_t len, size_t *ret);
/* The strings sorted bytewise as an array of the arena; NULL and 0 when there are none. */
_must_check_ int string_set_sorted(const struct string_set *set, struct arena *arena,
				   const char ***ret, size_t *ret_count);
