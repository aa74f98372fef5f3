// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_retention.c — what is old enough to be forgotten, a few rows at a time: others write meanwhile. */
#include "server/store_job.h"

#define JOBS_AT_ONCE 20
#define ENDED "state IN ('complete', 'failed', 'cancelled')"

struct sweep {
	int64_t age_ms, removed;
	char ids[JOBS_AT_ONCE][ID_BYTES];
	size_t count;
};

static int take_id(void *ctx, const struct sql_row *row)
{
	struct sweep *s = ctx;

	snprintf(s->ids[s->count++], ID_BYTES, "%s", sql_row_text(row, 0));
	return 0;
}

/* Whoever still has to be told of it is told first. */
static int sweep_jobs(struct sql *sql, void *ctx, struct err *err)
{
	static const char *const statements[] = {
		"DELETE FROM outbox WHERE job_id = ?1",
		"DELETE FROM agent_uploads WHERE job_id = ?1",
		"DELETE FROM idempotency WHERE job_id = ?1",
		"DELETE FROM job_events WHERE job_id = ?1",
		"DELETE FROM artifacts WHERE job_id = ?1",
		"DELETE FROM jobs WHERE id = ?1",
	};
	struct sweep *s = ctx;
	int r;

	s->count = 0;
	r = sql_run(
	    sql,
	    "SELECT id FROM jobs WHERE " ENDED " AND completed_ms < ?1 AND NOT EXISTS (SELECT 1 "
	    "FROM outbox WHERE outbox.job_id = jobs.id AND outbox.state = 'waiting') ORDER BY "
	    "completed_ms LIMIT 20",
	    SQL_VALUES(sql_int(sql_now_ms(sql) - s->age_ms)), take_id, s, err);
	for (size_t i = 0; r >= 0 && i < s->count; i++)
		for (size_t n = 0; r >= 0 && n < sizeof(statements) / sizeof(*statements); n++)
			r = sql_run(sql, statements[n], SQL_VALUES(sql_text(s->ids[i])), NULL, NULL,
				    err);
	return r < 0 ? r : (int)s->count;
}

static int sweep_by(struct sql *sql, const struct sweep *s, const char *statement, struct err *err)
{
	return sql_run(sql, statement, SQL_VALUES(sql_int(sql_now_ms(sql) - s->age_ms)), NULL, NULL,
		       err);
}

static int sweep_uploads(struct sql *sql, void *ctx, struct err *err)
{
	return sweep_by(sql, ctx,
			"DELETE FROM agent_uploads WHERE id IN (SELECT u.id FROM agent_uploads u "
			"JOIN jobs j ON j.id = u.job_id WHERE j." ENDED " AND j.completed_ms < ?1 "
			"LIMIT 200)",
			err);
}

static int sweep_traces(struct sql *sql, void *ctx, struct err *err)
{
	return sweep_by(
	    sql, ctx,
	    "DELETE FROM artifacts WHERE name = 'trace' AND job_id IN (SELECT j.id FROM "
	    "jobs j JOIN artifacts a ON a.job_id = j.id AND a.name = 'trace' WHERE "
	    "j." ENDED " AND j.completed_ms < ?1 LIMIT 200)",
	    err);
}

/* How far something was is of no use when it has ended; that it began and ended stays with it. */
static int sweep_events(struct sql *sql, void *ctx, struct err *err)
{
	return sweep_by(
	    sql, ctx,
	    "DELETE FROM job_events WHERE type = 'progress' AND (job_id, seq) IN "
	    "(SELECT job_id, seq FROM job_events WHERE type = 'progress' AND at_ms < ?1 "
	    "LIMIT 1000)",
	    err);
}

static int sweep_told(struct sql *sql, void *ctx, struct err *err)
{
	return sweep_by(sql, ctx,
			"DELETE FROM outbox WHERE id IN (SELECT id FROM outbox WHERE state IN "
			"('delivered', 'failed') AND ended_ms < ?1 LIMIT 1000)",
			err);
}

/* What waits for its analysis has them by their content, and may be looked at by their ids. */
static int sweep_inputs(struct sql *sql, void *ctx, struct err *err)
{
	return sweep_by(sql, ctx,
			"DELETE FROM inputs WHERE id IN (SELECT i.id FROM inputs i WHERE "
			"i.created_ms < ?1 AND NOT EXISTS (SELECT 1 FROM jobs j WHERE j.state IN "
			"('queued', 'running', 'analyzing') AND j.inputs LIKE '%' || i.id || '%') "
			"LIMIT 200)",
			err);
}

static int sweep_audit(struct sql *sql, void *ctx, struct err *err)
{
	return sweep_by(
	    sql, ctx,
	    "DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at_ms < ?1 LIMIT "
	    "1000)",
	    err);
}

int store_forget(int64_t *ret, struct db *db, enum retention_kind kind, int64_t age_ms,
		 struct err *err)
{
	static const db_fn sweeps[RETENTION_KINDS][2] = {
		[RETENTION_JOBS] = { sweep_jobs },
		[RETENTION_TRACES] = { sweep_uploads, sweep_traces },
		[RETENTION_EVENTS] = { sweep_told, sweep_events },
		[RETENTION_INPUTS] = { sweep_inputs },
		[RETENTION_AUDIT] = { sweep_audit },
	};
	struct sweep s = { .age_ms = age_ms };
	int r = 0;

	*ret = 0;
	for (size_t i = 0; i < 2 && sweeps[kind][i]; i++)
		while ((r = db_write(db, sweeps[kind][i], &s, err)) > 0)
			*ret += r;
	return r;
}

static int find_reference(struct sql *sql, void *ctx, struct err *err)
{
	int64_t one;

	return sql_run(sql,
		       "SELECT 1 FROM artifacts WHERE digest = ?1 UNION ALL SELECT 1 FROM inputs "
		       "WHERE digest = "
		       "?1 UNION ALL SELECT 1 FROM agent_uploads WHERE digest = ?1 UNION ALL "
		       "SELECT 1 FROM jobs WHERE state = 'running' AND functions = ?1 UNION ALL "
		       "SELECT 1 FROM jobs "
		       "WHERE state IN ('queued', 'running', 'analyzing') AND inputs LIKE '%' || "
		       "?1 || '%' LIMIT "
		       "1",
		       SQL_VALUES(sql_text(ctx)), sql_take_int, &one, err);
}

int store_has_content(struct db *db, const char *digest, struct err *err)
{
	return db_read(db, find_reference, (void *)digest, err);
}
