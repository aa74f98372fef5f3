// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* digest.c — SHA-256 by libcrypto. */
#include "server/digest.h"

#include <stdlib.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/sha.h>

struct digest {
	EVP_MD_CTX *ctx;
};

static void to_hex(char ret[DIGEST_HEX_BYTES], const unsigned char *bytes)
{
	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		ret[2 * i] = "0123456789abcdef"[bytes[i] >> 4];
		ret[2 * i + 1] = "0123456789abcdef"[bytes[i] & 15];
	}
	ret[DIGEST_HEX_BYTES - 1] = '\0';
}

int digest_new(struct digest **ret, struct err *err)
{
	_cleanup_(digest_freep) struct digest *digest = calloc(1, sizeof(*digest));

	if (!digest || !(digest->ctx = EVP_MD_CTX_new()) ||
	    EVP_DigestInit_ex(digest->ctx, EVP_sha256(), NULL) != 1)
		return err_oom(err);
	*ret = take_ptr(digest);
	return 0;
}

void digest_add(struct digest *digest, const void *data, size_t len)
{
	EVP_DigestUpdate(digest->ctx, data, len);
}

void digest_end(struct digest *digest, char ret[DIGEST_HEX_BYTES])
{
	unsigned char bytes[EVP_MAX_MD_SIZE] = {};

	EVP_DigestFinal_ex(digest->ctx, bytes, NULL);
	to_hex(ret, bytes);
}

void digest_free(struct digest *digest)
{
	if (digest)
		EVP_MD_CTX_free(digest->ctx);
	free(digest);
}

void digest_of(char ret[DIGEST_HEX_BYTES], const void *data, size_t len)
{
	unsigned char bytes[SHA256_DIGEST_LENGTH];

	SHA256(data, len, bytes);
	to_hex(ret, bytes);
}

void digest_base64(char ret[DIGEST_BASE64_BYTES], const char hex[DIGEST_HEX_BYTES])
{
	unsigned char bytes[SHA256_DIGEST_LENGTH];

	for (int i = 0; i < SHA256_DIGEST_LENGTH; i++) {
		const char pair[] = { hex[2 * i], hex[2 * i + 1], '\0' };

		bytes[i] = (unsigned char)strtoul(pair, NULL, 16);
	}
	EVP_EncodeBlock((unsigned char *)ret, bytes, sizeof(bytes));
}

void digest_hmac(char ret[DIGEST_HEX_BYTES], const void *key, size_t key_len, const void *data,
		 size_t len)
{
	unsigned char bytes[EVP_MAX_MD_SIZE] = {};

	HMAC(EVP_sha256(), key, (int)key_len, data, len, bytes, NULL);
	to_hex(ret, bytes);
}

bool digest_equal(const char a[DIGEST_HEX_BYTES], const char b[DIGEST_HEX_BYTES])
{
	return CRYPTO_memcmp(a, b, DIGEST_HEX_BYTES) == 0;
}
