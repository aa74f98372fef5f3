/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* err.h — an error is a negative errno and a sentence a person can act on. */
#pragma once

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "include/cleanup.h"

#define ERR_TEXT_MAX 1024

/* Zero-initialise: `struct err err = {};`. Only the edge (main, a handler) prints it. */
struct err {
	char text[ERR_TEXT_MAX];
};

/* Sets the reason and returns -code, so that a failure is one statement. err may be NULL. */
_printf_(3, 4) static inline int err_set(struct err *err, int code, const char *fmt, ...)
{
	va_list ap;

	if (!err)
		return -code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return -code;
}

/* As err_set, with strerror(code) behind the text. */
_printf_(3, 4) static inline int err_sys(struct err *err, int code, const char *fmt, ...)
{
	size_t len;
	va_list ap;

	if (!err)
		return -code;
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	len = strlen(err->text);
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror(code));
	return -code;
}

/* Puts the place before the reason: "trace 'x': line 3: …". Returns r unchanged. */
_printf_(3, 4) static inline int err_prefix(struct err *err, int r, const char *fmt, ...)
{
	char text[ERR_TEXT_MAX], place[256];
	va_list ap;

	if (!err)
		return r;
	va_start(ap, fmt);
	vsnprintf(place, sizeof(place), fmt, ap);
	va_end(ap);
	snprintf(text, sizeof(text), "%s: %.*s", place, (int)(sizeof(text) - sizeof(place) - 4),
		 err->text);
	memcpy(err->text, text, sizeof(text));
	return r;
}

static inline int err_oom(struct err *err)
{
	return err_set(err, ENOMEM, "out of memory");
}
