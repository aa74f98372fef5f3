/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* exercise.h — from a job's configuration to what drive.h works by, and back to what the results say of it. */
#pragma once

#include "server/json_in.h"
#include "server/plan.h"

struct exercise {
	const char *dir; /* the job's own; "drive" is made in it */
	const cJSON *config;
	const struct plan *plan;
	uint64_t uid;        /* of the test script */
	const char *cgroup;  /* the script's own: its name */
	bool shares_network; /* the workload has the host's network: no script is let into that */
};

/* 1: *ret_driver (a path of at most `size` bytes) is to be started beside the workload. 0: nothing to do. */
_must_check_ int exercise_prepare(char *ret_driver, size_t size, const struct exercise *exercise,
				  struct err *err);
/* What came of it, as JSON freed by the caller; NULL: nothing is known. */
char *exercise_result(const char *dir);
