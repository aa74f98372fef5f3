/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* report_view.h — the verdict of report.json that belongs to a statement of the document beside it. */
#pragma once

#include "analyzer/lint_rules.h"

struct report_index;

/* Reads the verdicts of a report, which must live as long. The index is the arena's; NULL for a report of other tools. */
_must_check_ int report_index_new(struct report_index **ret, const cJSON *report,
				  struct arena *arena, struct err *err);

/* The verdict that decides the statement: of all on its vulnerability and subcomponents the most cautious, as in openvex.h.
 * NULL when there is no report, or no such verdict in it. Borrowed. */
const cJSON *report_verdict(const struct lint *lint, const struct lint_statement *s);
/* The version that holds the fix; "" when the source says that there is none; NULL when that is not known. */
const char *report_fixed_version(const struct lint *lint, const struct lint_statement *s);
