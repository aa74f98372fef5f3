/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* rfc3339.h — points in time as documents spell them. */
#pragma once

#include <time.h>

#include "include/cleanup.h"

#define RFC3339_BYTES 24

/* Reads a date-time of RFC 3339 section 5.6, all of the text, with any offset; digits behind nanoseconds are dropped, a
 * leap second (only at 23:59:60 UTC) becomes the next second. -EINVAL otherwise. */
_must_check_ int rfc3339_parse(struct timespec *ret, const char *text);

/* UTC with Z and whole seconds. -EINVAL outside the years 0 to 9999. */
_must_check_ int rfc3339_format(char ret[RFC3339_BYTES], time_t time);
