/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * inventory_text.h — any bytes as text of a JSON document, and back without loss.
 *
 * A text is written as it is, but '%', control characters and what is no UTF-8 as %XX. A list is one line: its items are
 * separated by blanks, each begins with a digit (0–9, a–z, A–Z, '+', '-') that says how many bytes it shares with the item
 * before it, and all that is no visible ASCII is %XX. So the symbols of a library take a third of their length.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define INVENTORY_TEXT_MAX ((size_t)1 << 30)

/* NULL: no memory. */
char *inventory_text_write(struct arena *arena, const char *text);
char *inventory_list_write(struct arena *arena, const char *const *items, size_t count);

/* What is read goes into the arena; no more than `left` bytes of it, since a short list can stand for a long one. */
struct inventory_text {
	struct arena *arena;
	size_t left;
	struct err *err;
};

_must_check_ int inventory_text_read(struct inventory_text *t, const char *text, const char **ret);
/* NULL and 0 for an empty text. `sorted`: refuses what is not strictly ascending. */
_must_check_ int inventory_list_read(struct inventory_text *t, const char *text, bool sorted,
				     const char ***ret, size_t *ret_count);
