// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_users.c — the user of a container by the image's passwd and group. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/users.h"

static const char passwd[] = "root:x:0:0:root:/root:/bin/sh\n"
			     "broken line\n"
			     "short:x:7\n"
			     "big:x:99999999999:1::/:/bin/sh\n"
			     "web:x:33:34:web:/var/www:/usr/sbin/nologin\n"
			     "last:x:1000:1000";
static const char group[] = "root:x:0:\n"
			    "www:x:34:\n"
			    "extra:x:50:other,web\n"
			    "more:x:51:web,last\n"
			    "not:x:52:website,we\n";

static void names_and_numbers_are_found(void **state)
{
	static const struct {
		const char *spec;
		uint32_t uid, gid;
		size_t groups;
	} cases[] = {
		{ "", 0, 0, 0 },           { "root", 0, 0, 0 },      { "web", 33, 34, 2 },
		{ "33", 33, 34, 2 },       { "web:www", 33, 34, 0 }, { "web:51", 33, 51, 0 },
		{ "12345", 12345, 0, 0 },  { "5:6", 5, 6, 0 },       { ":extra", 0, 50, 0 },
		{ "last", 1000, 1000, 1 }, { "web:", 33, 34, 2 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct user user;
		struct err err = {};

		assert_int_equal(users_find(&user, cases[i].spec, passwd, group, &err), 0);
		assert_int_equal(user.uid, cases[i].uid);
		assert_int_equal(user.gid, cases[i].gid);
		assert_int_equal(user.group_count, cases[i].groups);
	}
}

static void a_number_needs_no_files(void **state)
{
	struct user user;
	struct err err = {};

	(void)state;
	assert_int_equal(users_find(&user, "70:71", NULL, NULL, &err), 0);
	assert_int_equal(user.uid, 70);
	assert_int_equal(user.gid, 71);
	assert_int_equal(users_find(&user, "", NULL, NULL, &err), 0);
	assert_int_equal(user.uid, 0);
}

static void an_unknown_name_is_refused(void **state)
{
	static const char *const specs[] = { "nobody",     "we",          "web:nogroup",
					     "broken",     "big",         "-1",
					     "4294967295", "99999999999", "1:4294967295" };

	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(*specs); i++) {
		struct user user = { .uid = 77 };
		struct err err = {};

		assert_int_equal(users_find(&user, specs[i], passwd, group, &err), -ENOENT);
		assert_int_equal(user.uid, 77);
		assert_non_null(strstr(err.text, "in the image's /etc/"));
	}
}

static void a_user_that_is_too_long_is_refused(void **state)
{
	char spec[1000];
	struct user user;
	struct err err = {};

	(void)state;
	memset(spec, 'a', sizeof(spec) - 1);
	spec[sizeof(spec) - 1] = '\0';
	assert_int_equal(users_find(&user, spec, passwd, group, &err), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_and_numbers_are_found),
		cmocka_unit_test(a_number_needs_no_files),
		cmocka_unit_test(an_unknown_name_is_refused),
		cmocka_unit_test(a_user_that_is_too_long_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
