// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_relevancy.c — Kubescape's way from a file that was seen to the packages it calls relevant. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/relevancy.h"

/* Packages, then files. */
enum { APP, FAR, IDLE, MID, RING, PACKAGES };
enum { APP_FILE = PACKAGES, DATABASE, IDLE_FILE, NODES };

static const char *name(const void *ctx, size_t package)
{
	static const char *const names[] = { "app", "far", "idle", "mid", "ring" };

	(void)ctx;
	return names[package];
}

static struct relevancy *graph(void)
{
	struct relevancy *r = NULL;
	struct err err = {};

	assert_int_equal(relevancy_new(&r, PACKAGES, NODES - PACKAGES, &err), 0);
	assert_int_equal(relevancy_relate(r, APP, APP_FILE, RELEVANCY_CONTAINS), 0);
	assert_int_equal(relevancy_relate(r, IDLE, IDLE_FILE, RELEVANCY_CONTAINS), 0);
	for (size_t p = 0; p < PACKAGES; p++)
		assert_int_equal(relevancy_relate(r, p, DATABASE, RELEVANCY_EVIDENT), 0);
	assert_int_equal(relevancy_relate(r, MID, APP, RELEVANCY_DEPENDENCY), 0);
	assert_int_equal(relevancy_relate(r, FAR, MID, RELEVANCY_DEPENDENCY), 0);
	assert_int_equal(relevancy_relate(r, RING, FAR, RELEVANCY_DEPENDENCY), 0);
	assert_int_equal(relevancy_relate(r, MID, RING, RELEVANCY_DEPENDENCY), 0);
	return r;
}

static void a_used_package_makes_used_what_it_depends_on(void **state)
{
	_cleanup_(relevancy_freep) struct relevancy *r = graph();
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	relevancy_touch(r, APP_FILE, "/usr/bin/app");
	assert_int_equal(relevancy_spread(r), 0);
	assert_true(r->nodes[APP].kept && r->nodes[MID].kept && r->nodes[FAR].kept &&
		    r->nodes[RING].kept);
	assert_false(r->nodes[IDLE].kept);
	assert_string_equal(relevancy_why(r, APP, name, NULL, arena),
			    "/usr/bin/app of app was opened or executed");
	assert_string_equal(relevancy_why(r, FAR, name, NULL, arena),
			    "/usr/bin/app of app was opened or executed, and who depends on whom "
			    "leads to it: app → mid → far");
	assert_null(relevancy_why(r, IDLE, name, NULL, arena));
}

static void who_depends_on_a_used_package_is_not_used(void **state)
{
	_cleanup_(relevancy_freep) struct relevancy *r = graph();

	(void)state;
	relevancy_touch(r, IDLE_FILE, "/usr/bin/idle");
	assert_int_equal(relevancy_spread(r), 0);
	assert_true(r->nodes[IDLE].kept);
	assert_false(r->nodes[APP].kept || r->nodes[MID].kept);
}

static void the_database_makes_all_used(void **state)
{
	_cleanup_(relevancy_freep) struct relevancy *r = graph();
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	relevancy_touch(r, DATABASE, "/var/lib/dpkg/status");
	assert_int_equal(relevancy_spread(r), 0);
	for (size_t p = 0; p < PACKAGES; p++)
		assert_true(r->nodes[p].kept);
	assert_string_equal(relevancy_why(r, IDLE, name, NULL, arena),
			    "/var/lib/dpkg/status was opened, by which idle is evident");
}

static void ends_that_are_not_there_are_left_out(void **state)
{
	_cleanup_(relevancy_freep) struct relevancy *r = graph();
	size_t before = r->relation_count;

	(void)state;
	assert_int_equal(relevancy_relate(r, SIZE_MAX, APP, RELEVANCY_OTHER), 0);
	assert_int_equal(relevancy_relate(r, APP, NODES, RELEVANCY_OTHER), 0);
	assert_int_equal(relevancy_relate(r, APP, APP, RELEVANCY_OTHER), 0);
	assert_int_equal(r->relation_count, before);
	relevancy_touch(r, NODES, "/nowhere");
	assert_int_equal(relevancy_spread(r), 0);
	assert_false(r->nodes[APP].kept);
}

static const char *number(const void *ctx, size_t package)
{
	return ((char(*)[4])ctx)[package];
}

static void a_long_chain_is_cut_and_says_so(void **state)
{
	static char names[100][4];
	_cleanup_(relevancy_freep) struct relevancy *r = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct err err = {};

	(void)state;
	assert_int_equal(relevancy_new(&r, 100, 1, &err), 0);
	assert_int_equal(relevancy_relate(r, 0, 100, RELEVANCY_CONTAINS), 0);
	for (size_t p = 0; p < 100; p++) {
		snprintf(names[p], sizeof(names[p]), "%zu", p);
		if (p)
			assert_int_equal(relevancy_relate(r, p, p - 1, RELEVANCY_DEPENDENCY), 0);
	}
	relevancy_touch(r, 100, "/x");
	assert_int_equal(relevancy_spread(r), 0);
	assert_string_equal(relevancy_why(r, 99, number, names, arena),
			    "/x of 0 was opened or executed, and who depends on whom leads to it: "
			    "0 → 1 → 2 → 3 → 4 → 5 → 6 → 7 → … → 99");
	assert_string_equal(relevancy_why(r, 3, number, names, arena),
			    "/x of 0 was opened or executed, and who depends on whom leads to it: "
			    "0 → 1 → 2 → 3");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_used_package_makes_used_what_it_depends_on),
		cmocka_unit_test(who_depends_on_a_used_package_is_not_used),
		cmocka_unit_test(the_database_makes_all_used),
		cmocka_unit_test(ends_that_are_not_there_are_left_out),
		cmocka_unit_test(a_long_chain_is_cut_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
