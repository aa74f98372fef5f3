// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* confidence.c — how probable it is that a status is right. */
#include "analyzer/confidence.h"

#include <math.h>

#define RISK_STEPS 1e6 /* six decimals are shown */

double confidence_product(const struct factor *factors, size_t count)
{
	double product = 1;

	for (size_t i = 0; i < count; i++)
		product *= 1 - factors[i].risk;
	return product;
}

/* Up to the next step, but for what is off by no more than the arithmetic of doubles. */
static double round_up(double risk)
{
	double steps = ceil(risk * RISK_STEPS - 1e-6);

	if (!(risk < 1)) /* nor a number */
		return 1;
	return steps > 0 ? steps / RISK_STEPS : 0;
}

void confidence_add_factor(struct verdict *v, const char *name, double risk, const char *origin)
{
	struct factor *last = &v->factors[VERDICT_FACTORS_MAX - 1];

	risk = round_up(risk);
	if (v->factor_count < VERDICT_FACTORS_MAX)
		v->factors[v->factor_count++] = (struct factor){ name, risk, origin };
	else /* a doubt without a place of its own is still a doubt */
		last->risk = round_up(1 - (1 - last->risk) * (1 - risk));
	v->confidence = confidence_product(v->factors, v->factor_count);
}

void confidence_add(struct verdict *v, enum risk risk)
{
	confidence_add_factor(v, risk_factor(risk), risk_value(risk), risk_origin(risk));
}

void confidence_add_cap(struct verdict *v)
{
	double product = confidence_product(v->factors, v->factor_count);
	double most = 1 - risk_value(RISK_UNDECIDED);

	if (product > most)
		confidence_add_factor(v, risk_factor(RISK_UNDECIDED), 1 - most / product,
				      risk_origin(RISK_UNDECIDED));
}

double cross_check_missed(const struct cross_check *check)
{
	double alone = risk_value(RISK_OBSERVATION), both = (double)check->both;
	double ours = both + (double)check->only_ours, theirs = both + (double)check->only_theirs;
	double all = (ours + 1) * (theirs + 1) / (both + 1) - 1, missed;

	missed = all > ours ? 1 - ours / all : 0;
	if (missed < 1 / (theirs + 2))
		missed = 1 / (theirs + 2);
	if (check->one_sided)
		return missed > alone ? missed : alone;
	return check->only_theirs || missed < alone ? missed : alone;
}

void confidence_add_observation(struct verdict *v, const struct cross_check *check)
{
	if (!check || !(check->both + check->only_theirs)) {
		confidence_add(v, RISK_OBSERVATION);
		return;
	}
	confidence_add_factor(v, risk_factor(RISK_OBSERVATION), cross_check_missed(check),
			      "Chapman's estimate from two observers: the share of uses that the "
			      "trace missed");
}
