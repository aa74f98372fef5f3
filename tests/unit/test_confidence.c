// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_confidence.c — confidence moves only the way that evidence moves it. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "analyzer/confidence.h"
#include "analyzer/window.h"
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

static void every_factor_only_lowers_the_product(void **state)
{
	struct verdict v = { .confidence = 1 };
	double before = 1, product = 1;

	(void)state;
	for (enum risk r = RISK_NONE + 1; r < RISK_COUNT; r++) {
		if (v.factor_count == VERDICT_FACTORS_MAX || v.confidence == 0)
			v = (struct verdict){ .confidence = before = product = 1 };
		confidence_add(&v, r);
		product *= 1 - v.factors[v.factor_count - 1].risk;
		assert_true(v.confidence < before);
		assert_true(fabs(v.confidence - product) < 1e-12);
		assert_true(v.factors[v.factor_count - 1].origin[0]);
		before = v.confidence;
	}
}

static void a_factor_without_room_is_not_forgotten(void **state)
{
	struct verdict v = { .confidence = 1 };

	(void)state;
	for (int i = 0; i < VERDICT_FACTORS_MAX; i++)
		confidence_add_factor(&v, "a", 0.01, "test");
	confidence_add_factor(&v, "b", 1, "test");
	assert_true(v.confidence == 0);
}

static double missed(uint64_t both, uint64_t only_ours, uint64_t only_theirs)
{
	const struct cross_check check = { both, only_ours, only_theirs, false };

	return cross_check_missed(&check);
}

static void two_observers_tell_how_much_one_missed(void **state)
{
	(void)state;
	/* reachability reference 5.4, example 6: 412 ours, 405 theirs, 404 both */
	assert_true(fabs(missed(404, 8, 1) - 0.0025) < 0.00005);
	assert_true(fabs(missed(9, 91, 1) - 0.0917) < 0.0001);
	assert_true(missed(0, 10, 5) > 0.8);
	assert_true(missed(0, 0, 1) >= 1.0 / 3);
}

static void who_is_not_whole_never_helps(void **state)
{
	const struct cross_check check = {
		.both = 5000, .only_ours = 5, .only_theirs = 1, .one_sided = true
	};

	(void)state;
	assert_true(missed(5000, 5, 1) < 0.001);
	assert_true(cross_check_missed(&check) >= 0.01);
}

static void agreement_never_costs_and_a_miss_always_does(void **state)
{
	(void)state;
	for (uint64_t both = 0; both < 600; both++) {
		assert_true(missed(both, 5, 0) <= 0.01);
		assert_true(missed(both + 1, 5, 0) <= missed(both, 5, 0));
		for (uint64_t theirs = 0; theirs < 20; theirs++) {
			assert_true(missed(both, 5, theirs + 1) > missed(both, 5, theirs) ||
				    missed(both, 5, theirs) < 0.01);
			assert_true(missed(both, 5, theirs + 1) < 1);
		}
	}
}

static void the_second_observer_is_a_factor_of_silence(void **state)
{
	static const struct cross_check agreeing = { .both = 405 }, none = {};
	struct world *w = *state;
	double alone = world_judge(w, W_IDLE)->confidence;

	w->options.cross_check = &none;
	assert_true(world_judge(w, W_IDLE)->confidence == alone);
	w->options.cross_check = &agreeing;
	assert_true(world_judge(w, W_IDLE)->confidence > alone);
	assert_true(world_judge(w, W_PLUG)->confidence > 0.9);
	assert_non_null(strstr(world_judge(w, W_IDLE)->factors[1].origin, "Chapman"));
}

static void more_quiet_units_never_raise_the_residual_risk(void **state)
{
	(void)state;
	assert_true(binomial_upper(0, 0) == 1);
	for (size_t k = 0; k < 5000; k++) {
		assert_true(binomial_upper(0, k + 1) < binomial_upper(0, k));
		assert_true(k < 3 || binomial_upper(0, k) < 3.0 / (double)k + 0.01);
	}
}

static void the_units_needed_are_the_least_that_hold_the_bound(void **state)
{
	static const double bounds[] = { 0.9, 0.5, 0.1, 0.05, 0.01, 0.001, 1e-6 };
	struct window w = {};

	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(*bounds); i++) {
		size_t k = window_units_needed(&w, bounds[i], 0);

		assert_true(binomial_upper(0, k) <= bounds[i]);
		assert_true(binomial_upper(0, k - 1) > bounds[i]);
	}
	assert_int_equal(window_units_needed(&w, 0.05, 0), 59);
	assert_int_equal(window_units_needed(&w, 0.05, 70), 70);
	assert_true(window_units_needed(&w, 0, 0) == SIZE_MAX);
	assert_true(window_units_needed(&w, NAN, 0) == SIZE_MAX);
	assert_int_equal(window_units_needed(&w, 1, 0), 0);
	w = (struct window){ .units = 20, .least = 20, .files = { .units = 19, .quiet = 19 } };
	assert_int_equal(window_units_needed(&w, 0.05, 30), 40);
	w.files.lone_units = 1; /* 1 of 93 is at most 0.05, too */
	assert_int_equal(window_units_needed(&w, 0.05, 30), 93 - 19);
}

static struct window measure(struct world *w)
{
	struct window window = {};
	struct usage *usage = NULL;
	struct err err = {};
	size_t n = w->traces[1] ? 2 : 1;

	assert_int_equal(usage_collect(&usage, &w->inv, w->traces, n, &err), 0);
	assert_int_equal(window_measure(&window, &w->inv, usage, w->traces, n), 0);
	usage_free(usage);
	return window;
}

static void windows_are_units_and_the_first_is_not_quiet(void **state)
{
	struct window window = measure(*state);

	assert_int_equal(window.units, W_WINDOWS);
	assert_int_equal(window.files.quiet, W_WINDOWS - 1);
	assert_int_equal(window.unit_s, 5);
	assert_int_equal(window.seconds, 5 * W_WINDOWS);
	assert_true(window.unseen <= 0.05);
}

static void a_first_use_ends_the_quiet(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_READ, "/usr/bin/tool")->t = w->trace.duration_ns - 1;
	assert_int_equal(measure(w).files.quiet, 0);
	w->uses[w->trace.use_count - 1].t = w->marks[40];
	assert_int_equal(measure(w).files.quiet, W_WINDOWS - 42);
}

static void a_repeated_use_does_not_end_the_quiet(void **state)
{
	struct world *w = *state;

	world_use(w, USE_OPEN_READ, "/usr/sbin/server")->t = w->trace.duration_ns - 1;
	assert_int_equal(measure(w).files.quiet, W_WINDOWS - 1);
}

static void a_window_cut_short_does_not_count(void **state)
{
	struct world *w = *state;

	w->trace.duration_ns -= 2500000000u;
	assert_int_equal(measure(w).units, W_WINDOWS - 1);
	assert_int_equal(measure(w).files.quiet, W_WINDOWS - 2);
}

static void windows_without_a_length_do_not_count(void **state)
{
	struct world *w = *state;

	w->trace.window_s = 0;
	assert_int_equal(measure(w).units, 0);
	assert_true(measure(w).unseen == 1);
}

static void a_run_counts_when_it_ended_well(void **state)
{
	struct world *w = *state;

	w->trace.unit_count = 0;
	assert_int_equal(measure(w).units, 0);
	w->trace.end_reason = "exited";
	w->trace.exit_status = 0;
	assert_int_equal(measure(w).units, 1);
	w->second = w->trace;
	w->traces[1] = &w->second;
	assert_int_equal(measure(w).units, 2);
	assert_int_equal(measure(w).files.quiet, 1);
	w->second.exit_status = 256;
	assert_int_equal(measure(w).units, 1);
}

static double of(struct world *w, size_t package)
{
	return world_judge(w, package)->confidence;
}

static void a_loss_never_raises_a_confidence(void **state)
{
	struct world *w = *state;
	double before[W_PACKAGES];

	for (size_t i = 0; i < W_PACKAGES; i++)
		before[i] = of(w, i);
	for (enum trace_loss l = 0; l < TRACE_LOSS_COUNT; l++) {
		w->trace.losses[l]++;
		for (size_t i = 0; i < W_PACKAGES; i++)
			assert_true(of(w, i) <= before[i]);
	}
}

static void a_longer_quiet_never_lowers_the_confidence_of_r8(void **state)
{
	struct world *w = *state;
	double before = 0;

	w->options.bound = 0.4;
	w->options.min_units = 0;
	for (size_t n = 10; n < W_WINDOWS; n++) {
		w->trace.unit_count = n - 1;
		w->trace.duration_ns = n * 5000000000u;
		assert_true(of(w, W_PLUG) >= before);
		before = of(w, W_PLUG);
	}
	assert_true(before > 0.9);
}

static void a_proof_is_surer_than_a_window(void **state)
{
	assert_true(of(*state, W_IDLE) > of(*state, W_PLUG));
}

static void every_verdict_is_the_product_of_its_factors(void **state)
{
	struct world *w = *state;

	for (size_t i = 0; i < W_PACKAGES; i++) {
		const struct verdict *v = world_judge(w, i);
		double product = 1;

		assert_true(v->factor_count > 0);
		for (size_t k = 0; k < v->factor_count; k++)
			product *= 1 - v->factors[k].risk;
		assert_true(fabs(product - v->confidence) < 1e-12);
	}
}

/* The same numbers in every run: splitmix64. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

/* Some more uses at some times, some of them again and again; fewer units; another bound. */
static void shake(struct world *w, uint64_t *seed)
{
	static const enum use_kind kinds[] = { USE_EXEC, USE_MAP, USE_OPEN_READ, USE_OPEN_PATH };
	size_t units = 2 + next_random(seed) % (W_WINDOWS - 2), more = next_random(seed) % 4;

	w->trace.unit_count = units - 1;
	w->trace.duration_ns = units * 5000000000u;
	for (size_t i = 0; i < more; i++) {
		size_t file = next_random(seed) % w->inv.file_count;
		struct trace_use *use =
		    world_use(w, kinds[next_random(seed) % 4], w->files[file].path);

		use->t = next_random(seed) % w->trace.duration_ns;
		use->again.count = next_random(seed) % (TRACE_AGAIN_MAX + 1);
		for (size_t k = 0; k < use->again.count; k++)
			use->again.t[k] = next_random(seed) % w->trace.duration_ns;
	}
	w->options.bound = (double)(next_random(seed) % 100) / 100;
	w->options.min_units = next_random(seed) % 40;
	w->options.policy = next_random(seed) % 4 ? POLICY_BALANCED : POLICY_STRICT;
}

static void spoil(struct world *w, uint64_t *seed)
{
	static const enum trace_kind needed[] = { TRACE_EXEC, TRACE_OPEN, TRACE_MAP };

	switch (next_random(seed) % 6) {
	case 0:
		w->trace.complete = false;
		break;
	case 1:
		w->trace.began_first_exec = false;
		break;
	case 2:
		w->trace.watched[needed[next_random(seed) % 3]] = false;
		break;
	case 3:
		w->trace.unknown_losses = 1;
		break;
	case 4:
		w->trace.miscounted = 1;
		w->trace.use_count -= w->trace.use_count > 4; /* and it is missing indeed */
		break;
	default:
		do
			w->trace.losses[next_random(seed) % TRACE_LOSS_COUNT]++;
		while (!trace_lost(&w->trace));
	}
}

struct before {
	enum status status;
	double confidence;
};

static void judge_all(struct world *w, struct before *ret)
{
	for (size_t i = 0; i < W_PACKAGES; i++) {
		const struct verdict *v = world_judge(w, i);

		ret[i] = (struct before){ v->status, v->confidence };
	}
}

static void in_any_world_what_is_missing_makes_nothing_firmer(void **state)
{
	static struct world w;
	uint64_t seed = 1;

	(void)state;
	for (int run = 0; run < 400; run++) {
		struct before before[W_PACKAGES], after[W_PACKAGES];

		world_init(&w);
		shake(&w, &seed);
		judge_all(&w, before);
		spoil(&w, &seed);
		judge_all(&w, after);
		for (size_t i = 0; i < W_PACKAGES; i++) {
			assert_int_not_equal(after[i].status, STATUS_NOT_AFFECTED);
			if (after[i].status == before[i].status)
				assert_true(after[i].confidence <= before[i].confidence);
		}
		world_done(&w);
	}
}

static void in_any_world_more_of_the_same_makes_nothing_weaker(void **state)
{
	static struct world w;
	uint64_t seed = 2;

	(void)state;
	for (int run = 0; run < 400; run++) {
		struct before before[W_PACKAGES], after[W_PACKAGES];

		world_init(&w);
		shake(&w, &seed);
		judge_all(&w, before);
		w.second = w.trace;
		w.traces[1] = &w.second;
		judge_all(&w, after);
		for (size_t i = 0; i < W_PACKAGES; i++) {
			assert_true(before[i].status == STATUS_UNDER_INVESTIGATION ||
				    after[i].status == before[i].status);
			/* The cap is a factor, and rounded up like the others. */
			assert_true(after[i].confidence >= before[i].confidence - 2e-6);
		}
		world_done(&w);
	}
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(every_factor_only_lowers_the_product),
		TEST(a_factor_without_room_is_not_forgotten),
		TEST(two_observers_tell_how_much_one_missed),
		TEST(who_is_not_whole_never_helps),
		TEST(agreement_never_costs_and_a_miss_always_does),
		TEST(the_second_observer_is_a_factor_of_silence),
		TEST(more_quiet_units_never_raise_the_residual_risk),
		TEST(the_units_needed_are_the_least_that_hold_the_bound),
		TEST(windows_are_units_and_the_first_is_not_quiet),
		TEST(a_first_use_ends_the_quiet),
		TEST(a_repeated_use_does_not_end_the_quiet),
		TEST(a_window_cut_short_does_not_count),
		TEST(windows_without_a_length_do_not_count),
		TEST(a_run_counts_when_it_ended_well),
		TEST(a_loss_never_raises_a_confidence),
		TEST(a_longer_quiet_never_lowers_the_confidence_of_r8),
		TEST(a_proof_is_surer_than_a_window),
		TEST(every_verdict_is_the_product_of_its_factors),
		TEST(in_any_world_what_is_missing_makes_nothing_firmer),
		TEST(in_any_world_more_of_the_same_makes_nothing_weaker),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
