/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * openvex.h — which statements an OpenVEX document makes, and for which findings it can make none.
 *
 * openvex_document() is declared in analysis.h. A statement is made per vulnerability and subcomponent: one finding gives
 * one statement that lists every spelling of the package's purl. Findings of one vulnerability that share a spelling (the
 * same package twice in an image, or for two architectures) are one to every scanner: they share a statement, and the most
 * cautious of their verdicts decides.
 */
#pragma once

#include "analyzer/analysis.h"
#include "analyzer/rfc3339.h"

#define OPENVEX_CONTEXT "https://openvex.dev/ns/v0.2.0"
#define OPENVEX_NAMESPACE "https://openvex.dev/docs/vexxy"

struct openvex_statement {
	const struct finding *finding; /* of the deciding verdict */
	const struct verdict *verdict;
	const char **purls; /* sorted, unique */
	size_t purl_count;
	size_t copies; /* findings behind this statement, at least one */
};

/* Everything the document will state, sorted by (vulnerability, purls). Borrows from analysis and arena. */
_must_check_ int openvex_statements(struct openvex_statement **ret, size_t *ret_count,
				    const struct analysis *analysis, struct arena *arena,
				    struct err *err);

/* When a negative statement has to be renewed at the latest. -EINVAL for a time that cannot be written. */
_must_check_ int openvex_expires(char ret[RFC3339_BYTES], const struct analysis *analysis);

/* The status_notes of one statement (status_notes.h). Freed by the caller; NULL: no memory. */
char *openvex_status_notes(const struct analysis *analysis,
			   const struct openvex_statement *statement);

/* Why the document cannot speak of that finding, or NULL when it does. */
const char *openvex_left_out(const struct finding *finding);
/* How many findings it speaks of. */
size_t openvex_covered(const struct analysis *analysis);
/* Why no document is made of the analysis (nothing to state, a policy for comparison only), or NULL. openvex_document fails
 * with this text then; ask first where that is no failure. */
const char *openvex_refusal(const struct analysis *analysis);
/* What scanners will make of the product's identifiers, when that is less than one would hope; else NULL. */
const char *openvex_product_warning(const struct product *product);
