// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* How often somebody may ask. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "server/rate.h"

static struct rate_limits *limits(uint64_t per_minute)
{
	struct rate_limits *l = NULL;
	struct err err = {};

	assert_int_equal(rate_new(&l, per_minute, &err), 0);
	return l;
}

static void a_bucket_empties_and_fills_evenly(void **state)
{
	_cleanup_(rate_freep) struct rate_limits *l = limits(30);
	struct rate_answer a;

	(void)state;
	for (int i = 0; i < 30; i++) {
		rate_take(&a, l, "key:a", 1, 1000);
		assert_true(a.allowed && a.counted);
		assert_int_equal(a.remaining, 29 - i);
	}
	assert_int_equal(a.full_s, 60);
	rate_take(&a, l, "key:a", 1, 1000);
	assert_false(a.allowed);
	assert_int_equal(a.retry_s, 2);
	rate_take(&a, l, "key:a", 1, 2999);
	assert_false(a.allowed);
	assert_int_equal(a.retry_s, 1);
	rate_take(&a, l, "key:a", 1, 3000);
	assert_true(a.allowed);
	rate_take(&a, l, "key:b", 1, 3000);
	assert_int_equal(a.remaining, 29);
	rate_take(&a, l, "key:a", 0, 3000000);
	assert_int_equal(a.remaining, 30);
}

static void a_clock_that_goes_back_gives_nothing(void **state)
{
	_cleanup_(rate_freep) struct rate_limits *l = limits(2);
	struct rate_answer a;

	(void)state;
	rate_take(&a, l, "x", 2, 500000);
	assert_true(a.allowed);
	rate_take(&a, l, "x", 1, 1000);
	assert_false(a.allowed);
	rate_take(&a, l, "x", 1, 500000);
	assert_false(a.allowed);
}

static void without_a_limit_nothing_is_counted(void **state)
{
	_cleanup_(rate_freep) struct rate_limits *l = limits(0);
	struct rate_answer a;

	(void)state;
	rate_take(&a, l, "x", 1000000, 1);
	assert_true(a.allowed);
	assert_false(a.counted);
}

static void many_others_take_nothing_from_anybody(void **state)
{
	_cleanup_(rate_freep) struct rate_limits *l = limits(10);
	char name[RATE_NAME_BYTES];
	struct rate_answer a;

	(void)state;
	for (int i = 0; i < 50000; i++) {
		snprintf(name, sizeof(name), "address:%d", i);
		rate_take(&a, l, name, 10, i);
		assert_true(a.allowed);
	}
}

static void an_address_of_ipv6_is_its_network(void **state)
{
	static const char *const cases[][2] = {
		{ "192.0.2.7", "address:192.0.2.7" },
		{ "2001:db8:1:2:3:4:5:6", "address:2001:db8:1:2::/64" },
		{ "2001:db8:1:2::1", "address:2001:db8:1:2::/64" },
		{ "::ffff:192.0.2.7", "address:::ffff:192.0.2.7" },
	};
	char name[RATE_NAME_BYTES];

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		rate_name_of(name, cases[i][0]);
		assert_string_equal(name, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_bucket_empties_and_fills_evenly),
		cmocka_unit_test(a_clock_that_goes_back_gives_nothing),
		cmocka_unit_test(without_a_limit_nothing_is_counted),
		cmocka_unit_test(many_others_take_nothing_from_anybody),
		cmocka_unit_test(an_address_of_ipv6_is_its_network),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
