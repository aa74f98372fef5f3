/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* strings.h — an owned list of strings that always ends with NULL, as exec wants it. */
#pragma once

#include <stddef.h>
#include <string.h>

#include "include/array.h"
#include "include/cleanup.h"

struct strings {
	char **items; /* NULL while empty */
	size_t count, capacity;
};

static inline void strings_done(struct strings *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->items[i]);
	free(list->items);
	*list = (struct strings){};
}
#define _cleanup_strings_ _cleanup_(strings_done)

/* Copies the string to the end. */
_must_check_ static inline int strings_add(struct strings *list, const char *string)
{
	char *copy = strdup(string);

	/* Twice: room for the string and for the NULL behind it. */
	if (!copy || array_room((void **)&list->items, list->count + 1, &list->capacity,
				sizeof(*list->items)) < 0) {
		free(copy);
		return -ENOMEM;
	}
	list->items[list->count++] = copy;
	list->items[list->count] = NULL;
	return 0;
}

/* Sets "K=V" in an environment, in place of another value of K. */
_must_check_ static inline int strings_set_env(struct strings *env, const char *pair)
{
	size_t key = (size_t)(strchrnul(pair, '=') - pair);

	for (size_t i = 0; i < env->count; i++) {
		if (strncmp(env->items[i], pair, key) != 0 || env->items[i][key] != '=')
			continue;
		char *copy = strdup(pair);

		if (!copy)
			return -ENOMEM;
		free(env->items[i]);
		env->items[i] = copy;
		return 0;
	}
	return strings_add(env, pair);
}
