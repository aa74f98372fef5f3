// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_watching.c — what a trace says of watched functions, the list that asks for it, and whether their silence is one. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/functions_file.h"
#include "analyzer/json.h"
#include "analyzer/watching.h"
#include "tests/unit/verdict_fixture.h"

#define ID "aa"
#define LIST "0123"

static void add(struct trace_functions *f, struct arena *arena, const char *text, uint64_t line)
{
	_cleanup_(cJSON_Deletep) cJSON *record = cJSON_Parse(text);
	bool hit = !strcmp(json_string(record, "kind"), "function");
	const struct trace_place place = { line, json_u64(record, "t", 0), line };
	struct err err = {};

	assert_int_equal(hit ? trace_functions_add_hit(f, record, &place, arena, &err)
			     : trace_functions_add_watch(f, record, line, arena, &err),
			 0);
}

static void a_function_is_one_hit_however_often_it_ran(void **state)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct trace_functions f = {};

	(void)state;
	add(&f, arena,
	    "{\"kind\":\"function\",\"t\":5,\"pid\":7,\"comm\":\"app\",\"object\":\"/"
	    "a\",\"build_id\":\"aa\","
	    "\"symbol\":\"f\",\"offset\":16,\"stack\":[\"/a+0x10\",\"/b+0x20\"]}",
	    2);
	add(&f, arena,
	    "{\"kind\":\"function\",\"t\":9,\"object\":\"/"
	    "a\",\"build_id\":\"aa\",\"symbol\":\"f\",\"offset\":16}",
	    3);
	add(&f, arena,
	    "{\"kind\":\"function\",\"t\":9,\"object\":\"/"
	    "a\",\"build_id\":\"bb\",\"symbol\":\"f\",\"offset\":16}",
	    4);
	assert_int_equal(f.hit_count, 2);
	assert_int_equal(f.hits[0].line, 2);
	assert_int_equal(f.hits[0].t, 5);
	assert_int_equal(f.hits[0].again.count, 1);
	assert_int_equal(f.hits[0].again.t[0], 9);
	assert_int_equal(f.hits[1].again.count, 0);
	assert_int_equal(f.hits[0].stack_count, 2);
	assert_string_equal(f.hits[0].stack[1], "/b+0x20");
	assert_int_equal(f.faults, 0);
	trace_functions_done(&f);
}

static void what_is_not_understood_is_counted(void **state)
{
	static const char *const texts[] = {
		"{\"kind\":\"function\",\"object\":\"/a\",\"symbol\":\"f\"}",
		"{\"kind\":\"function\",\"object\":\"/a\",\"offset\":1}",
		"{\"kind\":\"function\",\"symbol\":\"f\",\"offset\":1}",
		"{\"kind\":\"probe\",\"object\":\"/a\",\"armed\":\"before_code\"}",
		"{\"kind\":\"probe\",\"object\":\"/a\",\"sites\":1}",
	};
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct trace_functions f = {};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		add(&f, arena, texts[i], i);
	assert_int_equal(f.faults, sizeof(texts) / sizeof(*texts));
	assert_int_equal(f.hit_count + f.watch_count, 0);
	trace_functions_done(&f);
}

/* The world's needed library has a build-id, and the trace watched it as the list asked. */
static void watched_world(struct world *w, struct trace_watched_file *watch)
{
	world_init(w);
	world_elf(w, "/usr/lib/libneed.so.1")->build_id = ID;
	w->uses[2].build_id = ID;
	*watch = (struct trace_watched_file){
		.object = "/usr/lib/libneed.so.1", .build_id = ID, .sites = 3, .line = 9
	};
	w->trace.functions.watches = watch;
	w->trace.functions.watch_count = 1;
	w->trace.functions_identity = LIST;
}

static enum watched watched(const struct world *w, const char *path, const char *list)
{
	uint64_t line;
	size_t trace;

	return watching_of(&w->inv, world_find(w, path), w->traces, w->traces[1] ? 2 : 1, list,
			   &trace, &line);
}

static void only_what_was_asked_and_armed_in_time_was_watched(void **state)
{
	struct trace_watched_file watch;
	struct world w;

	(void)state;
	watched_world(&w, &watch);
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", LIST), WATCHED);
	assert_int_equal(watched(&w, "/usr/lib/libidle.so.1", LIST), WATCHED_IDLE);
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", "4567"), WATCHED_NOT);
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", NULL), WATCHED_NOT);
	watch.late = true;
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", LIST), WATCHED_GAP);
	watch.late = false;
	watch.refused = 1;
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", LIST), WATCHED_GAP);
	w.trace.functions.watch_count = 0;
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", LIST), WATCHED_GAP);
}

static void one_trace_that_did_not_watch_is_enough(void **state)
{
	struct trace_watched_file watch;
	struct world w;

	(void)state;
	watched_world(&w, &watch);
	w.second = w.trace;
	w.second.functions_identity = NULL;
	w.traces[1] = &w.second;
	assert_int_equal(watched(&w, "/usr/lib/libneed.so.1", LIST), WATCHED_NOT);
}

static void the_list_names_each_place_once_and_is_the_same_each_time(void **state)
{
	struct site all[] = { { .offset = 0x20, .symbol = "g" },
			      { .offset = 0x10, .symbol = "f" },
			      { .offset = 0x10, .symbol = "f2" } };
	struct sites sites = { .all = all, .all_count = 3 };
	struct functions_file one, two;
	struct trace_watched_file watch;
	struct err err = {};
	struct world w;

	(void)state;
	watched_world(&w, &watch);
	for (size_t i = 0; i < 3; i++)
		all[i].file = world_find(&w, "/usr/lib/libneed.so.1");
	assert_int_equal(functions_file_format(&one, &sites, NULL, 0, &w.inv, &err), 0);
	assert_int_equal(functions_file_format(&two, &sites, NULL, 0, &w.inv, &err), 0);
	assert_string_equal(one.text, two.text);
	assert_int_equal(one.sites, 2);
	assert_memory_equal(one.text, "vexxy-functions 1 ", 18);
	assert_memory_equal(one.text + 18, one.identity, 64);
	assert_string_equal(one.text + 18 + 64, "\nobject aa\nsite 0x10 f\nsite 0x20 g\n");
	functions_file_done(&one);
	functions_file_done(&two);
}

/* What is watched for coverage is listed beside it, and changes nothing of what the list is for. */
static void coverage_adds_places_and_keeps_the_identity(void **state)
{
	struct site all[] = { { .offset = 0x20, .symbol = "g" },
			      { .offset = 0x10, .symbol = "f" } };
	struct start items[] = { { 0x10, "begin_f" }, { 0x30, "h" } };
	struct sites sites = { .all = all, .all_count = 2 };
	struct covered covered = { .starts = { .items = items, .count = 2 } };
	struct functions_file one, two, three;
	struct trace_watched_file watch;
	struct err err = {};
	struct world w;

	(void)state;
	watched_world(&w, &watch);
	covered.file = all[0].file = all[1].file = world_find(&w, "/usr/lib/libneed.so.1");
	assert_int_equal(functions_file_format(&one, &sites, NULL, 0, &w.inv, &err), 0);
	assert_int_equal(functions_file_format(&two, &sites, &covered, 1, &w.inv, &err), 0);
	assert_int_equal(functions_file_format(&three, NULL, &covered, 1, &w.inv, &err), 0);
	assert_string_equal(one.identity, two.identity);
	assert_string_equal(two.text + 18 + 64,
			    "\nobject aa\nboth 0x10 f\nsite 0x20 g\nstart 0x30 h\n");
	assert_int_equal(two.sites, 3);
	assert_int_equal(two.wanted, 2);
	assert_string_equal(three.text + 18 + 64,
			    "\nobject aa\nstart 0x10 begin_f\nstart 0x30 h\n");
	assert_int_equal(three.wanted, 0);
	functions_file_done(&one);
	functions_file_done(&two);
	functions_file_done(&three);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_function_is_one_hit_however_often_it_ran),
		cmocka_unit_test(what_is_not_understood_is_counted),
		cmocka_unit_test(only_what_was_asked_and_armed_in_time_was_watched),
		cmocka_unit_test(one_trace_that_did_not_watch_is_enough),
		cmocka_unit_test(the_list_names_each_place_once_and_is_the_same_each_time),
		cmocka_unit_test(coverage_adds_places_and_keeps_the_identity),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
