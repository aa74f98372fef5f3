// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_rfc3339.c — points in time as documents spell them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/rfc3339.h"

static void times_are_read_with_any_offset(void **state)
{
	static const struct {
		const char *text;
		int64_t seconds;
		long ns;
	} cases[] = {
		{ "1970-01-01T00:00:00Z", 0, 0 },
		{ "2022-12-22T16:36:43-05:00", 1671745003, 0 },
		{ "2022-12-22t21:36:43z", 1671745003, 0 },
		{ "2024-02-29T23:59:59.123456789999+00:00", 1709251199, 123456789 },
		{ "1969-12-31T23:59:59.5Z", -1, 500000000 },
		{ "1998-12-31T23:59:60Z", 915148800, 0 },
		{ "1998-12-31T15:59:60.25-08:00", 915148800, 250000000 },
		{ "0001-01-01T00:00:00Z", -62135596800, 0 },
		{ "9999-12-31T23:59:59Z", 253402300799, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct timespec time;

		assert_int_equal(rfc3339_parse(&time, cases[i].text), 0);
		assert_int_equal(time.tv_sec, cases[i].seconds);
		assert_int_equal(time.tv_nsec, cases[i].ns);
	}
}

static void what_is_no_time_is_refused(void **state)
{
	static const char *const cases[] = {
		"",
		"2024-01-01",
		"2024-01-01T00:00:00",
		"2024-01-01 00:00:00Z",
		"2024-1-01T00:00:00Z",
		"2024-13-01T00:00:00Z",
		"2024-00-01T00:00:00Z",
		"2023-02-29T00:00:00Z",
		"1900-02-29T00:00:00Z",
		"2024-01-32T00:00:00Z",
		"2024-01-01T24:00:00Z",
		"2024-01-01T00:60:00Z",
		"2024-01-01T00:00:61Z",
		"1998-12-31T22:59:60Z",
		"2024-01-01T00:00:00.Z",
		"2024-01-01T00:00:00+5:00",
		"2024-01-01T00:00:00+0500",
		"2024-01-01T00:00:00+24:00",
		"2024-01-01T00:00:00Z ",
		"+2024-01-01T00:00:00Z",
		"2024-01-01T00:00:00ZZ",
	};
	struct timespec time = { .tv_sec = 7 };

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		assert_true(rfc3339_parse(&time, cases[i]) < 0);
	assert_int_equal(time.tv_sec, 7);
}

static void times_are_written_in_utc(void **state)
{
	char text[RFC3339_BYTES];

	(void)state;
	assert_int_equal(rfc3339_format(text, 1671745003), 0);
	assert_string_equal(text, "2022-12-22T21:36:43Z");
	assert_int_equal(rfc3339_format(text, -62135596800), 0);
	assert_string_equal(text, "0001-01-01T00:00:00Z");
	assert_true(rfc3339_format(text, 253402300800) < 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(times_are_read_with_any_offset),
		cmocka_unit_test(what_is_no_time_is_refused),
		cmocka_unit_test(times_are_written_in_utc),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
