// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_client_sse.c — any bytes as a stream of events: in one piece and byte by byte the same is heard. */
#include <stdint.h>

#include "server/client/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int hear(void *ctx, const char *type, const char *data)
{
	struct text *text = ctx;

	text_printf(text, "%zu %s %zu %s\n", strlen(type), type, strlen(data), data);
	return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct text whole = {}, pieces = {};
	struct sse a = { .event = hear, .ctx = &whole }, b = { .event = hear, .ctx = &pieces };
	int r = sse_take(&a, (const char *)data, size), s = 0;

	for (size_t i = 0; s == 0 && i < size; i++)
		s = sse_take(&b, (const char *)data + i, 1);
	if (r != s || whole.len != pieces.len || strcmp(a.id, b.id) != 0 ||
	    (whole.len && memcmp(whole.bytes, pieces.bytes, whole.len) != 0))
		__builtin_trap();
	if (strspn(a.id, "0123456789") != strlen(a.id))
		__builtin_trap();
	text_done(&whole);
	text_done(&pieces);
	sse_done(&a);
	sse_done(&b);
	return 0;
}
