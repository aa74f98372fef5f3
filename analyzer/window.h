/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * window.h — what was watched, in units, and what it leaves unseen.
 *
 * A unit is what lies between two marks (a time window, a burst of the workload), or a whole run. Where marks cut a run, what
 * comes before the first is its start: what is used there is known, but it is no sample of what comes after. All traces count
 * together, in their order: a file seen in two of them was seen in two units.
 */
#pragma once

#include "analyzer/incidence.h"
#include "analyzer/usage.h"

struct window {
	size_t
	    units; /* whole ones, starts too: a time window cut short by the end does not count */
	size_t quiet; /* at the end, in a row: no file of the image was used for the first time */
	uint64_t seconds;           /* watched in all */
	uint64_t unit_s;            /* of a time window; 0: units are marks or runs */
	struct incidence files;     /* of the image that were used, but for harmless uses */
	struct incidence functions; /* watched ones that ran */
	size_t watched_functions;   /* listed to be watched, at most in one trace */
	double next,
	    next_upper; /* probability that a further unit uses a file for the first time */
	/*
	 * Residual risk, the larger of next_upper and window_unseen(quiet). The first alone is below the truth in 8 % of simulated
	 * workloads, not in 5, because the units that it counts are not independent of what it predicts; both together in 1 %.
	 */
	double unseen;
};

_must_check_ int window_measure(struct window *ret, const struct inventory *inv,
				const struct usage *usage, struct trace *const *traces,
				size_t trace_count);

/*
 * The largest probability p that a unit shows something new, at which k quiet units in a row are still no surprise (at 95 %):
 * (1 − p)^k = 0.05, so p = 1 − 0.05^(1/k), about 3/k (the rule of three: Hanley and Lippman-Hand, JAMA 249, 1983). Beside the
 * estimate by incidences it is what notices that a workload has changed at the end. 1 for k = 0.
 */
double window_unseen(size_t quiet);
/* The least number of further units, quiet and without a species of their own, after which unseen <= bound and there are at least
 * min_units; SIZE_MAX when no watch is long enough. */
size_t window_units_needed(const struct window *window, double bound, size_t min_units);

/*
 * The risk that one of `count` functions, all watched and silent, runs within RISK_NUMBER_HORIZON further units of the workload:
 * λ·count·E[new]/all silent, E at its upper bound, and not below 1 − 0.05^(1/units), what holds for one function in one unit
 * (reachability reference 5.3).
 */
double window_function_risk(const struct window *window, size_t count);
