/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* verdict_deciding.h — one finding while a rule is looked for; for verdict_rules.c and verdict_functions.c only. */
#pragma once

#include "analyzer/verdict_judge.h"

#define EVIDENCE_MAX 64u

/* Texts that could not be made for want of memory are seen at the end. */
struct deciding {
	struct judge *j;
	const struct finding *finding;
	const struct package *package; /* or NULL */
	const struct package_view *view;
	struct verdict *v;
	struct evidence items[EVIDENCE_MAX];
	size_t count;
};

void deciding_add_evidence(struct deciding *d, const struct evidence *evidence);
void deciding_add_text(struct deciding *d, const char *kind, const char *text);
void deciding_conclude(struct deciding *d, const char *rule, enum status status,
		       enum justification justification, const char *reason);
/* The factor of an observation from which an absence is concluded. */
void deciding_add_observation(struct deciding *d);
/* under_investigation, its factors left to the caller, who ends them with confidence_add_cap. */
void deciding_open(struct deciding *d, const char *rule, const char *reason, const char *missing);
/* The same with the factors of what is known of the package only. */
void deciding_undecided(struct deciding *d, const char *rule, const char *reason,
			const char *missing);
/* R9: the rule that would have decided is turned down. */
void deciding_gated(struct deciding *d, const char *gated, const char *reason, const char *missing);
/* Is a trace among them that cannot tell what code did? What is needed instead of these traces. */
bool deciding_is_blind(const struct deciding *d);
const char *deciding_missing_trace(const struct deciding *d);
/* What to do about an affected package. */
const char *deciding_action(struct deciding *d);

/* R10: a use of the package that only the second observer saw turns the rule down. */
bool decide_contradicted(struct deciding *d, const char *gated);

/* Code of nobody's that was used, or could be, may be the package's under another path: it turns the rule down. */
bool decide_displaced(struct deciding *d, const char *gated);

/* R2 to R5, where functions are known. False: nothing follows from them, and the package decides. */
bool decide_by_functions(struct deciding *d);
