// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_advisory.c — records say what a fix changed and no more, and faults of records are named where they are. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/advisory.h"
#include "analyzer/advisory_check.h"
#include "analyzer/json.h"

#define HEX "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static const char *one[] = { "CVE-2024-0001" };
static const char *two[] = { "CVE-2024-0001", "CVE-2024-0002" };

static struct fix_function functions[] = {
	{ .file = "a.c", .name = "changed", .change = FIX_MODIFIED },
	{ .file = "a.c", .name = "come", .change = FIX_ADDED },
	{ .file = "a.c", .name = "gone", .change = FIX_REMOVED, .gone = true },
	{ .file = "a.c", .name = "old", .change = FIX_MODIFIED, .now = "young" },
	{ .file = "b.c", .name = "MAKE", .change = FIX_MODIFIED, .macro = true },
	{ .file = "b.c", .name = "changed", .change = FIX_MODIFIED },
};

static struct fix whole = {
	.name = "p1", .sha256 = HEX, .changes = 4, .functions = functions, .function_count = 4
};

static const struct advisory_subject subject = { .ecosystem = "Debian:12",
						 .package = "demo",
						 .path = "*",
						 .fixed = "1.0-2",
						 .fixed_by = "version",
						 .modified = "2024-01-01T00:00:00Z" };

static cJSON *record(const char *cve, const struct debian_patch *patches, size_t n)
{
	struct err err = {};
	cJSON *doc = advisory_record(&subject, cve, patches, n, &err);

	assert_non_null(doc);
	return doc;
}

static const cJSON *entry_of(const cJSON *doc)
{
	return cJSON_GetArrayItem(json_array(doc, "affected"), 0);
}

static const cJSON *own_of(const cJSON *doc)
{
	return json_object(json_object(entry_of(doc), "database_specific"), "vexxy");
}

static const cJSON *import_of(const cJSON *doc, int i)
{
	return cJSON_GetArrayItem(
	    json_array(json_object(entry_of(doc), "ecosystem_specific"), "imports"), i);
}

static void assert_symbols(const cJSON *import, const char *const *names, size_t n)
{
	const cJSON *symbols = json_array(import, "symbols");

	assert_int_equal(cJSON_GetArraySize(symbols), n);
	for (size_t i = 0; i < n; i++)
		assert_string_equal(cJSON_GetArrayItem(symbols, (int)i)->valuestring, names[i]);
}

static void symbols_are_what_was_there_before_the_fix(void **state)
{
	const struct debian_patch patch = { "p1", one, NULL, 1, 0, true, &whole };
	_cleanup_(cJSON_Deletep) cJSON *doc = record("CVE-2024-0001", &patch, 1);
	static const char *const names[] = { "changed", "gone", "old", "young" };

	(void)state;
	assert_symbols(import_of(doc, 0), names, 4);
	assert_string_equal(json_string(import_of(doc, 0), "source"), "p1");
	assert_null(import_of(doc, 1));
	assert_true(json_bool(own_of(doc), "decidable", false));
	assert_null(json_string(own_of(doc), "partial"));
}

static void each_doubt_is_told(void **state)
{
	static const char *others[] = { "x.y" };
	struct fix doubtful = whole;
	const struct debian_patch patches[] = {
		{ "p1", two, NULL, 2, 0, true, &doubtful },
		{ "p2", two + 1, one, 1, 1, true, &whole },
	};
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;
	const char *partial;

	(void)state;
	doubtful.functions = functions + 4;
	doubtful.function_count = 2;
	doubtful.outside = 1;
	doubtful.fuzz = 1;
	doubtful.others = others;
	doubtful.other_count = 1;
	doc = record("CVE-2024-0001", patches, 2);
	partial = json_string(own_of(doc), "partial");
	assert_string_equal(
	    partial,
	    "1 of 4 changes are outside of any function; p1 applies only with fuzz: it was "
	    "made for other sources; changed files that are no C or C++: x.y; 'MAKE' in b.c is a "
	    "macro that makes functions; a patch is of several CVEs together; the description of "
	    "p2 names it too");
	assert_symbols(import_of(doc, 0), (const char *const[]){ "changed" }, 1);
	assert_string_equal(
	    cJSON_GetArrayItem(json_array(own_of(doc), "shared_with"), 0)->valuestring,
	    "CVE-2024-0002");
	assert_false(json_bool(own_of(doc), "confined", false));
}

static void changes_outside_are_confined_to_files_that_are_named(void **state)
{
	static const char *files[] = { "b.c" };
	struct fix more = whole;
	const struct debian_patch patch = { "p1", two, NULL, 2, 0, true, &more };
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL, *fuzzy = NULL;

	(void)state;
	more.functions = functions + 5;
	more.function_count = 1;
	more.outside = 1;
	more.outside_files = files;
	more.outside_file_count = 1;
	doc = record("CVE-2024-0001", &patch, 1);
	assert_true(json_bool(own_of(doc), "confined", false));
	assert_string_equal(
	    cJSON_GetArrayItem(json_array(cJSON_GetArrayItem(json_array(own_of(doc), "patches"), 0),
					  "files_outside"),
			       0)
		->valuestring,
	    "b.c");
	more.fuzz = 1;
	fuzzy = record("CVE-2024-0001", &patch, 1);
	assert_false(json_bool(own_of(fuzzy), "confined", false));
}

static void a_fix_that_only_adds_decides_nothing(void **state)
{
	struct fix adds = whole;
	const struct debian_patch patch = { "p1", one, NULL, 1, 0, true, &adds };
	_cleanup_(cJSON_Deletep) cJSON *doc = NULL;

	(void)state;
	adds.functions = functions + 1;
	adds.function_count = 1;
	doc = record("CVE-2024-0001", &patch, 1);
	assert_null(import_of(doc, 0));
	assert_false(json_bool(own_of(doc), "decidable", true));
	assert_string_equal(json_string(own_of(doc), "partial"),
			    "the fix changes no function that was there before");
}

static void our_own_records_are_without_fault(void **state)
{
	const struct debian_patch patch = { "p1", two, NULL, 2, 0, true, &whole };
	_cleanup_(advisory_check_done) struct advisory_check check = {};
	struct err err = {};

	(void)state;
	assert_int_equal(advisory_check_init(&check, &err), 0);
	for (size_t i = 0; i < 2; i++) {
		_cleanup_(cJSON_Deletep) cJSON *doc = record(two[i], &patch, 1);
		_cleanup_free_ char *text = json_print_line(doc);

		assert_int_equal(advisory_check_text(&check, text, strlen(text), "x.json", &err),
				 0);
	}
	if (check.total)
		fail_msg("%s: %s", check.faults[0].at, check.faults[0].text);
	assert_int_equal(check.records, 2);
	assert_int_equal(check.functions, 8);
}

#define DOC(affected)                                                                             \
	"{\"id\":\"CVE-2024-0001\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[" affected \
	"]}"
#define RANGES "\"ranges\":[{\"type\":\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"}]}]"
#define NAMED(more) "{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"demo\"}," RANGES more "}"
#define IMPORT(...) ",\"ecosystem_specific\":{\"imports\":[" __VA_ARGS__ "]}"
#define OWN(decidable)                                                                       \
	",\"database_specific\":{\"vexxy\":{\"decidable\":" decidable ",\"patches\":[{"      \
	"\"name\":\"p\",\"sha256\":\"" HEX "\",\"functions\":[{\"file\":\"a.c\",\"name\":"   \
	"\"f\",\"change\":\"modified\"},{\"file\":\"a.c\",\"name\":\"g\",\"change\":\"added" \
	"\"},{\"file\":\"a.c\",\"name\":\"M\",\"change\":\"modified\",\"macro\":true}]}]}}"

static void faults_are_named_where_they_are(void **state)
{
	static const struct {
		const char *text, *at, *why;
	} cases[] = {
		{ DOC(NAMED("")), NULL, NULL },
		{ DOC(NAMED(IMPORT("{\"path\":\"x\"}"))), NULL, NULL },
		{ DOC(NAMED(IMPORT("{\"path\":\"*\",\"symbols\":[\"f\"],\"source\":\"p\"}")
				OWN("true"))),
		  NULL, NULL },
		{ "{\"id\":\"a b\",\"modified\":\"2024-01-01T00:00:00Z\",\"affected\":[" NAMED(
		      "") "]}",
		  "id", "is no id" },
		{ "{\"id\":\"x\",\"modified\":\"2024\",\"affected\":[" NAMED("") "]}", "modified",
		  "RFC 3339" },
		{ DOC(""), "affected", "names nothing" },
		{ DOC(NAMED("") "," NAMED("")), "affected[1]", "stands twice for this id" },
		{ DOC("{" RANGES "}"), "affected[0]", "names no package" },
		{ DOC("{\"package\":{\"ecosystem\":\"npm\",\"name\":\"x\"}}"), "affected[0]",
		  "says of no version" },
		{ DOC("{\"package\":{\"ecosystem\":\"npm\",\"name\":\"x\"},\"ranges\":[{\"type\":"
		      "\"SEMVER\",\"events\":[{\"fixed\":\"1\"}]}]}"),
		  "affected[0].ranges[0]", "where it was introduced" },
		{ DOC("{\"package\":{\"ecosystem\":\"Debian:12\",\"name\":\"x\"},\"ranges\":[{"
		      "\"type\":"
		      "\"ECOSYSTEM\",\"events\":[{\"introduced\":\"0\"},{\"fixed\":\"a b\"}]}]}"),
		  "affected[0].ranges[0].events[1]", "is no version of Debian" },
		{ DOC(NAMED(",\"functions\":[]")), "affected[0]", "'functions'" },
		{ DOC(NAMED(IMPORT())), "affected[0].ecosystem_specific.imports", "is empty" },
		{ DOC(NAMED(IMPORT("{\"symbols\":[\"f\"]}"))),
		  "affected[0].ecosystem_specific.imports[0]", "no 'path'" },
		{ DOC(NAMED(IMPORT("{\"path\":\"x\",\"symbols\":[]}"))),
		  "affected[0].ecosystem_specific.imports[0]", "names no symbol" },
		{ DOC(NAMED(IMPORT("{\"path\":\"x\",\"symbols\":[\"f\",\"\"]}"))),
		  "affected[0].ecosystem_specific.imports[0].symbols[1]", "no name of a function" },
		{ DOC(NAMED(IMPORT("{\"path\":\"x\",\"symbols\":[\"f\",\"f\"]}"))),
		  "affected[0].ecosystem_specific.imports[0].symbols[1]", "'f' stands twice" },
		{ DOC(NAMED(IMPORT("{\"path\":\"x\",\"symbols\":[\"f\"],\"source\":\"\"}"))),
		  "affected[0].ecosystem_specific.imports[0]", "'source'" },
		{ DOC(NAMED(IMPORT("{\"path\":\"*\",\"symbols\":[\"f\"],\"source\":\"q\"}")
				OWN("true"))),
		  "affected[0].ecosystem_specific.imports[0]", "none of the patches" },
		{ DOC(NAMED(IMPORT("{\"path\":\"*\",\"symbols\":[\"h\"],\"source\":\"p\"}")
				OWN("true"))),
		  "affected[0].ecosystem_specific.imports[0].symbols[0]", "is no function of 'p'" },
		{ DOC(NAMED(IMPORT("{\"path\":\"*\",\"symbols\":[\"g\"],\"source\":\"p\"}")
				OWN("true"))),
		  "affected[0].ecosystem_specific.imports[0].symbols[0]", "was added by the fix" },
		{ DOC(NAMED(IMPORT("{\"path\":\"*\",\"symbols\":[\"M\"],\"source\":\"p\"}")
				OWN("true"))),
		  "affected[0].ecosystem_specific.imports[0].symbols[0]", "is a macro" },
		{ DOC(NAMED(OWN("true"))), "affected[0].database_specific.vexxy", "'decidable'" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_(advisory_check_done) struct advisory_check check = {};
		struct err err = {};

		assert_int_equal(advisory_check_init(&check, &err), 0);
		if (advisory_check_text(&check, cases[i].text, strlen(cases[i].text), "x", &err) <
		    0)
			fail_msg("case %zu: %s", i, err.text);
		if (check.total != !!cases[i].why)
			fail_msg("case %zu: %zu faults: %s", i, check.total,
				 check.total ? check.faults[0].text : "");
		if (!cases[i].why)
			continue;
		assert_string_equal(check.faults[0].at, cases[i].at);
		if (!strstr(check.faults[0].text, cases[i].why))
			fail_msg("case %zu: '%s'", i, check.faults[0].text);
	}
}

static void records_of_a_file_are_counted_by_line(void **state)
{
	static const char text[] = DOC(NAMED("")) "\n\n" DOC("") "\n";
	_cleanup_(advisory_check_done) struct advisory_check check = {};
	struct err err = {};

	(void)state;
	assert_int_equal(advisory_check_init(&check, &err), 0);
	assert_int_equal(advisory_check_text(&check, text, strlen(text), "x.jsonl", &err), 0);
	assert_int_equal(check.records, 2);
	assert_int_equal(check.total, 1);
	assert_int_equal(check.faults[0].record, 3);
	assert_true(
	    advisory_check_text(&check, DOC("") "\n{\n", sizeof(DOC("")) + 2, "y.jsonl", &err) < 0);
	assert_non_null(strstr(err.text, "'y.jsonl': line 2"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(symbols_are_what_was_there_before_the_fix),
		cmocka_unit_test(each_doubt_is_told),
		cmocka_unit_test(changes_outside_are_confined_to_files_that_are_named),
		cmocka_unit_test(a_fix_that_only_adds_decides_nothing),
		cmocka_unit_test(our_own_records_are_without_fault),
		cmocka_unit_test(faults_are_named_where_they_are),
		cmocka_unit_test(records_of_a_file_are_counted_by_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
