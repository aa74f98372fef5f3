/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* utf8.h — is this UTF-8? RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
#pragma once

#include <stddef.h>

/* The length of the sequence at text (1–4), or 0 when it is none. left > 0. */
size_t utf8_length(const char *text, size_t left);
