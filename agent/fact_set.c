// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fact_set.c — what was reported already: open addressing over owned strings. */
#include "agent/fact_set.h"

#include <stdlib.h>
#include <string.h>

#define SLOTS_FIRST 1024

static size_t length_of(const char *item)
{
	size_t len;

	memcpy(&len, item, sizeof(len));
	return len;
}

/* FNV-1a. Whoever makes facts collide makes us slower, up to the bound of the set, and hides nothing. */
static uint64_t hash_of(const char *bytes, size_t len)
{
	uint64_t hash = 0xcbf29ce484222325ull;

	for (size_t i = 0; i < len; i++)
		hash = (hash ^ (unsigned char)bytes[i]) * 0x100000001b3ull;
	return hash;
}

/* Where it is, or where it belongs. */
static char **find(const struct fact_set *set, const char *fact, size_t len)
{
	size_t mask = set->slot_count - 1, at = hash_of(fact, len) & mask;

	for (; set->slots[at]; at = (at + 1) & mask)
		if (length_of(set->slots[at]) == len &&
		    !memcmp(set->slots[at] + sizeof(len), fact, len))
			break;
	return &set->slots[at];
}

static bool grow(struct fact_set *set)
{
	struct fact_set wider = { .slot_count =
				      set->slot_count ? 2 * set->slot_count : SLOTS_FIRST };

	if (set->count * 2 < set->slot_count)
		return true;
	wider.slots = calloc(wider.slot_count, sizeof(*wider.slots));
	if (!wider.slots)
		return false;
	for (size_t i = 0; i < set->slot_count; i++)
		if (set->slots[i])
			*find(&wider, set->slots[i] + sizeof(size_t), length_of(set->slots[i])) =
			    set->slots[i];
	free(set->slots);
	set->slots = wider.slots;
	set->slot_count = wider.slot_count;
	return true;
}

bool fact_set_add(struct fact_set *set, const void *fact, size_t len)
{
	char **slot = set->slot_count ? find(set, fact, len) : NULL, *item = NULL;

	if (slot && *slot)
		return false;
	if (set->count < FACTS_MAX && len <= FACT_BYTES_MAX - set->bytes && grow(set))
		item = malloc(sizeof(len) + len);
	if (!item) {
		set->refused++;
		return true;
	}
	memcpy(item, &len, sizeof(len));
	memcpy(item + sizeof(len), fact, len);
	*find(set, fact, len) = item;
	set->count++;
	set->bytes += len;
	return true;
}

void fact_set_clear(struct fact_set *set)
{
	uint64_t refused = set->refused;

	fact_set_done(set);
	set->refused = refused;
}

void fact_set_done(struct fact_set *set)
{
	for (size_t i = 0; i < set->slot_count; i++)
		free(set->slots[i]);
	free(set->slots);
	*set = (struct fact_set){};
}
