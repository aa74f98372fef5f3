// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* public_key.c — signatures of others, checked by libcrypto. */
#include "server/public_key.h"

#include <string.h>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>

#define RSA_BITS_MIN 2048
#define RSA_BITS_MAX 8192

struct public_key {
	EVP_PKEY *key;
	const char *algorithm;
};

void public_key_free(struct public_key *key)
{
	if (key)
		EVP_PKEY_free(key->key);
	free(key);
}

const char *public_key_algorithm(const struct public_key *key)
{
	return key->algorithm;
}

static const char *algorithm_of(EVP_PKEY *key)
{
	char group[32] = "";

	switch (EVP_PKEY_get_base_id(key)) {
	case EVP_PKEY_RSA:
		return EVP_PKEY_get_bits(key) >= RSA_BITS_MIN &&
			       EVP_PKEY_get_bits(key) <= RSA_BITS_MAX
			   ? "RS256"
			   : NULL;
	case EVP_PKEY_EC:
		return EVP_PKEY_get_group_name(key, group, sizeof(group), NULL) == 1 &&
			       !strcmp(group, SN_X9_62_prime256v1)
			   ? "ES256"
			   : NULL;
	case EVP_PKEY_ED25519:
		return "EdDSA";
	default:
		return NULL;
	}
}

/* Takes the key over, also when it is NULL or none of ours. */
static int wrap(struct public_key **ret, EVP_PKEY *inner, struct err *err)
{
	_cleanup_(public_key_freep) struct public_key *key = calloc(1, sizeof(*key));

	ERR_clear_error();
	if (!key) {
		EVP_PKEY_free(inner);
		return err_oom(err);
	}
	key->key = inner;
	if (!inner || !(key->algorithm = algorithm_of(inner)))
		return err_set(
		    err, EINVAL,
		    "this is no public key of RSA (2048 to 8192 bits), P-256 or Ed25519");
	*ret = take_ptr(key);
	return 0;
}

int public_key_from_pem(struct public_key **ret, const char *pem, size_t len, struct err *err)
{
	BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *inner = bio ? PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL) : NULL;

	BIO_free(bio);
	return wrap(ret, inner, err);
}

static EVP_PKEY *from_parameters(const char *type, OSSL_PARAM_BLD *build)
{
	OSSL_PARAM *parameters = OSSL_PARAM_BLD_to_param(build);
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
	EVP_PKEY *key = NULL;

	if (!parameters || !ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, parameters) != 1)
		key = NULL;
	EVP_PKEY_CTX_free(ctx);
	OSSL_PARAM_free(parameters);
	return key;
}

int public_key_from_rsa(struct public_key **ret, const unsigned char *n, size_t n_len,
			const unsigned char *e, size_t e_len, struct err *err)
{
	BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL),
	       *exponent = BN_bin2bn(e, (int)e_len, NULL);
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	EVP_PKEY *key = NULL;

	/* An even or tiny exponent signs nothing; a huge one is work for whoever verifies. */
	if (modulus && exponent && build && BN_is_odd(exponent) && !BN_is_one(exponent) &&
	    BN_num_bits(exponent) <= 64 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent))
		key = from_parameters("RSA", build);
	OSSL_PARAM_BLD_free(build);
	BN_free(modulus);
	BN_free(exponent);
	return wrap(ret, key, err);
}

int public_key_from_p256(struct public_key **ret, const unsigned char x[32],
			 const unsigned char y[32], struct err *err)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	unsigned char point[65] = { 4 };
	EVP_PKEY *key = NULL;

	memcpy(point + 1, x, 32);
	memcpy(point + 33, y, 32);
	if (build &&
	    OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) &&
	    OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)))
		key = from_parameters("EC", build);
	OSSL_PARAM_BLD_free(build);
	return wrap(ret, key, err);
}

int public_key_from_ed25519(struct public_key **ret, const unsigned char x[32], struct err *err)
{
	return wrap(ret, EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, x, 32), err);
}

static bool verify(EVP_PKEY *key, const EVP_MD *digest, const void *data, size_t len,
		   const unsigned char *signature, size_t signature_len)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool holds = ctx && EVP_DigestVerifyInit(ctx, NULL, digest, NULL, key) == 1 &&
		     EVP_DigestVerify(ctx, signature, signature_len, data, len) == 1;

	EVP_MD_CTX_free(ctx);
	ERR_clear_error();
	return holds;
}

/* Two numbers of 32 bytes (RFC 7518 §3.4); libcrypto wants them as DER. */
static bool verify_p256(EVP_PKEY *key, const void *data, size_t len, const unsigned char *signature)
{
	ECDSA_SIG *pair = ECDSA_SIG_new();
	BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
	unsigned char *der = NULL;
	int der_len = 0;
	bool holds;

	if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
		r = s = NULL;
		der_len = i2d_ECDSA_SIG(pair, &der);
	}
	holds = der_len > 0 && verify(key, EVP_sha256(), data, len, der, (size_t)der_len);
	OPENSSL_free(der);
	BN_free(r);
	BN_free(s);
	ECDSA_SIG_free(pair);
	return holds;
}

bool public_key_verifies(const struct public_key *key, const void *data, size_t len,
			 const unsigned char *signature, size_t signature_len)
{
	if (!strcmp(key->algorithm, "RS256"))
		return signature_len == (size_t)EVP_PKEY_get_size(key->key) &&
		       verify(key->key, EVP_sha256(), data, len, signature, signature_len);
	if (signature_len != 64)
		return false;
	return !strcmp(key->algorithm, "ES256")
		   ? verify_p256(key->key, data, len, signature)
		   : verify(key->key, NULL, data, len, signature, signature_len);
}
