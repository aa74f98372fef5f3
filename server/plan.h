/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* plan.h — what an analysis is to do: a profile's preset, and what was asked for besides. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "server/json_in.h"

#define HEALTH_TIMEOUT_MIN_S 10

struct plan {
	int64_t duration_s, health_timeout_s;
	bool fuzzing, profiling, pentesting, coverage;
};

/* -EINVAL where a client asks for a health check that may take longer than the analysis. config may be NULL. */
_must_check_ int plan_check(const cJSON *config, struct err *err);
/* The preset of the profile, with every member that config has in its place. config may be NULL. duration_min: the operator's. */
void plan_make(struct plan *ret, const char *profile, const cJSON *config, int64_t duration_min);
/* All of it as JSON, in a fixed order: what the job is remembered by. Freed by the caller; NULL: no memory. */
char *plan_format(const struct plan *plan, const cJSON *config);
/* "estimated_duration_minutes" as clients know it. */
int64_t plan_minutes(const struct plan *plan);
