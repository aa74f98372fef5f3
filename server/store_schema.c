// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_schema.c — the tables, and how an older database gets them. A migration that was released is never changed. */
#include "server/store.h"

static const char *const version_1[] = {
	"CREATE TABLE organisations (id TEXT PRIMARY KEY, created_ms @int NOT NULL, "
	"analyses_per_period @int NOT NULL, concurrent_max @int NOT NULL, priority @int NOT NULL, "
	"period_days @int NOT NULL, period_start_ms @int NOT NULL, period_analyses @int NOT NULL) "
	"@strict",
	"CREATE TABLE jobs (id TEXT PRIMARY KEY, vex_id TEXT NOT NULL UNIQUE, org TEXT NOT NULL, "
	"image_ref TEXT NOT NULL, image_digest TEXT NOT NULL, sbom_id TEXT, profile TEXT NOT NULL, "
	"config TEXT NOT NULL, inputs TEXT NOT NULL, fingerprint TEXT NOT NULL, callback_url TEXT, "
	"state TEXT NOT NULL, priority @int NOT NULL, percent @int NOT NULL, phase TEXT NOT NULL, "
	"attempt @int NOT NULL, attempts_max @int NOT NULL, reasons TEXT NOT NULL, owner TEXT, "
	"lease_ms @int NOT NULL, fence @int NOT NULL, cancel @int NOT NULL, error TEXT, "
	"sandbox_id TEXT, timeout_s @int NOT NULL, duration_s @int NOT NULL, created_ms @int NOT "
	"NULL, started_ms @int NOT NULL, completed_ms @int NOT NULL, not_before_ms @int NOT NULL, "
	"revision @int NOT NULL, submitted_by TEXT NOT NULL) @strict",
	"CREATE INDEX jobs_waiting ON jobs (priority DESC, created_ms, id) WHERE state = 'queued'",
	"CREATE INDEX jobs_worked_on ON jobs (lease_ms) WHERE state IN ('running', 'analyzing')",
	"CREATE INDEX jobs_of_org ON jobs (org, created_ms DESC, id DESC)",
	"CREATE INDEX jobs_same ON jobs (org, fingerprint)",
	"CREATE TABLE job_events (job_id TEXT NOT NULL REFERENCES jobs (id), seq @int NOT NULL, "
	"at_ms "
	"@int NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL, PRIMARY KEY (job_id, seq)) @strict",
	"CREATE TABLE artifacts (job_id TEXT NOT NULL REFERENCES jobs (id), name TEXT NOT NULL, "
	"media "
	"TEXT NOT NULL, digest TEXT NOT NULL, bytes @int NOT NULL, PRIMARY KEY (job_id, name)) "
	"@strict",
	"CREATE TABLE inputs (id TEXT PRIMARY KEY, org TEXT NOT NULL, kind TEXT NOT NULL, name "
	"TEXT, "
	"digest TEXT NOT NULL, media TEXT, format TEXT, image_digest TEXT, bytes @int NOT NULL, "
	"created_ms @int NOT NULL, created_by TEXT NOT NULL) @strict",
	"CREATE INDEX inputs_of_org ON inputs (org, kind, created_ms DESC)",
	"CREATE TABLE api_keys (id TEXT PRIMARY KEY, org TEXT NOT NULL, name TEXT NOT NULL, hash "
	"TEXT "
	"NOT NULL, scopes TEXT NOT NULL, created_ms @int NOT NULL, expires_ms @int NOT NULL, "
	"revoked_ms @int NOT NULL, last_used_ms @int NOT NULL) @strict",
	"CREATE TABLE idempotency (principal TEXT NOT NULL, name TEXT NOT NULL, request TEXT NOT "
	"NULL, "
	"job_id TEXT NOT NULL, reply TEXT NOT NULL, reused @int NOT NULL, created_ms @int NOT "
	"NULL, "
	"PRIMARY KEY (principal, name)) @strict",
	"CREATE TABLE audit (id TEXT PRIMARY KEY, at_ms @int NOT NULL, org TEXT NOT NULL, actor "
	"TEXT "
	"NOT NULL, action TEXT NOT NULL, target TEXT, details TEXT, request_id TEXT) @strict",
	"CREATE INDEX audit_of_org ON audit (org, id DESC)",
	NULL,
};

/* Agents, and what they upload. */
static const char *const version_2[] = {
	"CREATE TABLE agents (org TEXT NOT NULL, node TEXT NOT NULL, version TEXT NOT NULL, kernel "
	"TEXT NOT NULL, arch TEXT NOT NULL, backend TEXT NOT NULL, details TEXT NOT NULL, first_ms "
	"@int NOT NULL, seen_ms @int NOT NULL, PRIMARY KEY (org, node)) @strict",
	"CREATE TABLE agent_uploads (id TEXT PRIMARY KEY, org TEXT NOT NULL, job_id TEXT NOT NULL "
	"REFERENCES jobs (id), attempt @int NOT NULL, pod_uid TEXT NOT NULL, node TEXT NOT NULL, "
	"container TEXT NOT NULL, kind TEXT NOT NULL, digest TEXT NOT NULL, bytes @int NOT NULL, "
	"state TEXT NOT NULL, created_ms @int NOT NULL, completed_ms @int NOT NULL, created_by "
	"TEXT "
	"NOT NULL, UNIQUE (job_id, pod_uid, container, kind, digest)) @strict",
	"CREATE INDEX agent_uploads_of_content ON agent_uploads (org, digest)",
	"CREATE INDEX agent_uploads_open ON agent_uploads (created_ms) WHERE state = 'open'",
	NULL,
};

/* Who is to be told of a job's end. */
static const char *const version_3[] = {
	"CREATE TABLE outbox (id TEXT PRIMARY KEY, org TEXT NOT NULL, job_id TEXT NOT NULL "
	"REFERENCES jobs (id), url TEXT NOT NULL, state TEXT NOT NULL, body TEXT, attempt @int NOT "
	"NULL, due_ms @int NOT NULL, lease_ms @int NOT NULL, status @int NOT NULL, error TEXT, "
	"created_ms @int NOT NULL, ended_ms @int NOT NULL) @strict",
	"CREATE INDEX outbox_due ON outbox (due_ms, id) WHERE state = 'waiting'",
	"CREATE INDEX outbox_of_job ON outbox (job_id)",
	NULL,
};

/* For what looks for the old, and for what names a content. */
static const char *const version_4[] = {
	"CREATE INDEX jobs_ended ON jobs (completed_ms) WHERE state IN ('complete', 'failed', "
	"'cancelled')",
	"CREATE INDEX job_events_of_progress ON job_events (at_ms) WHERE type = 'progress'",
	"CREATE INDEX artifacts_of_content ON artifacts (digest)",
	"CREATE INDEX inputs_of_content ON inputs (digest)",
	"CREATE INDEX agent_uploads_of_any ON agent_uploads (digest)",
	"CREATE INDEX audit_by_time ON audit (at_ms)",
	NULL,
};

/* For what each submission looks for: the newest analysis of the same, and what was uploaded for its image. */
static const char *const version_5[] = {
	"DROP INDEX jobs_same",
	"CREATE INDEX jobs_same ON jobs (org, fingerprint, created_ms)",
	"CREATE INDEX inputs_of_image ON inputs (org, kind, image_digest, created_ms, id)",
	NULL,
};

/* Where the sandbox of the present attempt is: which agent may speak of it. */
static const char *const version_6[] = {
	"ALTER TABLE jobs ADD COLUMN sandbox_pod TEXT",
	"ALTER TABLE jobs ADD COLUMN sandbox_node TEXT",
	NULL,
};

/* Which functions its agent is to watch: the SHA-256 of their list. */
static const char *const version_7[] = {
	"ALTER TABLE jobs ADD COLUMN functions TEXT",
	NULL,
};

static const char *const *const versions[] = { version_1, version_2, version_3, version_4,
					       version_5, version_6, version_7 };
#define VERSION ((int64_t)(sizeof(versions) / sizeof(*versions)))

static int take_number(void *ctx, const struct sql_row *row)
{
	*(int64_t *)ctx = sql_row_int(row, 0);
	return 0;
}

static int apply(struct sql *sql, int64_t version, struct err *err)
{
	int r = 0;

	for (const char *const *statement = versions[version - 1]; r >= 0 && *statement;
	     statement++)
		r = sql_run(sql, *statement, NULL, 0, NULL, NULL, err);
	if (r >= 0)
		r = sql_run(sql, "INSERT INTO schema_versions (version, at_ms) VALUES (?1, ?2)",
			    SQL_VALUES(sql_int(version), sql_int(sql_now_ms(sql))), NULL, NULL,
			    err);
	return r < 0 ? err_prefix(err, r, "migration %lld", (long long)version) : 0;
}

static int migrate(struct sql *sql, void *ctx, struct err *err)
{
	int64_t at = 0;
	int r = sql_run(sql, "SELECT @alone", NULL, 0, NULL, NULL, err); /* several may start */

	(void)ctx;
	if (r >= 0)
		r = sql_run(sql,
			    "CREATE TABLE IF NOT EXISTS schema_versions (version @int PRIMARY KEY, "
			    "at_ms @int NOT NULL) @strict",
			    NULL, 0, NULL, NULL, err);
	if (r >= 0)
		r = sql_run(sql, "SELECT COALESCE(MAX(version), 0) FROM schema_versions", NULL, 0,
			    take_number, &at, err);
	if (r >= 0 && at > VERSION)
		return err_set(err, EINVAL,
			       "the database has schema %lld, this program knows %lld: use the "
			       "newer vexxy-server",
			       (long long)at, (long long)VERSION);
	while (r >= 0 && at < VERSION)
		r = apply(sql, ++at, err);
	return r < 0 ? r : 0;
}

int store_migrate(struct db *db, struct err *err)
{
	return db_write(db, migrate, NULL, err);
}

static int ping(struct sql *sql, void *ctx, struct err *err)
{
	int64_t one = 0;
	int r = sql_run(sql, "SELECT version FROM schema_versions ORDER BY version DESC LIMIT 1",
			NULL, 0, take_number, &one, err);

	(void)ctx;
	return r < 0 ? r : one ? 0 : err_set(err, EIO, "the database has no schema");
}

int store_ping(struct db *db, struct err *err)
{
	return db_read(db, ping, NULL, err);
}
