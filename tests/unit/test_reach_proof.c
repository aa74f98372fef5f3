// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_reach_proof.c — a function of a loaded object that nothing can call, and each thing that may call it after all. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/reach_proof.h"
#include "tests/unit/compile_fixture.h"

#define LIBRARY "/usr/lib/libvuln.so.1"
#define LIBRARY_TEXT                                                                             \
	"int safe(void), risky(void);\n"                                                         \
	"static __attribute__((noinline, used)) int bad(int i) { volatile int v = i; return v; " \
	"}\n"                                                                                    \
	"int safe(void) { return 1; }\n"                                                         \
	"int risky(void) { return bad(2) + 1; }\n"

/* An image with one program that runs, a library of it, and whatever a test adds. */
struct image {
	struct root root;
	struct trace trace;
	struct trace_use use;
	struct inventory *inv;
	struct usage *usage;
	struct closure *closure;
	struct rootfs *rootfs;
	struct reach_prover *prover;
	const struct reach_proof *proof;
	struct err err;
};

static int set_up(void **state)
{
	struct image *im = calloc(1, sizeof(*im));

	assert_non_null(im);
	root_make(&im->root);
	*state = im;
	return 0;
}

static int tear_down(void **state)
{
	struct image *im = *state;

	reach_prover_free(im->prover);
	rootfs_close(im->rootfs);
	closure_free(im->closure);
	usage_free(im->usage);
	inventory_free(im->inv);
	root_remove(&im->root);
	free(im);
	return 0;
}

static bool can_compile(void)
{
	return has_command("gcc") && has_command("nm") && machine_is_x86();
}

static void make(struct image *im, const char *options, const char *text, const char *object)
{
	char line[512];

	root_path(&im->root, object); /* makes its directory */
	snprintf(line, sizeof(line), "gcc -O2 -nostdlib -fno-stack-protector %s", options);
	compile(&im->root, line, text, object + 1);
}

static void make_library(struct image *im, const char *text)
{
	make(im, "-shared -fPIC -Wl,-soname,libvuln.so.1", text, LIBRARY);
}

/* A program that needs the library and does this; it may load and look up. */
static void make_program(struct image *im, const char *text)
{
	char whole[2048];

	make(im, "-shared -fPIC -Wl,-soname,libdl.so.2",
	     "void *dlopen(const char *n, int f) { return f ? (void *)n : 0; }\n"
	     "void *dlsym(void *h, const char *n) { return n ? h : 0; }\n",
	     "/usr/lib/libdl.so.2");
	snprintf(whole, sizeof(whole),
		 "int safe(void), risky(void);\nvoid *dlopen(const char *, int);\n"
		 "void *dlsym(void *, const char *);\n%s",
		 text);
	make(im, "-fPIE -pie -Wl,--no-as-needed usr/lib/libvuln.so.1 usr/lib/libdl.so.2", whole,
	     "/usr/bin/app");
}

static void prove(struct image *im)
{
	uint64_t bad = symbol_address(&im->root, &LIBRARY[1], "bad");
	struct trace *traces[] = { &im->trace };
	int r;

	im->use = (struct trace_use){ .kind = USE_EXEC,
				      .path = "/usr/bin/app",
				      .comm = "app",
				      .t = 1,
				      .line = 2,
				      .count = 1 };
	im->trace.uses = &im->use;
	im->trace.use_count = 1;
	r = inventory_build(&im->inv, im->root.dir, &im->err);
	if (r >= 0)
		r = usage_collect(&im->usage, im->inv, traces, 1, &im->err);
	if (r >= 0)
		r = closure_compute(&im->closure, im->inv, im->usage, &im->err);
	if (r >= 0)
		r = rootfs_open(&im->rootfs, im->root.dir, &im->err);
	if (r >= 0)
		r = reach_prover_new(&im->prover, im->inv, im->closure, im->rootfs, &im->err);
	if (r >= 0)
		r = reach_prove(&im->proof, im->prover, inventory_find(im->inv, LIBRARY), &bad, 1,
				&im->err);
	if (r < 0)
		fail_msg("%s", im->err.text);
}

static void expect_holds(struct image *im)
{
	prove(im);
	if (!im->proof->holds)
		fail_msg("%s: %s", obstacle_name(im->proof->obstacles[0].kind),
			 im->proof->obstacles[0].text);
	assert_int_equal(im->proof->obstacle_count, 0);
}

/* That one obstacle, and no other kind. */
static void expect_obstacle(struct image *im, enum obstacle_kind kind, const char *text)
{
	prove(im);
	assert_false(im->proof->holds);
	assert_true(im->proof->obstacle_count > 0);
	for (size_t i = 0; i < im->proof->obstacle_count; i++)
		if (im->proof->obstacles[i].kind != kind)
			fail_msg("also %s: %s", obstacle_name(im->proof->obstacles[i].kind),
				 im->proof->obstacles[i].text);
	assert_string_equal(im->proof->obstacles[0].text, text);
}

static void what_nobody_imports_cannot_run(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "void _start(void) { safe(); }\n");
	/* Not loadable: nothing names it. */
	make(im, "-shared -fPIC", "int risky(void); int f(void); int f(void) { return risky(); }\n",
	     "/opt/other.so");
	expect_holds(im);
	assert_int_equal(im->proof->ancestor_count, 2);
	assert_int_equal(im->proof->exported_count, 1);
	assert_string_equal(im->proof->exported[0].name, "risky");
	assert_int_equal(im->proof->checked_count, 2);
	assert_string_equal(im->inv->files[im->proof->checked[0]].path, "/usr/bin/app");
	assert_string_equal(im->inv->files[im->proof->checked[1]].path, "/usr/lib/libdl.so.2");
}

static void an_importer_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "void _start(void) { risky(); }\n");
	expect_obstacle(im, OBSTACLE_IMPORTED, "/usr/bin/app imports risky");
}

static void an_importer_that_is_only_loadable_does_as_well(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make(im, "-shared -fPIC -Wl,-soname,libuser.so.1",
	     "int risky(void); int f(void); int f(void) { return risky(); }\n",
	     "/usr/lib/libuser.so.1");
	make_program(im, "void _start(void) { safe(); dlopen(\"libuser.so.1\", 1); }\n");
	expect_obstacle(im, OBSTACLE_IMPORTED, "/usr/lib/libuser.so.1 imports risky");
}

static void a_constructor_of_its_own_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT
		     "__attribute__((constructor)) static void start(void) { bad(3); }\n");
	make_program(im, "void _start(void) { safe(); }\n");
	prove(im);
	assert_false(im->proof->holds);
	assert_int_equal(im->proof->obstacles[0].kind, OBSTACLE_OPEN);
	assert_non_null(
	    strstr(im->proof->obstacles[0].text,
		   "in /usr/lib/libvuln.so.1 leads there: the loader calls it at start or end"));
}

/* A library that is a program, too, as libc.so.6 is. */
static void make_startable(struct image *im, const char *program)
{
	make(im, "-shared -fPIC -Wl,-soname,libvuln.so.1 -Wl,-e,begin",
	     LIBRARY_TEXT "__attribute__((visibility(\"hidden\"))) void begin(void);\n"
			  "void begin(void) { bad(3); for (;;) ; }\n",
	     LIBRARY);
	make(im, "-shared -fPIC -Wl,-soname,libdl.so.2",
	     "int execve(const char *n, char **a, char **e) { return n && a && e; }\n",
	     "/usr/lib/libdl.so.2");
	make(im, "-fPIE -pie -Wl,--no-as-needed usr/lib/libvuln.so.1 usr/lib/libdl.so.2", program,
	     "/usr/bin/app");
}

static void where_a_library_begins_as_a_program_is_harmless_when_nobody_starts_it(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_startable(im, "int safe(void); void _start(void) { safe(); }\n");
	expect_holds(im);
}

static void where_a_library_begins_as_a_program_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_startable(im,
		       "int safe(void), execve(const char *, char **, char **);\n"
		       "void _start(void) { safe(); execve(\"/usr/lib/libvuln.so.1\", 0, 0); }\n");
	prove(im);
	assert_false(im->proof->holds);
	assert_int_equal(im->proof->obstacles[0].kind, OBSTACLE_OPEN);
	assert_int_equal(im->proof->kinds, 1u << OBSTACLE_OPEN);
	assert_int_equal(im->proof->openings, 1u << OPEN_ENTRY);
	assert_non_null(strstr(im->proof->obstacles[0].text, "it is where the program begins"));
}

static void a_name_that_can_be_looked_up_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "const char *volatile what = \"risky\";\n"
			 "void _start(void) { safe(); dlsym(0, what); }\n");
	expect_obstacle(
	    im, OBSTACLE_LOOKED_UP,
	    "the name risky stands as a string in /usr/bin/app, and names can be looked up");
}

static void the_end_of_a_longer_string_is_a_name_too(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "const char *volatile what = \"not risky\";\n"
			 "const char *volatile longer = \"plugin_risky\";\n"
			 "void _start(void) { safe(); dlsym(0, what); dlsym(0, longer); }\n");
	expect_obstacle(
	    im, OBSTACLE_LOOKED_UP,
	    "the name risky stands as a string in /usr/bin/app, and names can be looked up");
}

static void a_name_that_can_be_built_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "const char *volatile what = \"ris%s\";\n"
			 "void _start(void) { safe(); dlsym(0, what); }\n");
	expect_obstacle(im, OBSTACLE_LOOKED_UP,
			"/usr/bin/app can build the name risky and look it up");
}

static void looking_up_another_name_is_harmless(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "const char *volatile what = \"risky_not\";\n"
			 "const char *volatile pattern = \"%s_plugin\";\n"
			 "void _start(void) { safe(); dlsym(0, what); dlsym(0, pattern); }\n");
	expect_holds(im);
}

static void a_name_is_harmless_where_nobody_looks_up(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "const char *volatile what = \"risky\";\nvoid _start(void) { safe(); }\n");
	expect_holds(im);
}

static void the_loader_looks_up_without_importing_anything(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make(im, "-shared -fPIC -Wl,-soname,ld-linux-x86-64.so.2",
	     "const char *volatile early = \"risky\";\n", "/usr/lib/ld-linux-x86-64.so.2");
	make_program(im, "void _start(void) { safe(); }\n");
	shell(&im->root,
	      "gcc -O2 -nostdlib -fno-stack-protector -fPIE -pie -Wl,--no-as-needed source.c "
	      "-o usr/bin/app usr/lib/libvuln.so.1 usr/lib/ld-linux-x86-64.so.2");
	expect_obstacle(
	    im, OBSTACLE_LOOKED_UP,
	    "the name risky stands as a string in /usr/lib/ld-linux-x86-64.so.2, and names "
	    "can be looked up");
}

static void a_foreign_function_interface_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make(im, "-shared -fPIC -Wl,-soname,libffi.so.8",
	     "int ffi(void); int ffi(void) { return 1; }\n", "/usr/lib/libffi.so.8");
	make_program(im, "void _start(void) { safe(); dlopen(\"libffi.so.8\", 1); }\n");
	expect_obstacle(im, OBSTACLE_FOREIGN_CALL,
			"/usr/lib/libffi.so.8 calls functions whose names it is told");
}

static void the_same_library_twice_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make(im, "-shared -fPIC -Wl,-soname,libvuln.so.1", LIBRARY_TEXT, "/opt/lib/libvuln.so.1");
	make_program(im, "void _start(void) { safe(); }\n");
	expect_obstacle(im, OBSTACLE_TWIN, "/opt/lib/libvuln.so.1 exports, too, risky");
}

static void an_open_closure_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make(im, "-shared -fPIC -Wl,-soname,libpython3.11.so.1.0", "int x;\n",
	     "/usr/lib/libpython3.11.so.1.0");
	make(im, "-fPIE -pie -Wl,--no-as-needed usr/lib/libvuln.so.1 usr/lib/libpython3.11.so.1.0",
	     "int safe(void); void _start(void) { safe(); }\n", "/usr/bin/app");
	prove(im);
	assert_false(im->proof->holds);
	assert_int_equal(im->proof->obstacles[0].kind, OBSTACLE_CLOSURE);
}

static void a_list_of_objects_to_preload_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "void _start(void) { safe(); }\n");
	root_file(&im->root, "/etc/ld.so.preload", "/opt/x.so\n");
	expect_obstacle(im, OBSTACLE_PRELOAD,
			"/etc/ld.so.preload loads objects into every program");
}

static void code_that_the_loader_writes_to_stands_in_the_way(void **state)
{
	struct image *im = *state;

	if (!can_compile())
		skip();
	make(im, "-shared -fPIC -Wl,-soname,libvuln.so.1 -Wl,-z,notext",
	     LIBRARY_TEXT
	     "asm(\".text\\n.type f,@function\\nf: .cfi_startproc\\n movabs $safe, %rax\\n"
	     " ret\\n.cfi_endproc\\n\");\n",
	     LIBRARY);
	make_program(im, "void _start(void) { safe(); }\n");
	expect_obstacle(im, OBSTACLE_WRITES_CODE,
			"the loader writes into the code of /usr/lib/libvuln.so.1");
}

static void code_for_another_machine_is_not_understood(void **state)
{
	struct image *im = *state;
	const struct obstacle *last;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "void _start(void) { safe(); }\n");
	shell(&im->root,
	      "printf '\\363' | dd of=usr/lib/libvuln.so.1 bs=1 seek=18 conv=notrunc 2>dd.log");
	prove(im);
	assert_false(im->proof->holds);
	/* The program ran without the library for its own machine: that comes before. */
	last = &im->proof->obstacles[im->proof->obstacle_count - 1];
	assert_int_equal(last->kind, OBSTACLE_NOT_UNDERSTOOD);
	assert_string_equal(
	    last->text, "/usr/lib/libvuln.so.1: its code is for machine 243, and only x86-64 and "
			"arm64 are understood");
}

static void an_address_that_is_no_code_is_refused(void **state)
{
	struct image *im = *state;
	uint64_t nowhere = 1;

	if (!can_compile())
		skip();
	make_library(im, LIBRARY_TEXT);
	make_program(im, "void _start(void) { safe(); }\n");
	prove(im);
	assert_int_equal(reach_prove(&im->proof, im->prover, inventory_find(im->inv, LIBRARY),
				     &nowhere, 1, &im->err),
			 -EINVAL);
	assert_string_equal(im->err.text, "/usr/lib/libvuln.so.1: there is no code at 0x1");
}

#define image_test(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		image_test(what_nobody_imports_cannot_run),
		image_test(an_importer_stands_in_the_way),
		image_test(an_importer_that_is_only_loadable_does_as_well),
		image_test(a_constructor_of_its_own_stands_in_the_way),
		image_test(where_a_library_begins_as_a_program_is_harmless_when_nobody_starts_it),
		image_test(where_a_library_begins_as_a_program_stands_in_the_way),
		image_test(a_name_that_can_be_looked_up_stands_in_the_way),
		image_test(the_end_of_a_longer_string_is_a_name_too),
		image_test(a_name_that_can_be_built_stands_in_the_way),
		image_test(looking_up_another_name_is_harmless),
		image_test(a_name_is_harmless_where_nobody_looks_up),
		image_test(the_loader_looks_up_without_importing_anything),
		image_test(a_foreign_function_interface_stands_in_the_way),
		image_test(the_same_library_twice_stands_in_the_way),
		image_test(an_open_closure_stands_in_the_way),
		image_test(a_list_of_objects_to_preload_stands_in_the_way),
		image_test(code_that_the_loader_writes_to_stands_in_the_way),
		image_test(code_for_another_machine_is_not_understood),
		image_test(an_address_that_is_no_code_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
