// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* string_set.c — strings, each once, with a number. */
#include "analyzer/string_set.h"

#include <string.h>

#include "include/array.h"

void string_set_done(struct string_set *set)
{
	free(set->items);
	free(set->slots);
	*set = (struct string_set){};
}

/* FNV-1a with a final mix. The sets are bounded, so a flood of collisions costs time, never correctness. */
static uint64_t hash(const char *text, size_t len)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)text[i]) * 0x100000001b3u;
	return h ^ h >> 32;
}

static bool equals(const char *item, const char *text, size_t len)
{
	return !strncmp(item, text, len) && !item[len];
}

/* The slot that holds the string, or the free one where it belongs. */
static size_t slot_of(const struct string_set *set, const char *text, size_t len)
{
	size_t mask = set->slot_count - 1, at = hash(text, len) & mask;

	while (set->slots[at] && !equals(set->items[set->slots[at] - 1], text, len))
		at = (at + 1) & mask;
	return at;
}

size_t string_set_find(const struct string_set *set, const char *text, size_t len)
{
	uint32_t number = set->slot_count ? set->slots[slot_of(set, text, len)] : 0;

	return number ? number - 1 : STRING_SET_NONE;
}

static int grow(struct string_set *set)
{
	size_t want = set->slot_count ? set->slot_count * 2 : 64;
	uint32_t *slots;

	if (set->slot_count && set->count * 2 < set->slot_count)
		return 0;
	slots = calloc(want, sizeof(*slots));
	if (!slots)
		return -ENOMEM;
	free(set->slots);
	set->slots = slots;
	set->slot_count = want;
	for (size_t i = 0; i < set->count; i++)
		slots[slot_of(set, set->items[i], strlen(set->items[i]))] = (uint32_t)i + 1;
	return 0;
}

int string_set_add(struct string_set *set, const char *text, size_t len, size_t *ret)
{
	const char *copy = text, **item;
	size_t at;

	if (grow(set) < 0)
		return -ENOMEM;
	at = slot_of(set, text, len);
	if (!set->slots[at]) {
		if (set->count >= UINT32_MAX - 1)
			return -ENOMEM;
		if (set->arena)
			copy = arena_strndup(set->arena, text, len);
		item = copy ? array_add(set->items, set->count, set->capacity) : NULL;
		if (!item)
			return -ENOMEM;
		*item = copy;
		set->slots[at] = (uint32_t)set->count;
	}
	if (ret)
		*ret = set->slots[at] - 1;
	return 0;
}

static int order(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int string_set_sorted(const struct string_set *set, struct arena *arena, const char ***ret,
		      size_t *ret_count)
{
	const char **items = NULL;

	if (set->count) {
		items = arena_alloc(arena, set->count * sizeof(*items));
		if (!items)
			return -ENOMEM;
		memcpy(items, set->items, set->count * sizeof(*items));
		array_sort(items, set->count, sizeof(*items), order);
	}
	*ret = items;
	*ret_count = set->count;
	return 0;
}
