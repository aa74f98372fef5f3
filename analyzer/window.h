/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * window.h — what was watched, in units, and what it leaves unseen.
 *
 * A unit is what lies between two marks (a time window, a burst of the workload), or a whole run. Where marks cut a run, what
 * comes before the first is its start: what is used there is known, but it is no sample of what comes after. All traces count
 * together, in their order: a file seen in two of them was seen in two units. A library that stays mapped is seen in the unit in
 * which it was mapped, and no more: such a unit counts as one with a file of its own, which errs towards the larger risk.
 */
#pragma once

#include "analyzer/incidence.h"
#include "analyzer/usage.h"

struct window {
	size_t units; /* whole ones, starts too; not a time window that the end cut short */
	size_t
	    least; /* whole units of the program that has the fewest: each must have been watched long enough */
	uint64_t seconds;           /* watched in all */
	uint64_t unit_s;            /* of a time window; 0: units are marks or runs */
	struct incidence files;     /* of the image that were used, but for harmless uses */
	struct incidence functions; /* watched ones that ran */
	size_t watched_functions;   /* listed to be watched, at most in one trace */
	/* Of files: the probability that a further unit uses one for the first time, its bound, and the residual risk. */
	double next, next_upper, unseen;
};

_must_check_ int window_measure(struct window *ret, const struct inventory *inv,
				const struct usage *usage, struct trace *const *traces,
				size_t trace_count);

/* The least number of further units, quiet and without a species of their own, after which unseen <= bound and there are at least
 * min_units; SIZE_MAX when no watch is long enough. */
size_t window_units_needed(const struct window *window, double bound, size_t min_units);

/*
 * The risk that one of `count` functions, all watched and silent, runs within RISK_NUMBER_HORIZON further units of the workload:
 * λ·count·E[new]/all silent, E at its upper bound, and not below 1 − 0.05^(1/units), what holds for one function in one unit
 * (reachability reference 5.3).
 */
double window_function_risk(const struct window *window, size_t count);
