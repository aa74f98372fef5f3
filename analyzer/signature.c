// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* signature.c — one function's machine code, to be known again where it was linked into. */
#include "analyzer/signature.h"

#include <inttypes.h>

#include "analyzer/digest.h"
#include "include/array.h"

#define HOLE_DIGITS_MAX 8u

size_t signature_solid(const struct signature *s)
{
	size_t solid = s->size;

	for (size_t i = 0; i < s->hole_count; i++)
		solid -= s->holes[i].len;
	return solid;
}

static int hole_order(const void *a, const void *b)
{
	const struct hole *x = a, *y = b;

	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->len < y->len ? -1 : x->len > y->len;
}

/* Sorted, and those that touch as one. */
static size_t join(struct hole *holes, size_t count)
{
	size_t kept = 0;

	array_sort(holes, count, sizeof(*holes), hole_order);
	for (size_t i = 0; i < count; i++) {
		struct hole *last = kept ? &holes[kept - 1] : NULL;

		if (!last || holes[i].at > last->at + last->len)
			holes[kept++] = holes[i];
		else if (holes[i].at + holes[i].len > last->at + last->len)
			last->len = holes[i].at + holes[i].len - last->at;
	}
	return kept;
}

static int digest(char ret[DIGEST_HEX_BYTES], const struct signature *s, const unsigned char *bytes)
{
	_cleanup_free_ unsigned char *copy = malloc(s->size + 1u);

	if (!copy)
		return -ENOMEM;
	memcpy(copy, bytes, s->size);
	for (size_t i = 0; i < s->hole_count; i++)
		memset(copy + s->holes[i].at, 0, s->holes[i].len);
	digest_bytes(ret, copy, s->size);
	return 0;
}

int signature_make(struct signature *ret, const unsigned char *bytes, size_t size,
		   const struct hole *holes, size_t hole_count, struct arena *arena)
{
	struct signature s = { .size = (uint32_t)size };
	char hex[DIGEST_HEX_BYTES];
	int r;

	if (size > SIGNATURE_CODE_MAX || hole_count > SIGNATURE_HOLES_MAX)
		return -EFBIG;
	for (size_t i = 0; i < hole_count; i++)
		if (!holes[i].len || holes[i].at >= size || holes[i].len > size - holes[i].at)
			return -ERANGE;
	s.holes = arena_alloc(arena, (hole_count + 1) * sizeof(*s.holes));
	if (!s.holes)
		return -ENOMEM;
	if (hole_count)
		memcpy(s.holes, holes, hole_count * sizeof(*holes));
	s.hole_count = join(s.holes, hole_count);
	if (signature_solid(&s) < SIGNATURE_SOLID_MIN)
		return -ERANGE;
	r = digest(hex, &s, bytes);
	if (r < 0)
		return r;
	s.sha256 = arena_strdup(arena, hex);
	if (!s.sha256)
		return -ENOMEM;
	*ret = s;
	return 0;
}

int signature_match(const struct signature *s, const unsigned char *bytes)
{
	char hex[DIGEST_HEX_BYTES];
	int r = digest(hex, s, bytes);

	return r < 0 ? r : !strcmp(hex, s->sha256);
}

char *signature_format_holes(const struct signature *s, struct arena *arena)
{
	size_t room = s->hole_count * 18 + 1, len = 0;
	char *text = arena_alloc(arena, room);

	for (size_t i = 0; text && i < s->hole_count; i++)
		len += (size_t)snprintf(text + len, room - len, "%s%" PRIx32 ":%" PRIx32,
					i ? "," : "", s->holes[i].at, s->holes[i].len);
	return text;
}

/* Hex digits at *at, which moves behind them. */
static bool read_hex(const char **at, uint32_t *ret)
{
	size_t n = strspn(*at, "0123456789abcdef");

	if (!n || n > HOLE_DIGITS_MAX)
		return false;
	*ret = (uint32_t)strtoul(*at, NULL, 16);
	*at += n;
	return true;
}

int signature_parse_holes(struct signature *ret, const char *text, uint32_t size,
			  struct arena *arena)
{
	size_t count = *text ? 1 : 0, n = 0;
	struct hole *holes;
	uint64_t end = 0;

	for (const char *c = text; *c; c++)
		count += *c == ',';
	if (count > SIGNATURE_HOLES_MAX)
		return -EBADMSG;
	holes = arena_alloc(arena, (count + 1) * sizeof(*holes));
	if (!holes)
		return -ENOMEM;
	for (; n < count; n++) {
		struct hole *h = &holes[n];

		if (n && *text++ != ',')
			return -EBADMSG;
		if (!read_hex(&text, &h->at) || *text++ != ':' || !read_hex(&text, &h->len) ||
		    !h->len || (n && h->at <= end) || h->at >= size || h->len > size - h->at)
			return -EBADMSG;
		end = (uint64_t)h->at + h->len;
	}
	if (*text)
		return -EBADMSG;
	ret->size = size;
	ret->holes = holes;
	ret->hole_count = count;
	return 0;
}
