// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_image_config.c — the documents of an OCI image layout. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/image_config.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void a_configuration_says_what_to_run(void **state)
{
	static const char text[] =
	    "{\"architecture\":\"amd64\",\"config\":{\"User\":\"web\",\"Env\":[\"PATH=/"
	    "bin\",\"A=1\"],"
	    "\"Entrypoint\":[\"/entry\",\"-x\"],\"Cmd\":[\"serve\"],\"WorkingDir\":\"/srv\"}}";
	struct image_config config;
	struct err err = {};

	(void)state;
	assert_int_equal(image_config_parse(&config, text, strlen(text), &err), 0);
	assert_int_equal(config.entrypoint.count, 2);
	assert_string_equal(config.entrypoint.items[1], "-x");
	assert_null(config.entrypoint.items[2]);
	assert_string_equal(config.command.items[0], "serve");
	assert_string_equal(config.env.items[1], "A=1");
	assert_string_equal(config.user, "web");
	assert_string_equal(config.workdir, "/srv");
	image_config_done(&config);
}

static void what_is_absent_is_empty(void **state)
{
	static const char *const texts[] = { "{}", "{\"config\":null}",
					     "{\"config\":{\"Cmd\":null,\"User\":\"\"}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct image_config config;
		struct err err = {};

		assert_int_equal(image_config_parse(&config, texts[i], strlen(texts[i]), &err), 0);
		assert_int_equal(config.command.count, 0);
		assert_null(config.user);
		image_config_done(&config);
	}
}

static void a_wrong_configuration_is_refused(void **state)
{
	static const char *const texts[] = { "", "no", "{\"config\":{\"Cmd\":\"sh\"}}",
					     "{\"config\":{\"Cmd\":[1]}}",
					     "{\"config\":{\"Env\":[\"A=1\",null]}}" };

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
		struct image_config config;
		struct err err = {};

		assert_int_equal(image_config_parse(&config, texts[i], strlen(texts[i]), &err),
				 -EBADMSG);
		assert_non_null(strstr(err.text, "the image's"));
	}
}

static void an_index_names_one_manifest(void **state)
{
	static const char good[] = "{\"manifests\":[{\"digest\":\"sha256:" HEX "\"}]}";
	static const char *const bad[] = {
		"{}",
		"{\"manifests\":[]}",
		"{\"manifests\":[{},{}]}",
		"{\"manifests\":[{\"digest\":\"sha256:../../../etc/passwd\"}]}",
		"{\"manifests\":[{\"digest\":\"sha512:" HEX "\"}]}",
		"{\"manifests\":[{\"digest\":\"sha256:" HEX "0\"}]}",
	};
	char digest[IMAGE_DIGEST_BYTES] = "";
	struct err err = {};

	(void)state;
	assert_int_equal(image_index_parse(digest, good, strlen(good), &err), 0);
	assert_string_equal(digest, "sha256:" HEX);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(image_index_parse(digest, bad[i], strlen(bad[i]), &err), -EBADMSG);
}

static void a_manifest_names_its_configuration(void **state)
{
	static const char good[] = "{\"config\":{\"digest\":\"sha256:" HEX "\"},\"layers\":[]}";
	char digest[IMAGE_DIGEST_BYTES] = "";
	struct err err = {};

	(void)state;
	assert_int_equal(image_manifest_parse(digest, good, strlen(good), &err), 0);
	assert_string_equal(digest, "sha256:" HEX);
	assert_int_equal(image_manifest_parse(digest, "{\"config\":{}}", 13, &err), -EBADMSG);
}

static void an_environment_has_each_name_once(void **state)
{
	_cleanup_strings_ struct strings env = {};

	(void)state;
	assert_int_equal(strings_set_env(&env, "A=1"), 0);
	assert_int_equal(strings_set_env(&env, "AB=2"), 0);
	assert_int_equal(strings_set_env(&env, "A=3"), 0);
	assert_int_equal(env.count, 2);
	assert_string_equal(env.items[0], "A=3");
	assert_string_equal(env.items[1], "AB=2");
	assert_null(env.items[2]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_configuration_says_what_to_run),
		cmocka_unit_test(what_is_absent_is_empty),
		cmocka_unit_test(a_wrong_configuration_is_refused),
		cmocka_unit_test(an_index_names_one_manifest),
		cmocka_unit_test(a_manifest_names_its_configuration),
		cmocka_unit_test(an_environment_has_each_name_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
