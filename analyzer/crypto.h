/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * crypto.h — all that libcrypto does for us: SHA-256, base64, and signatures by P-256 and Ed25519 keys.
 *
 * A message is signed as DSSE wants it (openvex.md 3.2): ECDSA over the SHA-256 of it, as ASN.1 DER; Ed25519 over the message
 * itself (pure, RFC 8032). Ed25519 gives the same signature each time. ECDSA takes a random number for each signature, since
 * libcrypto has RFC 6979 only since 3.2 and a home-made one that errs gives the key away: two signatures of one message differ,
 * what they sign does not.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/cleanup.h"
#include "include/err.h"

#define SHA256_BYTES 32
#define SIGNATURE_BYTES_MAX 80
#define FINGERPRINT_BYTES 64 /* "SHA256:" and 43 characters */
#define HINT_BYTES 48        /* 44 characters */

void crypto_sha256(unsigned char ret[SHA256_BYTES], const void *data, size_t len);

/* The same of what comes in pieces. NULL, and false: no memory. */
struct sha256;
struct sha256 *sha256_new(void);
bool sha256_add(struct sha256 *sum, const void *data, size_t len);
void sha256_end(struct sha256 *sum, unsigned char ret[SHA256_BYTES]);
void sha256_free(struct sha256 *sum);
DEFINE_CLEANUP(struct sha256 *, sha256_free)

/* Standard alphabet, padded, on one line (RFC 4648 section 4). Freed by the caller; NULL: no memory. */
char *base64_encode(const void *data, size_t len);
/* Takes exactly what base64_encode writes: the url-safe alphabet, blanks, absent padding and bits left over are refused by name,
 * so that one value has one spelling. A NUL stands behind the bytes. Freed by the caller. */
_must_check_ int base64_decode(unsigned char **ret, size_t *ret_len, const char *text,
			       struct err *err);

enum key_type { KEY_P256, KEY_ED25519 };

struct key;

const char *key_type_name(enum key_type type); /* "p256", "ed25519" */
_must_check_ int key_type_from_string(const char *name, enum key_type *ret);

_must_check_ int key_generate(struct key **ret, enum key_type type, struct err *err);
/* PKCS#8 or SEC1 in PEM, encrypted when there is a passphrase. -EACCES: it wants a passphrase, or another one. */
_must_check_ int key_parse_private(struct key **ret, const char *pem, size_t len,
				   const char *passphrase, struct err *err);
/* "PUBLIC KEY" (SubjectPublicKeyInfo) in PEM. A private key is refused: it is not for those who verify. */
_must_check_ int key_parse_public(struct key **ret, const char *pem, size_t len, struct err *err);
void key_free(struct key *key);
DEFINE_CLEANUP(struct key *, key_free)

enum key_type key_get_type(const struct key *key);
/* PKCS#8 in PEM; with a passphrase by PBES2 (AES-256-CBC, PBKDF2 of HMAC-SHA-256). To be wiped and freed by the caller;
 * NULL: it could not be made. */
char *key_format_private(const struct key *key, const char *passphrase);
char *key_format_public(const struct key *key);

/* As `ssh-keygen -lf` prints it: what sigstore's verifiers expect as keyid. */
_must_check_ int key_fingerprint(const struct key *key, char ret[FINGERPRINT_BYTES],
				 struct err *err);
/* base64 of the SHA-256 of the public key (SubjectPublicKeyInfo, DER): the hint of a Sigstore bundle. */
_must_check_ int key_hint(const struct key *key, char ret[HINT_BYTES], struct err *err);

_must_check_ int key_sign(const struct key *key, const void *data, size_t len,
			  unsigned char ret[SIGNATURE_BYTES_MAX], size_t *ret_len, struct err *err);
/* Is it this key's signature of the data? Nothing but the one DER form is taken for ECDSA. */
bool key_verify(const struct key *key, const void *data, size_t len, const unsigned char *signature,
		size_t signature_len);
