// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* test_incidence.c — the estimators of unseen mass, against worked examples and against simulated workloads. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "analyzer/incidence.h"

static bool near(double a, double b, double by)
{
	return fabs(a - b) <= by;
}

/* The same numbers in every run: splitmix64. */
static uint64_t next_random(uint64_t *state)
{
	uint64_t z = *state += 0x9e3779b97f4a7c15u;

	z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
	z = (z ^ z >> 27) * 0x94d049bb133111ebu;
	return z ^ z >> 31;
}

static double chance(uint64_t *state)
{
	return (double)(next_random(state) >> 11) / 9007199254740992.0;
}

static void the_worked_example_of_the_reference_comes_out(void **state)
{
	/* reachability reference 5.4, example 1 */
	const struct incidence in = {
		.units = 100, .species = 546, .once = 90, .twice = 35, .lone_units = 10, .quiet = 20
	};

	(void)state;
	assert_true(near(incidence_next(&in), 0.10, 1e-12));
	assert_true(near(incidence_next_upper(&in), 0.164, 0.0005));
	assert_true(near(incidence_new_next(&in), 0.9, 1e-12));
	assert_true(near(incidence_unseen(&in), 115, 0.5));
	assert_true(near(incidence_new_in(&in, 1000), 114.5, 0.5));
	assert_true(incidence_new_in_upper(&in, 1000) == incidence_new_in(&in, 1000));
}

static void the_bound_is_that_of_clopper_and_pearson(void **state)
{
	/* One-sided, 95 %; of R: binom.test(x, n, alternative = "less")$conf.int[2] */
	static const struct {
		size_t hits, n;
		double upper;
	} rows[] = {
		{ 0, 1, 0.95 },     { 0, 59, 0.04951 }, { 0, 540, 0.00553 },  { 1, 10, 0.39416 },
		{ 1, 93, 0.04999 }, { 5, 50, 0.19883 }, { 10, 100, 0.16372 }, { 9, 10, 0.99488 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++)
		assert_true(near(binomial_upper(rows[i].hits, rows[i].n), rows[i].upper, 5e-5));
	assert_true(binomial_upper(0, 0) == 1);
	assert_true(binomial_upper(7, 7) == 1);
	assert_true(near(binomial_upper(100000, 1000000), 0.1005, 0.0001));
}

static void more_trials_lower_the_bound_and_more_hits_raise_it(void **state)
{
	(void)state;
	for (size_t n = 1; n < 300; n += 7)
		for (size_t hits = 0; hits < n; hits += 3) {
			assert_true(binomial_upper(hits, n + 1) < binomial_upper(hits, n));
			assert_true(binomial_upper(hits + 1, n) > binomial_upper(hits, n));
			assert_true(binomial_upper(hits, n) > (double)hits / (double)n);
		}
}

static void nothing_watched_is_nothing_known(void **state)
{
	const struct incidence none = {};

	(void)state;
	assert_true(incidence_next(&none) == 1 && incidence_next_upper(&none) == 1);
	assert_true(isinf(incidence_unseen(&none)) && isinf(incidence_new_in(&none, 10)));
}

static void without_a_singleton_something_may_still_come(void **state)
{
	struct incidence in = { .units = 60, .species = 30, .quiet = 60 };
	double before;

	(void)state;
	assert_true(incidence_new_in(&in, 1000) == 0);
	before = incidence_new_in_upper(&in, 1000); /* as with 3 singletons */
	assert_true(near(before, 4.4, 0.1));
	for (in.once = in.lone_units = 0; in.lone_units < 20; in.once = ++in.lone_units) {
		assert_true(incidence_new_in_upper(&in, 1000) >= before);
		before = incidence_new_in_upper(&in, 1000);
	}
}

static void what_is_ahead_grows_up_to_what_is_unseen(void **state)
{
	uint64_t seed = 5;

	(void)state;
	for (int i = 0; i < 2000; i++) {
		const struct incidence in = { .units = 2 + next_random(&seed) % 500,
					      .once = next_random(&seed) % 200,
					      .twice = next_random(&seed) % 100 };
		double before = 0;

		for (double ahead = 0; ahead < 1e7; ahead = ahead * 10 + 1) {
			double now = incidence_new_in(&in, ahead);

			assert_true(now >= before && now <= incidence_unseen(&in) * (1 + 1e-12));
			before = now;
		}
	}
}

#define SPECIES 120
#define UNITS_MAX 400

/* A workload: each species has its own chance to show in a unit, few of them a large one. */
struct simulation {
	double chances[SPECIES];
	bool seen[SPECIES][UNITS_MAX];
};

static void simulate(struct simulation *s, uint64_t *seed)
{
	for (size_t i = 0; i < SPECIES; i++) {
		s->chances[i] = pow(chance(seed), 6);
		for (size_t k = 0; k < UNITS_MAX; k++)
			s->seen[i][k] = chance(seed) < s->chances[i];
	}
}

static struct incidence incidence_of(const struct simulation *s, size_t units)
{
	struct incidence in = { .units = units, .quiet = units };
	bool lone[UNITS_MAX] = {};

	for (size_t i = 0; i < SPECIES; i++) {
		struct sightings sightings = {};

		for (size_t k = 0; k < units; k++)
			if (s->seen[i][k])
				sightings_add(&sightings, k);
		in.species += sightings.count > 0;
		in.once += sightings.count == 1;
		in.twice += sightings.count == 2;
		if (sightings.count == 1)
			lone[sightings.units[0]] = true;
		if (sightings.count && units - sightings.units[0] - 1 < in.quiet)
			in.quiet = units - sightings.units[0] - 1;
	}
	for (size_t k = 0; k < units; k++)
		in.lone_units += lone[k];
	return in;
}

/* What the next unit really may bring, which only a simulation knows. */
static double truth_next(const struct simulation *s, size_t units)
{
	double none = 1;

	for (size_t i = 0; i < SPECIES; i++) {
		bool any = false;

		for (size_t k = 0; k < units; k++)
			any |= s->seen[i][k];
		if (!any)
			none *= 1 - s->chances[i];
	}
	return 1 - none;
}

static void leave_one_out_is_not_overconfident(void **state)
{
	static const size_t at[] = { 10, 30, 60, 100, 200, 400 };
	static struct simulation s;
	uint64_t seed = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(at) / sizeof(*at); i++) {
		double predicted = 0, real = 0;
		size_t above = 0, runs = 100;

		for (size_t run = 0; run < runs; run++) {
			struct incidence in;

			simulate(&s, &seed);
			in = incidence_of(&s, at[i]);
			predicted += incidence_next(&in) / (double)runs;
			real += truth_next(&s, at[i]) / (double)runs;
			above += truth_next(&s, at[i]) > incidence_residual(&in);
		}
		assert_true(predicted > 0.9 * real);
		assert_true(above <= runs / 20);
	}
}

static void a_repeated_unit_never_raises_what_is_expected(void **state)
{
	static struct simulation s;
	uint64_t seed = 9;

	(void)state;
	for (size_t run = 0; run < 300; run++) {
		size_t units = 2 + next_random(&seed) % 100, copied = next_random(&seed) % units;
		struct incidence before, after;

		simulate(&s, &seed);
		for (size_t i = 0; i < SPECIES; i++)
			s.seen[i][units] = s.seen[i][copied];
		before = incidence_of(&s, units);
		after = incidence_of(&s, units + 1);
		assert_true(incidence_next(&after) <= incidence_next(&before));
		assert_true(incidence_residual(&after) <= incidence_residual(&before));
		assert_true(incidence_new_next(&after) <= incidence_new_next(&before));
	}
}

static void sightings_tell_one_two_and_more(void **state)
{
	struct sightings s = {};

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		sightings_add(&s, i);
		sightings_add(&s, i);
		assert_int_equal(s.count, i < 2 ? i + 1 : 3);
	}
	assert_int_equal(s.units[0], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_worked_example_of_the_reference_comes_out),
		cmocka_unit_test(the_bound_is_that_of_clopper_and_pearson),
		cmocka_unit_test(more_trials_lower_the_bound_and_more_hits_raise_it),
		cmocka_unit_test(nothing_watched_is_nothing_known),
		cmocka_unit_test(without_a_singleton_something_may_still_come),
		cmocka_unit_test(what_is_ahead_grows_up_to_what_is_unseen),
		cmocka_unit_test(leave_one_out_is_not_overconfident),
		cmocka_unit_test(a_repeated_unit_never_raises_what_is_expected),
		cmocka_unit_test(sightings_tell_one_two_and_more),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
