/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * witness.h — the trace held against what Kubescape saw: a second observer, made by others.
 *
 * Compared is what both can know: files opened (open and openat, kubescape reference 3.1) and programs executed, by their path in the
 * image with links followed; names of system calls; shared objects. Set apart, so that a difference means something: what a runtime
 * does before the container's first instruction, the kernel's own file systems, directories, failed opens (Kubescape does not tell
 * them from others), what Kubescape's agent has no eye for (what the kernel opens by itself, what is opened by other calls), and
 * paths that neither can be sure of. A pattern of Kubescape's ("⋯", "*") says that something below it was
 * seen: whether one file was is not known from it. Where no trace has anything that it can stand for, the traces have missed a use.
 */
#pragma once

#include "analyzer/confidence.h"
#include "analyzer/profiles.h"
#include "analyzer/usage.h"

enum witness_channel {
	WITNESS_OPENS,
	WITNESS_EXECS,
	WITNESS_SYSCALLS,
	WITNESS_LIBRARIES,
	WITNESS_CHANNELS
};

#define WITNESS_LIST_MAX 100u

struct witness_list {
	const char **items; /* sorted, the first WITNESS_LIST_MAX */
	size_t count;       /* kept */
	uint64_t all;
};

struct witness_agreement {
	const char *not_compared; /* why, or NULL */
	uint64_t both, unknown, apart;
	struct witness_list only_trace, only_profile;
};

/* What the two say of one package. */
enum witness_outcome {
	WITNESS_NONE, /* there is no profile, or no package */
	WITNESS_USED,
	WITNESS_UNUSED,
	WITNESS_ONLY_TRACE,
	WITNESS_ONLY_PROFILE,
	WITNESS_APART,   /* in use, by nothing that Kubescape's agent has an eye for */
	WITNESS_UNKNOWN, /* the profile has only a pattern, or is not whole */
};

struct witness {
	struct arena *arena;
	const struct profile_choice *choice;
	struct witness_agreement channels[WITNESS_CHANNELS];
	uint64_t patterns;
	enum use_class *
	    classes; /* per file of the inventory: how the profile has it, by a path that is no pattern */
	enum use_class *shown; /* the same of what the traces have, had Kubescape's agent seen it */
	bool *executed;        /* per file: as a program */
	bool *perhaps;         /* per file: a pattern may stand for it */
	const char **
	    missed; /* per file that may be code: a pattern that may stand for it, and for nothing that a trace has; or NULL */
	struct cross_check check;
	const char *
	    strange; /* a program or shared object that only the profile has, and that is no file of the image; or NULL */
	bool strange_opened; /* it was opened, not executed */
};

/* Borrows everything. */
_must_check_ int witness_compare(struct witness **ret, const struct inventory *inv,
				 const struct usage *usage, struct trace *const *traces,
				 size_t trace_count, const struct profile_choice *choice,
				 struct err *err);
void witness_free(struct witness *witness);
DEFINE_CLEANUP(struct witness *, witness_free)

const char *witness_channel_name(enum witness_channel channel);
const char *witness_outcome_name(enum witness_outcome outcome);
/* The package's strongest class in the profile; the file that shows it in *file (INVENTORY_NONE when none). */
enum use_class witness_of_package(const struct witness *witness, const struct package *package,
				  size_t *file);
/* `ours` is the package's class in the traces. witness may be NULL. */
enum witness_outcome witness_outcome_of(const struct witness *witness,
					const struct package *package, enum use_class ours);
/* May the counts speak for an absence? A profile that is not whole may only speak against it. */
bool witness_vouches(const struct witness *witness);
