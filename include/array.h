/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* array.h — a growing array: pointer, count and capacity kept by the owner. */
#pragma once

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#include "include/cleanup.h"

/* Makes room for one more element of `size` bytes. 0 or -ENOMEM; the array is unchanged then. */
_must_check_ static inline int array_room(void **items, size_t count, size_t *capacity, size_t size)
{
	size_t more = *capacity ? *capacity * 2 : 16;
	void *grown;

	if (count < *capacity)
		return 0;
	if (more > SIZE_MAX / size)
		return -ENOMEM;
	grown = realloc(*items, more * size);
	if (!grown)
		return -ENOMEM;
	*items = grown;
	*capacity = more;
	return 0;
}

/* Appends a zeroed element and yields its address, or NULL when there is no memory. */
#define array_add(items, count, capacity)                                          \
	(array_room((void **)&(items), (count), &(capacity), sizeof(*(items))) < 0 \
	     ? NULL                                                                \
	     : (__typeof__(items))memset(&(items)[(count)++], 0, sizeof(*(items))))

/* Sorts the items; with fewer than two it does nothing, so that an empty array may be NULL, which
 * qsort(3) does not allow. */
static inline void array_sort(void *items, size_t count, size_t size,
			      int (*order)(const void *, const void *))
{
	if (count > 1)
		qsort(items, count, size, order);
}

/* The same, with something for the comparison to look at. */
static inline void array_sort_with(void *items, size_t count, size_t size,
				   int (*order)(const void *, const void *, void *), void *context)
{
	if (count > 1)
		qsort_r(items, count, size, order, context);
}

/* The item that equals the key, or NULL; of an empty array, which may be NULL, too. */
static inline void *array_find(const void *key, const void *items, size_t count, size_t size,
			       int (*order)(const void *, const void *))
{
	return count ? bsearch(key, items, count, size, order) : NULL;
}
