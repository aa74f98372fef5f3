// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * db_sqlite.c — the database as one file.
 *
 * Exactly one connection writes and takes checkpoints, in a thread of its own: SQLite before 3.51.3 can lose commits when a
 * checkpoint meets a writer on another connection. What waits is committed together, so that many small writes share one
 * fsync. Readers have connections of their own that cannot write.
 */
#include "server/db.h"

#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <string.h>
#include <sys/stat.h>

#include <sqlite3.h>

#include "server/clock.h"

#define STATEMENTS_MAX 128
#define GROUP_MAX 64      /* transactions in one commit */
#define GATHER_NS 1000000 /* so long a commit waits for others that may come */
#define READERS_MAX 16

struct statement {
	const char *text;
	sqlite3_stmt *prepared;
};

struct connection {
	struct sql sql;
	sqlite3 *handle;
	struct statement statements[STATEMENTS_MAX];
	size_t count;
};

/* One transaction that somebody waits for. */
struct work {
	db_fn fn;
	void *ctx;
	struct err *err;
	struct work *next;
	int result;
	sem_t done; /* of its own: who waits for another is not woken */
};

struct db_sqlite {
	struct db db;
	char *path;
	struct connection *writer;
	pthread_t thread;
	bool has_thread;
	pthread_mutex_t lock;
	pthread_cond_t queued, returned;
	struct work *first, **last;
	size_t waiting, expected; /* so many wait; so many were in the last commit */
	bool closing, gathers;
	struct connection *readers[READERS_MAX];
	size_t idle_readers, open_readers;
};

struct row {
	struct sql_row row;
	sqlite3_stmt *statement;
};

static int fail(sqlite3 *handle, int code, struct err *err)
{
	int primary = code & 0xff;
	int errnum = code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY
			 ? EEXIST
		     : primary == SQLITE_FULL  ? ENOSPC
		     : primary == SQLITE_BUSY  ? EBUSY
		     : primary == SQLITE_NOMEM ? ENOMEM
					       : EIO;

	return err_set(err, errnum, "database: %s", handle ? sqlite3_errmsg(handle) : "no memory");
}

static const struct sql_word words[] = {
	{ "@int", "INTEGER" }, { "@strict", "STRICT" }, { "@skip_locked", "" },
	{ "@for_update", "" }, { "@alone", "1" },       {},
};

static int prepare(sqlite3_stmt **ret, struct connection *c, const char *text, struct err *err)
{
	_cleanup_free_ char *ours = NULL;
	int code;

	for (size_t i = 0; i < c->count; i++)
		if (c->statements[i].text == text) {
			*ret = c->statements[i].prepared;
			return 0;
		}
	if (c->count == STATEMENTS_MAX)
		return err_set(err, EIO, "database: more than %d statements", STATEMENTS_MAX);
	ours = sql_translate(text, words);
	if (!ours)
		return err_oom(err);
	code = sqlite3_prepare_v3(c->handle, ours, -1, SQLITE_PREPARE_PERSISTENT, ret, NULL);
	if (code != SQLITE_OK)
		return fail(c->handle, code, err);
	c->statements[c->count++] = (struct statement){ text, *ret };
	return 0;
}

static int bind(sqlite3_stmt *statement, const struct sql_value *values, size_t count)
{
	int code = SQLITE_OK;

	for (size_t i = 0; code == SQLITE_OK && i < count; i++) {
		int at = (int)i + 1;

		if (values[i].kind == SQL_INT)
			code = sqlite3_bind_int64(statement, at, values[i].number);
		else if (values[i].kind == SQL_TEXT)
			code = sqlite3_bind_text(statement, at, values[i].text, -1, SQLITE_STATIC);
		else
			code = sqlite3_bind_null(statement, at);
	}
	return code;
}

static int run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
	       sql_row_fn fn, void *ctx, struct err *err)
{
	struct connection *c = (struct connection *)sql;
	struct row row = { { sql->driver }, NULL };
	int r = prepare(&row.statement, c, text, err), code, rows = 0;

	if (r < 0)
		return r;
	code = bind(row.statement, values, count);
	while (code == SQLITE_OK && r >= 0 && (code = sqlite3_step(row.statement)) == SQLITE_ROW) {
		code = SQLITE_OK;
		rows++;
		r = fn ? fn(ctx, &row.row) : 0;
	}
	if (r >= 0 && code != SQLITE_DONE)
		r = fail(c->handle, code, err);
	else if (r >= 0)
		r = rows                                   ? rows
		    : sqlite3_stmt_readonly(row.statement) ? 0
							   : sqlite3_changes(c->handle);
	sqlite3_reset(row.statement);
	sqlite3_clear_bindings(row.statement);
	return r;
}

static int64_t now_ms(struct sql *sql)
{
	(void)sql;
	return clock_ms();
}

static int64_t row_int(const struct sql_row *row, int column)
{
	return sqlite3_column_int64(((const struct row *)row)->statement, column);
}

static const char *row_text(const struct sql_row *row, int column)
{
	return (const char *)sqlite3_column_text(((const struct row *)row)->statement, column);
}

static const struct sql_driver sql_sqlite = {
	.run = run, .now_ms = now_ms, .row_int = row_int, .row_text = row_text
};

static void connection_free(struct connection *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->count; i++)
		sqlite3_finalize(c->statements[i].prepared);
	sqlite3_close(c->handle);
	free(c);
}
DEFINE_CLEANUP(struct connection *, connection_free)

/* What a savepoint may have to undo stays in memory: otherwise it is a file for each commit. Pages that are written again and again
 * are copied to their place once in a while: the log has up to 16 MiB until then. */
static int pragmas(struct connection *c, bool writes, struct err *err)
{
	int code = sqlite3_exec(c->handle,
				writes ? "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; "
					 "PRAGMA foreign_keys=ON; PRAGMA trusted_schema=OFF; "
					 "PRAGMA mmap_size=0; PRAGMA temp_store=MEMORY; "
					 "PRAGMA wal_autocheckpoint=4000;"
				       : "PRAGMA query_only=ON; PRAGMA wal_autocheckpoint=0; "
					 "PRAGMA trusted_schema=OFF; PRAGMA cache_size=-512;",
				NULL, NULL, NULL);

	return code == SQLITE_OK ? 0 : fail(c->handle, code, err);
}

static int connect_to(struct connection **ret, const char *path, bool writes, struct err *err)
{
	_cleanup_(connection_freep) struct connection *c = calloc(1, sizeof(*c));
	int code, r;

	if (!c)
		return err_oom(err);
	c->sql.driver = &sql_sqlite;
	code = sqlite3_open_v2(
	    path, &c->handle,
	    SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_READWRITE | (writes ? SQLITE_OPEN_CREATE : 0), NULL);
	if (code != SQLITE_OK)
		return err_prefix(err, fail(c->handle, code, err), "'%s'", path);
	sqlite3_extended_result_codes(c->handle, 1);
	sqlite3_busy_timeout(c->handle, 5000);
	r = pragmas(c, writes, err);
	if (r < 0)
		return err_prefix(err, r, "'%s'", path);
	*ret = take_ptr(c);
	return 0;
}

static int execute(struct connection *c, const char *text, struct err *err)
{
	int r = run(&c->sql, text, NULL, 0, NULL, NULL, err);

	return r < 0 ? r : 0;
}

static void run_one(struct connection *c, struct work *work)
{
	work->result = execute(c, "SAVEPOINT one", work->err);
	if (work->result < 0)
		return;
	work->result = work->fn(&c->sql, work->ctx, work->err);
	if (work->result < 0 && execute(c, "ROLLBACK TO one", NULL) < 0)
		return;
	if (execute(c, "RELEASE one", work->result < 0 ? NULL : work->err) < 0 && work->result >= 0)
		work->result = -EIO;
}

/* What did not reach the disk has failed, all of it. */
static void fail_all(struct work *group, int r, const struct err *err)
{
	for (struct work *w = group; w; w = w->next)
		if (w->result >= 0) {
			w->result = r;
			err_set(w->err, -r, "%s", err->text);
		}
}

static void run_group(struct connection *c, struct work *group)
{
	struct err err = {};
	int r = execute(c, "BEGIN IMMEDIATE", &err);

	for (struct work *w = group; r >= 0 && w; w = w->next)
		run_one(c, w);
	if (r >= 0)
		r = execute(c, "COMMIT", &err);
	if (r < 0) {
		if (!sqlite3_get_autocommit(c->handle))
			(void)!execute(c, "ROLLBACK", NULL);
		fail_all(group, r, &err);
	}
}

/* Takes up to GROUP_MAX of what waits. */
static struct work *take_group(struct db_sqlite *db)
{
	struct work *group = db->first, **end = &group;
	size_t count = 0;

	for (; *end && count < GROUP_MAX; count++)
		end = &(*end)->next;
	db->first = *end;
	db->waiting -= count;
	db->expected = count;
	*end = NULL;
	if (!db->first)
		db->last = &db->first;
	return group;
}

/* Who waited for the last commit may be back in a moment: one commit for all is cheaper than one for the first of them and another
 * for the rest. Who is alone does not wait. */
static void await_others(struct db_sqlite *db)
{
	struct timespec until;
	int r = 0;

	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += GATHER_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_sec++;
		until.tv_nsec -= 1000000000;
	}
	db->gathers = true;
	while (r == 0 && db->waiting < db->expected && !db->closing)
		r = pthread_cond_clockwait(&db->queued, &db->lock, CLOCK_MONOTONIC, &until);
	db->gathers = false;
}

static void *write_loop(void *ctx)
{
	struct db_sqlite *db = ctx;

	pthread_mutex_lock(&db->lock);
	for (;;) {
		struct work *group, *next;

		while (!db->first && !db->closing)
			pthread_cond_wait(&db->queued, &db->lock);
		if (!db->first)
			break;
		await_others(db);
		group = take_group(db);
		pthread_mutex_unlock(&db->lock);
		run_group(db->writer, group);
		/* Each lives on the stack of somebody who goes on as soon as it is done. */
		for (struct work *w = group; w; w = next) {
			next = w->next;
			sem_post(&w->done);
		}
		pthread_mutex_lock(&db->lock);
	}
	pthread_mutex_unlock(&db->lock);
	return NULL;
}

static int sqlite_write(struct db *base, db_fn fn, void *ctx, struct err *err)
{
	struct db_sqlite *db = (struct db_sqlite *)base;
	struct work work = { .fn = fn, .ctx = ctx, .err = err };

	sem_init(&work.done, 0, 0);
	pthread_mutex_lock(&db->lock);
	*db->last = &work;
	db->last = &work.next;
	db->waiting++;
	if (!db->gathers || db->waiting >= db->expected)
		pthread_cond_signal(&db->queued);
	pthread_mutex_unlock(&db->lock);
	while (sem_wait(&work.done) < 0)
		; /* a signal */
	sem_destroy(&work.done);
	return work.result;
}

static int take_reader(struct connection **ret, struct db_sqlite *db, struct err *err)
{
	int r = 0;

	pthread_mutex_lock(&db->lock);
	while (!db->idle_readers && db->open_readers == READERS_MAX)
		pthread_cond_wait(&db->returned, &db->lock);
	if (db->idle_readers)
		*ret = db->readers[--db->idle_readers];
	else
		db->open_readers++, *ret = NULL;
	pthread_mutex_unlock(&db->lock);
	if (!*ret)
		r = connect_to(ret, db->path, false, err);
	if (r < 0) {
		pthread_mutex_lock(&db->lock);
		db->open_readers--;
		pthread_mutex_unlock(&db->lock);
	}
	return r;
}

static int sqlite_read(struct db *base, db_fn fn, void *ctx, struct err *err)
{
	struct db_sqlite *db = (struct db_sqlite *)base;
	struct connection *c = NULL;
	int r = take_reader(&c, db, err);

	if (r < 0)
		return r;
	r = fn(&c->sql, ctx, err);
	pthread_mutex_lock(&db->lock);
	db->readers[db->idle_readers++] = c;
	pthread_cond_signal(&db->returned);
	pthread_mutex_unlock(&db->lock);
	return r;
}

/* What the copy holds is nobody else's to read, whatever the umask. Not onto the database itself: to close it once more would give up
 * the locks that SQLite has on it. */
static int make_copy(const struct db_sqlite *db, const char *path, struct err *err)
{
	_cleanup_close_ int fd = -1;
	struct stat ours, theirs;

	if (stat(db->path, &ours) == 0 && stat(path, &theirs) == 0 &&
	    ours.st_dev == theirs.st_dev && ours.st_ino == theirs.st_ino)
		return err_set(err, EINVAL, "backup to '%s': that is the database itself", path);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0 || fchmod(fd, 0600) < 0)
		return err_sys(err, errno, "backup to '%s'", path);
	return 0;
}

/* Page by page through a reader: the writer goes on meanwhile, and what it writes is in the copy or not, but whole. */
static int sqlite_backup(struct db *base, const char *path, struct err *err)
{
	struct db_sqlite *db = (struct db_sqlite *)base;
	struct connection *from = NULL;
	sqlite3_backup *backup;
	sqlite3 *to = NULL;
	int code, r = make_copy(db, path, err);

	r = r ? r : connect_to(&from, db->path, false, err);
	if (r < 0)
		return r;
	code = sqlite3_open_v2(path, &to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
	backup = code == SQLITE_OK ? sqlite3_backup_init(to, "main", from->handle, "main") : NULL;
	if (backup) {
		sqlite3_backup_step(backup, -1);
		code = sqlite3_backup_finish(backup);
	} else if (to) {
		code = sqlite3_errcode(to);
	}
	r = code == SQLITE_OK ? 0 : err_prefix(err, fail(to, code, err), "backup to '%s'", path);
	sqlite3_close(to);
	connection_free(from);
	return r;
}

static void sqlite_close(struct db *base)
{
	struct db_sqlite *db = (struct db_sqlite *)base;

	pthread_mutex_lock(&db->lock);
	db->closing = true;
	pthread_cond_signal(&db->queued);
	pthread_mutex_unlock(&db->lock);
	if (db->has_thread)
		pthread_join(db->thread, NULL);
	for (size_t i = 0; i < db->idle_readers; i++)
		connection_free(db->readers[i]);
	connection_free(db->writer);
	free(db->path);
	free(db);
}

static const struct db_driver driver_sqlite = {
	.write = sqlite_write, .read = sqlite_read, .backup = sqlite_backup, .close = sqlite_close
};

static int first_text(void *ctx, const struct sql_row *row)
{
	snprintf(ctx, 64, "%s", sql_row_text(row, 0) ? sql_row_text(row, 0) : "");
	return 0;
}

/* Damage is found at the start, not by a job. */
static int check_sound(struct connection *c, struct err *err)
{
	char answer[64] = "";
	int r = run(&c->sql, "PRAGMA quick_check(1)", NULL, 0, first_text, answer, err);

	if (r >= 0 && strcmp(answer, "ok") != 0)
		r = err_set(err, EIO, "the database is damaged (%s): restore a backup", answer);
	return r < 0 ? r : 0;
}

int db_sqlite_open(struct db **ret, const char *path, struct err *err)
{
	struct db_sqlite *db = calloc(1, sizeof(*db));
	mode_t mask;
	int r;

	if (!db || !(db->path = strdup(path))) {
		free(db);
		return err_oom(err);
	}
	db->db.driver = &driver_sqlite;
	db->last = &db->first;
	pthread_mutex_init(&db->lock, NULL);
	pthread_cond_init(&db->queued, NULL);
	pthread_cond_init(&db->returned, NULL);
	mask = umask(077);
	r = connect_to(&db->writer, path, true, err);
	umask(mask);
	if (r == 0)
		r = check_sound(db->writer, err);
	if (r == 0 && pthread_create(&db->thread, NULL, write_loop, db) != 0)
		r = err_set(err, EAGAIN, "cannot start a thread for the database");
	db->has_thread = r == 0;
	if (r < 0) {
		sqlite_close(&db->db);
		return err_prefix(err, r, "database '%s'", path);
	}
	*ret = &db->db;
	return 0;
}
