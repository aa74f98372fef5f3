// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_crypto.c — digests, base64 and signatures: published vectors, and what must not be taken. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/key_author.h"
#include "analyzer/key_file.h"

/* RFC 8032 section 7.1, test 2: the seed in PKCS#8 (RFC 8410 section 7), the message 0x72. */
#define RFC8032_PRIVATE                                                      \
	"-----BEGIN PRIVATE KEY-----\n"                                      \
	"MC4CAQAwBQYDK2VwBCIEIEzNCJso/5banbbDRuwRTg9bijGfNaumJNqM9u1PuKb7\n" \
	"-----END PRIVATE KEY-----\n"
static const unsigned char rfc8032_signature[] = {
	0x92, 0xa0, 0x09, 0xa9, 0xf0, 0xd4, 0xca, 0xb8, 0x72, 0x0e, 0x82, 0x0b, 0x5f,
	0x64, 0x25, 0x40, 0xa2, 0xb2, 0x7b, 0x54, 0x16, 0x50, 0x3f, 0x8f, 0xb3, 0x76,
	0x22, 0x23, 0xeb, 0xdb, 0x69, 0xda, 0x08, 0x5a, 0xc1, 0xe4, 0x3e, 0x15, 0x99,
	0x6e, 0x45, 0x8f, 0x36, 0x13, 0xd0, 0xf1, 0x1d, 0x8c, 0x38, 0x7b, 0x2e, 0xae,
	0xb4, 0x30, 0x2a, 0xee, 0xb0, 0x0d, 0x29, 0x16, 0x12, 0xbb, 0x0c, 0x00,
};

/* RFC 6979 appendix A.2.5: the public key, and the signature of "sample" with SHA-256. */
#define RFC6979_PUBLIC                                                       \
	"-----BEGIN PUBLIC KEY-----\n"                                       \
	"MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7\n" \
	"Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ==\n"     \
	"-----END PUBLIC KEY-----\n"

static struct key *new_key(enum key_type type)
{
	struct key *key = NULL;

	assert_int_equal(key_generate(&key, type, NULL), 0);
	return key;
}

static void sha256_of_abc(void **state)
{
	static const unsigned char expected[] = { 0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea };
	_cleanup_(sha256_freep) struct sha256 *sum = sha256_new();
	unsigned char whole[SHA256_BYTES], pieces[SHA256_BYTES];

	(void)state;
	crypto_sha256(whole, "abc", 3);
	assert_memory_equal(whole, expected, sizeof(expected));
	assert_true(sha256_add(sum, "a", 1) && sha256_add(sum, "bc", 2));
	sha256_end(sum, pieces);
	assert_memory_equal(whole, pieces, sizeof(whole));
}

static void base64_has_one_spelling(void **state)
{
	static const struct {
		const char *text, *bytes, *fault;
	} cases[] = {
		{ "", "", NULL },
		{ "Zg==", "f", NULL },
		{ "Zm8=", "fo", NULL },
		{ "Zm9vYmFy", "foobar", NULL },
		{ "+/+/", "\xfb\xff\xbf", NULL },
		{ "-_-_", NULL, "url-safe" },
		{ "Zg", NULL, "without its padding, or cut" },
		{ "Zg=", NULL, "without its padding, or cut" },
		{ "Zh==", NULL, "bits left over" },
		{ "Zm9v\n", NULL, "is not base64" },
		{ " Zm9v", NULL, "is not base64" },
		{ "Z===", NULL, "is not base64" },
		{ "====", NULL, "is not base64" },
		{ "Zg==Zg==", NULL, "is not base64" },
		{ "Zm9v!!!!", NULL, "is not base64" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ unsigned char *bytes = NULL;
		_cleanup_free_ char *again = NULL;
		struct err err = {};
		size_t len = 0;
		int r = base64_decode(&bytes, &len, cases[i].text, &err);

		if (cases[i].fault) {
			assert_int_equal(r, -EBADMSG);
			assert_non_null(strstr(err.text, cases[i].fault));
			continue;
		}
		assert_int_equal(r, 0);
		assert_int_equal(len, strlen(cases[i].bytes));
		assert_string_equal((char *)bytes, cases[i].bytes);
		again = base64_encode(bytes, len);
		assert_string_equal(again, cases[i].text);
	}
}

static void ed25519_signs_as_rfc_8032(void **state)
{
	_cleanup_(key_freep) struct key *key = NULL;
	unsigned char signature[SIGNATURE_BYTES_MAX];
	size_t len;

	(void)state;
	assert_int_equal(
	    key_parse_private(&key, RFC8032_PRIVATE, strlen(RFC8032_PRIVATE), NULL, NULL), 0);
	assert_int_equal(key_get_type(key), KEY_ED25519);
	assert_int_equal(key_sign(key, "\x72", 1, signature, &len, NULL), 0);
	assert_int_equal(len, sizeof(rfc8032_signature));
	assert_memory_equal(signature, rfc8032_signature, len);
}

static void p256_takes_the_signature_of_rfc_6979(void **state)
{
	static const unsigned char signature[] = {
		0x30, 0x46, 0x02, 0x21, 0x00, 0xef, 0xd4, 0x8b, 0x2a, 0xac, 0xb6, 0xa8,
		0xfd, 0x11, 0x40, 0xdd, 0x9c, 0xd4, 0x5e, 0x81, 0xd6, 0x9d, 0x2c, 0x87,
		0x7b, 0x56, 0xaa, 0xf9, 0x91, 0xc3, 0x4d, 0x0e, 0xa8, 0x4e, 0xaf, 0x37,
		0x16, 0x02, 0x21, 0x00, 0xf7, 0xcb, 0x1c, 0x94, 0x2d, 0x65, 0x7c, 0x41,
		0xd4, 0x36, 0xc7, 0xa1, 0xb6, 0xe2, 0x9f, 0x65, 0xf3, 0xe9, 0x00, 0xdb,
		0xb9, 0xaf, 0xf4, 0x06, 0x4d, 0xc4, 0xab, 0x2f, 0x84, 0x3a, 0xcd, 0xa8,
	};
	_cleanup_(key_freep) struct key *key = NULL;

	(void)state;
	assert_int_equal(key_parse_public(&key, RFC6979_PUBLIC, strlen(RFC6979_PUBLIC), NULL), 0);
	assert_true(key_verify(key, "sample", 6, signature, sizeof(signature)));
	assert_false(key_verify(key, "sampel", 6, signature, sizeof(signature)));
	assert_false(key_verify(key, "sample", 6, signature, sizeof(signature) - 1));
}

static void a_changed_bit_is_seen(void **state)
{
	(void)state;
	for (enum key_type type = KEY_P256; type <= KEY_ED25519; type++) {
		_cleanup_(key_freep) struct key *key = new_key(type), *other = new_key(type);
		unsigned char signature[SIGNATURE_BYTES_MAX];
		size_t len;

		assert_int_equal(key_sign(key, "text", 4, signature, &len, NULL), 0);
		assert_true(key_verify(key, "text", 4, signature, len));
		assert_false(key_verify(other, "text", 4, signature, len));
		for (size_t bit = 0; bit < 8 * len; bit++) {
			signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
			assert_false(key_verify(key, "text", 4, signature, len));
			signature[bit / 8] ^= (unsigned char)(1 << bit % 8);
		}
	}
}

static void keys_are_written_and_read(void **state)
{
	static const char *const passphrases[] = { NULL, "correct horse" };

	(void)state;
	for (int i = 0; i < 4; i++) {
		_cleanup_(key_freep) struct key *key = new_key(i / 2), *again = NULL,
						*public = NULL;
		_cleanup_free_ char *secret = key_format_private(key, passphrases[i % 2]);
		_cleanup_free_ char *open = key_format_public(key);
		char a[FINGERPRINT_BYTES], b[FINGERPRINT_BYTES];
		struct err err = {};

		assert_int_equal(
		    key_parse_private(&again, secret, strlen(secret), passphrases[i % 2], NULL), 0);
		assert_int_equal(key_parse_public(&public, open, strlen(open), NULL), 0);
		assert_int_equal(key_fingerprint(again, a, NULL), 0);
		assert_int_equal(key_fingerprint(public, b, NULL), 0);
		assert_string_equal(a, b);
		assert_int_equal(key_parse_public(&public, secret, strlen(secret), &err), -EBADMSG);
		assert_non_null(strstr(err.text, "is a private key"));
	}
}

static void a_passphrase_is_wanted_and_must_fit(void **state)
{
	_cleanup_(key_freep) struct key *key = new_key(KEY_P256), *again = NULL;
	_cleanup_free_ char *secret = key_format_private(key, "right");
	struct err err = {};

	(void)state;
	assert_int_equal(key_parse_private(&again, secret, strlen(secret), NULL, &err), -EACCES);
	assert_non_null(strstr(err.text, "give its passphrase"));
	assert_int_equal(key_parse_private(&again, secret, strlen(secret), "wrong", &err), -EACCES);
	assert_non_null(strstr(err.text, "not with the passphrase given"));
}

static void keys_of_other_types_are_refused(void **state)
{
	/* openssl ecparam -name secp384r1 -genkey | openssl ec -pubout */
	static const char p384[] =
	    "-----BEGIN PUBLIC KEY-----\n"
	    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEvcLFETeMHmPD5YN6VZcr0UR88cN8k8o2\n"
	    "JD2nmTGAiphAJpUSwMZ9RhwujfM7R1TkLWt6XCGw7vUt7zWGRbQxPtYdRgPLQjC5\n"
	    "06gNE1DsKg89eGiebJ0XBwkZOVzpgHOv\n"
	    "-----END PUBLIC KEY-----\n";
	struct key *key = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(key_parse_public(&key, p384, strlen(p384), &err), -ENOTSUP);
	assert_non_null(strstr(err.text, "secp384r1: only P-256 and Ed25519"));
	assert_int_equal(key_parse_public(&key, "x", 1, &err), -EBADMSG);
	assert_int_equal(key_parse_private(&key, "", 0, NULL, &err), -EBADMSG);
}

static void a_key_open_to_others_is_refused(void **state)
{
	_cleanup_(key_freep) struct key *key = new_key(KEY_ED25519), *again = NULL;
	_cleanup_free_ char *secret = key_format_private(key, NULL);
	char dir[] = "/tmp/vexxy-unit.XXXXXX", path[64];
	_cleanup_free_ char *author = NULL;
	struct err err = {};

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/key.pem", dir);
	assert_int_equal(key_file_create(path, secret, 0600, NULL), 0);
	assert_int_equal(key_file_create(path, secret, 0600, &err), -EEXIST);
	assert_int_equal(key_file_load_private(&again, &author, path, NULL, NULL), 0);
	assert_null(author);
	assert_int_equal(chmod(path, 0640), 0);
	assert_int_equal(key_file_load_private(&again, &author, path, NULL, &err), -EACCES);
	assert_non_null(strstr(err.text, "mode 0640"));
	assert_int_equal(chmod(path, 0604), 0);
	assert_int_equal(key_file_load_private(&again, &author, path, NULL, &err), -EACCES);
	unlink(path);
	rmdir(dir);
}

static void a_key_tells_whose_it_is_once_and_in_one_line(void **state)
{
	static const struct {
		const char *text, *author, *fault;
	} cases[] = {
		{ "-----BEGIN X", NULL, NULL },
		{ "Author: A <a@x.example>\n-----BEGIN X", "A <a@x.example>", NULL },
		{ "note\r\nAuthor: A\r\nmore\n-----BEGIN X\nAuthor: B\n", "A", NULL },
		{ "Author: A", "A", NULL },
		{ " Author: A\nAuthor:A\n", NULL, NULL },
		{ "Author: A\nAuthor: A\n-----BEGIN X", NULL, "tells two authors" },
		{ "Author: \n", NULL, "no single line" },
		{ "Author: a\tb\n", NULL, "no single line" },
		{ "Author: \xff\n", NULL, "no single line" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *author = NULL;
		struct err err = {};
		int r = key_author_parse(&author, cases[i].text, strlen(cases[i].text), &err);

		assert_int_equal(r, cases[i].fault ? -EBADMSG : 0);
		if (cases[i].fault)
			assert_non_null(strstr(err.text, cases[i].fault));
		else if (cases[i].author)
			assert_string_equal(author, cases[i].author);
		else
			assert_null(author);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sha256_of_abc),
		cmocka_unit_test(base64_has_one_spelling),
		cmocka_unit_test(ed25519_signs_as_rfc_8032),
		cmocka_unit_test(p256_takes_the_signature_of_rfc_6979),
		cmocka_unit_test(a_changed_bit_is_seen),
		cmocka_unit_test(keys_are_written_and_read),
		cmocka_unit_test(a_passphrase_is_wanted_and_must_fit),
		cmocka_unit_test(keys_of_other_types_are_refused),
		cmocka_unit_test(a_key_tells_whose_it_is_once_and_in_one_line),
		cmocka_unit_test(a_key_open_to_others_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
