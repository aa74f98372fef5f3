// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_verdict_functions.c — R2, R3 and R5, and what keeps each from being more than it is. R4's proof: tests/e2e/functions.sh. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/verdict_fixture.h"

#define LIST "0123"
#define LIBRARY "/usr/lib/libneed.so.1"

struct case_world {
	struct world w;
	struct finding_function function;
	struct site site;
	struct site_object object;
	uint64_t address;
	struct finding_sites findings[W_PACKAGES];
	struct sites sites;
	struct trace_watched_file watch;
	struct trace_hit hit;
};

/* libneed has one known place of one vulnerable function, which was watched and did not run. */
static void set_up(struct case_world *c)
{
	struct world *w = &c->w;
	size_t file;

	memset(c, 0, sizeof(*c));
	world_init(w);
	world_elf(w, LIBRARY)->build_id = "aa";
	w->uses[2].build_id = "aa";
	file = world_find(w, LIBRARY);
	c->function =
	    (struct finding_function){ .path = "*", .symbol = "parse", .source = "CVE-2024-0001" };
	w->finding[W_NEED].functions = &c->function;
	w->finding[W_NEED].function_count = 1;
	c->address = 0x1010;
	c->site = (struct site){ .file = file,
				 .address = 0x1010,
				 .offset = 0x10,
				 .symbol = "parse",
				 .rung = RUNG_STORE };
	c->object = (struct site_object){ file, &c->address, 1 };
	c->findings[W_NEED] = (struct finding_sites){ .items = &c->site,
						      .count = 1,
						      .objects = &c->object,
						      .object_count = 1,
						      .rung = RUNG_STORE };
	c->sites = (struct sites){
		.findings = c->findings, .count = W_PACKAGES, .all = &c->site, .all_count = 1
	};
	c->watch = (struct trace_watched_file){
		.object = LIBRARY, .build_id = "aa", .sites = 1, .line = 9
	};
	w->trace.functions.watches = &c->watch;
	w->trace.functions.watch_count = 1;
	w->trace.functions_identity = LIST;
	w->options.sites = &c->sites;
	w->options.watch_identity = LIST;
}

static void run_it(struct case_world *c)
{
	c->hit = (struct trace_hit){ .object = LIBRARY,
				     .build_id = "aa",
				     .symbol = "parse",
				     .comm = "server",
				     .offset = 0x10,
				     .t = 5000000,
				     .line = 12 };
	c->w.trace.functions.hits = &c->hit;
	c->w.trace.functions.hit_count = 1;
}

static const struct verdict *judge(struct case_world *c)
{
	const struct verdict *v = world_judge(&c->w, W_NEED);

	assert_non_null(v);
	return v;
}

static void what_ran_is_affected_whatever_else_is_known(void **state)
{
	struct case_world c;
	const struct verdict *v;

	(void)state;
	set_up(&c);
	run_it(&c);
	c.w.trace.complete = false;
	c.findings[W_NEED].doubt = "a doubt";
	v = judge(&c);
	assert_string_equal(v->rule, "R3");
	assert_int_equal(v->status, STATUS_AFFECTED);
	assert_int_equal(v->evidence[0].line, 12);
	assert_non_null(v->action);
	world_done(&c.w);
}

static void a_line_of_the_fix_says_more_than_the_function(void **state)
{
	struct case_world c;
	double function;

	(void)state;
	set_up(&c);
	run_it(&c);
	function = judge(&c)->confidence;
	c.site.kind = SITE_LINE;
	assert_true(judge(&c)->confidence > function);
	world_done(&c.w);
}

static void a_hit_is_known_by_name_where_places_are_not(void **state)
{
	struct case_world c;

	(void)state;
	set_up(&c);
	run_it(&c);
	c.w.options.sites = NULL;
	assert_string_equal(judge(&c)->rule, "R3");
	c.hit.symbol = "parse_more"; /* another function */
	assert_string_equal(judge(&c)->rule, "R6");
	c.hit.symbol = "parse"; /* the same name in another object */
	c.hit.build_id = "bb";
	assert_string_equal(judge(&c)->rule, "R6");
	world_done(&c.w);
}

static void a_namesake_at_another_place_is_not_the_function(void **state)
{
	struct case_world c;

	(void)state;
	set_up(&c);
	run_it(&c);
	c.hit.offset = 0x50; /* watched for another vulnerability */
	assert_string_equal(judge(&c)->rule, "R5");
	c.w.trace.functions_identity = "4567"; /* by another list: what was meant is not known */
	assert_string_equal(judge(&c)->rule, "R3");
	world_done(&c.w);
}

static void a_caller_of_the_function_is_not_the_function(void **state)
{
	struct case_world c;

	(void)state;
	set_up(&c);
	run_it(&c);
	c.w.options.sites = NULL;
	c.function.derived = true;
	assert_string_equal(judge(&c)->rule, "R6");
	world_done(&c.w);
}

static void silence_without_a_proof_is_never_more_than_open(void **state)
{
	struct case_world c;
	const struct verdict *v;

	(void)state;
	set_up(&c); /* the files are not at hand, so there is no proof */
	v = judge(&c);
	assert_string_equal(v->rule, "R5");
	assert_int_equal(v->status, STATUS_UNDER_INVESTIGATION);
	assert_true(v->confidence <= 0.5);
	assert_int_equal(v->rung, RUNG_STORE);
	world_done(&c.w);
}

static void what_was_not_watched_is_the_package_s_question(void **state)
{
	struct case_world c;

	(void)state;
	set_up(&c);
	c.w.trace.functions_identity = "4567"; /* other places were watched */
	assert_string_equal(judge(&c)->rule, "R6");
	world_done(&c.w);
	set_up(&c);
	c.findings[W_NEED].count = 0; /* no place is known */
	assert_string_equal(judge(&c)->rule, "R6");
	world_done(&c.w);
}

/* The kernel's trace of another run would have said more: one that cannot tell is enough. */
static void of_functions_under_gvisor_nothing_is_known(void **state)
{
	struct case_world c;
	const struct verdict *v;

	(void)state;
	set_up(&c);
	c.w.trace.isolation = "gvisor";
	c.w.trace.level = "file";
	c.w.trace.functions = (struct trace_functions){};
	c.w.trace.functions_identity = NULL;
	v = judge(&c);
	assert_string_equal(v->rule, "R5");
	assert_int_equal(v->status, STATUS_UNDER_INVESTIGATION);
	assert_int_equal(v->sites_watched, 0);
	assert_non_null(strstr(v->reason, "recorded under gvisor"));
	assert_non_null(strstr(v->missing, "under runc"));
	world_done(&c.w);
}

static void a_doubt_or_a_late_watch_is_told(void **state)
{
	struct case_world c;
	const struct verdict *v;

	(void)state;
	set_up(&c);
	c.findings[W_NEED].doubt = "copies are not known";
	v = judge(&c);
	assert_string_equal(v->rule, "R5");
	assert_non_null(strstr(v->reason, "copies are not known"));
	c.findings[W_NEED].doubt = NULL;
	c.watch.late = true;
	assert_string_equal(judge(&c)->rule, "R5");
	world_done(&c.w);
}

static void what_is_nowhere_is_not_present(void **state)
{
	struct case_world c;
	const struct verdict *v;

	(void)state;
	set_up(&c);
	c.findings[W_NEED] =
	    (struct finding_sites){ .absent = "no object has it", .rung = RUNG_STORE };
	v = judge(&c);
	assert_string_equal(v->rule, "R2");
	assert_int_equal(v->justification, VULNERABLE_CODE_NOT_PRESENT);
	world_done(&c.w);
}

static void what_ran_must_be_what_was_looked_into(void **state)
{
	struct case_world c;

	(void)state;
	set_up(&c);
	c.findings[W_NEED] =
	    (struct finding_sites){ .absent = "no object has it", .rung = RUNG_STORE };
	c.w.uses[2].build_id = "bb";
	assert_int_equal(judge(&c)->status, STATUS_UNDER_INVESTIGATION);
	assert_string_equal(judge(&c)->gated, "R2");
	world_done(&c.w);
}

/* A library that was replaced before it was opened looks the same there. */
static void without_build_ids_it_is_not_known_what_ran(void **state)
{
	struct case_world c;
	const struct verdict *v;

	(void)state;
	set_up(&c);
	c.findings[W_NEED] =
	    (struct finding_sites){ .absent = "no object has it", .rung = RUNG_STORE };
	assert_string_equal(judge(&c)->rule, "R2");
	c.w.trace.isolation = "gvisor";
	c.w.trace.level = "file";
	v = judge(&c);
	assert_int_equal(v->status, STATUS_UNDER_INVESTIGATION);
	assert_string_equal(v->gated, "R2");
	assert_non_null(strstr(v->reason, "tells no build-id"));
	world_done(&c.w);
}

static void a_copy_of_nobody_s_may_have_what_the_package_has_not(void **state)
{
	struct case_world c;

	(void)state;
	set_up(&c);
	world_add(&c.w, "/opt/libneed.so.1", FILE_ELF, W_PACKAGES);
	world_use(&c.w, USE_MAP, "/opt/libneed.so.1");
	c.findings[W_NEED] =
	    (struct finding_sites){ .absent = "no object has it", .rung = RUNG_STORE };
	assert_int_equal(judge(&c)->status, STATUS_UNDER_INVESTIGATION);
	assert_string_equal(judge(&c)->gated, "R2");
	world_done(&c.w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_ran_is_affected_whatever_else_is_known),
		cmocka_unit_test(a_line_of_the_fix_says_more_than_the_function),
		cmocka_unit_test(a_hit_is_known_by_name_where_places_are_not),
		cmocka_unit_test(a_namesake_at_another_place_is_not_the_function),
		cmocka_unit_test(a_caller_of_the_function_is_not_the_function),
		cmocka_unit_test(silence_without_a_proof_is_never_more_than_open),
		cmocka_unit_test(what_was_not_watched_is_the_package_s_question),
		cmocka_unit_test(of_functions_under_gvisor_nothing_is_known),
		cmocka_unit_test(a_doubt_or_a_late_watch_is_told),
		cmocka_unit_test(what_is_nowhere_is_not_present),
		cmocka_unit_test(what_ran_must_be_what_was_looked_into),
		cmocka_unit_test(without_build_ids_it_is_not_known_what_ran),
		cmocka_unit_test(a_copy_of_nobody_s_may_have_what_the_package_has_not),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
