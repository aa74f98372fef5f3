// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* arena.c — memory that lives and dies together. */
#include "analyzer/arena.h"

#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#define BLOCK_BYTES (64u * 1024)
#define ARENA_BYTES_MAX (8ull << 30)
#define ALIGNMENT 16u

struct block {
	struct block *next;
	size_t used, size;
	_Alignas(16) char data[];
};

struct arena {
	struct block *head;
	size_t total;
};

struct arena *arena_new(void)
{
	return calloc(1, sizeof(struct arena));
}

void arena_free(struct arena *arena)
{
	struct block *next;

	if (!arena)
		return;
	for (struct block *b = arena->head; b; b = next) {
		next = b->next;
		free(b);
	}
	free(arena);
}

static struct block *arena_grow(struct arena *arena, size_t size)
{
	size_t room = size > BLOCK_BYTES ? size : BLOCK_BYTES;
	struct block *b;

	if (arena->total + room > ARENA_BYTES_MAX)
		return NULL;
	b = calloc(1, sizeof(*b) + room);
	if (!b)
		return NULL;
	b->size = room;
	b->next = arena->head;
	arena->head = b;
	arena->total += room;
	return b;
}

void *arena_alloc(struct arena *arena, size_t size)
{
	struct block *b = arena->head;
	void *ret;

	if (size > SIZE_MAX - ALIGNMENT)
		return NULL;
	size = (size + ALIGNMENT - 1) & ~(size_t)(ALIGNMENT - 1);
	if (!b || b->size - b->used < size)
		b = arena_grow(arena, size);
	if (!b)
		return NULL;
	ret = b->data + b->used;
	b->used += size;
	return ret;
}

char *arena_strndup(struct arena *arena, const char *text, size_t len)
{
	char *ret = arena_alloc(arena, len + 1);

	if (ret)
		memcpy(ret, text, len);
	return ret;
}

char *arena_strdup(struct arena *arena, const char *text)
{
	return arena_strndup(arena, text, strlen(text));
}

char *arena_printf(struct arena *arena, const char *fmt, ...)
{
	va_list ap;
	char *ret;
	int len;

	va_start(ap, fmt);
	len = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (len < 0)
		return NULL;
	ret = arena_alloc(arena, (size_t)len + 1);
	if (!ret)
		return NULL;
	va_start(ap, fmt);
	vsnprintf(ret, (size_t)len + 1, fmt, ap);
	va_end(ap);
	return ret;
}
