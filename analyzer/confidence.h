/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * confidence.h — how probable it is that a status is right.
 *
 *   C = Π (1 − rᵢ)        rounded to four decimals wherever it is shown
 *
 * Each factor is one way of being wrong, taken as independent of the others, with its risk r and where that comes from:
 *
 *   mapping      the vulnerable code is other than what was looked at
 *   site         the places that were watched are not where it is
 *   observation  a use was missed: a prior for one observer, Chapman's estimate for two; with a gap it is 1
 *   unseen       it will be used though it was not: the residual risk of what was watched (window.h)
 *   static       the proof that nothing can reach it is wrong
 *   database     the package database is wrong
 *   package      in use, but its vulnerable function, which is not known, does not run
 *   function     the function ran, but not its fault
 *   cap          no proof either way: whatever the others leave, at most one half
 *
 * which of them stand is a matter of the rule; the numbers are those of data/risks.def. Risks are rounded up to six decimals
 * before they are multiplied, so the product is the same for whoever multiplies what report.json and `explain` show.
 *
 * not_affected, fixed: C is the probability that the status is right, for more of the workload that was watched. affected: that the
 * vulnerable code runs. under_investigation says nothing that could be right: C tells what is known short of a proof, and is 0
 * where a gap leaves nothing known. A loss never raises C; more evidence for the same status never lowers it.
 */
#pragma once

#include "analyzer/verdict.h"

/* The formula. */
double confidence_product(const struct factor *factors, size_t count);

/* Adds a factor of the model, or one with a computed risk and its origin. The confidence follows at once. */
void confidence_add(struct verdict *verdict, enum risk risk);
void confidence_add_factor(struct verdict *verdict, const char *name, double risk,
			   const char *origin);
/* The last factor of a verdict without a proof either way; none when it is not needed. */
void confidence_add_cap(struct verdict *verdict);

/*
 * Two observers of one workload: how many uses of files both saw, and how many only one of them. Counted over what both
 * could see: files that packages own, opened or executed in the time that both watched. All 0: there is no second observer.
 */
struct cross_check {
	uint64_t both, only_ours, only_theirs;
	bool
	    one_sided; /* theirs is not whole, or not surely of the same: what it lacks and what it agrees on says nothing */
};

/*
 * The estimated share of all uses that we missed, also of those that both missed: 1 − n₁/N with Chapman's N = (n₁+1)(n₂+1)/(m+1) − 1
 * (n₁ ours, n₂ theirs, m both; Chapman 1951, as in Seber's Estimation of Animal Abundance), and never less than 1/(n₂+2), what
 * Laplace's rule of succession leaves after n₂ agreements. Agreement without a miss is never worse than no second observer, and one
 * whose word is one-sided never makes it less than that.
 */
double cross_check_missed(const struct cross_check *check);
/* The factor "observation" of an observation without a gap; check may be NULL. */
void confidence_add_observation(struct verdict *verdict, const struct cross_check *check);
