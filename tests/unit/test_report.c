// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_report.c — report.json says all that a verdict rests on, and the table puts first what asks for work. */
#include <locale.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/json.h"
#include "analyzer/report.h"
#include "analyzer/usage.h"
#include "tests/unit/analysis_fixture.h"

/* In the order of the trace. */
static struct trace_use uses[] = {
	{ USE_EXEC, "/usr/sbin/nginx", "nginx", .t = 1000000, .line = 2, .count = 1 },
	{ USE_MAP, "/usr/sbin/nginx", "nginx", .how = "exec", .t = 1000001, .line = 3, .count = 1 },
	{ USE_MAP, "/usr/lib/libssl.so.3", "nginx", .t = 120456789, .line = 4, .count = 1 },
	{ USE_OPEN_READ, "/etc/nginx/nginx.conf", "nginx", .t = 130000000, .line = 5, .count = 2 },
	{ USE_OPEN_READ, "/host/secret", "nginx", .t = 130000001, .line = 6, .outside_root = true },
	{ USE_MAP, NULL, "nginx", .t = 130000002, .line = 7, .memfd = true },
};

static struct trace_net nets[] = {
	{ .family = "inet", .address = "10.0.0.1", .port = 443 },
	{ .listen = true, .family = "inet", .address = "0.0.0.0", .port = 80 },
	{ .family = "inet", .address = "10.0.0.1", .port = 443 },
};

static const char *syscalls[] = { "close", "openat" };

static const struct evidence seen[] = {
	{ .kind = "map",
	  .text = "/usr/lib/libssl.so.3 was mapped by nginx 0.120 s after the start",
	  .path = "/usr/lib/libssl.so.3",
	  .line = 4,
	  .t = 120456789 },
};

static int set_up(void **state)
{
	static struct fixture f;
	struct err err = {};

	fixture_init(&f);
	f.trace.uses = uses;
	f.trace.use_count = sizeof(uses) / sizeof(*uses);
	f.trace.nets = nets;
	f.trace.net_count = sizeof(nets) / sizeof(*nets);
	f.trace.syscalls = syscalls;
	f.trace.syscall_count = 2;
	f.trace.losses[TRACE_LOSS_MAP_FULL] = 3;
	f.verdict[1].evidence = seen;
	f.verdict[1].evidence_count = 1;
	f.verdict[1].action = "Update libssl3 to 3.0.13-1 or newer.";
	*state = &f;
	return usage_collect(&f.verdicts.usage, &f.inventory, f.traces, 1, &err);
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	usage_free(f->verdicts.usage);
	return 0;
}

static char *report_text(struct fixture *f)
{
	struct err err = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = report_document(&f->analysis, &err);

	assert_non_null(doc);
	return json_print(doc);
}

/* As a reader gets it. */
static cJSON *report(struct fixture *f)
{
	_cleanup_free_ char *text = report_text(f);
	struct err err = {};
	cJSON *doc = NULL;

	assert_int_equal(json_parse(&doc, text, strlen(text), &err), 0);
	return doc;
}

static void the_report_is_this_to_the_byte(void **state)
{
	_cleanup_free_ char *text = report_text(*state), *golden = NULL;
	struct err err = {};
	size_t len;

	assert_int_equal(file_read(&golden, &len, "tests/golden/report.json", 1 << 20, &err), 0);
	assert_string_equal(text, golden);
}

static void the_fixed_version_tells_unknown_from_none(void **state)
{
	struct fixture *f = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const cJSON *verdicts;

	f->finding[2].fix_state_known = true;
	doc = report(f);
	verdicts = json_array(doc, "verdicts");
	assert_null(json_string(cJSON_GetArrayItem(verdicts, 0), "fixed_version"));
	assert_string_equal(json_string(cJSON_GetArrayItem(verdicts, 1), "fixed_version"),
			    "3.0.13-1");
	assert_string_equal(json_string(cJSON_GetArrayItem(verdicts, 2), "fixed_version"), "");
}

static void a_used_package_is_never_called_a_function_that_ran(void **state)
{
	struct fixture *f = *state;
	_cleanup_(cJSON_Deletep) cJSON *package = report(f), *function = NULL;

	assert_string_equal(
	    json_string(cJSON_GetArrayItem(json_array(package, "verdicts"), 1), "level"),
	    "package");
	assert_int_equal(json_u64(json_object(package, "summary"), "affected_function", 9), 0);
	f->verdict[1].rule = "R3";
	function = report(f);
	assert_string_equal(
	    json_string(cJSON_GetArrayItem(json_array(function, "verdicts"), 1), "level"),
	    "function");
	assert_int_equal(json_u64(json_object(function, "summary"), "affected_function", 9), 1);
}

static void long_lists_are_cut_but_counted(void **state)
{
	struct fixture *f = *state;
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	static const char *files[REPORT_LIST_MAX + 5];
	const cJSON *verdict;

	for (size_t i = 0; i < REPORT_LIST_MAX + 5; i++)
		files[i] = "/usr/lib/x.so";
	f->verdict[0].vulnerable_files = files;
	f->verdict[0].vulnerable_file_count = REPORT_LIST_MAX + 5;
	doc = report(f);
	verdict = json_array(doc, "verdicts")->child;
	assert_int_equal(cJSON_GetArraySize(json_array(verdict, "vulnerable_files")),
			 REPORT_LIST_MAX);
	assert_int_equal(json_u64(verdict, "vulnerable_files_count", 0), REPORT_LIST_MAX + 5);
}

/* Not inline: gcc 12 takes what open_memstream stores for a pointer to the variable. */
__attribute__((noinline)) static char *table(const struct analysis *analysis, bool colour,
					     unsigned width)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	assert_non_null(out);
	table_print(out, analysis, colour, width);
	fclose(out);
	return text;
}

static ptrdiff_t position(const char *text, const char *word)
{
	const char *at = strstr(text, word);

	assert_non_null(at);
	return at - text;
}

static void the_table_puts_affected_first_and_fixed_last(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = table(&f->analysis, false, 200);
	ptrdiff_t affected = position(text, "CVE-2023-0002"),
		  open = position(text, "CVE-2023-0003");
	ptrdiff_t not = position(text, "CVE-2023-0001"), fixed = position(text, "CVE-2023-0004");

	assert_true(affected < open && open < not &&not < fixed);
	assert_non_null(strstr(text, "package in use, function unknown: /usr/lib/libssl.so.3"));
	assert_non_null(strstr(text, "4 findings: 1 affected (0: the function ran, 1: package in "
				     "use, function unknown), 1 under_investigation, 1 "
				     "not_affected, 1 fixed\n"));
	assert_null(strchr(text, '\033'));
}

static void no_row_is_wider_than_the_terminal(void **state)
{
	static const unsigned widths[] = { 80, 100, 132, 200 };
	struct fixture *f = *state;

	for (size_t i = 0; i < 4; i++) {
		_cleanup_free_ char *text = table(&f->analysis, false, widths[i]);
		char *rest = text, *line;

		while ((line = strsep(&rest, "\n")) && !strstr(line, " findings: "))
			assert_true(mbstowcs(NULL, line, 0) <= widths[i]);
	}
}

static void what_strangers_wrote_does_not_steer_the_terminal(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = NULL;

	f->finding[1].package_name = "lib\033[2Jssl";
	f->verdict[1].reason = f->verdict[2].reason = "a\nb\033]0;title\a";
	text = table(&f->analysis, false, 200);
	assert_null(strchr(text, '\033'));
	assert_null(strchr(text, '\a'));
}

static void gates_stand_under_the_table(void **state)
{
	static const char *gates[] = { "trace 1 lost 3 records (ring 3)" };
	struct fixture *f = *state;
	_cleanup_free_ char *text = NULL;

	f->verdicts.gates = gates;
	f->verdicts.gate_count = 1;
	text = table(&f->analysis, true, 120);
	assert_non_null(strstr(text, "because:\n  trace 1 lost 3 records (ring 3)\n"));
	assert_non_null(strchr(text, '\033'));
}

static void what_is_needed_stands_under_the_table(void **state)
{
	struct fixture *f = *state;
	_cleanup_free_ char *text = NULL;

	f->verdict[0].status = STATUS_UNDER_INVESTIGATION;
	f->verdict[0].missing = f->verdict[2].missing = "watch 40 more units";
	f->verdict[1].missing = "not of what is decided";
	text = table(&f->analysis, false, 120);
	assert_non_null(strstr(text, "needs:\n  2: watch 40 more units\n"));
	assert_null(strstr(text, "not of what is decided"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(the_report_is_this_to_the_byte),
		TEST(the_fixed_version_tells_unknown_from_none),
		TEST(a_used_package_is_never_called_a_function_that_ran),
		TEST(long_lists_are_cut_but_counted),
		TEST(the_table_puts_affected_first_and_fixed_last),
		TEST(no_row_is_wider_than_the_terminal),
		TEST(what_strangers_wrote_does_not_steer_the_terminal),
		TEST(gates_stand_under_the_table),
		TEST(what_is_needed_stands_under_the_table),
	};

	setlocale(LC_CTYPE, "C.UTF-8");
	return cmocka_run_group_tests(tests, NULL, NULL);
}
