// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_functions.c — the list of functions to watch, and what is no such list. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "agent/functions.h"

static int parse(struct functions **ret, const char *text, struct err *err)
{
	return functions_parse(ret, strdup(text), strlen(text), err);
}

static void objects_have_their_sites(void **state)
{
	static const char text[] = "vexxy-functions 1\n"
				   "object 00ff\n"
				   "site 0x1000 first\n"
				   "site 0xdeadbeef ns::f(int)\n"
				   "object path=/usr/bin/my app size=12345\n"
				   "site 0x1000 main\n"
				   "start 0x2000 f\n"
				   "both 0x3000 g\n"
				   "object abcd\n";
	_cleanup_(functions_freep) struct functions *f = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&f, text, &err), 0);
	assert_int_equal(f->object_count, 3);
	assert_int_equal(f->site_count, 5);
	assert_string_equal(f->objects[0].build_id, "00ff");
	assert_int_equal(f->objects[0].site_count, 2);
	assert_int_equal(f->sites[1].offset, 0xdeadbeef);
	assert_string_equal(f->sites[1].name, "ns::f(int)");
	assert_null(f->objects[1].build_id);
	assert_string_equal(f->objects[1].path, "/usr/bin/my app");
	assert_int_equal(f->objects[1].size, 12345);
	assert_int_equal(f->objects[1].first_site, 2);
	assert_int_equal(f->objects[2].site_count, 0);
	assert_true(f->sites[2].wanted && !f->sites[2].starts);
	assert_true(!f->sites[3].wanted && f->sites[3].starts);
	assert_true(f->sites[4].wanted && f->sites[4].starts);
}

static void a_file_is_found_by_what_it_has(void **state)
{
	_cleanup_(functions_freep) struct functions *f = NULL;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&f,
			       "vexxy-functions 1\nobject 00ff\nobject path=/a size=7\n"
			       "object path=/a size=8\n",
			       &err),
			 0);
	assert_ptr_equal(functions_find(f, "00ff", "/a", 7), &f->objects[0]);
	assert_ptr_equal(functions_find(f, NULL, "/a", 8), &f->objects[2]);
	assert_null(functions_find(f, "00fe", "/a", 7));
	assert_null(functions_find(f, NULL, "/a", 9));
	assert_null(functions_find(f, NULL, NULL, 7));
}

static void faults_are_named_by_their_line(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{ "", "it is empty" },
		{ "\n", "line 1: not 'vexxy-functions 1'" },
		{ "vexxy-functions 1", "line 1: cut off: no newline at its end" },
		{ "vexxy-functions 2\n", "line 1: not 'vexxy-functions 1'" },
		{ "vexxy-functions 1\n\n",
		  "line 2: none of 'object …', 'site …', 'start …' and 'both …'" },
		{ "vexxy-functions 1\nsite 0x1 f\n", "line 2: a site before any object" },
		{ "vexxy-functions 1\nobject 0F\n",
		  "line 2: neither a build-id in hex nor path=/… size=N behind 'object'" },
		{ "vexxy-functions 1\nobject abc\n",
		  "line 2: neither a build-id in hex nor path=/… size=N behind 'object'" },
		{ "vexxy-functions 1\nobject path=a size=1\n",
		  "line 2: neither a build-id in hex nor path=/… size=N behind 'object'" },
		{ "vexxy-functions 1\nobject path=/a size=-1\n",
		  "line 2: neither a build-id in hex nor path=/… size=N behind 'object'" },
		{ "vexxy-functions 1\nobject ab\nobject ab\n",
		  "line 3: this object was named before" },
		{ "vexxy-functions 1\nobject ab\nsite 0x f\n",
		  "line 3: no file offset 0x… behind 'site'" },
		{ "vexxy-functions 1\nobject ab\nsite 0x8000000000000000 f\n",
		  "line 3: no file offset 0x… behind 'site'" },
		{ "vexxy-functions 1\nobject ab\nsite 0x+1 f\n",
		  "line 3: no file offset 0x… behind 'site'" },
		{ "vexxy-functions 1\nobject ab\nsite 0x1\n",
		  "line 3: no name of 1 to 512 bytes without white space" },
		{ "vexxy-functions 1\nobject ab\nsite 0x1 \n",
		  "line 3: no name of 1 to 512 bytes without white space" },
		{ "vexxy-functions 1\nobject ab\nsite 0x1 f g\n",
		  "line 3: no name of 1 to 512 bytes without white space" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct functions *f = NULL;
		struct err err = {};

		assert_true(parse(&f, cases[i].text, &err) < 0);
		assert_string_equal(err.text, cases[i].error);
		assert_null(f);
	}
}

static void names_have_a_limit(void **state)
{
	char text[1100], name[FUNCTIONS_NAME_BYTES_MAX + 2] = "";
	struct functions *f = NULL;
	struct err err = {};

	(void)state;
	memset(name, 'x', FUNCTIONS_NAME_BYTES_MAX);
	snprintf(text, sizeof(text), "vexxy-functions 1\nobject ab\nsite 0x1 %s\n", name);
	assert_int_equal(parse(&f, text, &err), 0);
	functions_free(f);
	f = NULL;
	snprintf(text, sizeof(text), "vexxy-functions 1\nobject ab\nsite 0x1 %sx\n", name);
	assert_int_equal(parse(&f, text, &err), -EINVAL);
	assert_null(f);
}

static void more_than_the_limits_is_refused(void **state)
{
	static const char first[] = "vexxy-functions 1\n";
	size_t room = sizeof(first) + 20 * (FUNCTIONS_OBJECTS_MAX + 1), len;
	char *text = malloc(room);
	struct functions *f = NULL;
	struct err err = {};

	(void)state;
	len = (size_t)snprintf(text, room, "%s", first);
	for (unsigned i = 0; i <= FUNCTIONS_OBJECTS_MAX; i++)
		len += (size_t)snprintf(text + len, room - len, "object %08x\n", i);
	assert_int_equal(functions_parse(&f, text, len, &err), -E2BIG);
	assert_string_equal(err.text, "line 10002: more than 10000 objects, the limit");
	assert_null(f);
}

static void a_byte_that_is_no_text_is_refused(void **state)
{
	static const char text[] = "vexxy-functions 1\nobject ab\0cd\n";
	char *copy = malloc(sizeof(text));
	struct functions *f = NULL;
	struct err err = {};

	(void)state;
	memcpy(copy, text, sizeof(text));
	assert_int_equal(functions_parse(&f, copy, sizeof(text) - 1, &err), -EINVAL);
	assert_string_equal(err.text, "there is a NUL byte in it");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(objects_have_their_sites),
		cmocka_unit_test(a_file_is_found_by_what_it_has),
		cmocka_unit_test(faults_are_named_by_their_line),
		cmocka_unit_test(names_have_a_limit),
		cmocka_unit_test(more_than_the_limits_is_refused),
		cmocka_unit_test(a_byte_that_is_no_text_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
