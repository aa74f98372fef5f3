/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* base64.h — base64 as configuration files have it (RFC 4648 §4): line breaks are passed over, padding may be absent. */
#pragma once

#include "include/err.h"

/* One line, padded; freed by the caller. NULL: no memory. */
char *base64_encode(const void *data, size_t len);
/* The bytes with a NUL behind them, which *ret_len does not count; freed by the caller. -EBADMSG. */
_must_check_ int base64_decode(unsigned char **ret, size_t *ret_len, const char *text, size_t len,
			       struct err *err);
