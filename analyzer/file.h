/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* file.h — whole files in within a limit, whole files out or nothing. */
#pragma once

#include <stddef.h>

#include "include/err.h"

/* Reads a regular file of at most `max` bytes; gzip is unpacked, the limit is that of the unpacked text. The text is
 * NUL-terminated and freed by the caller. The path stands in the error. */
_must_check_ int file_read(char **ret, size_t *ret_len, const char *path, size_t max,
			   struct err *err);

/* Writes by a temporary file in the same directory, fsync and rename: all or nothing. */
_must_check_ int file_write(const char *path, const char *text, size_t len, struct err *err);
