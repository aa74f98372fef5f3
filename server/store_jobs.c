// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_jobs.c — jobs come in, and are looked at. */
#include <string.h>

#include "server/store_job.h"

#define DAY_MS 86400000LL
#define IDEMPOTENCY_MS DAY_MS

struct submit {
	struct submitted *ret;
	const struct submission *submission;
	struct job found;
	char request[DIGEST_HEX_BYTES];
};

static int take_replay(void *ctx, const struct sql_row *row)
{
	struct submit *s = ctx;

	free(s->ret->reply);
	s->ret->reply = NULL;
	snprintf(s->request, sizeof(s->request), "%s", sql_row_text(row, 0));
	snprintf(s->ret->job_id, sizeof(s->ret->job_id), "%s", sql_row_text(row, 1));
	s->ret->reused = sql_row_int(row, 3) != 0;
	return copy_text(&s->ret->reply, sql_row_text(row, 2));
}

/* 1: this very request came before, and has its reply. */
static int replay(struct sql *sql, struct submit *s, struct err *err)
{
	const struct submission *in = s->submission;
	int64_t since = sql_now_ms(sql) - IDEMPOTENCY_MS;
	int r;

	if (!in->idempotency_key)
		return 0;
	r = sql_run(sql, "DELETE FROM idempotency WHERE created_ms < ?1",
		    SQL_VALUES(sql_int(since)), NULL, NULL, err);
	if (r < 0)
		return r;
	r = sql_run(
	    sql,
	    "SELECT request, job_id, reply, reused FROM idempotency WHERE principal = ?1 AND "
	    "name = ?2",
	    SQL_VALUES(sql_text(in->principal), sql_text(in->idempotency_key)), take_replay, s,
	    err);
	if (r <= 0)
		return r;
	if (strcmp(s->request, in->request) != 0)
		return err_set(err, EEXIST, "this Idempotency-Key was used for another request");
	s->ret->replayed = true;
	return 1;
}

struct quota {
	int64_t analyses, concurrent, priority, period_days, period_start, used;
};

static int take_quota(void *ctx, const struct sql_row *row)
{
	struct quota *q = ctx;

	*q = (struct quota){ sql_row_int(row, 0), sql_row_int(row, 1), sql_row_int(row, 2),
			     sql_row_int(row, 3), sql_row_int(row, 4), sql_row_int(row, 5) };
	return 0;
}

/* One submission of an organisation at a time: what it finds (its key, the same analysis, its quota) stays so until it is in. */
static int enter(struct sql *sql, const struct job *job, struct quota *q, struct err *err)
{
	int r = 0;

	/* The first of an organisation makes it. */
	for (int i = 0; r == 0 && i < 2; i++) {
		r = i ? store_organisation_ensure(sql, job->org, err) : 0;
		if (r == 0)
			r = sql_run(
			    sql,
			    "SELECT analyses_per_period, concurrent_max, priority, period_days, "
			    "period_start_ms, period_analyses FROM organisations WHERE id = ?1 "
			    "@for_update",
			    SQL_VALUES(sql_text(job->org)), take_quota, q, err);
	}
	return r < 0 ? r : 0;
}

/* Counts this submission against the organisation's period; -EDQUOT when that is used up. */
static int charge(struct sql *sql, const struct job *job, struct quota *q, struct err *err)
{
	int64_t now = sql_now_ms(sql);
	int r;

	if (now >= q->period_start + q->period_days * DAY_MS) {
		q->period_start = now;
		q->used = 0;
	}
	if (q->analyses && q->used >= q->analyses)
		return err_set(
		    err, EDQUOT,
		    "the organisation's %lld analyses of this period of %lld days are used",
		    (long long)q->analyses, (long long)q->period_days);
	r = sql_run(
	    sql,
	    "UPDATE organisations SET period_start_ms = ?2, period_analyses = ?3 WHERE id = ?1",
	    SQL_VALUES(sql_text(job->org), sql_int(q->period_start), sql_int(q->used + 1)), NULL,
	    NULL, err);
	return r < 0 ? r : 0;
}

/* 1: an analysis of the same image and configuration stands for this one. It does not end until who wants to hear of it is noted. */
static int reuse(struct sql *sql, struct submit *s, struct err *err)
{
	const struct job *job = s->submission->job;
	int r;

	if (s->submission->reanalyze)
		return 0;
	r = sql_run(sql,
		    "SELECT " JOB_COLUMNS
		    " FROM jobs WHERE org = ?1 AND fingerprint = ?2 AND cancel = "
		    "0 AND state NOT IN ('failed', 'cancelled') ORDER BY created_ms DESC LIMIT 1 "
		    "@for_update",
		    SQL_VALUES(sql_text(job->org), sql_text(job->fingerprint)), job_take_row,
		    &s->found, err);
	if (r > 0)
		s->ret->reused = true;
	return r;
}

static int insert(struct sql *sql, const struct submit *s, struct quota *quota, struct err *err)
{
	struct job job = *s->submission->job; /* borrows */
	struct audit audit = s->submission->audit ? *s->submission->audit : (struct audit){};
	int r = charge(sql, &job, quota, err);

	if (r < 0)
		return r;
	job.priority += quota->priority * 10;
	audit.target = job.id;
	r = job_insert(sql, &job, err);
	if (r >= 0 && s->submission->audit)
		r = store_audit_put(sql, &audit, err);
	if (r >= 0)
		r = store_event_add(sql, job.id, "phase",
				    "{\"status\":\"queued\",\"progress_percent\":0,"
				    "\"current_phase\":\"pending\"}",
				    err);
	return r < 0 ? r : sql_tell(sql, "work", err);
}

static int remember(struct sql *sql, const struct submit *s, struct err *err)
{
	const struct submission *in = s->submission;
	int r;

	if (!in->idempotency_key)
		return 0;
	r = sql_run(sql, "INSERT INTO idempotency VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
		    SQL_VALUES(sql_text(in->principal), sql_text(in->idempotency_key),
			       sql_text(in->request), sql_text(s->ret->job_id),
			       sql_text(s->ret->reply), sql_int(s->ret->reused),
			       sql_int(sql_now_ms(sql))),
		    NULL, NULL, err);
	return r < 0 ? r : 0;
}

/* Who submits what was analysed before is told as well: its own URL, of that analysis. */
static int note_listeners(struct sql *sql, const struct submit *s, const struct job *job,
			  struct err *err)
{
	const char *url = s->submission->job->callback_url;
	int r = url && *url ? store_outbox_add(sql, job, url, err) : 0;

	return r == 0 && s->submission->job->tells_backend && !s->ret->reused
		   ? store_outbox_add(sql, job, "", err)
		   : r;
}

static int submit(struct sql *sql, void *ctx, struct err *err)
{
	struct submit *s = ctx;
	const struct job *job = s->submission->job;
	struct quota quota = {};
	int r;

	free(s->ret->reply);
	*s->ret = (struct submitted){};
	r = enter(sql, job, &quota, err);
	r = r ? r : replay(sql, s, err);
	if (r)
		return r < 0 ? r : 0;
	r = reuse(sql, s, err);
	if (r == 0)
		r = insert(sql, s, &quota, err);
	if (r < 0)
		return r;
	job = s->ret->reused ? &s->found : job;
	r = note_listeners(sql, s, job, err);
	if (r < 0)
		return r;
	snprintf(s->ret->job_id, sizeof(s->ret->job_id), "%s", job->id);
	s->ret->reply = s->submission->render(job, s->ret->reused);
	return s->ret->reply ? remember(sql, s, err) : err_oom(err);
}

int store_submit(struct submitted *ret, struct db *db, const struct submission *submission,
		 struct err *err)
{
	struct submitted submitted = {};
	struct submit s = { .ret = &submitted, .submission = submission };
	int r = db_write(db, submit, &s, err);

	job_done(&s.found);
	if (r < 0)
		free(submitted.reply);
	else
		*ret = submitted;
	return r;
}

struct lookup {
	struct job *job;
	const char *org, *id;
	const char *statement;
};

static int look_up(struct sql *sql, void *ctx, struct err *err)
{
	struct lookup *l = ctx;
	int r = sql_run(sql, l->statement, SQL_VALUES(sql_text(l->id), sql_text(l->org)),
			job_take_row, l->job, err);

	if (r == 0)
		return err_set(err, ENOENT, "there is no analysis '%.64s'", l->id);
	return r < 0 ? r : 0;
}

static int find(struct job *ret, struct db *db, struct lookup *l, struct err *err)
{
	struct job job = {};
	int r;

	l->job = &job;
	r = db_read(db, look_up, l, err);
	if (r < 0)
		job_done(&job);
	else
		*ret = job;
	return r;
}

int store_job(struct job *ret, struct db *db, const char *org, const char *id, struct err *err)
{
	struct lookup l = { NULL, org, id,
			    "SELECT " JOB_COLUMNS
			    " FROM jobs WHERE id = ?1 AND org = COALESCE(?2, org)" };

	return find(ret, db, &l, err);
}

int store_job_by_vex(struct job *ret, struct db *db, const char *org, const char *vex_id,
		     struct err *err)
{
	struct lookup l = { NULL, org, vex_id,
			    "SELECT " JOB_COLUMNS
			    " FROM jobs WHERE vex_id = ?1 AND org = COALESCE(?2, org)" };

	return find(ret, db, &l, err);
}

struct listing {
	int64_t *total;
	const char *org;
	const struct job_page *page;
	job_fn fn;
	void *ctx;
};

static int list_one(void *ctx, const struct sql_row *row)
{
	struct listing *l = ctx;
	_cleanup_job_ struct job job = {};
	int r = job_from_row(&job, row);

	return r < 0 ? r : l->fn(l->ctx, &job);
}

static int list(struct sql *sql, void *ctx, struct err *err)
{
	struct listing *l = ctx;
	const struct job_page *p = l->page;
	int r =
	    sql_run(sql, "SELECT COUNT(*) FROM jobs WHERE org = ?1 AND state = COALESCE(?2, state)",
		    SQL_VALUES(sql_text(l->org), sql_text(p->state)), sql_take_int, l->total, err);

	if (r >= 0 && p->before_id)
		r = sql_run(
		    sql,
		    "SELECT " JOB_COLUMNS
		    " FROM jobs WHERE org = ?1 AND state = COALESCE(?2, state) AND "
		    "(created_ms, id) < (?3, ?4) ORDER BY created_ms DESC, id DESC LIMIT ?5 "
		    "OFFSET ?6",
		    SQL_VALUES(sql_text(l->org), sql_text(p->state), sql_int(p->before_ms),
			       sql_text(p->before_id), sql_int(p->limit), sql_int(p->skip)),
		    list_one, l, err);
	else if (r >= 0)
		r = sql_run(sql,
			    "SELECT " JOB_COLUMNS
			    " FROM jobs WHERE org = ?1 AND state = COALESCE(?2, state) ORDER BY "
			    "created_ms DESC, id DESC LIMIT ?3 OFFSET ?4",
			    SQL_VALUES(sql_text(l->org), sql_text(p->state), sql_int(p->limit),
				       sql_int(p->skip)),
			    list_one, l, err);
	return r < 0 ? r : 0;
}

int store_job_list(int64_t *ret_total, struct db *db, const char *org, const struct job_page *page,
		   job_fn fn, void *ctx, struct err *err)
{
	struct listing l = { ret_total, org, page, fn, ctx };

	return db_read(db, list, &l, err);
}

static int take_count(void *ctx, const struct sql_row *row)
{
	enum job_state state;

	if (job_state_from_text(&state, sql_row_text(row, 0)) == 0)
		((int64_t *)ctx)[state] = sql_row_int(row, 1);
	return 0;
}

static int count(struct sql *sql, void *ctx, struct err *err)
{
	int r = sql_run(sql, "SELECT state, COUNT(*) FROM jobs GROUP BY state", NULL, 0, take_count,
			ctx, err);

	return r < 0 ? r : 0;
}

int store_job_counts(int64_t ret[JOB_STATE_COUNT], struct db *db, struct err *err)
{
	return db_read(db, count, ret, err);
}

static int take_oldest(void *ctx, const struct sql_row *row)
{
	*(int64_t *)ctx = sql_row_int(row, 0);
	return 0;
}

static int find_oldest(struct sql *sql, void *ctx, struct err *err)
{
	int64_t *ret = ctx, created_ms = 0;
	int r = sql_run(sql, "SELECT COALESCE(MIN(created_ms), 0) FROM jobs WHERE state = 'queued'",
			NULL, 0, take_oldest, &created_ms, err);

	if (r < 0)
		return r;
	*ret = created_ms ? sql_now_ms(sql) - created_ms : 0;
	return 0;
}

int store_job_oldest(int64_t *ret_ms, struct db *db, struct err *err)
{
	return db_read(db, find_oldest, ret_ms, err);
}
