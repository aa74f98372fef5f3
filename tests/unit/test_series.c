// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_series.c — changed lines become the functions around them, and names are followed to the end of the series. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "analyzer/file.h"
#include "analyzer/outline.h"
#include "analyzer/scratch.h"
#include "analyzer/series.h"
#include "analyzer/source_kind.h"

#define FILE_A                        \
	"#include <stdio.h>\n"        \
	"#define LIMIT 10\n"          \
	"\n"                          \
	"static int helper(int x);\n" \
	"\n"                          \
	"static int\n"                \
	"helper(int x)\n"             \
	"{\n"                         \
	"\treturn x + 1;\n"           \
	"}\n"                         \
	"\n"                          \
	"int run(int x)\n"            \
	"{\n"                         \
	"\treturn helper(x);\n"       \
	"}\n"
#define DIFF(hunks) "--- a/lib/a.c\n+++ b/lib/a.c\n" hunks
#define FIX_HELPER "@@ -8,3 +8,4 @@ int run(int x)\n {\n+\tx &= 0xff;\n \treturn x + 1;\n }\n"

struct tree {
	struct scratch scratch;
	struct series *series;
};

static void write_source(const struct tree *tree, const char *path, const char *text)
{
	char full[SCRATCH_PATH_BYTES + 64];
	struct err err = {};

	snprintf(full, sizeof(full), "%s/%s", tree->scratch.dir, path);
	*strrchr(full, '/') = '\0';
	mkdir(full, 0755);
	snprintf(full, sizeof(full), "%s/%s", tree->scratch.dir, path);
	assert_int_equal(file_write(full, text, strlen(text), &err), 0);
}

static int set_up(void **state)
{
	static struct tree tree;
	struct err err = {};

	tree = (struct tree){};
	*state = &tree;
	if (scratch_open(&tree.scratch, &err) < 0)
		return -1;
	write_source(&tree, "lib/a.c", FILE_A);
	return series_open(&tree.series, tree.scratch.dir, &err);
}

static int tear_down(void **state)
{
	struct tree *tree = *state;

	series_free(tree->series);
	scratch_done(&tree->scratch);
	return 0;
}

static void need_ctags(void)
{
	if (system("command -v ctags >/dev/null 2>&1") != 0)
		skip();
}

static const struct fix *apply(struct tree *tree, const char *patch)
{
	const struct series_step step = { "x.patch", 1, 0, true };
	const struct fix *fix = NULL;
	struct err err = {};

	if (series_apply(tree->series, &step, patch, strlen(patch), &fix, &err) < 0)
		fail_msg("%s", err.text);
	return fix;
}

static void finish(struct tree *tree)
{
	struct err err = {};

	if (series_finish(tree->series, &err) < 0)
		fail_msg("%s", err.text);
}

static const struct fix_function *find(const struct fix *fix, const char *name)
{
	for (size_t i = 0; i < fix->function_count; i++)
		if (!strcmp(fix->functions[i].name, name))
			return &fix->functions[i];
	fail_msg("%s is not among %zu functions", name, fix->function_count);
	return NULL;
}

static void a_line_belongs_to_the_function_around_it(void **state)
{
	need_ctags();
	/* The heading of the hunk names another. */
	const struct fix *fix = apply(*state, DIFF(FIX_HELPER));

	assert_int_equal(fix->function_count, 1);
	assert_string_equal(find(fix, "helper")->file, "lib/a.c");
	assert_int_equal(find(fix, "helper")->change, FIX_MODIFIED);
	assert_int_equal(fix->changes, 1);
	assert_int_equal(fix->outside, 0);
}

static void the_lines_above_a_name_are_its_function(void **state)
{
	need_ctags();
	const struct fix *fix =
	    apply(*state, DIFF("@@ -5,3 +5,3 @@\n \n-static int\n+static long\n helper(int x)\n"));

	assert_int_equal(find(fix, "helper")->change, FIX_MODIFIED);
	assert_int_equal(fix->outside, 0);
}

static void what_came_and_what_went_are_told_apart(void **state)
{
	need_ctags();
	const struct fix *fix = apply(
	    *state,
	    DIFF("@@ -5,11 +5,10 @@\n \n-static int\n-helper(int x)\n-{\n-\treturn x + 1;\n-}\n"
		 "-\n int run(int x)\n {\n-\treturn helper(x);\n+\treturn x < 9 ? x : 9;\n }\n"
		 "+\n+int other(void)\n+{\n+\treturn 0;\n+}\n"));

	assert_int_equal(fix->function_count, 3);
	assert_int_equal(find(fix, "helper")->change, FIX_REMOVED);
	assert_int_equal(find(fix, "run")->change, FIX_MODIFIED);
	assert_int_equal(find(fix, "other")->change, FIX_ADDED);
	assert_int_equal(fix->outside, 0);
}

static void only_code_outside_of_functions_is_counted(void **state)
{
	static const struct {
		const char *hunks;
		size_t outside;
	} cases[] = {
		{ "@@ -1,3 +1,3 @@\n #include <stdio.h>\n-#define LIMIT 10\n+#define LIMIT 9\n \n",
		  1 },
		{ "@@ -1,2 +1,3 @@\n #include <stdio.h>\n+#include <stdlib.h>\n #define LIMIT 10\n",
		  0 },
		{ "@@ -4,2 +4,3 @@\n static int helper(int x);\n+int other(int y);\n \n", 0 },
		{ "@@ -4,2 +4,3 @@\n static int helper(int x);\n+int table[] = { 1 };\n \n", 1 },
		{ "@@ -4,2 +4,3 @@\n static int helper(int x);\n+// said\n \n", 0 },
	};

	need_ctags();
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		char text[512];
		const struct fix *fix;

		tear_down(state);
		assert_int_equal(set_up(state), 0);
		snprintf(text, sizeof(text), DIFF("%s"), cases[i].hunks);
		fix = apply(*state, text);
		assert_int_equal(fix->outside_file_count, cases[i].outside > 0);
		if (fix->outside != cases[i].outside || fix->changes != 1 || fix->function_count)
			fail_msg("case %zu: %zu of %zu outside, %zu functions", i, fix->outside,
				 fix->changes, fix->function_count);
	}
}

static void a_renamed_function_is_followed_by_its_lines(void **state)
{
	need_ctags();
	const struct fix *fix = apply(*state, DIFF(FIX_HELPER));

	apply(*state,
	      DIFF("@@ -1,12 +1,14 @@\n #include <stdio.h>\n+#include <stdlib.h>\n+\n"
		   " #define LIMIT 10\n \n-static int helper(int x);\n+static int mask(int x);\n"
		   " \n static int\n-helper(int x)\n+mask(int x)\n {\n \tx &= 0xff;\n"
		   " \treturn x + 1;\n }\n \n"));
	finish(*state);
	assert_string_equal(find(fix, "helper")->now, "mask");
	assert_false(find(fix, "helper")->gone);
}

static void a_removed_function_is_gone(void **state)
{
	need_ctags();
	const struct fix *fix = apply(*state, DIFF(FIX_HELPER));

	apply(*state, DIFF("@@ -5,8 +5,2 @@\n \n-static int\n-helper(int x)\n-{\n-\tx &= 0xff;\n"
			   "-\treturn x + 1;\n-}\n \n"));
	finish(*state);
	assert_null(find(fix, "helper")->now);
	assert_true(find(fix, "helper")->gone);
}

static void a_file_that_git_renames_is_followed(void **state)
{
	need_ctags();
	const struct fix *fix = apply(*state, DIFF(FIX_HELPER));

	apply(*state, "diff --git a/lib/a.c b/lib/b.c\nsimilarity index 100%\nrename from lib/a.c\n"
		      "rename to lib/b.c\n");
	finish(*state);
	assert_string_equal(find(fix, "helper")->file, "lib/a.c");
	assert_false(find(fix, "helper")->gone);
}

static void a_macro_is_no_function(void **state)
{
	need_ctags();
	write_source(*state, "lib/m.c",
		     "#include \"m.h\"\nMAKE(one)\n{\n\treturn 1;\n}\n\n"
		     "plain(x)\nint x;\n{\n\treturn x;\n}\n");
	write_source(*state, "lib/m.h", "#define MAKE(n) int make_##n(void)\n");
	const struct fix *fix =
	    apply(*state, "--- a/lib/m.c\n+++ b/lib/m.c\n@@ -3,3 +3,3 @@\n {\n"
			  "-\treturn 1;\n+\treturn 2;\n }\n@@ -9,3 +9,3 @@\n {\n"
			  "-\treturn x;\n+\treturn 0;\n }\n");

	finish(*state);
	assert_true(find(fix, "MAKE")->macro);
	assert_false(find(fix, "plain")->macro);
}

static void a_name_that_its_file_defines_away_is_told(void **state)
{
	need_ctags();
	write_source(*state, "lib/m.c",
		     "#define main tmain\n#define run RUN(x)\n"
		     "int main(void)\n{\n\treturn 1;\n}\n");
	const struct fix *fix = apply(*state, "--- a/lib/m.c\n+++ b/lib/m.c\n@@ -4,3 +4,3 @@\n {\n"
					      "-\treturn 1;\n+\treturn 2;\n }\n");

	finish(*state);
	assert_string_equal(find(fix, "main")->alias, "tmain");
}

static void names_of_cxx_have_their_classes(void **state)
{
	need_ctags();
	write_source(*state, "lib/c.cc",
		     "namespace N {\nclass C {\n\tint m() const;\n};\nint C::m() const\n{\n"
		     "\tauto f = [](int x) {\n\t\treturn x;\n\t};\n\treturn f(1);\n}\n}\n");
	const struct fix *fix = apply(*state, "--- a/lib/c.cc\n+++ b/lib/c.cc\n@@ -7,3 +7,3 @@\n"
					      " \tauto f = [](int x) {\n-\t\treturn x;\n"
					      "+\t\treturn 2;\n \t};\n");

	assert_int_equal(fix->function_count, 1);
	assert_string_equal(fix->functions[0].name, "N::C::m");
}

static void tests_and_other_languages_are_named_not_mapped(void **state)
{
	need_ctags();
	write_source(*state, "tests/t.c", "int main(void)\n{\n\treturn 1;\n}\n");
	write_source(*state, "lib/p.y", "x\n");
	const struct fix *fix = apply(
	    *state, "--- a/tests/t.c\n+++ b/tests/t.c\n@@ -3 +3 @@\n-\treturn 1;\n+\treturn 2;\n"
		    "--- a/lib/p.y\n+++ b/lib/p.y\n@@ -1 +1 @@\n-x\n+y\n");

	assert_int_equal(fix->function_count, 0);
	assert_int_equal(fix->changes, 0);
	assert_int_equal(fix->idle_count, 1);
	assert_string_equal(fix->idle[0], "tests/t.c");
	assert_int_equal(fix->other_count, 1);
	assert_string_equal(fix->others[0], "lib/p.y");
}

static void a_patch_that_does_not_apply_names_patch_file_and_line(void **state)
{
	static const char patch[] = DIFF("@@ -1 +1 @@\n-nothing\n+x\n");
	const struct series_step step = { "x.patch", 1, 0, false };
	struct tree *tree = *state;
	struct err err = {};

	assert_true(series_apply(tree->series, &step, patch, strlen(patch), NULL, &err) < 0);
	assert_string_equal(err.text,
			    "patch 'x.patch': 'lib/a.c': the hunk of line 3 finds no place");
}

static void a_patch_does_not_leave_the_tree(void **state)
{
	static const char up[] = "--- a/../x\n+++ a/../x\n@@ -0,0 +1 @@\n+x\n";
	static const char link[] = "--- a/l/x\n+++ a/l/x\n@@ -1,1 +1 @@\n-x\n+y\n";
	const struct series_step step = { "x.patch", 1, 0, false };
	struct tree *tree = *state;
	char path[SCRATCH_PATH_BYTES + 8];
	struct err err = {};

	assert_true(series_apply(tree->series, &step, up, strlen(up), NULL, &err) < 0);
	assert_non_null(strstr(err.text, "leads out of the tree"));
	/* A link out of it is a link to nowhere. */
	snprintf(path, sizeof(path), "%s/l", tree->scratch.dir);
	assert_int_equal(symlink("/tmp", path), 0);
	assert_int_equal(series_apply(tree->series, &step, link, strlen(link), NULL, &err),
			 -ENOENT);
}

static void the_sources_stay_as_they_are(void **state)
{
	struct tree *tree = *state;
	_cleanup_free_ char *text = NULL;
	char path[SCRATCH_PATH_BYTES + 16];
	const char *now;
	struct err err = {};
	size_t len;

	need_ctags();
	apply(tree, DIFF(FIX_HELPER));
	snprintf(path, sizeof(path), "%s/lib/a.c", tree->scratch.dir);
	assert_int_equal(file_read(&text, &len, path, 1 << 20, &err), 0);
	assert_string_equal(text, FILE_A);
	assert_int_equal(series_read(tree->series, "lib/a.c", &now, &len, &err), 0);
	assert_non_null(strstr(now, "x &= 0xff"));
}

static void lines_are_told_from_comments(void **state)
{
	static const char text[] = "int a; // x\n"
				   "/* one\n"
				   " two */\n"
				   "/* x */ int b\n"
				   "#define A \\\n"
				   "\t1\n"
				   "# include <x>\n"
				   "char *s = \"/*\";\n"
				   "#error don't\n"
				   "c = '\"'; /*\n"
				   "*/ d\n"
				   "\n";
	static const unsigned char want[] = {
		LINE_CODE | LINE_ENDS,
		0,
		0,
		LINE_CODE,
		LINE_CODE | LINE_DIRECTIVE,
		LINE_CODE | LINE_DIRECTIVE,
		LINE_CODE | LINE_DIRECTIVE | LINE_INCLUDE,
		LINE_CODE | LINE_ENDS,
		LINE_CODE | LINE_DIRECTIVE,
		LINE_CODE | LINE_ENDS,
		LINE_CODE,
		0,
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct outline o = {};
	struct err err = {};

	(void)state;
	assert_int_equal(outline_lines(&o, text, strlen(text), arena, &err), 0);
	assert_int_equal(o.line_count, sizeof(want));
	for (size_t i = 0; i < sizeof(want); i++)
		if (o.lines[i] != want[i])
			fail_msg("line %zu: %u, not %u", i + 1, o.lines[i], want[i]);
}

static void a_function_without_end_lasts_until_the_next(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct outline o = {};
	struct err err = {};

	(void)state;
	assert_int_equal(outline_lines(&o, "a\nb\nc\nd;\ne\n", 11, arena, &err), 0);
	assert_int_equal(outline_tags(&o, 1,
				      "f\t0.c\t2;\"\tfunction\tline:2\tlanguage:C\n"
				      "g\t0.c\t5;\"\tfunction\tline:5\tlanguage:C\tend:5\n",
				      arena, &err),
			 0);
	assert_int_equal(o.functions[0].first, 1);
	assert_int_equal(o.functions[0].last, 4);
	assert_int_equal(o.functions[1].first, 5);
	o = (struct outline){};
	assert_true(outline_tags(&o, 1, "f\t9.c\t2;\"\tfunction\tline:2\n", arena, &err) < 0);
	o = (struct outline){};
	assert_true(outline_tags(&o, 1, "rubbish\n", arena, &err) < 0);
}

static void files_are_known_by_their_names(void **state)
{
	static const struct {
		const char *path;
		enum source_kind kind;
	} cases[] = {
		{ "src/a.c", SOURCE_C },
		{ "src/a.h", SOURCE_C },
		{ "a.cpp", SOURCE_C },
		{ "config.h.in", SOURCE_C },
		{ "src/version.c", SOURCE_C },
		{ "src/test.c", SOURCE_C },
		{ "testsuite.c", SOURCE_IDLE },
		{ "tests/a.c", SOURCE_IDLE },
		{ "doc/a.c", SOURCE_IDLE },
		{ "client-test.c", SOURCE_IDLE },
		{ "ChangeLog", SOURCE_IDLE },
		{ "README.md", SOURCE_IDLE },
		{ "CMakeLists.txt", SOURCE_OTHER },
		{ "src/a.S", SOURCE_OTHER },
		{ "src/parse.y", SOURCE_OTHER },
		{ "contest/a.c", SOURCE_C },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++)
		if (source_kind_of(cases[i].path) != cases[i].kind)
			fail_msg("'%s' is %d", cases[i].path, source_kind_of(cases[i].path));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(a_line_belongs_to_the_function_around_it),
		TEST(the_lines_above_a_name_are_its_function),
		TEST(what_came_and_what_went_are_told_apart),
		TEST(only_code_outside_of_functions_is_counted),
		TEST(a_renamed_function_is_followed_by_its_lines),
		TEST(a_removed_function_is_gone),
		TEST(a_file_that_git_renames_is_followed),
		TEST(a_macro_is_no_function),
		TEST(a_name_that_its_file_defines_away_is_told),
		TEST(names_of_cxx_have_their_classes),
		TEST(tests_and_other_languages_are_named_not_mapped),
		TEST(a_patch_that_does_not_apply_names_patch_file_and_line),
		TEST(a_patch_does_not_leave_the_tree),
		TEST(the_sources_stay_as_they_are),
		cmocka_unit_test(lines_are_told_from_comments),
		cmocka_unit_test(a_function_without_end_lasts_until_the_next),
		cmocka_unit_test(files_are_known_by_their_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
