/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * verdict.h — from evidence to status: the rules R1…R11, which every verdict cites.
 *
 *   R1  no file of the package in the merged root                         not_affected / component_not_present
 *   R2  functions known, and proved not compiled or not linked into any object of the package
 *                                                                         not_affected / vulnerable_code_not_present
 *   R3  a vulnerable function ran                                         affected
 *   R4  functions known, all places watched from the first instruction, none ran, complete trace, and a proof that nothing
 *       loadable can reach them (reach_proof.h)                           not_affected / vulnerable_code_not_in_execute_path
 *   R5  the same without the proof, or not all places known or watched    under_investigation
 *   R6  functions unknown, the package's code was mapped, executed, read by an interpreter
 *                                                                         affected at package level (strict: under_investigation)
 *   R7  present, never used, complete trace, nothing that can run is able to load or execute it
 *                                                                         not_affected / vulnerable_code_not_in_execute_path
 *   R8  present, never used, complete trace, loadable in principle: residual risk of the window below the bound
 *                                                                         the same (strict: under_investigation), else under_investigation
 *   R9  losses, late attach, truncated trace, short window, digest mismatch: R7 and R8 become under_investigation
 *   R11 installed version at or above the fixed one                       fixed
 *   R10 Kubescape's profile saw a use that the trace did not: R4, R7 and R8 become under_investigation (witness.h)
 *
 * Reading a package database, a failed open and a dependency edge are never use. Whatever is ambiguous or partial moves a
 * verdict away from not_affected.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/findings.h"
#include "analyzer/inventory.h"
#include "analyzer/reach_proof.h"
#include "analyzer/sites.h"
#include "analyzer/trace.h"

enum status { STATUS_NOT_AFFECTED, STATUS_AFFECTED, STATUS_FIXED, STATUS_UNDER_INVESTIGATION };
enum justification {
	JUSTIFICATION_NONE,
	COMPONENT_NOT_PRESENT,
	VULNERABLE_CODE_NOT_PRESENT,
	VULNERABLE_CODE_NOT_IN_EXECUTE_PATH
};
enum policy { POLICY_STRICT, POLICY_BALANCED, POLICY_KUBESCAPE };

const char *status_name(enum status status);          /* OpenVEX spelling */
const char *justification_name(enum justification j); /* NULL for none */
const char *policy_name(enum policy policy);
_must_check_ int policy_from_string(const char *text, enum policy *ret);

/* One factor of confidence, C = Π(1 − risk). */
struct factor {
	const char *name;   /* "mapping", "site", "observation", "unseen", "static", "package" */
	double risk;        /* 0…1 */
	const char *origin; /* the measured bound or stated prior it rests on, in words */
};

/* One piece of evidence: what was seen where, or what was checked. */
struct evidence {
	const char *kind; /* "exec", "map", "read", "closure", "database", "window", "loss" … */
	const char *text; /* one sentence */
	const char *path; /* file concerned, or NULL */
	size_t trace;     /* which trace (0…), and line in it; line 0: none */
	uint64_t line, t;
};

#define VERDICT_FACTORS_MAX 8
#define VERDICT_HITS_MAX 16u
#define VERDICT_PROOFS_MAX 16u

/* A vulnerable function ran. */
struct verdict_hit {
	const struct trace_hit *hit;
	size_t trace;
	const struct site *site; /* NULL: known by its name only */
};

struct verdict_proof {
	size_t file; /* the object it speaks of */
	const struct reach_proof *proof;
};

struct verdict {
	size_t finding;    /* into findings.items */
	const char *rule;  /* "R7" */
	const char *gated; /* when R9 turned another rule down: that rule ("R7"), else NULL */
	enum status status;
	enum justification justification;
	double confidence;
	struct factor factors[VERDICT_FACTORS_MAX];
	size_t factor_count;
	const char *reason;  /* one plain sentence for the table and impact_statement */
	const char *action;  /* affected: what to do; else NULL */
	const char *missing; /* what would be needed for a firmer verdict, or NULL */
	const struct evidence *evidence;
	size_t evidence_count;
	const char **vulnerable_files,
	    **used_files; /* of the package: its code; those of it that were used */
	size_t vulnerable_file_count, used_file_count;
	enum rung rung; /* how near to the function the observation came */
	struct verdict_hit hits[VERDICT_HITS_MAX]; /* the first of them */
	size_t hit_count;
	bool hit_lines; /* a line that the fix changes ran */
	size_t
	    sites_watched; /* of the known places: from before the first instruction, or of code that never ran */
	struct verdict_proof proofs[VERDICT_PROOFS_MAX]; /* R4, or what stood in its way */
	size_t proof_count;
};

struct cross_check;
struct kube_sbom;
struct profile_choice;

struct verdict_options {
	enum policy policy;
	double bound;               /* R8: residual risk of the window, default 0.05 */
	uint64_t min_units;         /* R8: at least that many units, default 30 */
	uint64_t min_window_s;      /* a shorter watch is gated by R9 unless the workload ended */
	const char *image_mismatch; /* R9: why a trace is not of the analysed image, or NULL */
	const char *unexercised;    /* R9: why the workload did not do what it was to do, or NULL */
	const char *rootfs;         /* the image's files, for R4's proof; NULL: there are none */
	const struct sites *sites;  /* R2 to R5: where vulnerable functions are; NULL: not known */
	const char
	    *watch_identity; /* of the list of places that these inputs ask to watch, or NULL */
	const struct cross_check
	    *cross_check; /* a second observer's agreement (confidence.h); NULL: there was none */
	const struct profile_choice *profiles; /* what it saw, for cross_check and R10; or NULL */
	const struct kube_sbom
	    *sbom; /* with relationships, for what Kubescape would say; or NULL */
};

struct usage;
struct closure;
struct kubescape_view;

struct verdicts {
	struct arena *arena;
	struct verdict *items; /* one per finding, same order */
	size_t count;
	const char **gates; /* reasons of R9 that hold for the whole trace, sorted */
	size_t gate_count;
	struct usage *usage;              /* which files were used, and how (usage.h) */
	struct closure *closure;          /* what is able to run (closure.h) */
	struct kubescape_view *kubescape; /* what Kubescape would say (kubescape_view.h) */
	struct witness *witness;     /* the second observer (witness.h); NULL: there was none */
	struct reach_prover *prover; /* holds the proofs; NULL: none was asked for */
	size_t units, quiet_units, lone_units;
	uint64_t unit_s; /* length of a unit that is a time window; 0: units are marks or runs */
	double next,
	    next_upper;    /* probability that a further unit uses a file for the first time, by
				    leave-one-out; its upper bound at 95 % */
	double unseen;     /* residual risk of the window (window.h) */
	const char *model; /* version of the model behind the confidence */
};

/* Borrows inv, findings and traces for its life time. */
_must_check_ int verdicts_reach(struct verdicts **ret, const struct inventory *inv,
				const struct findings *findings, struct trace *const *traces,
				size_t trace_count, const struct verdict_options *options,
				struct err *err);
void verdicts_free(struct verdicts *verdicts);
DEFINE_CLEANUP(struct verdicts *, verdicts_free)
