// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_verdict.c — each rule decides what it is for, and each gap stands in the way of not_affected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "tests/unit/verdict_fixture.h"

static int set_up(void **state)
{
	static struct world w;

	world_init(&w);
	*state = &w;
	return 0;
}

static int tear_down(void **state)
{
	world_done(*state);
	return 0;
}

static void assert_verdict(struct world *w, size_t package, const char *rule, enum status status)
{
	const struct verdict *v = world_judge(w, package);

	assert_non_null(v);
	assert_string_equal(v->rule, rule);
	assert_string_equal(status_name(v->status), status_name(status));
	assert_int_equal(v->justification != JUSTIFICATION_NONE, status == STATUS_NOT_AFFECTED);
	assert_int_equal(v->action != NULL, status == STATUS_AFFECTED);
	assert_true(v->reason && *v->reason);
	assert_true(v->confidence >= 0 && v->confidence <= 1);
	assert_true(status != STATUS_UNDER_INVESTIGATION || v->confidence <= 0.5);
}

/* The packages that are called not_affected as long as nothing is wrong: by R7, by R7 for data, by R8. */
static const size_t unused[] = { W_IDLE, W_TOOL, W_CERTS, W_PLUG };

/* After a change that makes silence worthless, none of them may be not_affected. */
static void assert_gated(struct world *w)
{
	for (size_t i = 0; i < sizeof(unused) / sizeof(*unused); i++) {
		assert_verdict(w, unused[i], "R9", STATUS_UNDER_INVESTIGATION);
		assert_non_null(w->verdicts->items[unused[i]].gated);
	}
	assert_true(w->verdicts->gate_count > 0);
}

static void what_nothing_can_load_is_not_affected_by_r7(void **state)
{
	assert_verdict(*state, W_IDLE, "R7", STATUS_NOT_AFFECTED);
	assert_verdict(*state, W_TOOL, "R7", STATUS_NOT_AFFECTED);
	assert_verdict(*state, W_CERTS, "R7", STATUS_NOT_AFFECTED);
}

static void what_could_be_loaded_is_decided_by_the_window(void **state)
{
	struct world *w = *state;

	assert_verdict(w, W_PLUG, "R8", STATUS_NOT_AFFECTED);
	w->options.min_units = W_WINDOWS + 1;
	assert_verdict(w, W_PLUG, "R8", STATUS_UNDER_INVESTIGATION);
	w->options.min_units = 30;
	w->options.bound = 0.04;
	assert_verdict(w, W_PLUG, "R8", STATUS_UNDER_INVESTIGATION);
	assert_non_null(strstr(w->verdicts->items[W_PLUG].missing, "more windows of 5 s"));
}

static void a_bound_of_one_does_not_make_silence_a_verdict(void **state)
{
	struct world *w = *state;

	w->options.bound = 1;
	w->options.min_units = 0;
	world_use(w, USE_OPEN_READ, "/usr/bin/tool")->t = w->trace.duration_ns - 1;
	assert_verdict(w, W_PLUG, "R8", STATUS_UNDER_INVESTIGATION);
}

static void strict_takes_no_residual_risk_but_takes_a_proof(void **state)
{
	struct world *w = *state;

	w->options.policy = POLICY_STRICT;
	assert_verdict(w, W_PLUG, "R8", STATUS_UNDER_INVESTIGATION);
	assert_verdict(w, W_NEED, "R6", STATUS_UNDER_INVESTIGATION);
	assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
}

static void what_was_mapped_or_executed_is_affected_at_package_level(void **state)
{
	assert_verdict(*state, W_NEED, "R6", STATUS_AFFECTED);
	assert_verdict(*state, W_SERVER, "R6", STATUS_AFFECTED);
	assert_true(world_judge(*state, W_SERVER)->confidence >
		    world_judge(*state, W_NEED)->confidence);
}

static void a_use_is_affected_whatever_else_was_lost(void **state)
{
	struct world *w = *state;

	w->trace.losses[TRACE_LOSS_RING] = 1000;
	w->trace.complete = false;
	assert_verdict(w, W_NEED, "R6", STATUS_AFFECTED);
}

static void the_fixed_version_is_fixed_even_when_it_runs(void **state)
{
	struct world *w = *state;

	w->finding[W_NEED].installed_is_fixed = true;
	w->finding[W_NEED].fixed_version = "0.9";
	assert_verdict(w, W_NEED, "R11", STATUS_FIXED);
}

static void the_action_names_the_fix_when_there_is_one(void **state)
{
	struct world *w = *state;

	assert_non_null(strstr(world_judge(w, W_NEED)->action, "No fix is known"));
	w->finding[W_NEED].fix_state_known = true;
	assert_non_null(strstr(world_judge(w, W_NEED)->action, "No fixed version"));
	w->finding[W_NEED].fixed_version = "1.1";
	assert_non_null(strstr(world_judge(w, W_NEED)->action, "to 1.1 or newer"));
}

static void make_absent(struct world *w)
{
	w->finding[W_IDLE].package = INVENTORY_NONE;
	w->finding[W_IDLE].package_name = "elsewhere";
}

static void what_no_database_lists_is_absent_by_r1(void **state)
{
	struct world *w = *state;

	make_absent(w);
	assert_verdict(w, W_IDLE, "R1", STATUS_NOT_AFFECTED);
	assert_int_equal(w->verdicts->items[W_IDLE].justification, COMPONENT_NOT_PRESENT);
}

static void absence_is_not_concluded_from_half_an_inventory(void **state)
{
	struct world *w = *state;

	make_absent(w);
	w->inv.incomplete = true;
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
	assert_string_equal(w->verdicts->items[W_IDLE].gated, "R1");
}

static void absence_is_not_concluded_where_no_database_would_list_it(void **state)
{
	struct world *w = *state;

	make_absent(w);
	w->finding[W_IDLE].report_purl = "pkg:maven/a/b@1.0";
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
	w->finding[W_IDLE].report_purl = NULL;
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
	w->finding[W_IDLE].report_purl = "pkg:rpm/fedora/x@1.0";
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void absence_is_not_concluded_when_a_copy_may_be_there(void **state)
{
	struct world *w = *state;

	make_absent(w);
	world_add(w, "/opt/own", FILE_ELF, W_PACKAGES);
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void absence_is_not_concluded_when_a_relative_is_there(void **state)
{
	struct world *w = *state;

	make_absent(w);
	w->finding[W_IDLE].package_name = "libneed2";
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void a_report_of_another_version_decides_nothing(void **state)
{
	struct world *w = *state;

	make_absent(w);
	w->finding[W_IDLE].version_differs = true;
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void a_package_that_only_an_sbom_names_is_not_called_unused(void **state)
{
	struct world *w = *state;

	w->packages[W_IDLE].only_in_sbom = true;
	w->packages[W_IDLE].type = "golang";
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void a_package_whose_files_are_not_known_is_not_called_unused(void **state)
{
	struct world *w = *state;

	w->packages[W_IDLE].files_known = false;
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
	assert_string_equal(w->verdicts->items[W_IDLE].gated, "R7");
	assert_verdict(w, W_TOOL, "R7", STATUS_NOT_AFFECTED);
}

static void a_file_that_was_read_stands_in_the_way(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_READ, "/usr/share/ca-certificates/a.crt");
	assert_verdict(w, W_CERTS, "R9", STATUS_UNDER_INVESTIGATION);
	assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
}

static void a_path_known_only_by_its_end_is_neither_use_nor_silence(void **state)
{
	struct world *w = *state;
	struct trace_use *use = world_use(w, USE_OPEN_READ, "…/lib/libidle.so.1");

	use->truncated = true;
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void a_use_of_a_file_from_another_root_is_not_silence(void **state)
{
	struct world *w = *state;
	struct trace_use *use = world_use(w, USE_OPEN_READ, "/data/layer/usr/lib/libidle.so.1");

	use->outside_root = true;
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
}

static void a_link_to_a_program_that_ran_is_not_called_unused(void **state)
{
	struct world *w = *state;
	struct inventory_file *link = world_add(w, "/usr/bin/alias", FILE_LINK, W_TOOL);

	link->target = "/usr/sbin/server";
	assert_verdict(w, W_TOOL, "R9", STATUS_UNDER_INVESTIGATION);
	world_at(w, "/usr/bin/alias")->target = "/usr/lib/libneed.so.1";
	assert_verdict(w, W_TOOL, "R7", STATUS_NOT_AFFECTED);
}

static void a_missing_file_that_may_run_elsewhere_stands_in_the_way(void **state)
{
	struct world *w = *state;

	w->packages[W_IDLE].missing_count = 1;
	assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
	world_add(w, "/opt/libidle-1.so", FILE_ELF, W_PACKAGES);
	world_use(w, USE_MAP, "/opt/libidle-1.so");
	assert_verdict(w, W_IDLE, "R9", STATUS_UNDER_INVESTIGATION);
	assert_verdict(w, W_TOOL, "R7", STATUS_NOT_AFFECTED);
}

static void a_positive_observation_in_any_trace_beats_every_negative(void **state)
{
	static struct trace_use use = { .kind = USE_MAP, .path = "/usr/lib/libidle.so.1" };
	struct world *w = *state;

	w->second = w->trace;
	w->second.uses = &use;
	w->second.use_count = 1;
	w->traces[1] = &w->second;
	assert_verdict(w, W_IDLE, "R6", STATUS_AFFECTED);
}

static void gates_of_any_trace_hold_for_all(void **state)
{
	struct world *w = *state;

	w->second = w->trace;
	w->traces[1] = &w->second;
	assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
	w->second.losses[TRACE_LOSS_READ] = 1;
	assert_gated(w);
	assert_non_null(strstr(w->verdicts->gates[0], "trace 2 lost 1 records (read 1)"));
}

static void every_loss_but_a_full_map_gates(void **state)
{
	struct world *w = *state;

	for (enum trace_loss i = 0; i < TRACE_LOSS_COUNT; i++) {
		memset(w->trace.losses, 0, sizeof(w->trace.losses));
		w->trace.losses[i] = 1;
		if (i == TRACE_LOSS_MAP_FULL)
			assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
		else
			assert_gated(w);
	}
}

/* Each of these alone makes silence worthless. */
static void lose_unknown(struct world *w)
{
	w->trace.unknown_losses = 1;
}

static void cap(struct world *w)
{
	w->trace.capped = 1;
}

static void miscount(struct world *w)
{
	w->trace.miscounted = 1;
}

static void truncate_trace(struct world *w)
{
	w->trace.complete = false;
}

static void begin_late(struct world *w)
{
	w->trace.began_first_exec = false;
}

static void unwatch_exec(struct world *w)
{
	w->trace.watched[TRACE_EXEC] = false;
}

static void unwatch_open(struct world *w)
{
	w->trace.watched[TRACE_OPEN] = false;
}

static void unwatch_map(struct world *w)
{
	w->trace.watched[TRACE_MAP] = false;
}

static void add_unknown_kind(struct world *w)
{
	w->trace.counts[TRACE_KIND_COUNT] = 1;
}

static void add_module(struct world *w)
{
	w->trace.counts[TRACE_MODULE] = 1;
}

static void add_function(struct world *w)
{
	w->trace.functions.faults = 1;
}

static void run_nothing(struct world *w)
{
	w->trace.use_count = 0;
}

static void add_idle_trace(struct world *w)
{
	w->second = w->trace;
	w->second.use_count = 0;
	w->traces[1] = &w->second;
}

static void watch_shortly(struct world *w)
{
	w->trace.duration_ns = 9999999999u;
}

static void fail_workload(struct world *w)
{
	w->trace.end_reason = "exited";
	w->trace.exit_status = 256;
}

static void kill_workload(struct world *w)
{
	w->trace.end_reason = "exited";
	w->trace.exit_status = 9;
}

static void mismatch_image(struct world *w)
{
	w->options.image_mismatch = "the trace is of another image";
}

static void mismatch_build_id(struct world *w)
{
	world_elf(w, "/usr/lib/libneed.so.1")->build_id = "aa";
	w->uses[2].build_id = "bb";
}

static void break_inventory(struct world *w)
{
	w->inv.incomplete = true;
}

static void run_unknown_code(struct world *w)
{
	world_use(w, USE_MAP, "/tmp/new.so");
}

static void run_memory(struct world *w)
{
	world_use(w, USE_EXEC, NULL)->memfd = true;
}

static void run_deleted(struct world *w)
{
	world_use(w, USE_EXEC, "/usr/sbin/server")->deleted = true;
}

static void read_unresolved(struct world *w)
{
	world_use(w, USE_OPEN_READ, NULL)->unresolved = true;
}

static void each_gap_stands_in_the_way_of_every_absence(void **state)
{
	static const struct {
		const char *what;
		void (*spoil)(struct world *w);
	} gaps[] = {
		{ "a loss of unknown cause", lose_unknown },
		{ "records left out at a bound", cap },
		{ "fewer records than the last line counts", miscount },
		{ "no last line", truncate_trace },
		{ "a late begin", begin_late },
		{ "exec not watched", unwatch_exec },
		{ "open not watched", unwatch_open },
		{ "map not watched", unwatch_map },
		{ "a record of unknown kind", add_unknown_kind },
		{ "a module record", add_module },
		{ "a function record", add_function },
		{ "nothing ran", run_nothing },
		{ "nothing ran in the second trace", add_idle_trace },
		{ "a short watch", watch_shortly },
		{ "a workload that failed", fail_workload },
		{ "a workload that was killed", kill_workload },
		{ "another image", mismatch_image },
		{ "another build-id", mismatch_build_id },
		{ "half an inventory", break_inventory },
		{ "code of nobody's", run_unknown_code },
		{ "code from memory", run_memory },
		{ "a deleted program", run_deleted },
		{ "a read of what could not be told", read_unresolved },
	};

	for (size_t i = 0; i < sizeof(gaps) / sizeof(*gaps); i++) {
		struct world *w = *state;

		print_message("# %s\n", gaps[i].what);
		world_done(w);
		world_init(w);
		gaps[i].spoil(w);
		assert_gated(w);
	}
}

static void being_stopped_is_no_failure(void **state)
{
	static const int64_t stopped[] = { 15, 2, 143 << 8, 130 << 8, 0 };
	struct world *w = *state;

	w->trace.end_reason = "exited";
	for (size_t i = 0; i < sizeof(stopped) / sizeof(*stopped); i++) {
		w->trace.exit_status = stopped[i];
		assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
	}
}

static void a_short_workload_that_ended_well_may_be_short(void **state)
{
	struct world *w = *state;

	w->trace.duration_ns = 1000000000;
	w->trace.unit_count = 0;
	w->trace.end_reason = "exited";
	w->trace.exit_status = 0;
	assert_verdict(w, W_IDLE, "R7", STATUS_NOT_AFFECTED);
	assert_verdict(w, W_PLUG, "R8", STATUS_UNDER_INVESTIGATION);
}

static void without_a_trace_nothing_is_unused(void **state)
{
	struct world *w = *state;
	struct err err = {};

	assert_int_equal(
	    verdicts_reach(&w->verdicts, &w->inv, &w->findings, w->traces, 0, &w->options, &err),
	    0);
	for (size_t i = 0; i < w->verdicts->count; i++)
		assert_int_equal(w->verdicts->items[i].status, STATUS_UNDER_INVESTIGATION);
}

static void the_same_inputs_give_the_same_verdicts(void **state)
{
	struct world *w = *state;
	_cleanup_free_ char *first = NULL;
	const struct verdict *v = world_judge(w, W_PLUG);
	double confidence = v->confidence;

	first = strdup(v->reason);
	v = world_judge(w, W_PLUG);
	assert_string_equal(v->reason, first);
	assert_true(v->confidence == confidence);
}

static void names_of_policies_are_read_back(void **state)
{
	enum policy policy;

	(void)state;
	for (enum policy p = POLICY_STRICT; p <= POLICY_KUBESCAPE; p++) {
		assert_int_equal(policy_from_string(policy_name(p), &policy), 0);
		assert_int_equal(policy, p);
	}
	assert_int_equal(policy_from_string("lax", &policy), -EINVAL);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(what_nothing_can_load_is_not_affected_by_r7),
		TEST(what_could_be_loaded_is_decided_by_the_window),
		TEST(a_bound_of_one_does_not_make_silence_a_verdict),
		TEST(strict_takes_no_residual_risk_but_takes_a_proof),
		TEST(what_was_mapped_or_executed_is_affected_at_package_level),
		TEST(a_use_is_affected_whatever_else_was_lost),
		TEST(the_fixed_version_is_fixed_even_when_it_runs),
		TEST(the_action_names_the_fix_when_there_is_one),
		TEST(what_no_database_lists_is_absent_by_r1),
		TEST(absence_is_not_concluded_from_half_an_inventory),
		TEST(absence_is_not_concluded_where_no_database_would_list_it),
		TEST(absence_is_not_concluded_when_a_copy_may_be_there),
		TEST(absence_is_not_concluded_when_a_relative_is_there),
		TEST(a_report_of_another_version_decides_nothing),
		TEST(a_package_that_only_an_sbom_names_is_not_called_unused),
		TEST(a_package_whose_files_are_not_known_is_not_called_unused),
		TEST(a_file_that_was_read_stands_in_the_way),
		TEST(a_path_known_only_by_its_end_is_neither_use_nor_silence),
		TEST(a_use_of_a_file_from_another_root_is_not_silence),
		TEST(a_link_to_a_program_that_ran_is_not_called_unused),
		TEST(a_missing_file_that_may_run_elsewhere_stands_in_the_way),
		TEST(a_positive_observation_in_any_trace_beats_every_negative),
		TEST(gates_of_any_trace_hold_for_all),
		TEST(every_loss_but_a_full_map_gates),
		TEST(each_gap_stands_in_the_way_of_every_absence),
		TEST(being_stopped_is_no_failure),
		TEST(a_short_workload_that_ended_well_may_be_short),
		TEST(without_a_trace_nothing_is_unused),
		TEST(the_same_inputs_give_the_same_verdicts),
		TEST(names_of_policies_are_read_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
