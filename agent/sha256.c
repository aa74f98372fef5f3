// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* sha256.c — the digest of an open file. */
#include "agent/sha256.h"

#include <errno.h>

#include <openssl/evp.h>

#define BLOCK_BYTES 65536

DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)

int sha256_file(char ret[SHA256_HEX_BYTES], uint64_t *ret_bytes, int fd, uint64_t max)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *context = EVP_MD_CTX_new();
	_cleanup_free_ unsigned char *block = malloc(BLOCK_BYTES);
	unsigned char digest[EVP_MAX_MD_SIZE];
	uint64_t at = 0;
	ssize_t n;

	if (!context || !block || !EVP_DigestInit_ex(context, EVP_sha256(), NULL))
		return -ENOMEM;
	while ((n = pread(fd, block, BLOCK_BYTES, (off_t)at)) > 0) {
		at += (uint64_t)n;
		if (at > max)
			return -EFBIG;
		EVP_DigestUpdate(context, block, (size_t)n);
	}
	if (n < 0)
		return -errno;
	EVP_DigestFinal_ex(context, digest, NULL);
	for (int i = 0; i < 32; i++)
		snprintf(ret + (ptrdiff_t)2 * i, 3, "%02x", digest[i]);
	*ret_bytes = at;
	return 0;
}
