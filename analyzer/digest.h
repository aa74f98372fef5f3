/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* digest.h — SHA-256 of texts, files and directories, as documents spell it. */
#pragma once

#include <stddef.h>

#include "include/err.h"

#define DIGEST_HEX_BYTES 65
#define DIGEST_URN_BYTES 46

void digest_bytes(char ret[DIGEST_HEX_BYTES], const void *data, size_t len);
/* "urn:uuid:…" of the data's digest, as UUID of version 8 (RFC 9562): the same data has the same one. */
void digest_urn(char ret[DIGEST_URN_BYTES], const void *data, size_t len);
/* Of what is left to read of a file. 0 or -errno. */
_must_check_ int digest_file(char ret[DIGEST_HEX_BYTES], int fd);
/* Of a file's content, or of a directory: then of the list "digest  path\n" of the files in it and below, names in order, hidden
 * ones left out. */
_must_check_ int digest_path(char ret[DIGEST_HEX_BYTES], const char *path, struct err *err);
