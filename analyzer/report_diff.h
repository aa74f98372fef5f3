/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * report_diff.h — two results of one image held against each other: which verdicts changed, and why.
 *
 *   {"vexxy_diff":"1.0",
 *    "old":{"timestamp","product","policy","model"}, "new":{…},
 *    "between":[S…]                what the two rest on that is not the same: traces, gates, policy, model, inputs
 *    "summary":{"moved":N,"new":N,"gone":N,"confidence":N,"grounds":N,"unchanged":N},
 *    "changes":[{"kind":K,"id","package","purl","severity",
 *                "old":{"version","status","justification","level","rule","gated","confidence","reason"}, "new":{…},
 *                "why":[S…]}…]}
 *
 * A verdict is known again by vulnerability and package URL; where the package has another version now, by the package's name.
 * Kinds, of which each change has the first that fits: "moved" (status, justification or level), "new" and "gone", "confidence",
 * "grounds" (rule, version, evidence, factors or functions). Times of day and of the trace are no difference.
 */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/arena.h"
#include "analyzer/json_writer.h"
#include "include/err.h"

/* Of two report.json; the inputs.json beside them may be NULL. A new tree; NULL: a reason. -EBADMSG when one is no report. */
cJSON *report_diff(const cJSON *old_report, const cJSON *new_report, const cJSON *old_inputs,
		   const cJSON *new_inputs, struct err *err);

/* For report_diff*.c only: the array "why" for one pair of verdicts, of which one may be NULL; and "between". */
struct report_pair {
	const cJSON *report[2], *inputs[2]; /* old, new */
	struct arena *arena;
	struct json_writer json;
};
void report_diff_put_why(struct report_pair *p, cJSON *change, const cJSON *before,
			 const cJSON *after);
void report_diff_put_between(struct report_pair *p, cJSON *doc);
/* Do the two rest on the same: rule, version, evidence, factors, functions? */
bool report_diff_same_grounds(struct report_pair *p, const cJSON *before, const cJSON *after);
