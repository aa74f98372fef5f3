/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * confidence.h — how probable it is that a status is right: C = Π (1 − risk), each risk with its origin.
 *
 * Every risk is a measured bound or a stated prior. For `affected` the product is the probability that the vulnerable code
 * runs, given that the package is in use. `under_investigation` says nothing that could be right: its number is at most one
 * half. A loss never raises a confidence; more evidence for the same status never lowers it.
 */
#pragma once

#include "analyzer/usage.h"
#include "analyzer/verdict.h"

#define CONFIDENCE_MODEL "2025.1"

enum risk {
	RISK_PACKAGE,     /* the vulnerability may not be one of this package at all */
	RISK_OBSERVATION, /* one observer without a loss may still have missed a use */
	RISK_SPOILED,     /* an observation with a known gap */
	RISK_CLOSURE,     /* what can run may be more than the closure holds */
	RISK_DATA,        /* a package of data only may be more than that */
	RISK_DATABASE,    /* the package database may be wrong about files or versions */
	RISK_EXECUTED,    /* in use is not yet "the vulnerable function runs" … */
	RISK_READ,
	RISK_MAPPED,
	RISK_FUNCTION_RAN, /* that a function ran is not yet that its fault did … */
	RISK_LINES_RAN,
	RISK_NOT_COMPILED,
	RISK_PROOF,     /* the proof may be wrong */
	RISK_UNDECIDED, /* no proof either way */
};

/* Adds a factor with a fixed risk, or with a computed one and its origin. The confidence follows at once. */
void confidence_add(struct verdict *verdict, enum risk risk);
void confidence_add_factor(struct verdict *verdict, const char *name, double risk,
			   const char *origin);

/*
 * Two observers of one workload: how many uses of files both saw, and how many only one of them. Counted over what both
 * could see: files that packages own, opened or executed in the time that both watched. All 0: there is no second observer.
 */
struct cross_check {
	uint64_t both, only_ours, only_theirs;
};

/*
 * The estimated share of all uses that we missed, also of those that both missed: 1 − n₁/N with Chapman's N = (n₁+1)(n₂+1)/(m+1) − 1
 * (n₁ ours, n₂ theirs, m both; Chapman 1951, as in Seber's Estimation of Animal Abundance), and never less than 1/(n₂+2), what
 * Laplace's rule of succession leaves after n₂ agreements. Agreement without a miss is never worse than no second observer.
 */
double cross_check_missed(const struct cross_check *check);
/* The factor "observation" of an observation without a gap; check may be NULL. */
void confidence_add_observation(struct verdict *verdict, const struct cross_check *check);

/*
 * The window: what was watched, in units. A unit is what lies between two marks (a time window, a burst of the workload), or a
 * whole run. It is quiet when no file of the image was used for the first time in it, over all traces in their order.
 */
struct window {
	size_t units;     /* whole ones: a time window cut short by the end does not count */
	size_t quiet;     /* at the end, in a row */
	uint64_t seconds; /* watched in all */
	uint64_t unit_s;  /* of a time window; 0: units are marks or runs */
	double unseen;    /* residual risk, window_unseen(quiet) */
};

_must_check_ int window_measure(struct window *ret, const struct usage *usage, size_t file_count,
				struct trace *const *traces, size_t trace_count);

/*
 * The largest probability p that a unit shows something new, at which k quiet units in a row are still no surprise (at 95 %):
 * (1 − p)^k = 0.05, so p = 1 − 0.05^(1/k), about 3/k (the rule of three: Hanley and Lippman-Hand, JAMA 249, 1983). It holds for
 * more of the same workload, and for no other. 1 for k = 0.
 */
double window_unseen(size_t quiet);
/* The least k with window_unseen(k) <= bound; SIZE_MAX when there is none. */
size_t window_quiet_needed(double bound);
