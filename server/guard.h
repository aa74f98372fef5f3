/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * guard.h — requests that two readers could frame differently are refused before anything else looks at them.
 *
 * libmicrohttpd 0.9.75 takes the first of two different Content-Length, both Content-Length and Transfer-Encoding, any
 * Transfer-Encoding, two Host headers, names with a space or a control character, and %00 in a path. Behind a proxy each of
 * these is a way to smuggle a request; alone, a way to mean something else than was logged. RFC 9112 §3.2, §5, §6.
 */
#pragma once

#include "server/request.h"

struct guarded {
	bool is_http_11; /* else 1.0 */
	const char *uri; /* as it came */
	const struct header *headers;
	size_t count;
	const char *method;
};

/* Of a request target in absolute form ("http://host/path", RFC 9112 §3.2.2) what follows the scheme; NULL: it is in no such form. */
const char *guard_authority(const char *uri);

/* 0, or -EBADMSG with what is wrong. *ret_length: of the body; -1: chunked, or none said. */
_must_check_ int guard_check(const struct guarded *guarded, int64_t *ret_length, struct err *err);
