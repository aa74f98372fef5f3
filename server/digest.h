/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* digest.h — SHA-256 by libcrypto, also of what comes in pieces. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"

#define DIGEST_HEX_BYTES 65
#define DIGEST_BASE64_BYTES 45

struct digest;

_must_check_ int digest_new(struct digest **ret, struct err *err);
void digest_add(struct digest *digest, const void *data, size_t len);
/* Lower-case hexadecimal; ends the digest. */
void digest_end(struct digest *digest, char ret[DIGEST_HEX_BYTES]);
void digest_free(struct digest *digest);
DEFINE_CLEANUP(struct digest *, digest_free)

/* Of bytes that are at hand. */
void digest_of(char ret[DIGEST_HEX_BYTES], const void *data, size_t len);
/* The same bytes in base64, as headers have them (RFC 9530). */
void digest_base64(char ret[DIGEST_BASE64_BYTES], const char hex[DIGEST_HEX_BYTES]);
/* HMAC-SHA256 (RFC 2104). */
void digest_hmac(char ret[DIGEST_HEX_BYTES], const void *key, size_t key_len, const void *data,
		 size_t len);
/* Compares in a time that does not depend on the content. */
bool digest_equal(const char a[DIGEST_HEX_BYTES], const char b[DIGEST_HEX_BYTES]);
