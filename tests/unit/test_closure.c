// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_closure.c — what is able to run, and when that cannot be told. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/verdict_fixture.h"

static struct usage *usage;
static struct closure *closure;

static int tear_down(void **state)
{
	(void)state;
	closure_free(closure);
	usage_free(usage);
	closure = NULL;
	usage = NULL;
	return 0;
}

static int set_up(void **state)
{
	static struct world w;

	world_init(&w);
	*state = &w;
	return 0;
}

static void compute(struct world *w)
{
	struct err err = {};

	tear_down(NULL);
	assert_int_equal(usage_collect(&usage, &w->inv, w->traces, 1, &err), 0);
	assert_int_equal(closure_compute(&closure, &w->inv, usage, &err), 0);
}

static bool reaches(struct world *w, const char *path)
{
	compute(w);
	return closure_reaches(closure, inventory_find_exact(&w->inv, path));
}

static const char *open_reason(struct world *w)
{
	compute(w);
	return closure_open_reason(closure);
}

/* Makes the server contain these strings. */
static void hint(struct world *w, const char **hints, size_t n)
{
	world_elf(w, "/usr/sbin/server")->hints = hints;
	world_elf(w, "/usr/sbin/server")->hints_count = n;
}

static void what_ran_and_what_it_needs_is_reached(void **state)
{
	struct world *w = *state;

	w->trace.use_count = 1; /* nothing but the program is seen */
	assert_true(reaches(w, "/usr/sbin/server"));
	assert_true(reaches(w, "/usr/lib/libneed.so.1"));
	assert_true(reaches(w, "/usr/lib/libc.so.6"));
	assert_true(reaches(w, "/usr/lib/ld-linux-x86-64.so.2"));
	assert_false(reaches(w, "/usr/lib/libidle.so.1"));
	assert_false(reaches(w, "/usr/bin/tool"));
	assert_null(open_reason(w));
}

static void a_needed_name_is_every_object_of_that_name(void **state)
{
	struct world *w = *state;

	world_add(w, "/opt/other/libneed.so.1", FILE_ELF, W_TOOL);
	world_add(w, "/opt/other/b.so", FILE_ELF, W_TOOL);
	world_elf(w, "/opt/other/b.so")->soname = "libneed.so.1";
	assert_true(reaches(w, "/opt/other/libneed.so.1"));
	assert_true(reaches(w, "/opt/other/b.so"));
}

static void a_pattern_names_what_can_be_loaded_only_when_something_can_load(void **state)
{
	struct world *w = *state;

	assert_true(reaches(w, "/usr/lib/app/plug1.so"));
	world_elf(w, "/usr/sbin/server")->imports_dlopen = false;
	assert_false(reaches(w, "/usr/lib/app/plug1.so"));
	/* The string may be in another object than the one that loads. */
	world_elf(w, "/usr/lib/libneed.so.1")->imports_dlopen = true;
	assert_true(reaches(w, "/usr/lib/app/plug1.so"));
}

static void strings_name_objects_by_path_name_and_directory(void **state)
{
	static const char *const words[] = { "/usr/lib/libidle.so.1", "libidle.so.1", "libidle",
					     "libidle.so.%d" };
	const char *directory = "/srv/modules";
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		const char *word = words[i];

		hint(w, &word, 1);
		assert_true(reaches(w, "/usr/lib/libidle.so.1"));
	}
	world_add(w, "/srv/modules/a/b.so", FILE_ELF, W_TOOL);
	hint(w, &directory, 1);
	assert_true(reaches(w, "/srv/modules/a/b.so"));
	assert_false(reaches(w, "/usr/lib/libidle.so.1"));
}

static void naming_a_directory_of_the_loader_names_nothing(void **state)
{
	const char *directory = "/usr/lib";

	hint(*state, &directory, 1);
	assert_false(reaches(*state, "/usr/lib/libidle.so.1"));
}

static void neighbours_of_a_mapped_plug_in_are_reached(void **state)
{
	struct world *w = *state;

	hint(w, NULL, 0);
	world_add(w, "/usr/lib/app/second.so", FILE_ELF, W_TOOL);
	assert_false(reaches(w, "/usr/lib/app/second.so"));
	world_use(w, USE_MAP, "/usr/lib/app/plug1.so");
	assert_true(reaches(w, "/usr/lib/app/second.so"));
}

static void a_program_is_reached_only_by_who_can_execute(void **state)
{
	static const char *const words[] = { "tool", "/usr/bin/tool" };
	struct world *w = *state;

	for (size_t i = 0; i < 2; i++) {
		const char *word = words[i];

		world_elf(w, "/usr/sbin/server")->imports_dlopen = false;
		world_elf(w, "/usr/sbin/server")->imports_exec = false;
		hint(w, &word, 1);
		assert_false(reaches(w, "/usr/bin/tool"));
		world_elf(w, "/usr/sbin/server")->imports_exec = true;
		assert_true(reaches(w, "/usr/bin/tool"));
	}
}

static void system_reaches_the_shell_and_the_shell_opens_the_set(void **state)
{
	static const char *imported[] = { "system" };
	struct world *w = *state;

	world_add(w, "/bin/sh", FILE_ELF, W_TOOL)->executable = true;
	world_elf(w, "/usr/sbin/server")->imported = imported;
	world_elf(w, "/usr/sbin/server")->imported_count = 1;
	assert_true(reaches(w, "/bin/sh"));
	assert_non_null(strstr(open_reason(w), "/bin/sh"));
}

static void an_interpreter_opens_the_set(void **state)
{
	static const char *const names[] = { "/usr/bin/python3.11", "/usr/bin/dash",
					     "/usr/bin/busybox", "/usr/bin/perl", "/usr/bin/node" };

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct world *w = *state;

		world_init(w);
		world_add(w, names[i], FILE_ELF, W_TOOL)->executable = true;
		assert_null(open_reason(w));
		world_use(w, USE_EXEC, names[i]);
		assert_non_null(open_reason(w));
	}
}

static void a_script_opens_the_set_and_reaches_its_interpreter(void **state)
{
	struct world *w = *state;
	struct inventory_file *script = world_add(w, "/run.me", FILE_SCRIPT, W_PACKAGES);

	script->script = "/usr/bin/tool";
	world_use(w, USE_SCRIPT, "/run.me");
	assert_true(reaches(w, "/usr/bin/tool"));
	assert_non_null(strstr(open_reason(w), "/run.me is a script"));
}

/* Each of these leaves open what the server may do. */
static void what_cannot_be_read_opens_the_set(void **state)
{
	static const char *execute[] = { "execve" }, *lua[] = { "/usr/lib/lua/?.so" };

	for (int i = 0; i < 6; i++) {
		struct world *w = *state;
		struct elf_facts *server;

		world_init(w);
		server = world_elf(w, "/usr/sbin/server");
		server->hints_truncated = i == 0;
		server->is_go = i == 1;
		server->is_rust = i == 2; /* it can load */
		if (i == 3) {
			server->is_rust = true;
			server->imports_dlopen = false;
			server->imported = execute;
			server->imported_count = 1;
		}
		if (i == 4)
			world_at(w, "/usr/sbin/server")->elf = NULL;
		if (i == 5)
			hint(w, lua, 1);
		assert_non_null(open_reason(w));
	}
}

static void code_that_was_written_to_opens_the_set(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_WRITE, "/usr/lib/libneed.so.1");
	assert_non_null(strstr(open_reason(w), "libneed.so.1 was opened for writing"));
}

static void unknown_code_opens_the_set(void **state)
{
	world_use(*state, USE_MAP, "/tmp/x.so");
	assert_non_null(strstr(open_reason(*state), "/tmp/x.so ran"));
}

static void the_chain_names_every_step(void **state)
{
	struct world *w = *state;

	w->trace.use_count = 1;
	compute(w);
	assert_string_equal(
	    closure_chain(closure, inventory_find_exact(&w->inv, "/usr/lib/libneed.so.1")),
	    "/usr/sbin/server ran → libneed.so.1 (needed)");
	assert_null(closure_chain(closure, inventory_find_exact(&w->inv, "/usr/lib/libidle.so.1")));
}

static void a_package_of_data_is_unable_whatever_the_set(void **state)
{
	struct world *w = *state;
	size_t file;

	compute(w);
	assert_int_equal(closure_of_package(closure, &w->packages[W_CERTS], &file),
			 ABILITY_NO_CODE);
	assert_int_equal(closure_of_package(closure, &w->packages[W_IDLE], &file), ABILITY_UNABLE);
	assert_int_equal(closure_of_package(closure, &w->packages[W_PLUG], &file), ABILITY_REACHED);
	world_use(w, USE_MAP, "/tmp/x.so");
	compute(w);
	assert_int_equal(closure_of_package(closure, &w->packages[W_CERTS], &file),
			 ABILITY_NO_CODE);
	assert_int_equal(closure_of_package(closure, &w->packages[W_IDLE], &file), ABILITY_OPEN);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_ran_and_what_it_needs_is_reached),
		TEST(a_needed_name_is_every_object_of_that_name),
		TEST(a_pattern_names_what_can_be_loaded_only_when_something_can_load),
		TEST(strings_name_objects_by_path_name_and_directory),
		TEST(naming_a_directory_of_the_loader_names_nothing),
		TEST(neighbours_of_a_mapped_plug_in_are_reached),
		TEST(a_program_is_reached_only_by_who_can_execute),
		TEST(system_reaches_the_shell_and_the_shell_opens_the_set),
		TEST(an_interpreter_opens_the_set),
		TEST(a_script_opens_the_set_and_reaches_its_interpreter),
		TEST(what_cannot_be_read_opens_the_set),
		TEST(code_that_was_written_to_opens_the_set),
		TEST(unknown_code_opens_the_set),
		TEST(the_chain_names_every_step),
		TEST(a_package_of_data_is_unable_whatever_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
