/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* store_fixture.h — a store on SQLite, or on a real PostgreSQL server that is started for the tests. */
#pragma once

#include <stdio.h>
#include <sys/wait.h>

#include "server/clock.h"
#include "server/store.h"
#include "server/text.h"

#define OTHER "another"

struct fixture {
	struct db *db;
	char dir[64], path[96];
};

/* Of the server, while it runs. */
static char postgres_dir[128];

/* One line of what a command says; its exit status. */
static _unused_ int ask_shell(char *ret, size_t size, const char *command)
{
	FILE *out = popen(command, "re");
	char rest[256];
	int status;

	*ret = '\0';
	if (!out)
		return -1;
	if (fgets(ret, (int)size, out))
		ret[strcspn(ret, "\n")] = '\0';
	while (fgets(rest, sizeof(rest), out))
		;
	status = pclose(out);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static _unused_ int postgres(const char *verb, const char *more)
{
	char command[512], answer[256];

	snprintf(command, sizeof(command), "tests/tools/postgres.sh %s %s %s 2>&1", verb,
		 postgres_dir, more);
	return ask_shell(answer, sizeof(answer), command);
}

/* 0: it runs. 1: it does not, which is said in a line of TAP, and is a failure only where nothing may be missing. */
static _unused_ int postgres_begin(int *ret_failed)
{
	const char *ci = getenv("CI");
	char command[128];
	int status;

	snprintf(command, sizeof(command), "tests/tools/postgres.sh start %d 2>&1", getpid());
	status = ask_shell(postgres_dir, sizeof(postgres_dir), command);
	*ret_failed = status != 0 && (status != 77 || (ci && !strcmp(ci, "true")));
	if (status)
		printf("%s - a PostgreSQL server for the tests %s%s\n",
		       *ret_failed ? "not ok" : "ok",
		       *ret_failed ? "could not be started: " : "# SKIP ", postgres_dir);
	fflush(stdout);
	return status != 0;
}

static _unused_ void postgres_url(char ret[256])
{
	snprintf(ret, 256, "postgresql+asyncpg:///postgres?host=%s&user=vexxy", postgres_dir);
}

static int empty(struct sql *sql, void *ctx, struct err *err)
{
	int r = sql_run(sql, "DROP SCHEMA public CASCADE", NULL, 0, NULL, NULL, err);

	(void)ctx;
	return r < 0 ? r : sql_run(sql, "CREATE SCHEMA public", NULL, 0, NULL, NULL, err);
}

static _unused_ int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};

	snprintf(f->dir, sizeof(f->dir), "/tmp/vexxy-store.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->path, sizeof(f->path), "%s/db", f->dir);
	assert_int_equal(db_sqlite_open(&f->db, f->path, &err), 0);
	assert_int_equal(store_migrate(f->db, &err), 0);
	*state = f;
	return 0;
}

/* Another connection pool on the same database, as another server has it. */
static _unused_ struct db *open_postgres(void)
{
	struct db *db = NULL;
	struct err err = {};
	char url[256];

	postgres_url(url);
	if (db_postgres_open(&db, url, 4, &err) < 0)
		print_error("%s\n", err.text);
	assert_non_null(db);
	return db;
}

static _unused_ int set_up_postgres(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	struct err err = {};

	f->db = open_postgres();
	assert_true(db_write(f->db, empty, NULL, &err) >= 0);
	assert_int_equal(store_migrate(f->db, &err), 0);
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const suffixes[] = { "", "-wal", "-shm", ".copy" };
	struct fixture *f = *state;
	char path[128];

	db_close(f->db);
	for (size_t i = 0; i < 4 && f->dir[0]; i++) {
		snprintf(path, sizeof(path), "%s%s", f->path, suffixes[i]);
		unlink(path);
	}
	if (f->dir[0])
		rmdir(f->dir);
	free(f);
	return 0;
}

static _unused_ char *render(const struct job *job, bool reused)
{
	char *text = NULL;

	return asprintf(&text, "{\"id\":\"%s\",\"reused\":%d}", job->id, reused) < 0 ? NULL : text;
}

static _unused_ struct job make_job(const char *org, const char *fingerprint, int64_t priority)
{
	struct job job = { .org = (char *)org,
			   .image_ref = (char *)"web:1",
			   .image_digest = (char *)"sha256:0",
			   .profile = (char *)"standard",
			   .config = (char *)"{}",
			   .inputs = (char *)"{}",
			   .fingerprint = (char *)fingerprint,
			   .phase = (char *)"pending",
			   .submitted_by = (char *)"test",
			   .priority = priority,
			   .attempts_max = 2,
			   .timeout_s = 60,
			   .created_ms = clock_ms() };

	id_new(job.id, job.created_ms);
	id_new(job.vex_id, job.created_ms);
	return job;
}

/* Submits, and tells the id that came out. */
static _unused_ int submit_as(struct fixture *f, char id[ID_BYTES], const char *fingerprint,
			      int64_t priority, const char *key, const char *request,
			      bool reanalyze)
{
	struct job job = make_job("default", fingerprint, priority);
	const struct audit audit = { "default", "key:1", "submit", NULL, NULL, "r", 0 };
	struct submission in = { &job, reanalyze, "default", key, "", &audit, render };
	struct submitted out = {};
	struct err err = {};
	int r;

	snprintf(in.request, sizeof(in.request), "%s", request);
	r = store_submit(&out, f->db, &in, &err);
	if (r == 0) {
		snprintf(id, ID_BYTES, "%s", out.job_id);
		r = out.replayed ? 2 : out.reused ? 1 : 0;
	}
	free(out.reply);
	return r;
}

static _unused_ void submit(struct fixture *f, char id[ID_BYTES], const char *fingerprint)
{
	assert_int_equal(submit_as(f, id, fingerprint, 0, NULL, "", false), 0);
}

static _unused_ struct lease lease_of(const struct job *job, const char *owner)
{
	struct lease lease = { .fence = job->fence };

	snprintf(lease.job_id, ID_BYTES, "%s", job->id);
	snprintf(lease.owner, ID_BYTES, "%s", owner);
	return lease;
}

static _unused_ void claim(struct fixture *f, struct job *job, const char *owner, int64_t lease_ms)
{
	struct err err = {};

	assert_int_equal(store_claim(job, f->db, owner, lease_ms, &err), 1);
}

static _unused_ enum job_state state_of(struct fixture *f, const char *id)
{
	_cleanup_job_ struct job job = {};
	struct err err = {};

	assert_int_equal(store_job(&job, f->db, "default", id, &err), 0);
	return job.state;
}
