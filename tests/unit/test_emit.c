// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_emit.c — JSON text: commas, escapes, and bytes that are no UTF-8. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/emit.h"

static void members_and_items_are_separated(void **state)
{
	_cleanup_text_ struct text text = {};

	(void)state;
	emit_open(&text, NULL, '{');
	emit_u64(&text, "a", 18446744073709551615u);
	emit_open(&text, "b", '[');
	emit_i64(&text, NULL, -1);
	emit_bool(&text, NULL, true);
	emit_open(&text, NULL, '{');
	emit_close(&text, '}');
	emit_close(&text, ']');
	emit_string(&text, "absent", NULL);
	emit_string(&text, "c", "[");
	emit_string(&text, "d", "{");
	emit_close(&text, '}');
	assert_false(text.failed);
	assert_string_equal(
	    text.data, "{\"a\":18446744073709551615,\"b\":[-1,true,{}],\"c\":\"[\",\"d\":\"{\"}");
}

static void what_is_no_utf8_is_replaced_in_strings(void **state)
{
	static const struct {
		const char *in, *out;
	} cases[] = {
		{ "plain", "\"plain\"" },
		{ "a\"b\\c", "\"a\\\"b\\\\c\"" },
		{ "\n\x01\x7f", "\"\\u000a\\u0001\x7f\"" },
		{ "\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80",
		  "\"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80\"" },
		{ "\xff", "\"\xef\xbf\xbd\"" },
		{ "\xc0\xaf", "\"\xef\xbf\xbd\xef\xbf\xbd\"" },                 /* overlong */
		{ "\xed\xa0\x80", "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* a surrogate */
		{ "\xf4\x90\x80\x80",
		  "\"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\"" }, /* above U+10FFFF */
		{ "x\xe2\x82", "\"x\xef\xbf\xbd\xef\xbf\xbd\"" },           /* cut */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_text_ struct text text = {};

		emit_string(&text, NULL, cases[i].in);
		assert_string_equal(text.data, cases[i].out);
	}
}

static void a_path_loses_no_byte(void **state)
{
	static const struct {
		const char *in, *out;
		bool escaped;
	} cases[] = {
		{ "/a/b", "\"/a/b\"", false },
		{ "/back\\slash", "\"/back\\\\slash\"", false },
		{ "/\xff", "\"/\\\\xff\"", true },
		{ "/\\\xfe\xc3\xa4", "\"/\\\\\\\\\\\\xfe\xc3\xa4\"", true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_text_ struct text text = {};

		assert_int_equal(emit_bytes(&text, NULL, cases[i].in, strlen(cases[i].in)),
				 cases[i].escaped);
		assert_string_equal(text.data, cases[i].out);
	}
}

static void a_long_text_grows(void **state)
{
	_cleanup_text_ struct text text = {};

	(void)state;
	emit_open(&text, NULL, '[');
	for (int i = 0; i < 10000; i++)
		emit_string(&text, NULL, "0123456789");
	emit_close(&text, ']');
	assert_false(text.failed);
	assert_int_equal(text.len, 10000 * 13 + 1);
	assert_int_equal(strlen(text.data), text.len);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_and_items_are_separated),
		cmocka_unit_test(what_is_no_utf8_is_replaced_in_strings),
		cmocka_unit_test(a_path_loses_no_byte),
		cmocka_unit_test(a_long_text_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
