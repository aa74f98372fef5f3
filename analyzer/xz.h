/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* xz.h — a part of a file that is packed with xz, unpacked within a limit. */
#pragma once

#include <stdint.h>

#include "include/err.h"

/* Unpacks len bytes at offset into an unnamed file of its own, in memory, which the caller closes. -EFBIG beyond `max`
 * bytes; -EBADMSG when it is no whole xz stream; the dictionary may be as large as `xz -9` makes it. */
_must_check_ int xz_unpack(int *ret_fd, int fd, uint64_t offset, uint64_t len, uint64_t max,
			   struct err *err);
