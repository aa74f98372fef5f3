/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* outcome.h — from the analysis' report to the results that clients read. */
#pragma once

#include "include/err.h"
#include "server/job.h"

struct outcome {
	const struct job *job;
	const char *sandbox_id;
	const char *report_path;        /* report.json, as vexxy wrote it */
	const char *const *limitations; /* of this run, NULL-terminated */
	const char *exercise;           /* JSON, or NULL */
	bool has_vex;
	int64_t completed_ms;
};

/* Writes the results as one JSON file. -EBADMSG when the report is not what it should be. */
_must_check_ int outcome_write(const struct outcome *outcome, const char *path, struct err *err);
