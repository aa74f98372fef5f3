// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_rederive.c — what inputs.json may say: options and roles that are known, and names that lead nowhere else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "analyzer/rederive_inputs.h"

#define HEAD                                                                                \
	"{\"vexxy_inputs\":\"1.0\",\"vexxy\":\"0\",\"timestamp\":\"2026-01-02T03:04:05Z\"," \
	"\"options\":{"
#define OPTIONS                                                                                   \
	"\"policy\":\"balanced\",\"bound\":0.05,\"min_units\":30,\"min_window_s\":10,\"author\":" \
	"\"a\""
#define INPUTS                                                       \
	"},\"product\":{\"name\":\"p\",\"digests\":[]},\"inputs\":[" \
	"{\"role\":\"rootfs\",\"path\":\"r\",\"sha256\":\"0\"}"
#define INPUT(role, path) ",{\"role\":\"" role "\",\"path\":\"" path "\",\"sha256\":\"1\"}"

/* The options that follow from a record; what lies where it is said to lie is /dev/null. */
static int options_of(const char *text, struct pipeline_options *ret, struct scratch *scratch,
		      struct err *err)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct record record;
	int r = record_parse(&record, text, strlen(text), arena, err);

	if (r < 0)
		return r;
	for (size_t i = 0; i < record.count; i++)
		record.found[i] = "/dev/null";
	assert_int_equal(scratch_open(scratch, NULL), 0);
	r = record_options(ret, &record, scratch, err);
	record_done(&record);
	return r;
}

static void a_record_becomes_options(void **state)
{
	static const char text[] =
	    HEAD OPTIONS INPUTS INPUT("trace", "/x/b.gz") INPUT("vulns", "dir/")
		INPUT("debug", "d/.build-id/01/23.debug") INPUT("sbom", "s.json") "]}";
	struct pipeline_options options;
	struct scratch scratch = {};

	(void)state;
	assert_int_equal(options_of(text, &options, &scratch, NULL), 0);
	assert_int_equal(options.traces.count, 1);
	assert_int_equal(options.vulns.count, 1);
	assert_int_equal(options.debug_dirs.count, 1);
	assert_true(options.bound == 0.05);
	pipeline_options_done(&options);
	scratch_done(&scratch);
}

/* Without it the same inputs would give what was not concluded then. */
static void that_the_workload_was_not_exercised_is_kept(void **state)
{
	static const char text[] = HEAD OPTIONS ",\"unexercised\":\"no script\"" INPUTS "]}";
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct pipeline_options options;
	struct scratch scratch = {};
	struct record record;

	(void)state;
	assert_int_equal(record_parse(&record, text, strlen(text), arena, NULL), 0);
	assert_int_equal(record_options(&options, &record, &scratch, NULL), 0);
	assert_string_equal(options.unexercised, "no script");
	pipeline_options_done(&options);
	record_done(&record);
}

static void what_is_not_known_is_refused(void **state)
{
	static const struct {
		const char *text, *fault;
	} cases[] = {
		{ HEAD OPTIONS ",\"later\":1" INPUTS "]}", "an option of another version" },
		{ HEAD OPTIONS INPUTS INPUT("later", "x") "]}", "role 'later'" },
		{ HEAD OPTIONS "},\"inputs\":[]}", "lists no inputs" },
		{ HEAD OPTIONS "},\"inputs\":[{}]}", "input 1 lacks" },
		{ HEAD "\"policy\":\"balanced\"" INPUTS "]}", "options are not whole" },
		{ "{\"vexxy_inputs\":\"1.0\"}", "no list of inputs with a time" },
		{ "{", "line 1" },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pipeline_options options;
		struct scratch scratch = {};
		struct err err = {};

		assert_true(options_of(cases[i].text, &options, &scratch, &err) < 0);
		if (!strstr(err.text, cases[i].fault))
			fail_msg("'%s' is not in '%s'", cases[i].fault, err.text);
		scratch_done(&scratch);
	}
}

static void names_lead_nowhere_else(void **state)
{
	static const char *const cases[] = {
		HEAD OPTIONS INPUTS INPUT("vulns", "..") "]}",
		HEAD OPTIONS INPUTS INPUT("vulns", "a/../..//") "]}",
		HEAD OPTIONS INPUTS INPUT("vulns", "/") "]}",
		HEAD OPTIONS INPUTS INPUT("vulns", "") "]}",
		HEAD OPTIONS INPUTS INPUT("vulns", ".") "]}",
		HEAD OPTIONS INPUTS INPUT("debug", "../../etc/x") "]}",
		HEAD OPTIONS INPUTS INPUT("debug", ".build-id/../x") "]}",
		HEAD OPTIONS INPUTS INPUT("debug", "/etc/passwd") "]}",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct pipeline_options options;
		struct scratch scratch = {};
		struct err err = {};

		assert_int_equal(options_of(cases[i], &options, &scratch, &err), -ENOTSUP);
		assert_non_null(strstr(err.text, "cannot have that name here"));
		scratch_done(&scratch);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_record_becomes_options),
		cmocka_unit_test(that_the_workload_was_not_exercised_is_kept),
		cmocka_unit_test(what_is_not_known_is_refused),
		cmocka_unit_test(names_lead_nowhere_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
