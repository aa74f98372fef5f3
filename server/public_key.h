/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* public_key.h — signatures of others, checked by libcrypto. A key is for one algorithm, which its type decides, never the message. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"

struct public_key;

/* "PUBLIC KEY" in PEM: RSA of at least 2048 bits, P-256 or Ed25519. -EINVAL. */
_must_check_ int public_key_from_pem(struct public_key **ret, const char *pem, size_t len,
				     struct err *err);
/* Big-endian numbers, as a JWK has them (RFC 7518 §6, RFC 8037). */
_must_check_ int public_key_from_rsa(struct public_key **ret, const unsigned char *n, size_t n_len,
				     const unsigned char *e, size_t e_len, struct err *err);
_must_check_ int public_key_from_p256(struct public_key **ret, const unsigned char x[32],
				      const unsigned char y[32], struct err *err);
_must_check_ int public_key_from_ed25519(struct public_key **ret, const unsigned char x[32],
					 struct err *err);
void public_key_free(struct public_key *key);
DEFINE_CLEANUP(struct public_key *, public_key_free)

/* "RS256", "ES256" or "EdDSA". */
const char *public_key_algorithm(const struct public_key *key);
/* Is it this key's signature of the data, in the form that RFC 7518 §3 gives it? */
bool public_key_verifies(const struct public_key *key, const void *data, size_t len,
			 const unsigned char *signature, size_t signature_len);
