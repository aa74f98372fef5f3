/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* ids.h — names that nobody else has, and secrets that nobody can guess. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ID_BYTES 37 /* a UUID with its NUL */

/* UUID version 7 (RFC 9562): sorts by time. */
void id_new(char ret[ID_BYTES], int64_t now_ms);
/* Lower-case hexadecimal in the form 8-4-4-4-12? */
bool id_is_valid(const char *text);
/* The same in either case, as clients may write it (RFC 9562 §4); id_lower makes it ours. */
bool id_is_uuid(const char *text);
void id_lower(char *uuid);
/* count random bytes as 2·count hexadecimal digits and a NUL. */
void id_secret(char *ret, size_t count);
