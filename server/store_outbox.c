// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_outbox.c — who is to be told that a job has ended. */
#include <string.h>

#include "server/json_out.h"
#include "server/store_job.h"

#define DELIVERY_COLUMNS "id, org, job_id, url, body, attempt, created_ms"

void delivery_done(struct delivery *d)
{
	free(d->org);
	free(d->url);
	free(d->body);
	*d = (struct delivery){};
}

/* What everybody is told, who then asks for more by the job's id. */
static char *format(const struct job *job, const struct ending *end, int64_t now)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "event", "analysis.ended");
	json_out_text(&out, "job_id", job->id);
	json_out_text(&out, "organization", job->org);
	json_out_text(&out, "status", job_state_names[end->state]);
	json_out_text(&out, "image_ref", job->image_ref);
	json_out_text(&out, "image_digest", job->image_digest);
	json_out_text(&out, "profile", job->profile);
	json_out_time(&out, "created_at", job->created_ms);
	json_out_time(&out, "started_at", job->started_ms);
	json_out_time(&out, "completed_at", now);
	json_out_text(&out, "error_message", end->state == JOB_FAILED ? end->reason : NULL);
	json_out_text(&out, "generated_vex_id", end->state == JOB_COMPLETE ? job->vex_id : NULL);
	json_out_close(&out, '}');
	return text_take(&out.text);
}

int store_outbox_release(struct sql *sql, const struct job *job, const struct ending *end,
			 int64_t now, struct err *err)
{
	_cleanup_free_ char *body = format(job, end, now);
	int r;

	if (!body)
		return err_oom(err);
	r = sql_run(sql,
		    "UPDATE outbox SET state = 'waiting', body = ?2, due_ms = ?3 WHERE job_id = ?1 "
		    "AND state = 'awaits'",
		    SQL_VALUES(sql_text(job->id), sql_text(body), sql_int(now)), NULL, NULL, err);
	return r > 0 ? sql_tell(sql, "callbacks", err) : r;
}

int store_outbox_add(struct sql *sql, const struct job *job, const char *url, struct err *err)
{
	const struct ending end = { .state = job->state, .reason = job->error };
	int64_t now = sql_now_ms(sql);
	char id[ID_BYTES];
	int r;

	id_new(id, now);
	r = sql_run(
	    sql,
	    "INSERT INTO outbox (id, org, job_id, url, state, body, attempt, due_ms, lease_ms, "
	    "status, error, created_ms, ended_ms) SELECT ?1, ?2, ?3, ?4, 'awaits', NULL, 0, 0, 0, "
	    "0, NULL, ?5, 0 WHERE NOT EXISTS (SELECT 1 FROM outbox WHERE job_id = ?3 AND url = ?4 "
	    "AND state IN ('awaits', 'waiting'))",
	    SQL_VALUES(sql_text(id), sql_text(job->org), sql_text(job->id), sql_text(url),
		       sql_int(now)),
	    NULL, NULL, err);
	if (r < 0 || !job_state_is_final(job->state))
		return r < 0 ? r : 0;
	return store_outbox_release(sql, job, &end, job->completed_ms, err);
}

static int take(void *ctx, const struct sql_row *row)
{
	struct delivery *d = ctx;

	delivery_done(d);
	snprintf(d->id, sizeof(d->id), "%s", sql_row_text(row, 0));
	snprintf(d->job_id, sizeof(d->job_id), "%s", sql_row_text(row, 2));
	d->attempt = sql_row_int(row, 5);
	d->created_ms = sql_row_int(row, 6);
	if (copy_text(&d->org, sql_row_text(row, 1)) < 0 ||
	    copy_text(&d->url, sql_row_text(row, 3)) < 0)
		return -ENOMEM;
	return copy_text(&d->body, sql_row_text(row, 4));
}

struct claim {
	struct delivery delivery;
	int64_t lease_ms;
};

static int claim(struct sql *sql, void *ctx, struct err *err)
{
	struct claim *c = ctx;
	int64_t now = sql_now_ms(sql);

	return sql_run(
	    sql,
	    "UPDATE outbox SET attempt = attempt + 1, lease_ms = ?2 WHERE id = (SELECT o.id FROM "
	    "outbox o WHERE o.state = 'waiting' AND o.due_ms <= ?1 AND o.lease_ms < ?1 ORDER BY "
	    "o.due_ms, o.id LIMIT 1 @skip_locked) RETURNING " DELIVERY_COLUMNS,
	    SQL_VALUES(sql_int(now), sql_int(now + c->lease_ms)), take, &c->delivery, err);
}

int store_outbox_claim(struct delivery *ret, struct db *db, int64_t lease_ms, struct err *err)
{
	struct claim c = { .lease_ms = lease_ms };
	int r = db_write(db, claim, &c, err);

	if (r <= 0)
		delivery_done(&c.delivery);
	else
		*ret = c.delivery;
	return r;
}

struct outcome_of {
	const struct delivery *delivery;
	const struct delivery_end *end;
};

static int note(struct sql *sql, void *ctx, struct err *err)
{
	const struct outcome_of *o = ctx;
	const struct delivery_end *e = o->end;
	int64_t now = sql_now_ms(sql);
	int r = sql_run(sql,
			"UPDATE outbox SET state = ?3, due_ms = ?4, lease_ms = 0, status = ?5, "
			"error = ?6, ended_ms = ?7 WHERE id = ?1 AND attempt = ?2",
			SQL_VALUES(sql_text(o->delivery->id), sql_int(o->delivery->attempt),
				   sql_text(e->again_ms ? "waiting"
					    : e->reason ? "failed"
							: "delivered"),
				   sql_int(now + e->again_ms), sql_int(e->status),
				   sql_text(e->reason), sql_int(e->again_ms ? 0 : now)),
			NULL, NULL, err);

	return r < 0 ? r : 0;
}

int store_outbox_end(struct db *db, const struct delivery *delivery, const struct delivery_end *end,
		     struct err *err)
{
	struct outcome_of o = { delivery, end };

	return db_write(db, note, &o, err);
}
