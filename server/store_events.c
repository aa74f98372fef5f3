// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_events.c — what happened to a job, in order, and what it left. */
#include <string.h>

#include "server/store_job.h"

int store_event_add(struct sql *sql, const char *job_id, const char *type, const char *data,
		    struct err *err)
{
	int r = sql_run(
	    sql,
	    "INSERT INTO job_events (job_id, seq, at_ms, type, data) VALUES (?1, COALESCE((SELECT "
	    "MAX(seq) FROM job_events WHERE job_id = ?1), 0) + 1, ?2, ?3, ?4)",
	    SQL_VALUES(sql_text(job_id), sql_int(sql_now_ms(sql)), sql_text(type), sql_text(data)),
	    NULL, NULL, err);

	return r < 0 ? r : sql_tell(sql, job_id, err);
}

struct events {
	const char *job_id;
	int64_t after, limit;
	job_event_fn fn;
	void *ctx;
};

static int take_event(void *ctx, const struct sql_row *row)
{
	struct events *e = ctx;
	const struct job_event event = { sql_row_int(row, 0), sql_row_int(row, 1),
					 sql_row_text(row, 2), sql_row_text(row, 3) };

	return e->fn(e->ctx, &event);
}

static int read_events(struct sql *sql, void *ctx, struct err *err)
{
	struct events *e = ctx;

	return sql_run(
	    sql,
	    "SELECT seq, at_ms, type, data FROM job_events WHERE job_id = ?1 AND seq > ?2 "
	    "ORDER BY seq LIMIT ?3",
	    SQL_VALUES(sql_text(e->job_id), sql_int(e->after), sql_int(e->limit)), take_event, e,
	    err);
}

int store_events(struct db *db, const char *job_id, int64_t after, int64_t limit, job_event_fn fn,
		 void *ctx, struct err *err)
{
	struct events e = { job_id, after, limit, fn, ctx };

	return db_read(db, read_events, &e, err);
}

void artifact_done(struct artifact *artifact)
{
	free(artifact->name);
	free(artifact->media);
	free(artifact->digest);
	*artifact = (struct artifact){};
}

struct artifact_lookup {
	struct artifact artifact;
	const char *job_id, *name;
};

static int take_artifact(void *ctx, const struct sql_row *row)
{
	struct artifact *a = ctx;

	artifact_done(a);
	a->bytes = sql_row_int(row, 3);
	if (copy_text(&a->name, sql_row_text(row, 0)) < 0 ||
	    copy_text(&a->media, sql_row_text(row, 1)) < 0)
		return -ENOMEM;
	return copy_text(&a->digest, sql_row_text(row, 2));
}

static int read_artifact(struct sql *sql, void *ctx, struct err *err)
{
	struct artifact_lookup *l = ctx;
	int r = sql_run(
	    sql,
	    "SELECT name, media, digest, bytes FROM artifacts WHERE job_id = ?1 AND name = "
	    "?2",
	    SQL_VALUES(sql_text(l->job_id), sql_text(l->name)), take_artifact, &l->artifact, err);

	if (r == 0)
		return err_set(err, ENOENT, "this analysis has no '%s'", l->name);
	return r < 0 ? r : 0;
}

int store_artifact(struct artifact *ret, struct db *db, const char *job_id, const char *name,
		   struct err *err)
{
	struct artifact_lookup l = { .job_id = job_id, .name = name };
	int r = db_read(db, read_artifact, &l, err);

	if (r < 0)
		artifact_done(&l.artifact);
	else
		*ret = l.artifact;
	return r;
}
