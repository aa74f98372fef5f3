/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* verdict_judge.h — what the rules look at; for verdict*.c only. */
#pragma once

#include "analyzer/closure.h"
#include "analyzer/confidence.h"
#include "analyzer/verdict.h"
#include "analyzer/window.h"
#include "analyzer/witness.h"

/* What is known of one package, worked out once for all its findings. */
struct package_view {
	bool ready;
	enum use_class class;
	size_t used_file;             /* that shows the class */
	enum use_class witness_class; /* what the second observer saw of it … */
	size_t witness_file;          /* … and where; INVENTORY_NONE: nothing */
	bool uncertain;               /* that use was only found by the end of a path */
	enum ability ability;
	size_t able_file;
	const char *moved, *copied; /* judge_moved_file, judge_copied_file */
	const char **code_files, **used_files;
	size_t code_file_count, used_file_count;
	struct evidence *uses; /* the strongest first, at most USES_MAX */
	size_t use_count;
};

#define USES_MAX 20u

struct judge {
	struct verdicts *ret;
	struct arena *arena; /* of ret */
	const struct inventory *inv;
	const struct findings *findings;
	struct trace *const *traces;
	size_t trace_count;
	struct verdict_options own;            /* with the second observer's agreement */
	const struct verdict_options *options; /* the same */
	const struct usage *usage;
	const struct witness *witness; /* or NULL */
	struct closure *closure;
	struct window window;
	struct rootfs *root; /* opened with the first proof */
	struct reach_prover *prover;
	struct package_view *views;     /* one per package */
	struct evidence *gate_evidence; /* one per gate, same order */
};

/* Fills ret->gates and gate_evidence: why no absence may be concluded from these traces (R9). */
_must_check_ int judge_gates(struct judge *judge);
/* The view of a package; NULL when there is no memory. */
const struct package_view *judge_view(struct judge *judge, size_t package);
/* Decides one finding. -ENOMEM only. */
_must_check_ int judge_finding(struct judge *judge, size_t finding, struct verdict *verdict);

/* R4's proof for functions of one object; -errno with a reason when none can be made. */
_must_check_ int judge_prove(struct judge *judge, const struct reach_proof **ret, size_t file,
			     const uint64_t *addresses, size_t count, struct err *err);

/* "/usr/lib/libssl.so.3 was mapped by nginx 0.120 s after the start": NULL when there is no memory. */
const char *judge_use_text(struct judge *judge, const char *path, const struct trace_use *use);
/* "exercise port 443: …" where the workload listened and nothing was seen to connect; "" otherwise. */
const char *judge_idle_ports(struct judge *judge);
/* Is the package, NULL when the inventory has none, surely not in the image (R1)? Otherwise why not, in *why. */
bool judge_is_absent(struct judge *judge, const struct finding *finding,
		     const struct package *package, const char **why);
/* Code that no package owns, that was used or could be, and that may be a file which the package is missing; or NULL. */
const char *judge_moved_file(const struct judge *judge, const struct package *package);
/* The same, that may be a copy of an object of the package: of its name, and not known to be another build. */
const char *judge_copied_file(const struct judge *judge, const struct package *package);
