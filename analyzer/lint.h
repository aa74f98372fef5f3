/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * lint.h — is an OpenVEX document what it should be: schema, the rules of the reference, and what scanners make of it.
 *
 * Rules 1 to 39 are numbered as in the reference's checklist. What a document alone cannot show is checked against the
 * report.json that lies beside it (made by the same analysis) and against scanner reports; what is left is listed as not
 * checked, never passed over in silence.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "analyzer/arena.h"
#include "analyzer/scanner.h"
#include "include/err.h"

#define LINT_DOCUMENT ((size_t)-1)
#define LINT_FAULTS_KEPT 10000u

enum lint_severity { LINT_ERROR, LINT_WARNING };

struct lint_fault {
	unsigned rule;
	enum lint_severity severity;
	size_t statement;          /* index, or LINT_DOCUMENT */
	const char *vulnerability; /* its name, or NULL */
	const char *text;
};

struct lint_gap {
	unsigned rule;
	const char *why; /* "needs the document that was issued before" */
};

/* What one scanner report shows. */
struct lint_against {
	const char *path;
	cJSON *report;
	struct suppressions *suppressions;
};

struct lint {
	struct arena *arena;
	const char *path;
	cJSON *document;
	bool has_bom;
	const char *report_path; /* of the report.json beside it, or NULL */
	cJSON *report;
	struct report_index *report_index; /* NULL without a report */
	struct lint_against *against;
	size_t against_count, against_room;
	struct product_reaches *reaches;

	struct lint_fault *faults; /* the first LINT_FAULTS_KEPT, sorted by (rule, statement) */
	size_t fault_count, fault_room;
	size_t error_count, warning_count; /* of all */
	struct lint_gap *gaps;
	size_t gap_count, gap_room;
	bool out_of_memory;
};

/* Takes a text; `name` stands for it in messages. -EBADMSG with a reason for what is no JSON object. */
_must_check_ int lint_parse(struct lint **ret, const char *text, size_t len, const char *name,
			    struct err *err);
/* The same with a file, and the report.json that lies beside it. */
_must_check_ int lint_open(struct lint **ret, const char *path, struct err *err);
/* Adds a report of grype or trivy to hold the document against. */
_must_check_ int lint_add_report(struct lint *lint, const char *path, struct err *err);
/* Applies every rule. 0, also when there are faults. */
_must_check_ int lint_run(struct lint *lint, struct err *err);
void lint_free(struct lint *lint);
DEFINE_CLEANUP(struct lint *, lint_free)

/* The rule in one sentence; NULL for a number that is none. */
const char *lint_rule_text(unsigned rule);

/* The result for machines. NULL: no memory. */
cJSON *lint_document_json(const struct lint *lint);
