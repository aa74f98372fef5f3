// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_json.c — documents from strangers, and documents for diff. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include <sys/stat.h>

#include "analyzer/digest.h"
#include "analyzer/json.h"

static void refuses(const char *text, size_t len, const char *why)
{
	struct err err = {};
	cJSON *tree = NULL;

	assert_true(json_parse(&tree, text, len, &err) < 0);
	assert_null(tree);
	if (!strstr(err.text, why))
		fail_msg("'%s' has no '%s'", err.text, why);
}

static void a_key_that_stands_twice_is_refused(void **state)
{
	static const char text[] = "{\"a\":1,\"b\":{\"x\":1,\"y\":2,\"x\":3}}";

	(void)state;
	refuses(text, sizeof(text) - 1, "'x' stands twice");
}

static void faults_carry_line_and_column(void **state)
{
	(void)state;
	refuses("{\n \"a\": tru\n}", 13, "line 2, column");
	refuses("{}\n{}", 5, "line 2, column 1: something follows");
	refuses("", 0, "not valid JSON");
}

static void invalid_utf8_and_nul_are_refused(void **state)
{
	(void)state;
	refuses("[\"\xff\"]", 5, "UTF-8");
	refuses("[\"\xc0\x80\"]", 6, "UTF-8");
	refuses("[\"\xed\xa0\x80\"]", 7, "UTF-8");
	refuses("[\"a\0b\"]", 7, "NUL");
	refuses("[\"a\\u0000b\"]", 12, "NUL");
}

static void depth_is_limited(void **state)
{
	char text[2 * (JSON_NESTING_MAX + 1)];
	struct err err = {};
	cJSON *tree = NULL;

	(void)state;
	memset(text, '[', JSON_NESTING_MAX + 1);
	memset(text + JSON_NESTING_MAX + 1, ']', JSON_NESTING_MAX + 1);
	refuses(text, sizeof(text), "nested too deep");
	assert_int_equal(json_parse(&tree, text + 1, sizeof(text) - 2, &err), 0);
	cJSON_Delete(tree);
}

static void the_same_tree_gives_the_same_bytes(void **state)
{
	static const char want[] =
	    "{\n  \"a\": [\n    1,\n    \"x\\\"\"\n  ],\n  \"b\": {},\n  \"n\": "
	    "18446744073709551615,\n  \"c\": 0.9703,\n  \"bad\": \"a\xef\xbf\xbd\"\n}\n";
	_cleanup_(cJSON_Deletep) cJSON *tree = cJSON_CreateObject();
	_cleanup_free_ char *text = NULL;
	cJSON *a = cJSON_AddArrayToObject(tree, "a");

	(void)state;
	cJSON_AddItemToArray(a, cJSON_CreateNumber(1));
	json_push_string(a, "x\"");
	cJSON_AddObjectToObject(tree, "b");
	json_add_u64(tree, "n", UINT64_MAX);
	json_add_fixed(tree, "c", 0.97030001, 4);
	json_add_string(tree, "bad", "a\xff");
	text = json_print(tree);
	assert_string_equal(text, want);
}

static void integers_are_exact_or_refused(void **state)
{
	_cleanup_(cJSON_Deletep) cJSON *tree =
	    cJSON_Parse("{\"a\":\"18446744073709551615\",\"b\":-1,\"c\":\"x\",\"d\":7,"
			"\"e\":\"99999999999999999999\"}");

	(void)state;
	assert_true(json_u64(tree, "a", 0) == UINT64_MAX);
	assert_int_equal(json_u64(tree, "b", 5), 5);
	assert_int_equal(json_u64(tree, "c", 5), 5);
	assert_int_equal(json_u64(tree, "d", 5), 7);
	assert_int_equal(json_u64(tree, "e", 5), 5);
	assert_int_equal(json_u64(tree, "absent", 5), 5);
}

static void a_file_is_written_whole_or_not_at_all(void **state)
{
	char dir[] = "/tmp/vexxy-json.XXXXXX", path[64], hex[DIGEST_HEX_BYTES];
	struct err err = {};
	char *text;
	size_t len;

	(void)state;
	assert_non_null(mkdtemp(dir));
	snprintf(path, sizeof(path), "%s/a", dir);
	assert_int_equal(file_write(path, "abc", 3, &err), 0);
	assert_int_equal(file_read(&text, &len, path, 10, &err), 0);
	assert_string_equal(text, "abc");
	free(text);
	assert_int_equal(digest_path(hex, path, &err), 0);
	assert_string_equal(hex,
			    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_true(file_read(&text, &len, path, 2, &err) == -EFBIG);
	assert_true(file_read(&text, &len, dir, 2, &err) == -EINVAL);
	unlink(path);
	snprintf(path, sizeof(path), "%s/none/a", dir);
	assert_true(file_write(path, "abc", 3, &err) < 0);
	assert_non_null(strstr(err.text, "none/a"));
	assert_int_equal(rmdir(dir), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_key_that_stands_twice_is_refused),
		cmocka_unit_test(faults_carry_line_and_column),
		cmocka_unit_test(invalid_utf8_and_nul_are_refused),
		cmocka_unit_test(depth_is_limited),
		cmocka_unit_test(the_same_tree_gives_the_same_bytes),
		cmocka_unit_test(integers_are_exact_or_refused),
		cmocka_unit_test(a_file_is_written_whole_or_not_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
