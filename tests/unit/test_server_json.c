// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* JSON from strangers, and JSON that we write. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/json_in.h"
#include "server/json_out.h"

static int parse(const char *text)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct err err = {};
	size_t offset = 0;
	int r = json_in_parse(&tree, text, strlen(text), &offset, &err);

	assert_true((r == 0) == (tree != NULL));
	assert_true(r == 0 || err.text[0]);
	return r;
}

static void documents_of_json_are_taken(void **state)
{
	static const char *const texts[] = {
		"{}",
		" [1, -2.5e+3, \"\\u00e9\\n\", true, false, null, {\"a\": {}}] ",
		"0",
		"\"x\"",
		"{\"a\":1,\"A\":2}",
		"\"\xc3\xa9\"",
		"\"\\ud83d\\ude00\\uD83D\\uDE00\"",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(parse(texts[i]), 0);
}

static void what_cjson_forgives_is_refused(void **state)
{
	static const char *const texts[] = {
		"",
		" ",
		"{",
		"[1,]",
		"{\"a\":1,}",
		"{\"a\" 1}",
		"{a:1}",
		"01",
		"1.",
		".5",
		"1e",
		"+1",
		"nul",
		"{} x",
		"\"\\u0000\"",
		"\"a\tb\"",
		"\"\\x\"",
		"\"\\u12\"",
		"\"\\ud800\"",
		"\"\\udc00\\ud800\"",
		"\"\\ud83d\\u0041\"",
		"\"\\ud83d\\ud83d\"",
		"\"a",
		"\"\xff\"",
		"\"\xc0\x80\"",
		"\"\xed\xa0\x80\"",
		"{\"a\":1,\"a\":2}",
		"{\"b\":{\"a\":1,\"a\":2}}",
		"[Infinity]",
		"[NaN]",
		"['a']",
		"//x\n1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_int_equal(parse(texts[i]), -EBADMSG);
}

static void the_place_of_a_fault_is_told(void **state)
{
	static const struct {
		const char *text;
		size_t offset;
	} cases[] = {
		{ "{\"a\":", 5 },
		{ "[1,]", 3 },
		{ "\"\\u0041\\ud800\"", 7 },
		{ "{} x", 3 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		cJSON *tree = NULL;
		size_t offset = 0;

		assert_int_equal(
		    json_in_parse(&tree, cases[i].text, strlen(cases[i].text), &offset, NULL),
		    -EBADMSG);
		assert_int_equal(offset, cases[i].offset);
	}
}

static void depth_and_number_of_values_are_bounded(void **state)
{
	char deep[2 * (JSON_IN_DEPTH_MAX + 1) + 1];
	struct text many = {};

	(void)state;
	memset(deep, '[', JSON_IN_DEPTH_MAX + 1);
	memset(deep + JSON_IN_DEPTH_MAX + 1, ']', JSON_IN_DEPTH_MAX + 1);
	deep[sizeof(deep) - 1] = '\0';
	assert_int_equal(parse(deep), -EBADMSG);
	deep[sizeof(deep) - 2] = '\0';
	assert_int_equal(parse(deep + 1), 0);
	text_put(&many, "[0");
	for (size_t i = 0; i < JSON_IN_NODES_MAX; i++)
		text_put(&many, ",0");
	text_put(&many, "]");
	assert_int_equal(parse(many.bytes), -EBADMSG);
	text_done(&many);
}

static void what_is_written_can_be_read(void **state)
{
	struct json_out out = {};
	_cleanup_free_ char *text = NULL;

	(void)state;
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "a", "x\"\\\n\x01\x7f\xff\xc3\xa9");
	json_out_text(&out, "b", NULL);
	json_out_open(&out, "c", '[');
	json_out_int(&out, NULL, -9007199254740993);
	json_out_bool(&out, NULL, true);
	json_out_close(&out, ']');
	json_out_time(&out, "d", 1738324800123);
	json_out_time(&out, "e", 0);
	json_out_close(&out, '}');
	text = text_take(&out.text);
	assert_string_equal(text,
			    "{\"a\":\"x\\\"\\\\\\n\\u0001\\u007f\xef\xbf\xbd\xc3\xa9\",\"b\":null,"
			    "\"c\":[-9007199254740993,true],\"d\":\"2025-01-31T12:00:00.123Z\","
			    "\"e\":null}");
	assert_int_equal(parse(text), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(documents_of_json_are_taken),
		cmocka_unit_test(what_cjson_forgives_is_refused),
		cmocka_unit_test(the_place_of_a_fault_is_told),
		cmocka_unit_test(depth_and_number_of_values_are_bounded),
		cmocka_unit_test(what_is_written_can_be_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
