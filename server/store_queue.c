// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_queue.c — leases: who works on what, until when, and what becomes of it. */
#include <string.h>

#include "server/json_out.h"
#include "server/store_job.h"

struct claim {
	struct job job;
	const char *owner;
	int64_t lease_ms;
};

/* Others may have claimed jobs of the same organisation at the same time, each seeing room for one more. -EXFULL: then there is none
 * for this one. */
static int check_room(struct sql *sql, const struct job *job, struct err *err)
{
	int64_t max = 0, at_work = 0;
	int r = sql_run(sql, "SELECT concurrent_max FROM organisations WHERE id = ?1",
			SQL_VALUES(sql_text(job->org)), sql_take_int, &max, err);

	if (r >= 0 && max > 0)
		r = sql_run(sql, "SELECT @alone", NULL, 0, NULL, NULL, err);
	if (r >= 0 && max > 0)
		r = sql_run(sql,
			    "SELECT COUNT(*) FROM jobs WHERE org = ?1 AND state IN ('running', "
			    "'analyzing')",
			    SQL_VALUES(sql_text(job->org)), sql_take_int, &at_work, err);
	if (r >= 0 && max > 0 && at_work > max)
		return err_set(err, EXFULL, "others work for '%s'", job->org);
	return r < 0 ? r : 1;
}

static int claim(struct sql *sql, void *ctx, struct err *err)
{
	struct claim *c = ctx;
	int64_t now = sql_now_ms(sql);
	int r;

	job_done(&c->job);
	r = sql_run(sql,
		    "UPDATE jobs SET state = 'running', owner = ?1, lease_ms = ?2, fence = fence + "
		    "1, attempt = "
		    "attempt + 1, started_ms = CASE started_ms WHEN 0 THEN ?3 ELSE started_ms END, "
		    "percent = 0, sandbox_pod = NULL, sandbox_node = NULL, functions = NULL, "
		    "phase = 'Initializing', revision = revision + 1 WHERE id = (SELECT j.id FROM "
		    "jobs j WHERE "
		    "j.state = 'queued' AND j.not_before_ms <= ?3 AND NOT EXISTS (SELECT 1 FROM "
		    "organisations o "
		    "WHERE o.id = j.org AND o.concurrent_max > 0 AND o.concurrent_max <= (SELECT "
		    "COUNT(*) FROM "
		    "jobs w WHERE w.org = o.id AND w.state IN ('running', 'analyzing'))) ORDER BY "
		    "j.priority "
		    "DESC, j.created_ms, j.id LIMIT 1 @skip_locked) RETURNING " JOB_COLUMNS,
		    SQL_VALUES(sql_text(c->owner), sql_int(now + c->lease_ms), sql_int(now)),
		    job_take_row, &c->job, err);
	if (r > 0)
		r = check_room(sql, &c->job, err);
	if (r <= 0)
		return r;
	r = store_event_add(sql, c->job.id, "phase",
			    "{\"status\":\"running\",\"progress_percent\":0,"
			    "\"current_phase\":\"Initializing\"}",
			    err);
	return r < 0 ? r : 1;
}

int store_claim(struct job *ret, struct db *db, const char *owner, int64_t lease_ms,
		struct err *err)
{
	struct claim c = { .owner = owner, .lease_ms = lease_ms };
	int r = 0;

	do
		r = db_write(db, claim, &c, err);
	while (r == -EXFULL); /* the next look sees who was quicker */
	if (r <= 0)
		job_done(&c.job);
	else
		*ret = c.job;
	return r;
}

struct hold {
	const struct lease *lease;
	int64_t lease_ms;
	const struct progress *progress;
	const struct ending *ending;
};

static int stale(const struct lease *lease, struct err *err)
{
	return err_set(err, ESTALE, "the lease on job %s is lost", lease->job_id);
}

static int renew(struct sql *sql, void *ctx, struct err *err)
{
	const struct hold *h = ctx;
	int64_t cancel = 0;
	int r =
	    sql_run(sql,
		    "UPDATE jobs SET lease_ms = ?4 WHERE id = ?1 AND owner = ?2 AND fence = ?3 AND "
		    "state IN ('running', 'analyzing') RETURNING cancel",
		    SQL_VALUES(sql_text(h->lease->job_id), sql_text(h->lease->owner),
			       sql_int(h->lease->fence), sql_int(sql_now_ms(sql) + h->lease_ms)),
		    sql_take_int, &cancel, err);

	if (r <= 0)
		return r < 0 ? r : stale(h->lease, err);
	return cancel != 0;
}

int store_renew(struct db *db, const struct lease *lease, int64_t lease_ms, struct err *err)
{
	struct hold h = { .lease = lease, .lease_ms = lease_ms };
	int r = db_write(db, renew, &h, err);

	/* Who is to end it holds it until then. */
	return r > 0 ? err_set(err, ECANCELED, "cancelled") : r;
}

/* The event that goes with a change: what the status says, and `data` besides. */
static int add_event(struct sql *sql, const char *job_id, const char *type,
		     const struct progress *progress, const char *error, struct err *err)
{
	struct json_out out = {};
	_cleanup_free_ char *data = NULL;

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "status", job_state_names[progress->state]);
	json_out_int(&out, "progress_percent", progress->percent);
	json_out_text(&out, "current_phase", progress->phase);
	json_out_optional(&out, "error_message", error);
	if (progress->data)
		json_out_raw(&out, "observed", progress->data);
	json_out_close(&out, '}');
	data = text_take(&out.text);
	return data ? store_event_add(sql, job_id, type, data, err) : err_oom(err);
}

struct before {
	char phase[128];
	bool known;
};

static int take_phase(void *ctx, const struct sql_row *row)
{
	struct before *before = ctx;

	snprintf(before->phase, sizeof(before->phase), "%s", sql_row_text(row, 0));
	return 0;
}

static int note_progress(struct sql *sql, void *ctx, struct err *err)
{
	const struct hold *h = ctx;
	const struct progress *p = h->progress;
	struct before before = {};
	int r = sql_run(sql, "SELECT phase FROM jobs WHERE id = ?1",
			SQL_VALUES(sql_text(h->lease->job_id)), take_phase, &before, err);

	if (r >= 0)
		r = sql_run(
		    sql,
		    "UPDATE jobs SET state = ?4, percent = ?5, phase = ?6, sandbox_id = "
		    "COALESCE(?7, sandbox_id), sandbox_pod = COALESCE(?8, sandbox_pod), "
		    "sandbox_node = COALESCE(?9, sandbox_node), revision = revision + 1 WHERE id "
		    "= ?1 AND owner = ?2 AND fence = ?3 AND state IN ('running', 'analyzing')",
		    SQL_VALUES(sql_text(h->lease->job_id), sql_text(h->lease->owner),
			       sql_int(h->lease->fence), sql_text(job_state_names[p->state]),
			       sql_int(p->percent), sql_text(p->phase), sql_text(p->sandbox_id),
			       sql_text(p->sandbox_pod), sql_text(p->sandbox_node)),
		    NULL, NULL, err);
	if (r <= 0)
		return r < 0 ? r : stale(h->lease, err);
	return add_event(sql, h->lease->job_id,
			 strcmp(before.phase, p->phase) ? "phase" : "progress", p, NULL, err);
}

struct listing {
	const struct lease *lease;
	const char *digest;
};

static int set_functions(struct sql *sql, void *ctx, struct err *err)
{
	const struct listing *l = ctx;
	int r =
	    sql_run(sql,
		    "UPDATE jobs SET functions = ?4 WHERE id = ?1 AND owner = ?2 AND fence = ?3 "
		    "AND state IN ('running', 'analyzing')",
		    SQL_VALUES(sql_text(l->lease->job_id), sql_text(l->lease->owner),
			       sql_int(l->lease->fence), sql_text(l->digest)),
		    NULL, NULL, err);

	return r < 0 ? r : r == 0 ? stale(l->lease, err) : 0;
}

int store_functions_set(struct db *db, const struct lease *lease, const char *digest,
			struct err *err)
{
	struct listing l = { lease, digest };

	return db_write(db, set_functions, &l, err);
}

int store_progress(struct db *db, const struct lease *lease, const struct progress *progress,
		   struct err *err)
{
	struct hold h = { .lease = lease, .progress = progress };

	return db_write(db, note_progress, &h, err);
}

static int add_artifacts(struct sql *sql, const struct hold *h, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < h->ending->artifact_count; i++) {
		const struct artifact *a = &h->ending->artifacts[i];

		r = sql_run(
		    sql,
		    "INSERT INTO artifacts (job_id, name, media, digest, bytes) VALUES (?1, ?2, "
		    "?3, ?4, ?5)",
		    SQL_VALUES(sql_text(h->lease->job_id), sql_text(a->name), sql_text(a->media),
			       sql_text(a->digest), sql_int(a->bytes)),
		    NULL, NULL, err);
	}
	return r < 0 ? r : 0;
}

static const char *phase_of_end(enum job_state state)
{
	return state == JOB_COMPLETE ? "Complete"
	       : state == JOB_FAILED ? "Failed"
	       : state == JOB_QUEUED ? "pending"
				     : "Cancelled";
}

/* Puts a reason at the end of a JSON array of them. */
static char *more_reasons(const char *reasons, int64_t attempt, const char *reason, int64_t now)
{
	struct json_out out = {};
	size_t len = strlen(reasons);

	text_put_n(&out.text, reasons, len - 1);
	out.comma = len > 2;
	json_out_open(&out, NULL, '{');
	json_out_int(&out, "attempt", attempt);
	json_out_text(&out, "reason", reason);
	json_out_time(&out, "at", now);
	json_out_close(&out, '}');
	text_put(&out.text, "]");
	return text_take(&out.text);
}

/* Ends this attempt of a job that is worked on. */
static int end(struct sql *sql, const struct job *job, const struct ending *e, struct err *err)
{
	int64_t now = sql_now_ms(sql);
	bool final = job_state_is_final(e->state);
	struct progress progress = { .state = e->state,
				     .percent = e->state == JOB_COMPLETE ? 100 : job->percent,
				     .phase = phase_of_end(e->state) };
	_cleanup_free_ char *reasons =
	    e->reason ? more_reasons(job->reasons, job->attempt, e->reason, now)
		      : strdup(job->reasons);
	int r;

	if (!reasons)
		return err_oom(err);
	r = sql_run(sql,
		    "UPDATE jobs SET state = ?2, percent = ?3, phase = ?4, error = ?5, reasons = "
		    "?6, owner = NULL, "
		    "lease_ms = 0, completed_ms = ?7, not_before_ms = ?8, attempts_max = "
		    "attempts_max + ?9, revision = revision + 1 "
		    "WHERE id = ?1",
		    SQL_VALUES(sql_text(job->id), sql_text(job_state_names[e->state]),
			       sql_int(progress.percent), sql_text(progress.phase),
			       sql_text(e->state == JOB_FAILED ? e->reason : NULL),
			       sql_text(reasons), sql_int(final ? now : 0),
			       sql_int(now + e->again_ms), sql_int(e->uncounted)),
		    NULL, NULL, err);
	if (r >= 0)
		r = add_event(sql, job->id, final ? "done" : "retry", &progress, e->reason, err);
	if (r >= 0)
		r = sql_tell(sql, "work", err);
	return r < 0 || !final ? r : store_outbox_release(sql, job, e, now, err);
}

static int finish(struct sql *sql, void *ctx, struct err *err)
{
	const struct hold *h = ctx;
	_cleanup_job_ struct job job = {};
	struct ending ending = *h->ending;
	int r =
	    sql_run(sql,
		    "SELECT " JOB_COLUMNS " FROM jobs WHERE id = ?1 AND owner = ?2 AND fence = ?3 "
		    "AND state IN ('running', 'analyzing') @for_update",
		    SQL_VALUES(sql_text(h->lease->job_id), sql_text(h->lease->owner),
			       sql_int(h->lease->fence)),
		    job_take_row, &job, err);

	if (r <= 0)
		return r < 0 ? r : stale(h->lease, err);
	/* Who asked for the end gets it, also where the work was quicker, or failed meanwhile. */
	if (job.cancel)
		ending = (struct ending){ .state = JOB_CANCELLED };
	if (ending.state == JOB_QUEUED && !ending.uncounted && job.attempt >= job.attempts_max)
		ending.state = JOB_FAILED;
	if (h->ending->ret_state)
		*h->ending->ret_state = ending.state;
	r = job.cancel || !job_state_is_final(ending.state) ? 0 : add_artifacts(sql, h, err);
	return r < 0 ? r : end(sql, &job, &ending, err);
}

int store_finish(struct db *db, const struct lease *lease, const struct ending *ending,
		 struct err *err)
{
	struct hold h = { .lease = lease, .ending = ending };

	return db_write(db, finish, &h, err);
}

struct cancel {
	const char *org, *id;
	enum job_state state;
};

static int cancel(struct sql *sql, void *ctx, struct err *err)
{
	struct cancel *c = ctx;
	_cleanup_job_ struct job job = {};
	int r =
	    sql_run(sql, "SELECT " JOB_COLUMNS " FROM jobs WHERE id = ?1 AND org = ?2 @for_update",
		    SQL_VALUES(sql_text(c->id), sql_text(c->org)), job_take_row, &job, err);

	if (r <= 0)
		return r < 0 ? r : err_set(err, ENOENT, "there is no analysis '%.64s'", c->id);
	c->state = job.state;
	if (job_state_is_final(job.state))
		return err_set(err, EALREADY, "the analysis is %s already",
			       job_state_names[job.state]);
	if (job.state == JOB_QUEUED)
		return end(sql, &job, &(const struct ending){ .state = JOB_CANCELLED }, err);
	r = sql_run(sql, "UPDATE jobs SET cancel = 1, revision = revision + 1 WHERE id = ?1",
		    SQL_VALUES(sql_text(job.id)), NULL, NULL, err);
	return r < 0 ? r : 1;
}

int store_cancel(enum job_state *ret_state, struct db *db, const char *org, const char *id,
		 struct err *err)
{
	struct cancel c = { .org = org, .id = id };
	int r = db_write(db, cancel, &c, err);

	*ret_state = c.state;
	return r;
}

struct recovery {
	const char *owner;
	struct job jobs[64];
	size_t count;
};

static int take_lost(void *ctx, const struct sql_row *row)
{
	struct recovery *recovery = ctx;
	struct job *job = &recovery->jobs[recovery->count++];

	*job = (struct job){};
	return job_from_row(job, row);
}

static int recover_all(struct sql *sql, struct recovery *recovery, struct err *err)
{
	int64_t now = sql_now_ms(sql);
	int r =
	    sql_run(sql,
		    "SELECT " JOB_COLUMNS " FROM jobs WHERE state IN ('running', 'analyzing') AND "
		    "(lease_ms < ?1 OR owner = ?2) ORDER BY created_ms, id LIMIT 64 @skip_locked",
		    SQL_VALUES(sql_int(now), sql_text(recovery->owner)), take_lost, recovery, err);

	for (size_t i = 0; r >= 0 && i < recovery->count; i++) {
		const struct job *job = &recovery->jobs[i];
		const struct ending ending = {
			.state = job->cancel                        ? JOB_CANCELLED
				 : job->attempt < job->attempts_max ? JOB_QUEUED
								    : JOB_FAILED,
			.reason = job->cancel ? NULL : "the server that worked on it went away",
		};

		r = end(sql, job, &ending, err);
	}
	return r;
}

static int recover(struct sql *sql, void *ctx, struct err *err)
{
	struct recovery *recovery = ctx;
	int r;

	recovery->count = 0;
	r = recover_all(sql, recovery, err);
	for (size_t i = 0; i < recovery->count; i++)
		job_done(&recovery->jobs[i]);
	return r < 0 ? r : (int)recovery->count;
}

int store_recover(struct db *db, const char *owner, struct err *err)
{
	_cleanup_free_ struct recovery *recovery = calloc(1, sizeof(*recovery));

	if (!recovery)
		return err_oom(err);
	recovery->owner = owner;
	return db_write(db, recover, recovery, err);
}
