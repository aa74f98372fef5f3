// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_fix_records.c — what fixes touched, read from records, and their lines found again in the sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/fix_lines.h"
#include "tests/unit/root_fixture.h"

#define RECORD(functions)                                                                       \
	"{\"id\":\"CVE-2024-1\",\"affected\":[{\"package\":{\"name\":\"zlib\"},"                \
	"\"database_specific\":{\"vexxy\":{\"partial\":\"two CVEs in one patch\",\"patches\":[" \
	"{\"name\":\"p\",\"sha256\":\"00\",\"functions\":[" functions "]}]}}}]}\n"

static int parse(struct fix_records *ret, const char *text, struct err *err)
{
	return fix_records_parse(ret, text, strlen(text), err);
}

static void functions_are_those_of_the_final_tree(void **state)
{
	static const char text[] = RECORD(
	    "{\"file\":\"b.c\",\"name\":\"old\",\"change\":\"modified\",\"now\":\"new\"},"
	    "{\"file\":\"b.c\",\"name\":\"more\",\"change\":\"added\"},"
	    "{\"file\":\"a.c\",\"name\":\"main\",\"change\":\"modified\",\"alias\":\"wmain\"},"
	    "{\"file\":\"a.c\",\"name\":\"main\",\"change\":\"modified\"},"
	    "{\"file\":\"a.c\",\"name\":\"MAKE\",\"change\":\"modified\",\"macro\":true},"
	    "{\"file\":\"c.c\",\"name\":\"lost\",\"change\":\"removed\",\"gone\":true}");
	_cleanup_(fix_records_done) struct fix_records records = {};
	const struct fix_record *r;
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&records, text, &err), 0);
	assert_int_equal(records.count, 1);
	r = &records.items[0];
	assert_string_equal(r->cve, "CVE-2024-1");
	assert_string_equal(r->package, "zlib");
	assert_string_equal(r->partial, "two CVEs in one patch; a function that the fix touched is "
					"not in the final tree");
	assert_int_equal(r->target_count, 3);
	assert_string_equal(r->targets[0].name, "MAKE");
	assert_true(r->targets[0].macro);
	assert_string_equal(r->targets[1].name, "main");
	assert_string_equal(r->targets[2].name, "new");
}

static void a_record_of_others_asks_nothing(void **state)
{
	_cleanup_(fix_records_done) struct fix_records records = {};
	struct err err = {};

	(void)state;
	assert_int_equal(parse(&records, "{\"id\":\"GO-1\",\"affected\":[{}]}\n\n", &err), 0);
	assert_int_equal(records.count, 0);
}

#define OUTSIDE(said, outside)                                                                    \
	"{\"id\":\"CVE-2024-1\",\"affected\":[{\"package\":{\"name\":\"zlib\"},"                  \
	"\"database_specific\":{\"vexxy\":{\"partial\":\"1 of 2\"," said "\"patches\":["          \
	"{\"name\":\"p\",\"sha256\":\"00\"," outside "\"functions\":[{\"file\":\"a.c\",\"name\":" \
	"\"f\",\"change\":\"modified\"}]}]}}}]}\n"

static void changes_beside_functions_are_in_files_that_are_named_or_anywhere(void **state)
{
	static const struct {
		const char *text;
		bool confined;
		size_t count;
	} cases[] = {
		{ OUTSIDE("\"confined\":true,",
			  "\"changes_outside\":1,\"files_outside\":[\"a.c\",\"b.h\"],"),
		  true, 2 },
		{ OUTSIDE("\"confined\":true,", "\"changes_outside\":0,"), true, 0 },
		{ OUTSIDE("\"confined\":true,", "\"changes_outside\":1,"), false, 0 },
		{ OUTSIDE("", "\"changes_outside\":1,\"files_outside\":[\"a.c\"],"), false, 1 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(fix_records_done) struct fix_records records = {};
		struct err err = {};

		assert_int_equal(parse(&records, cases[i].text, &err), 0);
		assert_int_equal(records.items[0].confined, cases[i].confined);
		assert_int_equal(records.items[0].outside_count, cases[i].count);
	}
}

static void what_is_off_names_its_line(void **state)
{
	static const struct {
		const char *text, *why;
	} cases[] = {
		{ "\n[]\n", "line 2: a record without 'id'" },
		{ RECORD("{\"file\":\"a.c\"}"), "line 1: a function without file, name or change" },
		{ OUTSIDE("", "\"files_outside\":[1],"),
		  "line 1: 'files_outside' has an item that is no text" },
		{ RECORD("") RECORD(""), "two records on CVE-2024-1 in 'zlib'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct fix_records records = {};
		struct err err = {};

		assert_true(parse(&records, cases[i].text, &err) < 0);
		assert_null(records.items);
		assert_string_equal(err.text, cases[i].why);
	}
}

/* A tree with one source and one patch; the lines that the patch is found to have brought. */
static void find_lines(const char *source, const char *hunk, struct fix_lines *ret)
{
	struct fix_patch_name patch = { "debian/patches/p", "00" };
	const struct fix_record fix = { .patches = &patch, .patch_count = 1 };
	static const char head[] = "--- a/a.c\n+++ b/a.c\n";
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(rootfs_closep) struct rootfs *tree = NULL;
	_cleanup_root_ struct root root;
	struct err err = {};
	char text[512];

	root_make(&root);
	snprintf(text, sizeof(text), "%s%s", head, hunk);
	root_file(&root, "/a.c", source);
	root_file(&root, "/debian/patches/p", text);
	assert_int_equal(rootfs_open(&tree, root.dir, &err), 0);
	assert_int_equal(fix_lines_read(ret, tree, &fix, arena, &err), 0);
}

static void new_lines_are_found_where_they_are_now(void **state)
{
	_cleanup_(fix_lines_done) struct fix_lines lines = {};

	(void)state;
	find_lines("moved\nmoved\none\nnew\ntwo\n", "@@ -1,2 +1,3 @@\n one\n+new\n two\n", &lines);
	assert_int_equal(lines.count, 1);
	assert_int_equal(lines.items[0].line, 4);
}

static void lines_that_stand_twice_or_changed_are_left_out(void **state)
{
	_cleanup_(fix_lines_done) struct fix_lines twice = {};
	_cleanup_(fix_lines_done) struct fix_lines changed = {};
	_cleanup_(fix_lines_done) struct fix_lines longer = {};
	static const char hunk[] = "@@ -1,2 +1,3 @@\n one\n+new\n two\n";

	(void)state;
	find_lines("one\nnew\ntwo\none\nnew\ntwo\n", hunk, &twice);
	assert_int_equal(twice.count, 0);
	find_lines("one\nnewer\ntwo\n", hunk, &changed);
	assert_int_equal(changed.count, 0);
	find_lines("one\nnew\ntwofold\n", hunk, &longer);
	assert_int_equal(longer.count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_are_those_of_the_final_tree),
		cmocka_unit_test(a_record_of_others_asks_nothing),
		cmocka_unit_test(changes_beside_functions_are_in_files_that_are_named_or_anywhere),
		cmocka_unit_test(what_is_off_names_its_line),
		cmocka_unit_test(new_lines_are_found_where_they_are_now),
		cmocka_unit_test(lines_that_stand_twice_or_changed_are_left_out),
	};

	return cmocka_run_group_tests_name("fix_records", tests, NULL, NULL);
}
