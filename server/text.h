/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* text.h — a growing text. What could not be added for lack of memory is remembered: append freely, ask once. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/cleanup.h"

struct text {
	char *bytes; /* NUL-terminated when there are any */
	size_t len, capacity;
	bool failed;
};

void text_put_n(struct text *text, const char *bytes, size_t len);
void text_put(struct text *text, const char *bytes);
_printf_(2, 3) void text_printf(struct text *text, const char *fmt, ...);
/* Moves the bytes to the caller, "" at least; NULL when something had failed. The text is empty then. */
_must_check_ char *text_take(struct text *text);
void text_done(struct text *text);
