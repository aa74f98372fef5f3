// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_job.c — a job as a row. */
#include "server/store_job.h"

#include <string.h>

int copy_text(char **ret, const char *text)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? -ENOMEM : 0;
}

int sql_take_int(void *ctx, const struct sql_row *row)
{
	*(int64_t *)ctx = sql_row_int(row, 0);
	return 0;
}

static int take_texts(struct job *job, const struct sql_row *row)
{
	const struct {
		char **to;
		int column;
	} texts[] = { { &job->org, 2 },     { &job->image_ref, 3 },   { &job->image_digest, 4 },
		      { &job->sbom_id, 5 }, { &job->profile, 6 },     { &job->config, 7 },
		      { &job->inputs, 8 },  { &job->fingerprint, 9 }, { &job->callback_url, 10 },
		      { &job->phase, 14 },  { &job->reasons, 17 },    { &job->owner, 18 },
		      { &job->error, 22 },  { &job->sandbox_id, 23 }, { &job->submitted_by, 31 } };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(texts) / sizeof(*texts); i++)
		r = copy_text(texts[i].to, sql_row_text(row, texts[i].column));
	return r;
}

static void take_numbers(struct job *job, const struct sql_row *row)
{
	const struct {
		int64_t *to;
		int column;
	} numbers[] = { { &job->priority, 12 },     { &job->percent, 13 },
			{ &job->attempt, 15 },      { &job->attempts_max, 16 },
			{ &job->lease_ms, 19 },     { &job->fence, 20 },
			{ &job->timeout_s, 24 },    { &job->duration_s, 25 },
			{ &job->created_ms, 26 },   { &job->started_ms, 27 },
			{ &job->completed_ms, 28 }, { &job->not_before_ms, 29 },
			{ &job->revision, 30 } };

	for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
		*numbers[i].to = sql_row_int(row, numbers[i].column);
}

int job_from_row(struct job *job, const struct sql_row *row)
{
	snprintf(job->id, sizeof(job->id), "%s", sql_row_text(row, 0));
	snprintf(job->vex_id, sizeof(job->vex_id), "%s", sql_row_text(row, 1));
	job->cancel = sql_row_int(row, 21) != 0;
	take_numbers(job, row);
	if (job_state_from_text(&job->state, sql_row_text(row, 11)) < 0)
		return -EBADMSG;
	return take_texts(job, row);
}

int job_take_row(void *ctx, const struct sql_row *row)
{
	job_done(ctx);
	return job_from_row(ctx, row);
}

int job_insert(struct sql *sql, const struct job *job, struct err *err)
{
	return sql_run(
	    sql,
	    "INSERT INTO jobs (" JOB_COLUMNS
	    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, "
	    "?12, ?13, 0, ?14, 0, ?15, '[]', NULL, 0, 0, 0, NULL, NULL, ?16, ?17, ?18, 0, 0, 0, 1, "
	    "?19)",
	    SQL_VALUES(sql_text(job->id), sql_text(job->vex_id), sql_text(job->org),
		       sql_text(job->image_ref), sql_text(job->image_digest),
		       sql_text(job->sbom_id), sql_text(job->profile), sql_text(job->config),
		       sql_text(job->inputs), sql_text(job->fingerprint),
		       sql_text(job->callback_url), sql_text(job_state_names[job->state]),
		       sql_int(job->priority), sql_text(job->phase), sql_int(job->attempts_max),
		       sql_int(job->timeout_s), sql_int(job->duration_s), sql_int(job->created_ms),
		       sql_text(job->submitted_by)),
	    NULL, NULL, err);
}
