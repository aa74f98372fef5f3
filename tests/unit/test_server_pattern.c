// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* What a pattern matches is what the C library says of it as it was written. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "server/pattern.h"

static void a_pattern_matches_what_the_library_says(void **state)
{
	static const char *const patterns[] = {
		"^[a-f]{3}$",
		"^[a-f]{0,2}$",
		"^s:[a-f0-9]{2}$",
		"^[a-z][a-z0-9.-]{0,3}$",
		"^[a-f]{2,}$",
		"^[^a]{2}$",
		"^a{2}$",
		"[a-f]{2}$",
		"^[a-f]{1,2}",
		"^[a-f]+x{1,2}$",
		"^[0-9]{1,2}_[a-f]{2}$",
		"^(a|b)[a-f]{1,2}$",
		"^a?[a-f]{2}$",
		"^[[:digit:]]{2}$",
		"^\\.[a-f]{1,2}$",
		"^[]a]{2}$",
		"^[!-~]+$",
		"^.[a-f]{2}$",
		"^[a-f]{2}$|^x$",
		"^[a-f]{2}[0-9]{1,2}$",
		"^/[!-~]*$",
	};
	static const char *const values[] = {
		"",     "a",     "ab",    "abc",  "abcd", "abcde", "s:a0", "s:a",  "s:a0f",
		"aa",   "1_ab",  "12_ab", "x",    "xab",  "ax",    "aabb", "12",   "123",
		".a",   ".abc",  "]a",    "ü",    "aü",   "üab",   "ab\n", "z9.-", "z9.-x",
		"ab12", "ab123", "{2}",   "a{2}", "/",    "/a b",  "!~",   "b]",   "ABC",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++) {
		struct pattern ours;
		struct err err = {};
		regex_t theirs;

		assert_int_equal(pattern_init(&ours, patterns[i], &err), 0);
		assert_int_equal(regcomp(&theirs, patterns[i], REG_EXTENDED | REG_NOSUB), 0);
		for (size_t n = 0; n < sizeof(values) / sizeof(*values); n++)
			if (pattern_matches(&ours, values[n]) !=
			    (regexec(&theirs, values[n], 0, NULL, 0) == 0))
				fail_msg("'%s' and '%s'", patterns[i], values[n]);
		regfree(&theirs);
		pattern_done(&ours);
	}
}

static void a_count_at_the_end_is_not_unfolded(void **state)
{
	struct pattern p;
	struct err err = {};
	char value[300];

	(void)state;
	assert_int_equal(pattern_init(&p, "^[a-z_][a-z0-9]{0,254}$", &err), 0);
	assert_int_equal(p.bytes_min, 1);
	assert_int_equal(p.bytes_max, 255);
	memset(value, 'a', sizeof(value));
	value[255] = '\0';
	assert_true(pattern_matches(&p, value));
	value[255] = 'a';
	value[256] = '\0';
	assert_false(pattern_matches(&p, value));
	value[254] = '_';
	value[255] = '\0';
	assert_false(pattern_matches(&p, value));
	pattern_done(&p);
	assert_int_equal(pattern_init(&p, "^[a-z", &err), -EINVAL);
	assert_string_equal(err.text, "the pattern '^[a-z' is no regular expression");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_pattern_matches_what_the_library_says),
		cmocka_unit_test(a_count_at_the_end_is_not_unfolded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
