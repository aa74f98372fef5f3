// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* incidence.c — the unseen mass. */
#include "analyzer/incidence.h"

#include <math.h>

#define SURPRISE 0.05
#define HALVINGS 60
#define PLENTY 10000000u

void sightings_add(struct sightings *s, size_t unit)
{
	for (size_t i = 0; i < s->count; i++)
		if (s->units[i] == unit)
			return;
	if (s->count < SIGHTING_UNITS_MAX)
		s->units[s->count++] = unit;
}

/* P(at most `hits` of n), each with probability p, hits/n <= p < 1: from the largest term down, as long as it matters. */
static double binomial_at_most(size_t hits, size_t n, double p)
{
	double x = (double)hits, all = (double)n, odds = (1 - p) / p, sum = 0;
	double term = exp(lgamma(all + 1) - lgamma(x + 1) - lgamma(all - x + 1) + x * log(p) +
			  (all - x) * log1p(-p));

	for (; x >= 0 && term > sum * 1e-17; x--) {
		sum += term;
		term *= x / (all - x + 1) * odds;
	}
	return sum;
}

double binomial_upper(size_t hits, size_t n)
{
	double low = n ? (double)hits / (double)n : 0, high = 1, middle;

	if (hits >= n)
		return 1;
	if (!hits)
		return 1 - pow(SURPRISE, 1 / (double)n);
	for (int i = 0; i < HALVINGS; i++) {
		middle = (low + high) / 2;
		if (binomial_at_most(hits, n, middle) > SURPRISE)
			low = middle;
		else
			high = middle;
	}
	return high;
}

double incidence_next(const struct incidence *in)
{
	return in->units ? (double)in->lone_units / (double)in->units : 1;
}

double incidence_next_upper(const struct incidence *in)
{
	return binomial_upper(in->lone_units, in->units);
}

double incidence_residual(const struct incidence *in)
{
	double upper = incidence_next_upper(in), streak = binomial_upper(0, in->quiet);

	return upper > streak ? upper : streak;
}

double incidence_new_next(const struct incidence *in)
{
	return in->units ? (double)in->once / (double)in->units : INFINITY;
}

double incidence_unseen(const struct incidence *in)
{
	double once = (double)in->once, t = (double)in->units;

	if (!in->units)
		return INFINITY;
	return (t - 1) / t * once * once / (2 * (double)(in->twice ? in->twice : 1));
}

/* The bound on a count of rare events, whatever the number of units: that of Poisson. */
static size_t count_upper(size_t hits)
{
	return (size_t)ceil(binomial_upper(hits, hits + PLENTY) * (double)(hits + PLENTY) - 1e-3);
}

double incidence_new_in_upper(const struct incidence *in, double ahead)
{
	struct incidence most = *in;
	size_t once = count_upper(in->lone_units);
	size_t residual = (size_t)ceil(incidence_residual(in) * (double)in->units - 1e-3);

	once = residual > once ? residual : once;
	most.once = once > in->once ? once : in->once;
	return incidence_new_in(&most, ahead);
}

double incidence_new_in(const struct incidence *in, double ahead)
{
	double unseen = incidence_unseen(in), once = (double)in->once;

	if (!(unseen > 0) || isinf(unseen))
		return unseen;
	return -unseen * expm1(ahead * log1p(-once / (once + (double)in->units * unseen)));
}
