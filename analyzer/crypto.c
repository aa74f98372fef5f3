// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* crypto.c — all that libcrypto does for us: SHA-256, base64, and signatures by P-256 and Ed25519 keys. */
#include "analyzer/crypto.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#define PBKDF2_ROUNDS 600000 /* OWASP's advice of 2023 for HMAC-SHA-256 */
#define BASE64_TEXT_MAX (512u << 20)
#define COORDINATE_BYTES 32

struct key {
	EVP_PKEY *pkey;
	enum key_type type;
};

DEFINE_CLEANUP(BIO *, BIO_free_all)
DEFINE_CLEANUP(BIGNUM *, BN_free)
DEFINE_CLEANUP(EVP_MD_CTX *, EVP_MD_CTX_free)
DEFINE_CLEANUP(EVP_PKEY *, EVP_PKEY_free)
DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO *, PKCS8_PRIV_KEY_INFO_free)
DEFINE_CLEANUP(X509_SIG *, X509_SIG_free)

void crypto_sha256(unsigned char ret[SHA256_BYTES], const void *data, size_t len)
{
	EVP_Digest(data, len, ret, NULL, EVP_sha256(), NULL);
}

struct sha256 *sha256_new(void)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx && EVP_DigestInit_ex(ctx, EVP_sha256(), NULL) ? (struct sha256 *)take_ptr(ctx)
								 : NULL;
}

bool sha256_add(struct sha256 *sum, const void *data, size_t len)
{
	return EVP_DigestUpdate((EVP_MD_CTX *)sum, data, len) == 1;
}

void sha256_end(struct sha256 *sum, unsigned char ret[SHA256_BYTES])
{
	EVP_DigestFinal_ex((EVP_MD_CTX *)sum, ret, NULL);
}

void sha256_free(struct sha256 *sum)
{
	EVP_MD_CTX_free((EVP_MD_CTX *)sum);
}

char *base64_encode(const void *data, size_t len)
{
	char *text = len > INT_MAX / 2 ? NULL : malloc(4 * ((len + 2) / 3) + 1);

	if (text)
		EVP_EncodeBlock((unsigned char *)text, data, (int)len);
	return text;
}

/* Why it is no text of base64_encode, or NULL when it may be one. */
static const char *base64_fault(const char *text, size_t len)
{
	size_t n = strspn(text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/");

	if (text[n] == '-' || text[n] == '_')
		return "is base64 of the url-safe alphabet, not of the standard one";
	if (n + strspn(text + n, "=") != len || len - n > 2)
		return "is not base64";
	return len % 4 ? "is base64 without its padding, or cut" : NULL;
}

int base64_decode(unsigned char **ret, size_t *ret_len, const char *text, struct err *err)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	_cleanup_free_ char *again = NULL;
	size_t len = strlen(text), n;
	const char *fault = base64_fault(text, len);

	if (len > BASE64_TEXT_MAX)
		return err_set(err, EFBIG, "is over the limit of %u MiB", BASE64_TEXT_MAX >> 20);
	if (fault)
		return err_set(err, EBADMSG, "%s", fault);
	bytes = malloc(len / 4 * 3 + 1);
	if (!bytes)
		return err_oom(err);
	if (len && EVP_DecodeBlock(bytes, (const unsigned char *)text, (int)len) < 0)
		return err_set(err, EBADMSG, "is not base64");
	n = len / 4 * 3 - (len && text[len - 1] == '=') - (len && text[len - 2] == '=');
	bytes[n] = '\0';
	again = base64_encode(bytes, n);
	if (!again)
		return err_oom(err);
	if (strcmp(again, text))
		return err_set(err, EBADMSG, "is base64 with bits left over");
	*ret = take_ptr(bytes);
	*ret_len = n;
	return 0;
}

const char *key_type_name(enum key_type type)
{
	return type == KEY_P256 ? "p256" : "ed25519";
}

int key_type_from_string(const char *name, enum key_type *ret)
{
	for (enum key_type type = KEY_P256; type <= KEY_ED25519; type++)
		if (!strcmp(key_type_name(type), name)) {
			*ret = type;
			return 0;
		}
	return -EINVAL;
}

/* Takes the key over, also when it fails. */
static int adopt(struct key **ret, EVP_PKEY *given, struct err *err)
{
	_cleanup_(EVP_PKEY_freep) EVP_PKEY *pkey = given;
	char group[64] = "";
	struct key *key;

	if (EVP_PKEY_is_a(pkey, "EC"))
		EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL);
	if (!EVP_PKEY_is_a(pkey, "ED25519") && strcmp(group, "prime256v1"))
		return err_set(err, ENOTSUP,
			       "is a key of type %s%s%s: only P-256 and Ed25519 are used",
			       EVP_PKEY_get0_type_name(pkey), *group ? " on " : "", group);
	/* Whatever form the file had, the public key has one DER form and so one hint. */
	if (*group && !EVP_PKEY_set_utf8_string_param(
			  pkey, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT, "uncompressed"))
		return err_set(err, EBADMSG, "is a key that cannot be used");
	key = calloc(1, sizeof(*key));
	if (!key)
		return err_oom(err);
	key->type = *group ? KEY_P256 : KEY_ED25519;
	key->pkey = take_ptr(pkey);
	*ret = key;
	return 0;
}

int key_generate(struct key **ret, enum key_type type, struct err *err)
{
	EVP_PKEY *pkey = type == KEY_P256 ? EVP_PKEY_Q_keygen(NULL, NULL, "EC", "P-256")
					  : EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");

	return pkey ? adopt(ret, pkey, err) : err_set(err, EIO, "libcrypto could not make a key");
}

struct asked {
	const char *passphrase;
	bool wanted;
};

/* Without it libcrypto would ask on the terminal. */
static int tell_passphrase(char *buffer, int size, int writing, void *ctx)
{
	struct asked *asked = ctx;
	size_t len = asked->passphrase ? strlen(asked->passphrase) : 0;

	(void)writing;
	asked->wanted = true;
	if (!len || len > (size_t)size)
		return -1;
	memcpy(buffer, asked->passphrase, len);
	return (int)len;
}

int key_parse_private(struct key **ret, const char *pem, size_t len, const char *passphrase,
		      struct err *err)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new_mem_buf(pem, (int)len);
	struct asked asked = { .passphrase = passphrase };
	EVP_PKEY *pkey;

	if (!bio)
		return err_oom(err);
	pkey = PEM_read_bio_PrivateKey(bio, NULL, tell_passphrase, &asked);
	if (pkey)
		return adopt(ret, pkey, err);
	if (asked.wanted)
		return err_set(err, EACCES, "%s",
			       passphrase ? "is encrypted, and not with the passphrase given"
					  : "is encrypted: give its passphrase");
	return err_set(err, EBADMSG, "is no private key in PEM (PKCS#8)");
}

int key_parse_public(struct key **ret, const char *pem, size_t len, struct err *err)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new_mem_buf(pem, (int)len);
	EVP_PKEY *pkey;

	if (!bio)
		return err_oom(err);
	if (memmem(pem, len, "PRIVATE KEY-----", 16))
		return err_set(err, EBADMSG, "is a private key: to verify takes the public one");
	pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
	return pkey ? adopt(ret, pkey, err)
		    : err_set(err, EBADMSG, "is no public key in PEM (SubjectPublicKeyInfo)");
}

void key_free(struct key *key)
{
	if (!key)
		return;
	EVP_PKEY_free(key->pkey);
	free(key);
}

enum key_type key_get_type(const struct key *key)
{
	return key->type;
}

/* A copy that ends with NUL. */
static char *bio_text(BIO *bio)
{
	char *data;
	long len = BIO_get_mem_data(bio, &data);

	return len > 0 ? strndup(data, (size_t)len) : NULL;
}

static bool write_encrypted(BIO *bio, const struct key *key, const char *passphrase)
{
	_cleanup_(PKCS8_PRIV_KEY_INFO_freep) PKCS8_PRIV_KEY_INFO *plain = EVP_PKEY2PKCS8(key->pkey);
	_cleanup_(X509_SIG_freep) X509_SIG *sealed = NULL;

	if (plain)
		sealed = PKCS8_encrypt(-1, EVP_aes_256_cbc(), passphrase, (int)strlen(passphrase),
				       NULL, 0, PBKDF2_ROUNDS, plain);
	return sealed && PEM_write_bio_PKCS8(bio, sealed);
}

char *key_format_private(const struct key *key, const char *passphrase)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new(BIO_s_secmem());
	bool ok = bio && (passphrase ? write_encrypted(bio, key, passphrase)
				     : PEM_write_bio_PKCS8PrivateKey(bio, key->pkey, NULL, NULL, 0,
								     NULL, NULL) == 1);

	return ok ? bio_text(bio) : NULL;
}

char *key_format_public(const struct key *key)
{
	_cleanup_(BIO_free_allp) BIO *bio = BIO_new(BIO_s_mem());

	return bio && PEM_write_bio_PUBKEY(bio, key->pkey) ? bio_text(bio) : NULL;
}

static unsigned char *put_string(unsigned char *at, const void *data, size_t len)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		*at++ = (unsigned char)(len >> shift);
	memcpy(at, data, len);
	return at + len;
}

static bool get_coordinate(const struct key *key, const char *name,
			   unsigned char ret[COORDINATE_BYTES])
{
	_cleanup_(BN_freep) BIGNUM *number = NULL;

	return EVP_PKEY_get_bn_param(key->pkey, name, &number) &&
	       BN_bn2binpad(number, ret, COORDINATE_BYTES) == COORDINATE_BYTES;
}

/* RFC 5656 section 3.1 and RFC 8709 section 4. 0 when libcrypto does not tell. */
static size_t ssh_wire(const struct key *key, unsigned char ret[128])
{
	unsigned char point[1 + 2 * COORDINATE_BYTES] = { 4 /* uncompressed */ }, *at = ret;
	size_t len = COORDINATE_BYTES;

	if (key->type == KEY_ED25519) {
		if (!EVP_PKEY_get_raw_public_key(key->pkey, point, &len))
			return 0;
		at = put_string(at, "ssh-ed25519", 11);
		return (size_t)(put_string(at, point, len) - ret);
	}
	if (!get_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_X, point + 1) ||
	    !get_coordinate(key, OSSL_PKEY_PARAM_EC_PUB_Y, point + 1 + COORDINATE_BYTES))
		return 0;
	at = put_string(at, "ecdsa-sha2-nistp256", 19);
	at = put_string(at, "nistp256", 8);
	return (size_t)(put_string(at, point, sizeof(point)) - ret);
}

int key_fingerprint(const struct key *key, char ret[FINGERPRINT_BYTES], struct err *err)
{
	unsigned char wire[128], sum[SHA256_BYTES];
	size_t len = ssh_wire(key, wire);
	_cleanup_free_ char *text = NULL;

	if (!len)
		return err_set(err, EIO, "libcrypto does not tell the public key");
	crypto_sha256(sum, wire, len);
	text = base64_encode(sum, sizeof(sum));
	if (!text)
		return err_oom(err);
	snprintf(ret, FINGERPRINT_BYTES, "SHA256:%.43s", text); /* without the padding */
	return 0;
}

int key_hint(const struct key *key, char ret[HINT_BYTES], struct err *err)
{
	unsigned char sum[SHA256_BYTES], *der = NULL;
	int len = i2d_PUBKEY(key->pkey, &der);
	_cleanup_free_ char *text = NULL;

	if (len <= 0)
		return err_set(err, EIO, "libcrypto does not tell the public key");
	crypto_sha256(sum, der, (size_t)len);
	OPENSSL_free(der);
	text = base64_encode(sum, sizeof(sum));
	if (!text)
		return err_oom(err);
	snprintf(ret, HINT_BYTES, "%s", text);
	return 0;
}

static const EVP_MD *digest_of(const struct key *key)
{
	return key->type == KEY_P256 ? EVP_sha256() : NULL; /* Ed25519 takes the message as it is */
}

int key_sign(const struct key *key, const void *data, size_t len,
	     unsigned char ret[SIGNATURE_BYTES_MAX], size_t *ret_len, struct err *err)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	*ret_len = SIGNATURE_BYTES_MAX;
	if (!ctx || EVP_DigestSignInit(ctx, NULL, digest_of(key), NULL, key->pkey) != 1 ||
	    EVP_DigestSign(ctx, ret, ret_len, data, len) != 1)
		return err_set(err, EIO, "libcrypto could not sign");
	return 0;
}

bool key_verify(const struct key *key, const void *data, size_t len, const unsigned char *signature,
		size_t signature_len)
{
	_cleanup_(EVP_MD_CTX_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx && EVP_DigestVerifyInit(ctx, NULL, digest_of(key), NULL, key->pkey) == 1 &&
	       EVP_DigestVerify(ctx, signature, signature_len, data, len) == 1;
}
