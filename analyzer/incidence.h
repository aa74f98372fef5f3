/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * incidence.h — the unseen mass: what has not been seen in some units of observation, estimated from how often the rest was.
 *
 * A unit is a sample of a workload, a species something that a unit shows or does not (a file used, a function that ran). Only
 * incidences count: in how many units a species was seen, not how often (Colwell et al., J. Plant Ecology 5, 2012). All of it
 * holds for more of the same workload, and for no other. Functions of the counts only; no I/O, no state.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#define SIGHTING_UNITS_MAX 3u

/* In which units one species was seen: the first that were told, which is all that the estimators ask for. */
struct sightings {
	size_t units[SIGHTING_UNITS_MAX];
	size_t count;
};

void sightings_add(struct sightings *sightings, size_t unit);

struct incidence {
	size_t units;       /* t: that were sampled */
	size_t species;     /* S: seen in them */
	size_t once, twice; /* Q₁, Q₂: seen in exactly one unit, in two */
	size_t lone_units;  /* that hold a species which no other unit has */
	size_t quiet;       /* at the end, in a row: showed nothing for the first time */
};

/*
 * The largest p at which `hits` or fewer in n trials are still no surprise (at 95 %, one-sided; Clopper and Pearson, Biometrika
 * 26, 1934). With no hit it is 1 − 0.05^(1/n), about 3/n. 1 for n = 0.
 */
double binomial_upper(size_t hits, size_t n);

/* The probability that the next unit shows a new species: leave one out, lone_units/t (the incidence form of Good, 1953). */
double incidence_next(const struct incidence *in);
/* Its 95 % upper bound. */
double incidence_next_upper(const struct incidence *in);
/*
 * The residual risk: the larger of incidence_next_upper and of what the quiet at the end leaves, 1 − 0.05^(1/quiet). The first alone is
 * below the truth in 8 % of simulated workloads, not in 5, because the units that it counts are not independent of what it
 * predicts; and it does not notice a workload that has changed at the end. Both together are below it in 1 %.
 */
double incidence_residual(const struct incidence *in);
/* The expected number of new species in the next unit, Q₁/t. */
double incidence_new_next(const struct incidence *in);
/* Species never seen, at least: Chao2, ((t−1)/t)·Q₁²/(2Q₂) (Chao, Biometrics 43, 1987); where Q₂ is 0, as if it were 1. */
double incidence_unseen(const struct incidence *in);
/* The expected number of new species in the next `ahead` units: f₀·(1 − (1 − Q₁/(Q₁ + t·f₀))^ahead), f₀ = Chao2. */
double incidence_new_in(const struct incidence *in, double ahead);
/*
 * The same with as many singletons as the bounds allow, that on the lone units and the residual risk, where that is more: without any
 * singleton the estimate is that nothing is left to be seen, which recorded runs refute (tests/calibration).
 */
double incidence_new_in_upper(const struct incidence *in, double ahead);
