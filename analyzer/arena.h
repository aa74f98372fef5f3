/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * arena.h — memory that lives and dies together: one arena for one document or model.
 *
 * Everything taken from an arena is zeroed, aligned for any type, and freed by arena_free alone. Not thread-safe.
 */
#pragma once

#include <stddef.h>

#include "include/cleanup.h"

struct arena;

/* NULL when there is no memory. */
struct arena *arena_new(void);
void arena_free(struct arena *arena);
DEFINE_CLEANUP(struct arena *, arena_free)

/* NULL when there is no memory, or when the arena would pass its limit of 8 GiB. */
void *arena_alloc(struct arena *arena, size_t size);
char *arena_strdup(struct arena *arena, const char *text);
char *arena_strndup(struct arena *arena, const char *text, size_t len);
_printf_(2, 3) char *arena_printf(struct arena *arena, const char *fmt, ...);
