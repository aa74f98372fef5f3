// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_dwarf_sites.c — where functions of a source are, of objects that the compiler of the machine makes with -g. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/mman.h>

#include "analyzer/dwarf_sites.h"
#include "analyzer/instructions.h"
#include "tests/unit/code_fixture.h"

/* Lines are counted by the tests: one function a line. */
static const char source[] =
    "static inline __attribute__((always_inline)) int twice(volatile int *x) { *x *= 2; return *x; "
    "}\n"
    "static __attribute__((noinline)) int hidden(volatile int *x) { return *x + 7; }\n"
    "int shown(volatile int *x) { return hidden(x) + twice(x); }\n"
    "int again(volatile int *x) { if (*x) return twice(x); return 3; }\n"
    "#ifdef NEVER\n"
    "int never(volatile int *x) { return *x; }\n"
    "#endif\n"
    "#define MAKE(name) int made_##name(volatile int *x)\n"
    "MAKE(one) { return *x + 1; }\n";

#define LINE_NEVER 6u
#define LINE_MAKE 9u

static int build(struct object *o, struct dwarf_sites **ret, const char *options)
{
	compile(&o->root, options, source, "a.so");
	assert_int_equal(object_read(o, "/a.so"), 0);
	return dwarf_sites_read(ret, o->fd, NULL, &o->err);
}

static void build_usual(struct object *o, struct dwarf_sites **ret)
{
	assert_int_equal(build(o, ret, "gcc -g -O2 -shared -fPIC"), 0);
}

static void find(const struct dwarf_sites *sites, const char *name, unsigned line,
		 struct dwarf_found *ret)
{
	const struct dwarf_place place = { "source.c", name, { { line, line } }, 1 };
	struct err err = {};

	assert_int_equal(dwarf_sites_find(sites, &place, ret, &err), 0);
}

static void a_function_begins_where_its_symbol_says(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	static const char *const names[] = { "shown", "hidden", "again" };
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	for (size_t i = 0; i < 3; i++) {
		_cleanup_(dwarf_found_done) struct dwarf_found found = {};

		find(sites, names[i], 0, &found);
		assert_int_equal(found.entry_count, 1);
		assert_int_equal(found.inlined_count, 0);
		assert_int_equal(found.entries[0], symbol_address(&o->root, "a.so", names[i]));
	}
}

static void every_copy_of_an_inlined_function_is_found(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	_cleanup_(dwarf_found_done) struct dwarf_found found = {};
	_cleanup_(decoder_closep) struct decoder *decoder = NULL;
	const struct code_function *f;
	bool in_shown = false, in_again = false;
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	find(sites, "twice", 1, &found);
	assert_int_equal(found.entry_count, 0);
	assert_int_equal(found.copies, 2);
	assert_true(found.rows);
	assert_int_equal(decoder_open(&decoder, &o->code, &o->err), 0);
	for (size_t i = 0; i < found.inlined_count; i++) {
		f = code_function_at(&o->code, found.inlined[i]);
		assert_non_null(f);
		in_shown |= f->start == symbol_address(&o->root, "a.so", "shown");
		in_again |= f->start == symbol_address(&o->root, "a.so", "again");
		assert_int_equal(instruction_check(decoder, found.inlined[i], &o->err), 0);
		assert_true(!i || found.inlined[i] > found.inlined[i - 1]);
	}
	assert_true(in_shown && in_again);
}

static void what_is_not_compiled_is_nowhere(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *with = NULL;
	_cleanup_(dwarf_found_done) struct dwarf_found found = {};
	_cleanup_(dwarf_found_done) struct dwarf_found there = {};
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	find(sites, "never", LINE_NEVER, &found);
	assert_false(found.entry_count || found.inlined_count || found.rows || found.named);
	assert_int_equal(build(o, &with, "gcc -g -O2 -shared -fPIC -DNEVER"), 0);
	find(with, "never", LINE_NEVER, &there);
	assert_true(there.entry_count && there.rows && there.named);
}

static void a_function_that_a_macro_made_is_found_by_its_lines(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	_cleanup_(dwarf_found_done) struct dwarf_found found = {};
	_cleanup_(dwarf_found_done) struct dwarf_found without_lines = {};
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	find(sites, "MAKE", LINE_MAKE, &found);
	assert_int_equal(found.entry_count, 1);
	assert_int_equal(found.entries[0], symbol_address(&o->root, "a.so", "made_one"));
	assert_int_equal(found.made_count, 1);
	assert_string_equal(found.made[0], "made_one");
	assert_false(found.named);
	find(sites, "MAKE", 0, &without_lines);
	assert_false(without_lines.entry_count || without_lines.inlined_count);
}

static void a_namesake_in_another_file_is_only_named(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	_cleanup_(dwarf_found_done) struct dwarf_found found = {};
	const struct dwarf_place place = { "other.c", "hidden", { { 1, 9 } }, 1 };
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	assert_int_equal(dwarf_sites_find(sites, &place, &found, &o->err), 0);
	assert_true(found.named);
	assert_false(found.entry_count || found.rows);
}

static void lines_lead_to_their_statements(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	_cleanup_free_ uint64_t *addresses = NULL;
	_cleanup_free_ uint64_t *none = NULL;
	const struct code_function *f;
	struct object *o = *state;
	size_t n;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	assert_int_equal(
	    dwarf_sites_lines(sites, "source.c", LINE_MAKE, LINE_MAKE, &addresses, &n, &o->err), 0);
	assert_true(n > 0);
	for (size_t i = 0; i < n; i++) {
		f = code_function_at(&o->code, addresses[i]);
		assert_non_null(f);
		assert_int_equal(f->start, symbol_address(&o->root, "a.so", "made_one"));
	}
	assert_int_equal(
	    dwarf_sites_lines(sites, "source.c", LINE_NEVER, LINE_NEVER, &none, &n, &o->err), 0);
	assert_int_equal(n, 0);
}

static void a_copy_of_the_tree_stands_for_the_source_it_ends_like(void **state)
{
	static const char *const tree[] = { "lib/source.c", "src/source.c", "lib/other.c" };
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	struct object *o = *state;
	size_t file = STRING_SET_NONE;

	if (!has_command("gcc"))
		skip();
	root_file(&o->root, "/copy/lib/source.c", source);
	shell(&o->root, "gcc -g -O2 -shared -fPIC copy/lib/source.c -o a.so");
	assert_int_equal(object_read(o, "/a.so"), 0);
	assert_int_equal(dwarf_sites_read(&sites, o->fd, NULL, &o->err), 0);
	for (size_t i = 0; i < sites->files.count; i++)
		if (strstr(sites->files.items[i], "/source.c"))
			file = i;
	assert_true(file != STRING_SET_NONE);
	assert_true(dwarf_sites_is(sites, file, "src/source.c"));
	assert_int_equal(dwarf_sites_bind(sites, tree, 3), 0);
	assert_true(dwarf_sites_is(sites, file, "lib/source.c"));
	assert_false(dwarf_sites_is(sites, file, "src/source.c"));
	assert_false(dwarf_sites_is(sites, file, "lib/other.c"));
	assert_false(dwarf_sites_is_written(sites, file));
	assert_int_equal(dwarf_sites_bind(sites, tree + 2, 1), 0);
	assert_true(dwarf_sites_is_written(sites, file));
}

/* gcc -fipa-icf leaves one of two equal functions; no line of the other has code, which is there all the same. */
static void what_became_part_of_an_equal_function_is_not_absent(void **state)
{
	static const char equal[] = "extern void step(int);\n"
				    "static __attribute__((noinline)) int one(volatile int *x) { "
				    "*x += 3; step(1); *x ^= 55; "
				    "step(2); return *x * 7; }\n"
				    "static __attribute__((noinline)) int two(volatile int *x) { "
				    "*x += 3; step(1); *x ^= 55; "
				    "step(2); return *x * 7; }\n"
				    "int go(volatile int *x) { return one(x) + two(x + 1); }\n";
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	_cleanup_(dwarf_found_done) struct dwarf_found one = {};
	_cleanup_(dwarf_found_done) struct dwarf_found two = {};
	_cleanup_(dwarf_found_done) struct dwarf_found step = {};
	const struct dwarf_found *folded;
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	compile(&o->root, "gcc -g -O2 -shared -fPIC", equal, "a.so");
	assert_int_equal(object_read(o, "/a.so"), 0);
	assert_int_equal(dwarf_sites_read(&sites, o->fd, NULL, &o->err), 0);
	find(sites, "one", 2, &one);
	find(sites, "two", 3, &two);
	assert_int_equal(one.entry_count + two.entry_count, 1);
	folded = one.entry_count ? &two : &one;
	assert_false(folded->rows || folded->named);
	assert_true(folded->defined && folded->declared && folded->called);
	find(sites, "step", 1, &step);
	assert_true(step.declared && !step.named);
}

static void rows_cover_what_has_debug_data(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	struct object *o = *state;
	uint64_t shown, start;

	if (!has_command("gcc"))
		skip();
	build_usual(o, &sites);
	shown = symbol_address(&o->root, "a.so", "shown");
	start = symbol_address(&o->root, "a.so", "frame_dummy");
	assert_true(start && shown);
	assert_true(dwarf_sites_cover(sites, shown, shown + 1));
	assert_false(dwarf_sites_cover(sites, start, start + 1));
}

static void a_file_without_debug_data_says_so(void **state)
{
	_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
	struct object *o = *state;

	if (!has_command("gcc"))
		skip();
	assert_int_equal(build(o, &sites, "gcc -O2 -s -shared -fPIC"), -ENODATA);
	assert_non_null(strstr(o->err.text, "no debug data"));
}

/* Each byte of the debug data in turn is another one: refused or read, never worse (a sanitizer watches). */
static void debug_data_that_lies_is_refused_or_read(void **state)
{
	_cleanup_free_ unsigned char *bytes = NULL;
	struct object *o = *state;
	struct stat st;

	if (!has_command("gcc"))
		skip();
	compile(&o->root, "gcc -g -O2 -shared -fPIC", source, "a.so");
	object_open(o, "/a.so", false);
	assert_int_equal(fstat(o->fd, &st), 0);
	bytes = malloc((size_t)st.st_size);
	assert_non_null(bytes);
	assert_int_equal(pread(o->fd, bytes, (size_t)st.st_size, 0), st.st_size);
	for (size_t at = 64; at < (size_t)st.st_size; at += 211) {
		_cleanup_(dwarf_sites_freep) struct dwarf_sites *sites = NULL;
		_cleanup_close_ int fd = memfd_create("elf", MFD_CLOEXEC);
		struct err err = {};

		bytes[at] ^= 0xff;
		assert_int_equal(write(fd, bytes, (size_t)st.st_size), st.st_size);
		bytes[at] ^= 0xff;
		if (dwarf_sites_read(&sites, fd, NULL, &err) < 0)
			assert_true(err.text[0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		object_test(a_function_begins_where_its_symbol_says),
		object_test(every_copy_of_an_inlined_function_is_found),
		object_test(what_is_not_compiled_is_nowhere),
		object_test(a_function_that_a_macro_made_is_found_by_its_lines),
		object_test(a_namesake_in_another_file_is_only_named),
		object_test(lines_lead_to_their_statements),
		object_test(a_copy_of_the_tree_stands_for_the_source_it_ends_like),
		object_test(what_became_part_of_an_equal_function_is_not_absent),
		object_test(rows_cover_what_has_debug_data),
		object_test(a_file_without_debug_data_says_so),
		object_test(debug_data_that_lies_is_refused_or_read),
	};

	return cmocka_run_group_tests_name("dwarf_sites", tests, NULL, NULL);
}
