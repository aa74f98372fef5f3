// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_driver.c — the marks that a driver writes, in whatever pieces they come. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/driver.h"

struct heard {
	char names[512];
	int fail_at, count;
};

static int hear(void *ctx, const char *name)
{
	struct heard *heard = ctx;

	strncat(heard->names, name, sizeof(heard->names) - strlen(heard->names) - 1);
	strncat(heard->names, ";", sizeof(heard->names) - strlen(heard->names) - 1);
	return ++heard->count == heard->fail_at ? -ENOSPC : 0;
}

static void marks_are_taken_line_by_line(void **state)
{
	static const char text[] = "mark login\nnoise\nmark \nmarked\n\nmark a b\nmark unfinished";

	(void)state;
	for (size_t piece = 1; piece < sizeof(text); piece++) {
		struct driver driver = {};
		struct heard heard = {};

		for (size_t at = 0; at < sizeof(text) - 1; at += piece) {
			size_t left = sizeof(text) - 1 - at;

			assert_int_equal(driver_take(&driver, text + at,
						     left < piece ? left : piece, hear, &heard),
					 0);
		}
		assert_string_equal(heard.names, "login;a b;");
	}
}

static void a_long_name_is_cut(void **state)
{
	struct driver driver = {};
	struct heard heard = {};
	char text[300];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, "mark ", 5);
	text[sizeof(text) - 1] = '\n';
	assert_int_equal(driver_take(&driver, text, sizeof(text), hear, &heard), 0);
	assert_true(strlen(heard.names) > 100 && strlen(heard.names) <= DRIVER_NAME_MAX + 3);
	assert_int_equal(driver_take(&driver, "mark next\n", 10, hear, &heard), 0);
	assert_non_null(strstr(heard.names, ";next;"));
}

static void a_mark_that_cannot_be_recorded_is_a_failure(void **state)
{
	struct driver driver = {};
	struct heard heard = { .fail_at = 1 };

	(void)state;
	assert_int_equal(driver_take(&driver, "mark a\nmark b\n", 14, hear, &heard), -ENOSPC);
	assert_string_equal(heard.names, "a;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(marks_are_taken_line_by_line),
		cmocka_unit_test(a_long_name_is_cut),
		cmocka_unit_test(a_mark_that_cannot_be_recorded_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
