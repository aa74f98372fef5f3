/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* demangle_text.h — text that grows up to a limit, and the schemes that write it; for the files of demangle alone. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

struct demangle_text {
	char *to;
	size_t len, size; /* size > 0; one byte is kept for the end */
	bool full;
};

static inline void demangle_put(struct demangle_text *text, const char *from, size_t len)
{
	if (text->full || len >= text->size - text->len) {
		text->full = true;
		return;
	}
	memcpy(text->to + text->len, from, len);
	text->len += len;
}

static inline void demangle_puts(struct demangle_text *text, const char *from)
{
	demangle_put(text, from, strlen(from));
}

/* False when the name is of another scheme, or broken; what was written then counts for nothing. */
bool demangle_rust_legacy(struct demangle_text *text, const char *name);
bool demangle_rust_v0(struct demangle_text *text, const char *name);
