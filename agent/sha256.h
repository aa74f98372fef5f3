/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* sha256.h — the digest of an open file, by libcrypto. */
#pragma once

#include <stdint.h>

#include "include/cleanup.h"

#define SHA256_HEX_BYTES 65

/* From its start to its end, at most max bytes: -EFBIG. Lower-case hexadecimal; *ret_bytes is how many there are. */
_must_check_ int sha256_file(char ret[SHA256_HEX_BYTES], uint64_t *ret_bytes, int fd, uint64_t max);
