// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pool.c — texts that live and die together. */
#include "kubescape-compat/pool.h"

#include <stdlib.h>
#include <string.h>

#define BLOCK_BYTES 65536u

struct block {
	struct block *before;
	size_t used, size;
	char text[];
};

struct kube_pool {
	struct block *last;
};

struct kube_pool *kube_pool_new(void)
{
	return calloc(1, sizeof(struct kube_pool));
}

void kube_pool_free(struct kube_pool *pool)
{
	struct block *before;

	for (struct block *b = pool ? pool->last : NULL; b; b = before) {
		before = b->before;
		free(b);
	}
	free(pool);
}

const char *kube_pool_keep(struct kube_pool *pool, const char *text)
{
	size_t len = text ? strlen(text) + 1 : 0, size = len > BLOCK_BYTES ? len : BLOCK_BYTES;
	struct block *b = pool->last;

	if (!text)
		return NULL;
	if (!b || b->size - b->used < len) {
		b = malloc(sizeof(*b) + size);
		if (!b)
			return NULL;
		*b = (struct block){ .before = pool->last, .size = size };
		pool->last = b;
	}
	b->used += len;
	return memcpy(b->text + b->used - len, text, len);
}
