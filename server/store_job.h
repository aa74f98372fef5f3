/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* store_job.h — a job as a row; for the files that hold the store's SQL. */
#pragma once

#include "server/store.h"

#define JOB_COLUMNS                                                                           \
	"id, vex_id, org, image_ref, image_digest, sbom_id, profile, config, inputs, "        \
	"fingerprint, callback_url, state, priority, percent, phase, attempt, attempts_max, " \
	"reasons, owner, lease_ms, fence, cancel, error, sandbox_id, timeout_s, duration_s, " \
	"created_ms, started_ms, completed_ms, not_before_ms, revision, submitted_by"

/* Fills a zeroed job from a row of JOB_COLUMNS. -ENOMEM; then the job is to be freed all the same. */
_must_check_ int job_from_row(struct job *job, const struct sql_row *row);
/* A sql_row_fn: ctx is a struct job; what it held is freed. */
int job_take_row(void *ctx, const struct sql_row *row);
/* Makes the organisation where it is new. */
_must_check_ int store_organisation_ensure(struct sql *sql, const char *id, struct err *err);
_must_check_ int store_audit_put(struct sql *sql, const struct audit *audit, struct err *err);
_must_check_ int job_insert(struct sql *sql, const struct job *job, struct err *err);
/* ctx: int64_t. */
int sql_take_int(void *ctx, const struct sql_row *row);
/* As strdup, but NULL stays NULL. */
_must_check_ int copy_text(char **ret, const char *text);
