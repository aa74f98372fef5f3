// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_dsse.c — envelopes, bundles and statements: what is made is taken, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/dsse.h"
#include "analyzer/intoto.h"
#include "analyzer/json.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define STATEMENT                                                                        \
	"{\"_type\":\"https://in-toto.io/Statement/v1\",\"subject\":[{\"name\":\"a\","   \
	"\"digest\":{\"sha256\":\"" HEX "\"}}],\"predicateType\":\"https://t.example\"," \
	"\"predicate\":{\"x\":1}}"

static void the_encoding_of_the_specification(void **state)
{
	_cleanup_free_ char *pae = NULL;
	size_t len;

	(void)state;
	assert_int_equal(dsse_pae(&pae, &len, "http://example.com/HelloWorld", "hello world", 11),
			 0);
	assert_string_equal(pae, "DSSEv1 29 http://example.com/HelloWorld 11 hello world");
	assert_int_equal(len, strlen(pae));
}

static cJSON *signed_envelope(const struct key *key)
{
	cJSON *envelope = NULL;

	assert_int_equal(dsse_sign(&envelope, key, STATEMENT, strlen(STATEMENT), NULL), 0);
	return envelope;
}

static void what_is_signed_holds(void **state)
{
	(void)state;
	for (enum key_type type = KEY_P256; type <= KEY_ED25519; type++) {
		_cleanup_(key_freep) struct key *key = NULL;
		_cleanup_(cJSON_Deletep) cJSON *envelope = NULL, *bundle = NULL;
		_cleanup_(dsse_done) struct dsse dsse = {}, within = {};
		char mine[HINT_BYTES];
		const char *hint;

		assert_int_equal(key_generate(&key, type, NULL), 0);
		envelope = signed_envelope(key);
		assert_int_equal(dsse_parse(&dsse, envelope, NULL), 0);
		assert_int_equal(dsse_check(&dsse, key, NULL), 0);
		assert_string_equal((char *)dsse.payload, STATEMENT);
		assert_int_equal(dsse_bundle(&bundle, key, envelope, NULL), 0);
		assert_int_equal(dsse_parse_bundle(&within, &hint, bundle, NULL), 0);
		assert_int_equal(dsse_check(&within, key, NULL), 0);
		assert_int_equal(key_hint(key, mine, NULL), 0);
		assert_string_equal(hint, mine);
	}
}

/* The signature over the same text is one text with Ed25519, and two with P-256. */
static void only_ed25519_repeats_itself(void **state)
{
	(void)state;
	for (enum key_type type = KEY_P256; type <= KEY_ED25519; type++) {
		_cleanup_(key_freep) struct key *key = NULL;
		_cleanup_(cJSON_Deletep) cJSON *a = NULL, *b = NULL;
		_cleanup_free_ char *x = NULL, *y = NULL;

		assert_int_equal(key_generate(&key, type, NULL), 0);
		a = signed_envelope(key);
		b = signed_envelope(key);
		x = json_print_line(a);
		y = json_print_line(b);
		assert_int_equal(!strcmp(x, y), type == KEY_ED25519);
		assert_string_equal(json_string(a, "payload"), json_string(b, "payload"));
	}
}

static void another_key_is_named(void **state)
{
	_cleanup_(key_freep) struct key *key = NULL, *same = NULL, *other = NULL;
	_cleanup_(cJSON_Deletep) cJSON *envelope = NULL;
	_cleanup_(dsse_done) struct dsse dsse = {};
	struct err err = {};

	(void)state;
	assert_int_equal(key_generate(&key, KEY_P256, NULL), 0);
	assert_int_equal(key_generate(&same, KEY_P256, NULL), 0);
	assert_int_equal(key_generate(&other, KEY_ED25519, NULL), 0);
	envelope = signed_envelope(key);
	assert_int_equal(dsse_parse(&dsse, envelope, NULL), 0);
	assert_int_equal(dsse_check(&dsse, same, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not by the one given"));
	assert_int_equal(dsse_check(&dsse, other, &err), -EBADMSG);
	dsse.keyid[0] = '\0'; /* who signs need not say who it was */
	assert_int_equal(dsse_check(&dsse, key, &err), 0);
	assert_int_equal(dsse_check(&dsse, other, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not one of the ed25519 key given"));
	dsse.keyid[0] = 'x';
	assert_int_equal(dsse_check(&dsse, key, &err), -EBADMSG);
	assert_non_null(strstr(err.text, "not that of the key that signed"));
}

static void envelopes_of_another_form_are_refused(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "{}", "payloadType is ''" },
		{ "[]", "is no DSSE envelope" },
		{ "{\"payload\":\"\",\"payloadType\":\"text/plain\",\"signatures\":[]}",
		  "payloadType is 'text/plain'" },
		{ "{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[]}",
		  "carries no signature" },
		{ "{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[{\"sig\":\"eA==\"},{\"sig\":\"eA==\"}]}",
		  "carries 2 signatures" },
		{ "{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[{\"sig\":\"eA==\",\"cert\":\"\"}]}",
		  "a member 'cert'" },
		{ "{\"payload\":\"-_-_\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[{\"sig\":\"eA==\"}]}",
		  "'payload': is base64 of the url-safe alphabet" },
		{ "{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[{\"sig\":\"eA=\"}]}",
		  "'sig': is base64 without its padding, or cut" },
		{ "{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[{\"keyid\":7,\"sig\":\"eA==\"}]}",
		  "keyid is no text" },
		{ "{\"payload\":\"eA==\",\"payloadType\":\"application/vnd.in-toto+json\","
		  "\"signatures\":[{\"sig\":\"eA==\"}],\"more\":1}",
		  "a member 'more'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
		struct dsse dsse;
		struct err err = {};

		assert_int_equal(json_parse(&tree, cases[i].text, strlen(cases[i].text), NULL), 0);
		assert_int_equal(dsse_parse(&dsse, tree, &err), -EBADMSG);
		if (!strstr(err.text, cases[i].fault))
			fail_msg("'%s' is not in '%s'", cases[i].fault, err.text);
	}
}

static void bundles_of_another_form_are_refused(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ "{\"mediaType\":\"application/vnd.dev.sigstore.bundle+json;version=0.1\"}",
		  "mediaType is" },
		{ "{\"mediaType\":\"" DSSE_BUNDLE_TYPE
		  "\",\"verificationMaterial\":{\"certificate\":{}}}",
		  "not of a plain key" },
		{ "{\"mediaType\":\"" DSSE_BUNDLE_TYPE "\",\"verificationMaterial\":{\"publicKey\":"
		  "{\"hint\":\"x\"},\"tlogEntries\":[1]}}",
		  "a member 'tlogEntries'" },
		{ "{\"mediaType\":\"" DSSE_BUNDLE_TYPE
		  "\",\"verificationMaterial\":{\"publicKey\":{\"hint\":\"x\"}}}",
		  "'dsseEnvelope': is no DSSE envelope" },
		{ "{\"mediaType\":\"" DSSE_BUNDLE_TYPE "\",\"messageSignature\":{}}",
		  "a member 'messageSignature'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
		struct dsse dsse;
		const char *hint;
		struct err err = {};

		assert_int_equal(json_parse(&tree, cases[i].text, strlen(cases[i].text), NULL), 0);
		assert_true(dsse_is_bundle(tree));
		assert_int_equal(dsse_parse_bundle(&dsse, &hint, tree, &err), -EBADMSG);
		if (!strstr(err.text, cases[i].fault))
			fail_msg("'%s' is not in '%s'", cases[i].fault, err.text);
	}
}

static void a_statement_is_taken_apart(void **state)
{
	_cleanup_(intoto_done) struct intoto s = {};

	(void)state;
	assert_int_equal(intoto_parse(&s, STATEMENT, strlen(STATEMENT), NULL), 0);
	assert_string_equal(s.predicate_type, "https://t.example");
	assert_true(intoto_is_about(&s, HEX));
	assert_false(intoto_is_about(&s, "1123"));
}

/* Each is the good statement with one thing replaced. */
static void statements_of_another_form_are_refused(void **state)
{
	static const struct {
		const char *from, *to, *fault;
	} cases[] = {
		{ "Statement/v1", "Statement/v0.1", "its _type is" },
		{ "\"predicate\":{", "\"more\":1,\"predicate\":{", "a member 'more'" },
		{ "\"predicate\":{", "\"predicateType\":\"b\",\"predicate\":{", "stands twice" },
		{ "\"predicate\":{\"x\":1}", "\"predicate\":[]", "predicate is no object" },
		{ "https://t.example", "", "no predicateType" },
		{ "[{\"name\":\"a\",\"digest\":{\"sha256\":\"" HEX "\"}}]", "[]", "no subject" },
		{ "{\"sha256\":\"01", "{\"sha256\":\"0A", "no digest 'sha256'" },
		{ "{\"sha256\":", "{\"sha512\":", "no digest 'sha256'" },
		{ "\"name\":\"a\"", "\"mane\":\"a\"", "subject 1: has a member 'mane'" },
		{ "\"x\":1}}", "\"x\":1}} ,", "something follows" },
		{ "\"x\":1}}", "\"x\":1}", "the payload" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		const char *at = strstr(STATEMENT, cases[i].from);
		_cleanup_free_ char *text = NULL;
		struct intoto s;
		struct err err = {};

		assert_non_null(at);
		assert_true(asprintf(&text, "%.*s%s%s", (int)(at - STATEMENT), STATEMENT,
				     cases[i].to, at + strlen(cases[i].from)) > 0);
		assert_int_equal(intoto_parse(&s, text, strlen(text), &err), -EBADMSG);
		if (!strstr(err.text, cases[i].fault))
			fail_msg("'%s' is not in '%s'", cases[i].fault, err.text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_encoding_of_the_specification),
		cmocka_unit_test(what_is_signed_holds),
		cmocka_unit_test(only_ed25519_repeats_itself),
		cmocka_unit_test(another_key_is_named),
		cmocka_unit_test(envelopes_of_another_form_are_refused),
		cmocka_unit_test(bundles_of_another_form_are_refused),
		cmocka_unit_test(a_statement_is_taken_apart),
		cmocka_unit_test(statements_of_another_form_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
