// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_coverage.c — how much of the code ran, by what traces say; and where the functions of a file begin. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/coverage.h"
#include "analyzer/json.h"
#include "analyzer/starts.h"
#include "tests/unit/code_fixture.h"

/* Records of a trace in its units. */
static void add(struct trace *t, const char *text)
{
	_cleanup_(cJSON_Deletep) cJSON *record = cJSON_Parse(text);
	const struct trace_place place = { 2, 0, t->unit_count };
	struct err err = {};
	bool hit;

	assert_non_null(record);
	hit = !strcmp(json_string(record, "kind"), "function");
	if (!t->arena)
		t->arena = arena_new();
	assert_int_equal(
	    hit ? trace_functions_add_hit(&t->functions, record, &place, t->arena, &err)
		: trace_functions_add_watch(&t->functions, record, 2, t->arena, &err),
	    0);
}

static void done(struct trace *t)
{
	trace_functions_done(&t->functions);
	arena_free(t->arena);
}

#define PROBE(object, id, n)                                               \
	"{\"kind\":\"probe\",\"object\":\"" object "\",\"build_id\":\"" id \
	"\",\"sites\":9,\"starts\":" n ",\"armed\":\"before_code\"}"
#define RAN(object, id, offset, more)                                         \
	"{\"kind\":\"function\",\"object\":\"" object "\",\"build_id\":\"" id \
	"\",\"symbol\":\"f\",\"offset\":" offset more "}"
#define START ",\"start\":true"

static void functions_count_once_in_all_and_once_in_each_unit(void **state)
{
	_cleanup_(coverage_donep) struct coverage c = {};
	struct trace one = {}, two = {}, *traces[] = { &one, &two };
	char text[COVERAGE_TEXT_BYTES];

	(void)state;
	add(&one, PROBE("/b", "bb", "6"));
	add(&one, PROBE("/a", "aa", "3"));
	add(&one, PROBE("/copy", "aa", "3")); /* the same file at another path */
	add(&one, RAN("/a", "aa", "16", START));
	add(&one, RAN("/a", "aa", "20", "")); /* a place, not a beginning */
	one.unit_count = 2;                   /* nothing ran in unit 1 */
	add(&one, RAN("/a", "aa", "16", START));
	add(&one, RAN("/copy", "aa", "16", START));
	add(&one, RAN("/b", "bb", "16", START));
	add(&two, PROBE("/a", "aa", "3"));
	add(&two, RAN("/a", "aa", "16", START));
	add(&two, RAN("/a", "aa", "32", START));
	add(&two, RAN("/never", "dd", "32", START)); /* of a file that was not watched */
	assert_int_equal(coverage_of(&c, traces, 2), 0);
	assert_int_equal(c.count, 2);
	assert_string_equal(c.items[0].object, "/a");
	assert_int_equal(c.items[0].functions, 3);
	assert_int_equal(c.items[0].ran, 2);
	assert_int_equal(c.items[1].ran, 1);
	assert_int_equal(c.functions, 9);
	assert_int_equal(c.ran, 3);
	assert_int_equal(one.functions.unit_count, 3);
	assert_int_equal(one.functions.unit_ran[0], 1);
	assert_int_equal(one.functions.unit_ran[1], 0);
	assert_int_equal(one.functions.unit_ran[2], 2);
	coverage_percent(text, c.ran, c.functions);
	assert_string_equal(text, "33.33");
	done(&one);
	done(&two);
}

static void nothing_watched_is_no_percentage(void **state)
{
	_cleanup_(coverage_donep) struct coverage c = {};
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct trace one = {}, *traces[] = { &one };
	struct json_writer w = {};
	char text[COVERAGE_TEXT_BYTES];

	(void)state;
	add(&one, PROBE("/a", "aa", "0"));
	assert_int_equal(coverage_of(&c, traces, 1), 0);
	coverage_put(&w, doc, &c, traces, 1, 10);
	assert_null(doc->child);
	coverage_percent(text, 0, 0);
	assert_string_equal(text, "0.00");
	coverage_percent(text, UINT64_MAX, UINT64_MAX);
	assert_string_equal(text, "100.00");
	done(&one);
}

static void what_contradicts_itself_is_never_more_than_all(void **state)
{
	_cleanup_(coverage_donep) struct coverage c = {};
	struct trace one = {}, *traces[] = { &one };

	(void)state;
	add(&one, PROBE("/a", "aa", "1"));
	add(&one, RAN("/a", "aa", "16", START));
	add(&one, RAN("/a", "aa", "32", START));
	assert_int_equal(coverage_of(&c, traces, 1), 0);
	assert_int_equal(c.functions, 2);
	assert_int_equal(c.ran, 2);
	done(&one);
}

static void every_function_of_a_stripped_file_is_found(void **state)
{
	static const char source[] =
	    "__attribute__((noinline)) static int hidden(int x) { return x * 7 + 1; }\n"
	    "int seen(int x) { return hidden(x) + hidden(x + 1); }\n"
	    "int also(int x) { return hidden(x) - 1; }\n";
	struct object *o = *state;
	struct starts starts = {};
	size_t named = 0, hidden = 0;

	if (!has_command("gcc"))
		return;
	compile(&o->root, "gcc -O2 -fno-inline -fno-ipa-icf -shared -fPIC -s", source, "a.so");
	object_open(o, "/a.so", false);
	assert_int_equal(starts_find(&starts, o->fd, o->arena, &o->err), 0);
	for (size_t i = 0; i < starts.count; i++) {
		assert_true(!i || starts.items[i - 1].offset < starts.items[i].offset);
		named += !strcmp(starts.items[i].symbol, "seen") ||
			 !strcmp(starts.items[i].symbol, "also");
		hidden += !strncmp(starts.items[i].symbol, "0x", 2);
	}
	assert_int_equal(named, 2);
	assert_true(hidden >= 1);
}

static void what_is_no_program_has_none(void **state)
{
	struct object *o = *state;
	struct starts starts = {};

	root_file(&o->root, "/a.txt", "not a program");
	object_open(o, "/a.txt", false);
	assert_true(starts_find(&starts, o->fd, o->arena, &o->err) < 0);
	assert_non_null(strstr(o->err.text, "ELF"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(functions_count_once_in_all_and_once_in_each_unit),
		cmocka_unit_test(nothing_watched_is_no_percentage),
		cmocka_unit_test(what_contradicts_itself_is_never_more_than_all),
		object_test(every_function_of_a_stripped_file_is_found),
		object_test(what_is_no_program_has_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
