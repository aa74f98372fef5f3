/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* base64.h — base64 as configuration files have it (RFC 4648 §4): line breaks are passed over, padding may be absent. */
#pragma once

#include "include/err.h"

/* The bytes with a NUL behind them, which *ret_len does not count; freed by the caller. -EBADMSG. */
_must_check_ int base64_decode(unsigned char **ret, size_t *ret_len, const char *text, size_t len,
			       struct err *err);
