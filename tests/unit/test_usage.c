// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_usage.c — what counts as use of a file, and what does not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/usage.h"
#include "tests/unit/verdict_fixture.h"

static struct usage *usage;

static int set_up(void **state)
{
	static struct world w;

	world_init(&w);
	w.trace.use_count = 0; /* each test adds what it is about */
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	usage_free(usage);
	usage = NULL;
	return 0;
}

static const struct file_usage *collect(struct world *w, const char *path)
{
	struct err err = {};

	usage_free(usage);
	usage = NULL;
	assert_int_equal(usage_collect(&usage, &w->inv, w->traces, w->traces[1] ? 2 : 1, &err), 0);
	return &usage->files[inventory_find_exact(&w->inv, path)];
}

static void each_kind_of_use_has_its_class(void **state)
{
	static const struct {
		enum use_kind kind;
		const char *path;
		enum use_class class;
	} cases[] = {
		{ USE_EXEC, "/usr/bin/tool", USE_CLASS_CODE },
		{ USE_SCRIPT, "/usr/bin/tool", USE_CLASS_CODE },
		{ USE_INTERPRETER, "/usr/lib/ld-linux-x86-64.so.2", USE_CLASS_CODE },
		{ USE_MAP, "/usr/lib/libidle.so.1", USE_CLASS_CODE },
		{ USE_OPEN_READ, "/usr/lib/libidle.so.1", USE_CLASS_CODE },
		{ USE_OPEN_READ, "/usr/share/ca-certificates/a.crt", USE_CLASS_TOUCHED },
		{ USE_OPEN_WRITE, "/usr/lib/libidle.so.1", USE_CLASS_HARMLESS },
		{ USE_OPEN_PATH, "/usr/lib/libidle.so.1", USE_CLASS_HARMLESS },
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct world *w = *state;

		w->trace.use_count = 0;
		world_use(w, cases[i].kind, cases[i].path);
		assert_int_equal(collect(w, cases[i].path)->class, cases[i].class);
	}
}

static void databases_and_documents_are_no_use_but_code_among_them_is(void **state)
{
	struct world *w = *state;

	world_add(w, "/usr/share/doc/tool/copyright", FILE_REGULAR, W_TOOL);
	world_add(w, "/usr/share/doc/tool/examples/a.py", FILE_REGULAR, W_TOOL);
	world_add(w, "/usr/lib/python3/x.dist-info/METADATA", FILE_REGULAR, W_TOOL);
	world_use(w, USE_OPEN_READ, "/usr/share/doc/tool/copyright");
	world_use(w, USE_OPEN_READ, "/usr/share/doc/tool/examples/a.py");
	world_use(w, USE_OPEN_READ, "/usr/lib/python3/x.dist-info/METADATA");
	assert_int_equal(collect(w, "/usr/share/doc/tool/copyright")->class, USE_CLASS_HARMLESS);
	assert_int_equal(collect(w, "/usr/share/doc/tool/examples/a.py")->class, USE_CLASS_CODE);
	assert_int_equal(collect(w, "/usr/lib/python3/x.dist-info/METADATA")->class,
			 USE_CLASS_HARMLESS);
}

static void the_strongest_use_stays_whatever_the_order(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_READ, "/usr/bin/tool");
	world_use(w, USE_EXEC, "/usr/bin/tool");
	world_use(w, USE_MAP, "/usr/bin/tool");
	assert_int_equal(collect(w, "/usr/bin/tool")->use->kind, USE_EXEC);
	assert_int_equal(collect(w, "/usr/bin/tool")->first->kind, USE_OPEN_READ);
	assert_true(collect(w, "/usr/bin/tool")->executed);
}

static void a_link_on_the_way_is_followed(void **state)
{
	struct world *w = *state;

	world_add(w, "/usr/lib/libidle.so", FILE_LINK, W_IDLE)->target = "/usr/lib/libidle.so.1";
	world_use(w, USE_MAP, "/usr/lib/libidle.so");
	assert_int_equal(collect(w, "/usr/lib/libidle.so.1")->class, USE_CLASS_CODE);
}

static void byte_code_stands_for_its_source(void **state)
{
	struct world *w = *state;

	world_add(w, "/usr/lib/python3/a.py", FILE_REGULAR, W_TOOL);
	world_use(w, USE_OPEN_READ, "/usr/lib/python3/__pycache__/a.cpython-311.pyc");
	assert_int_equal(collect(w, "/usr/lib/python3/a.py")->class, USE_CLASS_CODE);
}

static void a_build_id_finds_what_the_path_does_not(void **state)
{
	struct world *w = *state;

	world_elf(w, "/usr/lib/libidle.so.1")->build_id = "abcd";
	world_use(w, USE_MAP, "/elsewhere/x")->build_id = "abcd";
	assert_int_equal(collect(w, "/usr/lib/libidle.so.1")->class, USE_CLASS_CODE);
	assert_false(collect(w, "/usr/lib/libidle.so.1")->uncertain);
	assert_int_equal(usage->strays_running, 0);
}

static void another_build_id_under_the_same_path_is_a_mismatch(void **state)
{
	struct world *w = *state;

	world_elf(w, "/usr/lib/libidle.so.1")->build_id = "abcd";
	world_use(w, USE_MAP, "/usr/lib/libidle.so.1")->build_id = "dcba";
	assert_true(collect(w, "/usr/lib/libidle.so.1")->mismatch);
}

static void the_end_of_a_path_makes_every_candidate_uncertain(void **state)
{
	struct world *w = *state;

	world_add(w, "/opt/lib/libidle.so.1", FILE_ELF, W_TOOL);
	world_use(w, USE_OPEN_READ, "…/lib/libidle.so.1")->truncated = true;
	assert_true(collect(w, "/usr/lib/libidle.so.1")->uncertain);
	assert_true(collect(w, "/opt/lib/libidle.so.1")->uncertain);
	assert_int_equal(collect(w, "/usr/lib/libneed.so.1")->class, USE_CLASS_NONE);
}

static void code_that_nobody_knows_is_a_stray(void **state)
{
	struct world *w = *state;

	world_use(w, USE_MAP, "/tmp/x.so");
	world_use(w, USE_EXEC, NULL)->memfd = true;
	world_use(w, USE_EXEC, "/usr/bin/tool")->deleted = true;
	world_use(w, USE_OPEN_READ, "/tmp/data");
	world_use(w, USE_OPEN_READ, NULL)->unresolved = true;
	collect(w, "/usr/bin/tool");
	assert_int_equal(usage->strays_running, 3);
	assert_int_equal(usage->strays_read, 1);
}

static void a_directory_that_was_listed_is_no_use(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_READ, "/usr/bin/tool")->is_dir = true;
	assert_int_equal(collect(w, "/usr/bin/tool")->class, USE_CLASS_HARMLESS);
}

static void writing_is_remembered(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_READ, "/usr/bin/tool")->writes = true;
	assert_true(collect(w, "/usr/bin/tool")->written);
	assert_int_equal(collect(w, "/usr/bin/tool")->class, USE_CLASS_CODE);
}

static void a_link_is_touched_with_its_program(void **state)
{
	struct world *w = *state;

	world_add(w, "/bin/alias", FILE_LINK, W_IDLE)->target = "/usr/bin/tool";
	world_use(w, USE_OPEN_READ, "/usr/bin/tool");
	assert_int_equal(collect(w, "/bin/alias")->class, USE_CLASS_NONE);
	world_use(w, USE_EXEC, "/usr/bin/tool");
	assert_int_equal(collect(w, "/bin/alias")->class, USE_CLASS_TOUCHED);
}

static void a_package_is_used_as_its_most_used_file(void **state)
{
	struct world *w = *state;
	size_t file;

	world_add(w, "/usr/share/tool.conf", FILE_REGULAR, W_TOOL);
	world_use(w, USE_OPEN_READ, "/usr/share/tool.conf");
	collect(w, "/usr/bin/tool");
	assert_int_equal(usage_of_package(usage, &w->packages[W_TOOL], &file), USE_CLASS_TOUCHED);
	world_use(w, USE_EXEC, "/usr/bin/tool");
	collect(w, "/usr/bin/tool");
	assert_int_equal(usage_of_package(usage, &w->packages[W_TOOL], &file), USE_CLASS_CODE);
	assert_string_equal(w->files[file].path, "/usr/bin/tool");
	assert_int_equal(usage_of_package(usage, &w->packages[W_IDLE], &file), USE_CLASS_NONE);
	assert_true(file == INVENTORY_NONE);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_of_use_has_its_class),
		TEST(databases_and_documents_are_no_use_but_code_among_them_is),
		TEST(the_strongest_use_stays_whatever_the_order),
		TEST(a_link_on_the_way_is_followed),
		TEST(byte_code_stands_for_its_source),
		TEST(a_build_id_finds_what_the_path_does_not),
		TEST(another_build_id_under_the_same_path_is_a_mismatch),
		TEST(the_end_of_a_path_makes_every_candidate_uncertain),
		TEST(code_that_nobody_knows_is_a_stray),
		TEST(a_directory_that_was_listed_is_no_use),
		TEST(writing_is_remembered),
		TEST(a_link_is_touched_with_its_program),
		TEST(a_package_is_used_as_its_most_used_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
