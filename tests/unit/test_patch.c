// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_patch.c — unified diffs of all kinds find their place, and hostile ones find none. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/patch.h"

#define HEAD "--- a/x.c\n+++ b/x.c\n"

static struct patch *parse(const char *text)
{
	struct patch *patch = NULL;
	struct err err = {};

	if (patch_parse(&patch, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	return patch;
}

static void assert_unreadable(const char *text, const char *why)
{
	struct patch *patch = NULL;
	struct err err = {};

	assert_true(patch_parse(&patch, text, strlen(text), &err) < 0);
	assert_null(patch);
	if (!strstr(err.text, why))
		fail_msg("'%s' says nothing of '%s'", err.text, why);
}

/* The first file of the patch on that text; NULL when it finds no place. */
static char *apply(const char *text, const char *old, unsigned fuzz, struct patched *ret)
{
	_cleanup_(patch_freep) struct patch *patch = parse(text);
	struct err err = {};

	*ret = (struct patched){};
	if (patch_apply(ret, &patch->files[0], old, strlen(old), fuzz, &err) < 0) {
		assert_non_null(strstr(err.text, "finds no place"));
		return NULL;
	}
	return ret->text;
}

static void assert_change(const struct patched *p, size_t i, size_t old_start, size_t old_count,
			  size_t new_start, size_t new_count)
{
	assert_true(i < p->change_count);
	assert_int_equal(p->changes[i].old_start, old_start);
	assert_int_equal(p->changes[i].old_count, old_count);
	assert_int_equal(p->changes[i].new_start, new_start);
	assert_int_equal(p->changes[i].new_count, new_count);
}

static void a_hunk_changes_what_it_says(void **state)
{
	_cleanup_(patched_done) struct patched p;

	(void)state;
	assert_string_equal(apply(HEAD "@@ -1,4 +1,4 @@ some_function\n a\n-b\n+B\n c\n-d\n+D\n",
				  "a\nb\nc\nd\n", 0, &p),
			    "a\nB\nc\nD\n");
	assert_int_equal(p.change_count, 2);
	assert_change(&p, 0, 2, 1, 2, 1);
	assert_change(&p, 1, 4, 1, 4, 1);
	assert_int_equal(p.fuzz, 0);
}

static void lines_that_come_or_go_are_counted_as_diff_does(void **state)
{
	_cleanup_(patched_done) struct patched come, gone;

	(void)state;
	apply(HEAD "@@ -1,2 +1,3 @@\n a\n+x\n b\n", "a\nb\n", 0, &come);
	assert_change(&come, 0, 1, 0, 2, 1);
	apply(HEAD "@@ -1,3 +1,2 @@\n a\n-x\n b\n", "a\nx\nb\n", 0, &gone);
	assert_change(&gone, 0, 2, 1, 1, 0);
}

static void a_line_that_goes_and_comes_again_has_not_changed(void **state)
{
	_cleanup_(patched_done) struct patched p, none;

	(void)state;
	apply(HEAD "@@ -1,3 +1,3 @@\n-a\n-b\n-c\n+a\n+B\n+c\n", "a\nb\nc\n", 0, &p);
	assert_int_equal(p.change_count, 1);
	assert_change(&p, 0, 2, 1, 2, 1);
	assert_string_equal(apply(HEAD "@@ -1 +1 @@\n-a\n+a\n", "a\n", 0, &none), "a\n");
	assert_int_equal(none.change_count, 0);
}

static void a_hunk_is_searched_where_it_is_not(void **state)
{
	_cleanup_(patched_done) struct patched p;

	(void)state;
	assert_string_equal(
	    apply(HEAD "@@ -1,3 +1,3 @@\n m\n-n\n+N\n o\n", "1\n2\n3\n4\nm\nn\no\n5\n", 0, &p),
	    "1\n2\n3\n4\nm\nN\no\n5\n");
	assert_change(&p, 0, 6, 1, 6, 1);
}

static void fuzz_is_used_only_when_it_is_allowed(void **state)
{
	static const char patch[] = HEAD "@@ -1,5 +1,5 @@\n a\n b\n-c\n+C\n d\n e\n";
	_cleanup_(patched_done) struct patched none, p;

	(void)state;
	assert_null(apply(patch, "x\nb\nc\nd\ny\n", 0, &none));
	assert_string_equal(apply(patch, "x\nb\nc\nd\ny\n", 2, &p), "x\nb\nC\nd\ny\n");
	assert_int_equal(p.fuzz, 1);
}

static void what_is_not_there_cannot_be_changed(void **state)
{
	_cleanup_(patched_done) struct patched twice, other;

	(void)state;
	assert_null(apply(HEAD "@@ -1 +1 @@\n-a\n+b\n", "b\n", 2, &twice));
	assert_null(apply(HEAD "@@ -1,2 +1,2 @@\n-a\n+b\n c\n", "a\n", 2, &other));
}

static void less_context_at_an_end_means_that_end_of_the_file(void **state)
{
	_cleanup_(patched_done) struct patched p, none;

	(void)state;
	/* The first "b" is not at the end. */
	assert_string_equal(apply(HEAD "@@ -2,2 +2,3 @@\n a\n b\n+c\n", "a\nb\nx\na\nb\n", 0, &p),
			    "a\nb\nx\na\nb\nc\n");
	assert_null(apply(HEAD "@@ -1,2 +1,3 @@\n+0\n a\n b\n", "x\na\nb\n", 0, &none));
}

static void the_last_line_may_have_no_newline(void **state)
{
	_cleanup_(patched_done) struct patched p, q;

	(void)state;
	assert_string_equal(
	    apply(HEAD "@@ -1 +1 @@\n-a\n\\ No newline at end of file\n+b\n", "a", 0, &p), "b\n");
	assert_string_equal(
	    apply(HEAD "@@ -1 +1 @@\n-a\n+b\n\\ No newline at end of file\n", "a\n", 0, &q), "b");
}

static void a_line_without_newline_gets_one_when_another_follows(void **state)
{
	_cleanup_(patched_done) struct patched p, q;

	(void)state;
	assert_string_equal(
	    apply(HEAD "@@ -1 +1,2 @@\n a\n\\ No newline at end of file\n+b\n", "a", 0, &p),
	    "a\nb\n");
	assert_change(&p, 0, 1, 0, 2, 1);
	assert_string_equal(
	    apply(HEAD "@@ -1 +1,2 @@\n a\n+\n\\ No newline at end of file\n", "a\n", 0, &q),
	    "a\n\n");
	assert_change(&q, 0, 1, 0, 2, 1);
}

static void files_come_and_go(void **state)
{
	_cleanup_(patch_freep) struct patch *made =
	    parse("--- /dev/null\n+++ b/new.c\n@@ -0,0 +1,2 @@\n+a\n+b\n");
	_cleanup_(patch_freep) struct patch *gone =
	    parse("--- a/old.c\t2020-01-01 00:00:00\n+++ /dev/null\n@@ -1 +0,0 @@\n-a\n");
	_cleanup_(patched_done) struct patched p = {}, q = {};
	struct err err = {};

	(void)state;
	assert_null(made->files[0].old_name);
	assert_string_equal(made->files[0].new_name, "b/new.c");
	assert_int_equal(patch_apply(&p, &made->files[0], "", 0, 0, &err), 0);
	assert_string_equal(p.text, "a\nb\n");
	assert_string_equal(gone->files[0].old_name, "a/old.c");
	assert_null(gone->files[0].new_name);
	assert_int_equal(patch_apply(&q, &gone->files[0], "a\n", 2, 0, &err), 0);
	assert_int_equal(q.len, 0);
}

static void git_renames_and_what_it_cannot_show(void **state)
{
	_cleanup_(patch_freep) struct patch *patch = parse(
	    "diff --git a/x.c b/y.c\nsimilarity index 90%\nrename from x.c\nrename to y.c\n"
	    "--- a/x.c\n+++ b/y.c\n@@ -1 +1 @@\n-a\n+b\n"
	    "diff --git a/p.png b/p.png\nindex 1..2\nBinary files a/p.png and b/p.png differ\n"
	    "diff --git a/run.sh b/run.sh\nold mode 100644\nnew mode 100755\n");

	(void)state;
	assert_int_equal(patch->file_count, 3);
	assert_true(patch->files[0].renamed);
	assert_string_equal(patch->files[0].old_name, "x.c");
	assert_string_equal(patch->files[0].new_name, "y.c");
	assert_int_equal(patch->files[0].hunk_count, 1);
	assert_true(patch->files[1].unread);
	assert_string_equal(patch->files[1].new_name, "b/p.png");
	assert_true(patch->files[2].unread);
}

static void a_description_is_none_of_the_files(void **state)
{
	static const char text[] =
	    "Subject: x\n--- \n--- a/x.c\nNot one.\n" HEAD "@@ -1 +1 @@\n---- a\n++++ b\n";
	_cleanup_(patch_freep) struct patch *patch = parse(text);

	(void)state;
	assert_int_equal(patch->file_count, 1);
	assert_int_equal(patch->header_len, strstr(text, HEAD) - text);
	/* Lines of a hunk may look like the names of a file. */
	assert_int_equal(patch->files[0].hunks[0].line_count, 2);
}

static void mailers_take_the_blank_of_an_empty_line(void **state)
{
	_cleanup_(patched_done) struct patched p;

	(void)state;
	assert_string_equal(apply(HEAD "@@ -1,3 +1,3 @@\n a\n\n-b\n+c\n", "a\n\nb\n", 0, &p),
			    "a\n\nc\n");
}

static void names_may_stand_in_quotes(void **state)
{
	_cleanup_(patch_freep) struct patch *patch =
	    parse("--- \"a/\\303\\244 \\\"b\\\".c\"\n+++ b/x.c\n@@ -1 +1 @@\n-a\n+b\n");

	(void)state;
	assert_string_equal(patch->files[0].old_name, "a/ä \"b\".c");
}

static void a_broken_hunk_is_an_error_with_its_line(void **state)
{
	(void)state;
	assert_unreadable(HEAD "@@ -1,2 +1,2 @@\n a\n", "line 5: the hunk of line 3 is cut off");
	assert_unreadable(HEAD "@@ -1 +1 @@\n-a\n-b\n+c\n", "line 5: does not fit the hunk");
	assert_unreadable(HEAD "@@ -1,1 +1,1\n-a\n+b\n", "line 3: no heading of a hunk");
	assert_unreadable(HEAD "@@@ -1 -1 +1 @@@\n--a\n++b\n", "line 3: no heading of a hunk");
	assert_unreadable(HEAD "@@ -99999999999 +1 @@\n-a\n+b\n", "line 3");
}

static void no_name_leads_out_of_the_tree(void **state)
{
	static const struct {
		const char *name;
		unsigned strip;
		const char *path; /* NULL: refused */
	} cases[] = {
		{ "a/x.c", 1, "x.c" },
		{ "a/b/x.c", 2, "x.c" },
		{ "x.c", 1, "x.c" },
		{ "a//x.c", 1, "x.c" },
		{ "./x.c", 0, "x.c" },
		{ "a/./x.c", 1, "x.c" },
		{ "/etc/passwd", 0, NULL },
		{ "a/../x.c", 1, NULL },
		{ "..", 0, NULL },
		{ "a/b/../../../x", 1, NULL },
		{ "a/..", 1, NULL },
		{ "a/", 1, NULL },
		{ "", 0, NULL },
		{ "a/x\n.c", 1, NULL },
		{ "a/..x", 1, "..x" },
		{ "//etc/x", 1, "etc/x" },
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct err err = {};
		const char *path = NULL;
		int r = patch_path(&path, cases[i].name, cases[i].strip, arena, &err);

		if ((r == 0) != (cases[i].path != NULL))
			fail_msg("case %zu: '%s' gives %d %s", i, cases[i].name, r,
				 path ? path : err.text);
		if (cases[i].path)
			assert_string_equal(path, cases[i].path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_hunk_changes_what_it_says),
		cmocka_unit_test(lines_that_come_or_go_are_counted_as_diff_does),
		cmocka_unit_test(a_line_that_goes_and_comes_again_has_not_changed),
		cmocka_unit_test(a_hunk_is_searched_where_it_is_not),
		cmocka_unit_test(fuzz_is_used_only_when_it_is_allowed),
		cmocka_unit_test(what_is_not_there_cannot_be_changed),
		cmocka_unit_test(less_context_at_an_end_means_that_end_of_the_file),
		cmocka_unit_test(the_last_line_may_have_no_newline),
		cmocka_unit_test(a_line_without_newline_gets_one_when_another_follows),
		cmocka_unit_test(files_come_and_go),
		cmocka_unit_test(git_renames_and_what_it_cannot_show),
		cmocka_unit_test(a_description_is_none_of_the_files),
		cmocka_unit_test(mailers_take_the_blank_of_an_empty_line),
		cmocka_unit_test(names_may_stand_in_quotes),
		cmocka_unit_test(a_broken_hunk_is_an_error_with_its_line),
		cmocka_unit_test(no_name_leads_out_of_the_tree),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
