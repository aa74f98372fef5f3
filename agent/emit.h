/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* emit.h — JSON text into a growing buffer: commas and escapes are its business, the order of members the caller's. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/cleanup.h"

/* Sticky: after `failed` (no memory) everything is ignored; ask once at the end. Zero-initialise. */
struct text {
	char *data; /* NUL-terminated once something was added */
	size_t len, capacity;
	bool failed;
};

void text_done(struct text *text);
void text_add(struct text *text, const char *bytes, size_t len);
_printf_(2, 3) void text_printf(struct text *text, const char *fmt, ...);

/* key is NULL inside an array, and for the outermost value. Keys are ours and need no escape. */
void emit_open(struct text *text, const char *key, char bracket);
void emit_close(struct text *text, char bracket);
void emit_u64(struct text *text, const char *key, uint64_t value);
void emit_i64(struct text *text, const char *key, int64_t value);
void emit_bool(struct text *text, const char *key, bool value);
/* What is no UTF-8 becomes U+FFFD. A NULL value adds nothing. */
void emit_string(struct text *text, const char *key, const char *value);
/* Nothing is lost: when the bytes are no UTF-8 such bytes become \xHH, backslashes are doubled, and the answer is true. */
bool emit_bytes(struct text *text, const char *key, const char *bytes, size_t len);

#define _cleanup_text_ _cleanup_(text_done)
