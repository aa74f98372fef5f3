// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* Tokens: only what a trusted key has signed, for us, now. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include <openssl/bn.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/pem.h>

#include "server/jwt.h"

#define NOW_S 1700000000ll
#define GOOD "\"exp\":1700000600,\"org_id\":\"acme\",\"sub\":\"ann\""

static EVP_PKEY *rsa, *small, *p256, *other, *ed25519;

static char *url64(const void *data, size_t len)
{
	char *text = malloc(len * 4 / 3 + 8);
	int n = EVP_EncodeBlock((unsigned char *)text, data, (int)len);

	while (n && text[n - 1] == '=')
		n--;
	text[n] = '\0';
	for (char *c = text; *c; c++)
		*c = *c == '+' ? '-' : *c == '/' ? '_' : *c;
	return text;
}

static char *pem_of(EVP_PKEY *key)
{
	BIO *bio = BIO_new(BIO_s_mem());
	char *bytes = NULL, *text;
	long len;

	assert_int_equal(PEM_write_bio_PUBKEY(bio, key), 1);
	len = BIO_get_mem_data(bio, &bytes);
	text = strndup(bytes, (size_t)len);
	BIO_free(bio);
	return text;
}

/* ECDSA as two numbers of 32 bytes. */
static size_t flatten(unsigned char ret[64], const unsigned char *der, size_t len)
{
	ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);

	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_r(pair), ret, 32), 32);
	assert_int_equal(BN_bn2binpad(ECDSA_SIG_get0_s(pair), ret + 32, 32), 32);
	ECDSA_SIG_free(pair);
	return 64;
}

/* A token of these texts, signed by the key; NULL: with no signature. */
static char *token(const char *header, const char *claims, EVP_PKEY *key)
{
	char *h = url64(header, strlen(header)), *c = url64(claims, strlen(claims)), *text, *whole;
	unsigned char signature[1024], flat[64], *bytes = signature;
	size_t len = sizeof(signature);

	assert_true(asprintf(&text, "%s.%s", h, c) > 0);
	if (key) {
		EVP_MD_CTX *ctx = EVP_MD_CTX_new();
		const EVP_MD *md =
		    EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519 ? NULL : EVP_sha256();

		assert_int_equal(EVP_DigestSignInit(ctx, NULL, md, NULL, key), 1);
		assert_int_equal(
		    EVP_DigestSign(ctx, signature, &len, (const unsigned char *)text, strlen(text)),
		    1);
		EVP_MD_CTX_free(ctx);
		if (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC) {
			len = flatten(flat, signature, len);
			bytes = flat;
		}
	} else {
		len = 0;
	}
	free(h);
	h = url64(bytes, len);
	assert_true(asprintf(&whole, "%s.%s", text, h) > 0);
	free(h);
	free(c);
	free(text);
	return whole;
}

static struct jwt_keys *keys_of(EVP_PKEY *key)
{
	_cleanup_free_ char *pem = pem_of(key);
	struct jwt_keys *keys = NULL;
	struct err err = {};

	assert_int_equal(jwt_keys_new(&keys, &err), 0);
	assert_int_equal(jwt_keys_add(keys, pem, strlen(pem), &err), 0);
	return keys;
}

static int check(struct principal *p, const struct jwt_keys *keys, const struct jwt_rules *rules,
		 char *text, struct err *err)
{
	int r;

	*p = (struct principal){};
	*err = (struct err){};
	r = jwt_check(p, keys, rules, text, NOW_S * 1000, err);
	free(text);
	if (r < 0)
		assert_int_equal(p->scopes, 0);
	return r;
}

static int make_keys(void **state)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_id(EVP_PKEY_RSA, NULL);

	(void)state;
	rsa = EVP_RSA_gen(2048);
	p256 = EVP_EC_gen("P-256");
	other = EVP_EC_gen("P-256");
	ed25519 = EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
	EVP_PKEY_keygen_init(ctx);
	EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 1024);
	EVP_PKEY_keygen(ctx, &small);
	EVP_PKEY_CTX_free(ctx);
	return rsa && p256 && other && ed25519 && small ? 0 : -1;
}

static int free_keys(void **state)
{
	(void)state;
	EVP_PKEY_free(rsa);
	EVP_PKEY_free(small);
	EVP_PKEY_free(p256);
	EVP_PKEY_free(other);
	EVP_PKEY_free(ed25519);
	return 0;
}

static void each_algorithm_is_taken(void **state)
{
	const struct {
		EVP_PKEY *key;
		const char *header;
	} cases[] = { { rsa, "{\"alg\":\"RS256\",\"typ\":\"JWT\"}" },
		      { p256, "{\"alg\":\"ES256\",\"typ\":\"at+jwt\",\"kid\":\"any\"}" },
		      { ed25519, "{\"alg\":\"EdDSA\"}" } };
	const struct jwt_rules rules = {};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(jwt_keys_freep) struct jwt_keys *keys = keys_of(cases[i].key);
		struct principal p;
		struct err err;

		assert_int_equal(check(&p, keys, &rules,
				       token(cases[i].header, "{" GOOD "}", cases[i].key), &err),
				 0);
		assert_string_equal(p.org, "acme");
		assert_string_equal(p.actor, "jwt:ann");
		assert_int_equal(p.scopes, SCOPE_READ | SCOPE_SUBMIT | SCOPE_CANCEL);
		assert_false(p.everywhere);
	}
}

static void nothing_else_is(void **state)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = keys_of(p256);
	static const char es[] = "{\"alg\":\"ES256\"}";
	const struct {
		const char *header, *claims;
		EVP_PKEY *key;
	} cases[] = {
		{ es, "{" GOOD "}", other },
		{ es, "{" GOOD "}", NULL },
		{ "{\"alg\":\"none\"}", "{" GOOD "}", NULL },
		{ "{\"alg\":\"None\"}", "{" GOOD "}", p256 },
		{ "{\"alg\":\"RS256\"}", "{" GOOD "}", rsa },
		{ "{\"alg\":\"RS256\"}", "{" GOOD "}", p256 },
		{ "{\"alg\":\"EdDSA\"}", "{" GOOD "}", ed25519 },
		{ "{}", "{" GOOD "}", p256 },
		{ "{\"alg\":7}", "{" GOOD "}", p256 },
		{ "{\"alg\":\"ES256\",\"alg\":\"none\"}", "{" GOOD "}", p256 },
		{ "{\"alg\":\"ES256\",\"crit\":[\"x\"]}", "{" GOOD "}", p256 },
		{ "{\"alg\":\"ES256\",\"typ\":\"logout+jwt\"}", "{" GOOD "}", p256 },
		{ "[\"ES256\"]", "{" GOOD "}", p256 },
		{ es, "{\"org_id\":\"acme\",\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":\"1700000600\",\"org_id\":\"acme\",\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":1699999939,\"org_id\":\"acme\",\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":-1e308,\"org_id\":\"acme\",\"sub\":\"ann\"}", p256 },
		{ es, "{" GOOD ",\"nbf\":1700000061}", p256 },
		{ es, "{" GOOD ",\"nbf\":\"0\"}", p256 },
		{ es, "{" GOOD ",\"aud\":\"somebody\"}", p256 },
		{ es, "{" GOOD ",\"sub\":\"eve\"}", p256 },
		{ es, "{\"exp\":1700000600,\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":1700000600,\"org_id\":\"../other\",\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":1700000600,\"org_id\":\"Acme\",\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":1700000600,\"org_id\":7,\"sub\":\"ann\"}", p256 },
		{ es, "{\"exp\":1700000600,\"org_id\":\"acme\"}", p256 },
		{ es, "{" GOOD, p256 },
		{ es, "", p256 },
	};
	const struct jwt_rules rules = {};
	struct principal p;
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (check(&p, keys, &rules, token(cases[i].header, cases[i].claims, cases[i].key),
			  &err) != -EACCES)
			fail_msg("taken: %s . %s", cases[i].header, cases[i].claims);
	assert_int_equal(check(&p, keys, &rules, strdup(""), &err), -EACCES);
	assert_int_equal(check(&p, keys, &rules, strdup(".."), &err), -EACCES);
	assert_int_equal(check(&p, keys, &rules, strdup("a.b.c.d"), &err), -EACCES);
}

/* The oldest trick: a public key is no secret, so anybody can use it as one. */
static void a_public_key_is_no_shared_secret(void **state)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = keys_of(rsa);
	_cleanup_free_ char *pem = pem_of(rsa), *text = NULL, *signature = NULL;
	char *plain = token("{\"alg\":\"HS256\"}", "{" GOOD "}", NULL);
	unsigned char mac[32];
	unsigned len = sizeof(mac);
	const struct jwt_rules rules = {};
	struct principal p;
	struct err err;

	(void)state;
	plain[strlen(plain) - 1] = '\0'; /* the last dot */
	HMAC(EVP_sha256(), pem, (int)strlen(pem), (unsigned char *)plain, strlen(plain), mac, &len);
	signature = url64(mac, len);
	assert_true(asprintf(&text, "%s.%s", plain, signature) > 0);
	free(plain);
	assert_int_equal(check(&p, keys, &rules, strdup(text), &err), -EACCES);
}

static void one_signature_has_one_spelling(void **state)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = keys_of(ed25519);
	char *good = token("{\"alg\":\"EdDSA\"}", "{" GOOD "}", ed25519), *bad = NULL;
	const struct jwt_rules rules = {};
	struct principal p;
	struct err err;

	(void)state;
	assert_int_equal(check(&p, keys, &rules, strdup(good), &err), 0);
	assert_true(asprintf(&bad, "%s=", good) > 0);
	assert_int_equal(check(&p, keys, &rules, bad, &err), -EACCES);
	assert_true(asprintf(&bad, "%s\n", good) > 0);
	assert_int_equal(check(&p, keys, &rules, bad, &err), -EACCES);
	good[strlen(good) - 1] ^= 1; /* bits that belong to no byte, or the last byte */
	assert_int_equal(check(&p, keys, &rules, good, &err), -EACCES);
}

static void issuer_audience_and_algorithm_are_the_operators(void **state)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = keys_of(p256);
	const struct jwt_rules rules = { "https://login.example", "vexxy", "ES256" };
	const struct jwt_rules others = { "https://login.example", "vexxy", "RS256" };
	static const char es[] = "{\"alg\":\"ES256\"}";
	static const struct {
		const char *more;
		int result;
	} cases[] = {
		{ ",\"iss\":\"https://login.example\",\"aud\":\"vexxy\"", 0 },
		{ ",\"iss\":\"https://login.example\",\"aud\":[\"a\",\"vexxy\"]", 0 },
		{ ",\"iss\":\"https://login.example\",\"aud\":[\"a\"]", -EACCES },
		{ ",\"iss\":\"https://login.example\",\"aud\":{\"vexxy\":1}", -EACCES },
		{ ",\"iss\":\"https://login.example\"", -EACCES },
		{ ",\"iss\":\"https://login.example.evil\",\"aud\":\"vexxy\"", -EACCES },
		{ ",\"aud\":\"vexxy\"", -EACCES },
	};
	struct principal p;
	char claims[256];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(claims, sizeof(claims), "{" GOOD "%s}", cases[i].more);
		assert_int_equal(check(&p, keys, &rules, token(es, claims, p256), &err),
				 cases[i].result);
	}
	snprintf(claims, sizeof(claims), "{" GOOD "%s}", cases[0].more);
	assert_int_equal(check(&p, keys, &others, token(es, claims, p256), &err), -EACCES);
}

static void scopes_are_ours(void **state)
{
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = keys_of(p256);
	const struct jwt_rules rules = {};
	static const struct {
		const char *more;
		unsigned scopes;
	} cases[] = {
		{ ",\"scope\":\"read\"", SCOPE_READ },
		{ ",\"scope\":\"openid read  submit profile\"", SCOPE_READ | SCOPE_SUBMIT },
		{ ",\"scope\":\"openid\"", 0 },
		{ ",\"scope\":\"read,admin\"", 0 },
		{ ",\"scope\":\"\"", 0 },
		{ ",\"scope\":[\"admin\"]", 0 },
		{ ",\"scope\":\"read\",\"is_admin\":true", SCOPE_READ | SCOPE_ADMIN },
		{ ",\"scope\":\"read\",\"is_admin\":\"true\"", SCOPE_READ },
	};
	struct principal p;
	char claims[256];
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		snprintf(claims, sizeof(claims), "{" GOOD "%s}", cases[i].more);
		assert_int_equal(
		    check(&p, keys, &rules, token("{\"alg\":\"ES256\"}", claims, p256), &err), 0);
		assert_int_equal(p.scopes, cases[i].scopes);
	}
}

static char *jwk(EVP_PKEY *key, const char *kid)
{
	unsigned char x[32] = {}, point[65];
	size_t len = sizeof(point);
	char *a, *b, *text = NULL;

	if (EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519) {
		len = sizeof(x);
		assert_int_equal(EVP_PKEY_get_raw_public_key(key, x, &len), 1);
		a = url64(x, 32);
		assert_true(
		    asprintf(&text,
			     "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"kid\":\"%s\",\"x\":\"%s\"}",
			     kid, a) > 0);
		free(a);
		return text;
	}
	assert_int_equal(EVP_PKEY_get_octet_string_param(key, "pub", point, len, &len), 1);
	a = url64(point + 1, 32);
	b = url64(point + 33, 32);
	assert_true(asprintf(&text,
			     "{\"kty\":\"EC\",\"crv\":\"P-256\",\"alg\":\"ES256\",\"use\":\"sig\","
			     "\"kid\":\"%s\",\"x\":\"%s\",\"y\":\"%s\"}",
			     kid, a, b) > 0);
	free(a);
	free(b);
	return text;
}

static void a_set_of_keys_is_known_by_their_names(void **state)
{
	_cleanup_free_ char *one = jwk(p256, "one"), *two = jwk(ed25519, "two"), *set = NULL;
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = NULL;
	const struct jwt_rules rules = {};
	struct principal p;
	struct err err = {};

	(void)state;
	assert_true(asprintf(&set, "{\"keys\":[%s,%s]}", one, two) > 0);
	assert_int_equal(jwt_keys_new(&keys, &err), 0);
	assert_int_equal(jwt_keys_add(keys, set, strlen(set), &err), 0);
	assert_int_equal(check(&p, keys, &rules,
			       token("{\"alg\":\"ES256\",\"kid\":\"one\"}", "{" GOOD "}", p256),
			       &err),
			 0);
	assert_int_equal(check(&p, keys, &rules,
			       token("{\"alg\":\"EdDSA\",\"kid\":\"two\"}", "{" GOOD "}", ed25519),
			       &err),
			 0);
	assert_int_equal(check(&p, keys, &rules,
			       token("{\"alg\":\"ES256\",\"kid\":\"two\"}", "{" GOOD "}", p256),
			       &err),
			 -EACCES);
	assert_int_equal(check(&p, keys, &rules,
			       token("{\"alg\":\"ES256\",\"kid\":\"three\"}", "{" GOOD "}", p256),
			       &err),
			 -EACCES);
	assert_int_equal(
	    check(&p, keys, &rules, token("{\"alg\":\"ES256\"}", "{" GOOD "}", p256), &err), 0);
}

static void keys_that_are_no_public_keys_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"{}",
		"{\"keys\":[]}",
		"{\"keys\":{}}",
		"{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"}]}",
		"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AA\"}]}",
		"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"d\":\"AA\",\"x\":\"AA\"}]}",
		"{\"keys\":[{\"kty\":\"OKP\",\"crv\":\"X25519\",\"x\":\"AA\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"AA\"}]}",
		"{\"keys\":[{\"kty\":\"EC\",\"crv\":\"P-256\","
		"\"x\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\","
		"\"y\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}",
		"{\"keys\":[{\"kty\":\"RSA\"}]}",
		"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
	};
	_cleanup_(jwt_keys_freep) struct jwt_keys *keys = NULL;
	_cleanup_free_ char *pem = pem_of(small);
	struct err err = {};

	(void)state;
	assert_int_equal(jwt_keys_new(&keys, &err), 0);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (jwt_keys_add(keys, bad[i], strlen(bad[i]), &err) != -EINVAL)
			fail_msg("taken: %s", bad[i]);
	assert_int_equal(jwt_keys_add(keys, pem, strlen(pem), &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_algorithm_is_taken),
		cmocka_unit_test(nothing_else_is),
		cmocka_unit_test(a_public_key_is_no_shared_secret),
		cmocka_unit_test(one_signature_has_one_spelling),
		cmocka_unit_test(issuer_audience_and_algorithm_are_the_operators),
		cmocka_unit_test(scopes_are_ours),
		cmocka_unit_test(a_set_of_keys_is_known_by_their_names),
		cmocka_unit_test(keys_that_are_no_public_keys_are_refused),
	};

	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
