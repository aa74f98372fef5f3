// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * db_postgres.c — the database as a PostgreSQL server, shared by several of ours.
 *
 * A bounded pool of connections; each remembers what it has prepared. The database may go away and come back: what is under way
 * then fails with -EHOSTDOWN, and until it is back everything fails at once, but for one caller in TRY_EVERY_MS that tries again.
 * One more connection, with a thread of its own, listens to what all servers tell.
 */
#include "server/db.h"

#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>

#include "server/clock.h"
#include "server/log.h"
#include "server/postgres.h"

#define CONFLICTS_MAX 10
#define TRY_EVERY_MS 500
#define LISTEN_CHECK_MS 10000

struct db_postgres {
	struct db db;
	char *url;
	pthread_mutex_t lock;
	pthread_cond_t returned;
	struct connection **idle;
	size_t idle_count, open_count, max;
	bool is_down, is_tried;
	int64_t down_at_ms, try_at_ms;
	char why[256]; /* it is down */
	pthread_t listener;
	bool listens;
	atomic_bool ends;
	int wake;
	db_heard_fn heard;
	void *heard_ctx;
};

static void set_down(struct db_postgres *db, const char *why)
{
	int64_t now = clock_steady_ms();

	if (!db->is_down) {
		log_event(LOG_WARNING, "database_lost", log_text("reason", why));
		db->down_at_ms = now;
	}
	db->is_down = true;
	db->try_at_ms = now + TRY_EVERY_MS;
	snprintf(db->why, sizeof(db->why), "%s", why);
}

/* A new connection in a place that is ours already; the lock is held at both ends. */
static int open_one(struct connection **ret, struct db_postgres *db, struct err *err)
{
	struct err why = {};
	int r;

	if (db->is_down && (db->is_tried || clock_steady_ms() < db->try_at_ms))
		return err_set(err, EHOSTDOWN, "%s", db->why);
	db->is_tried |= db->is_down;
	pthread_mutex_unlock(&db->lock);
	r = postgres_connect(ret, db->url, &why);
	pthread_mutex_lock(&db->lock);
	if (r < 0) {
		set_down(db, why.text);
		err_set(err, -r, "%s", why.text);
	} else if (db->is_down) {
		log_event(LOG_WARNING, "database_back",
			  log_number("after_ms", clock_steady_ms() - db->down_at_ms));
		db->is_down = false;
	}
	db->is_tried = false;
	return r;
}

static int64_t steady_deadline(struct timespec *ret, int64_t ms)
{
	int64_t at = clock_steady_ms() + ms;

	*ret = (struct timespec){ at / 1000, (at % 1000) * 1000000 };
	return at;
}

static int take(struct connection **ret, struct db_postgres *db, struct err *err)
{
	struct connection *c = NULL;
	struct timespec until;
	int r = 0;

	steady_deadline(&until, POSTGRES_ANSWER_MS);
	pthread_mutex_lock(&db->lock);
	while (r == 0 && !db->idle_count && db->open_count == db->max)
		r = pthread_cond_clockwait(&db->returned, &db->lock, CLOCK_MONOTONIC, &until);
	if (r != 0) {
		pthread_mutex_unlock(&db->lock);
		return err_set(err, EBUSY, "database: all %zu connections are in use", db->max);
	}
	if (db->idle_count)
		c = db->idle[--db->idle_count];
	else
		db->open_count++;
	if (c && !postgres_is_alive(c)) {
		postgres_free(c);
		c = NULL;
	}
	if (!c)
		r = open_one(&c, db, err);
	if (r < 0) {
		db->open_count--;
		pthread_cond_signal(&db->returned);
	}
	pthread_mutex_unlock(&db->lock);
	if (r == 0) {
		c->now_ms = 0;
		*ret = c;
	}
	return r;
}

static void give(struct db_postgres *db, struct connection *c)
{
	bool is_lost = !postgres_is_idle(c);

	pthread_mutex_lock(&db->lock);
	if (c->is_silent)
		set_down(db, "database: it does not answer");
	if (is_lost)
		db->open_count--;
	else
		db->idle[db->idle_count++] = c;
	pthread_cond_signal(&db->returned);
	pthread_mutex_unlock(&db->lock);
	if (is_lost)
		postgres_free(c);
}

static int transact(struct connection *c, db_fn fn, void *ctx, struct err *err)
{
	int r = postgres_begin(c, err), ended;

	if (r < 0)
		return r;
	r = fn(&c->sql, ctx, err);
	if (r < 0) {
		postgres_roll_back(c);
		return r;
	}
	ended = postgres_commit(c, err);
	return ended < 0 ? ended : r;
}

static int pool_write(struct db *base, db_fn fn, void *ctx, struct err *err)
{
	struct db_postgres *db = (struct db_postgres *)base;
	int r = 0;

	for (int i = 0; i < CONFLICTS_MAX; i++) {
		struct connection *c = NULL;

		r = take(&c, db, err);
		if (r < 0)
			return r;
		r = transact(c, fn, ctx, err);
		give(db, c);
		if (r != -EDEADLK)
			return r;
		usleep((useconds_t)(1000 << i) + (useconds_t)(clock_steady_ms() % 1000));
	}
	return -EBUSY;
}

static int pool_read(struct db *base, db_fn fn, void *ctx, struct err *err)
{
	struct db_postgres *db = (struct db_postgres *)base;
	struct connection *c = NULL;
	int r = take(&c, db, err);

	if (r < 0)
		return r;
	r = fn(&c->sql, ctx, err);
	give(db, c);
	return r == -EDEADLK ? -EBUSY : r;
}

static int pool_backup(struct db *base, const char *path, struct err *err)
{
	(void)base;
	return err_set(err, ENOTSUP,
		       "backup to '%s': PostgreSQL has tools of its own: use pg_dump (a copy as of "
		       "now), or pg_basebackup and archived WAL (any point in time)",
		       path);
}

/* Who waits for the next try need not. */
static void set_up(struct db_postgres *db)
{
	pthread_mutex_lock(&db->lock);
	db->try_at_ms = 0;
	pthread_mutex_unlock(&db->lock);
}

static void *listen_loop(void *ctx)
{
	struct db_postgres *db = ctx;

	while (!db->ends) {
		struct pollfd wake = { db->wake, POLLIN, 0 };
		struct connection *c = NULL;
		struct err err = {};
		int r = postgres_connect(&c, db->url, &err);

		r = r ? r : postgres_listen(c, &err);
		if (r == 0) {
			set_up(db);
			db->heard(db->heard_ctx, NULL);
		}
		while (r == 0 && !db->ends && !c->is_lost)
			postgres_hear(c, db->wake, LISTEN_CHECK_MS, db->heard, db->heard_ctx);
		postgres_free(c);
		if (!db->ends)
			poll(&wake, 1, TRY_EVERY_MS);
	}
	return NULL;
}

static int start_listening(struct db *base, db_heard_fn fn, void *ctx, struct err *err)
{
	struct db_postgres *db = (struct db_postgres *)base;

	db->heard = fn;
	db->heard_ctx = ctx;
	if (pthread_create(&db->listener, NULL, listen_loop, db) != 0)
		return err_set(err, EAGAIN, "cannot start a thread for the database");
	db->listens = true;
	return 0;
}

static void stop_listening(struct db *base)
{
	struct db_postgres *db = (struct db_postgres *)base;

	if (!db->listens)
		return;
	db->ends = true;
	eventfd_write(db->wake, 1);
	pthread_join(db->listener, NULL);
	db->listens = false;
}

static void pool_close(struct db *base)
{
	struct db_postgres *db = (struct db_postgres *)base;

	stop_listening(base);
	for (size_t i = 0; i < db->idle_count; i++)
		postgres_free(db->idle[i]);
	if (db->url)
		explicit_bzero(db->url, strlen(db->url));
	cleanup_close(&db->wake);
	free(db->url);
	free(db->idle);
	free(db);
}

static const struct db_driver driver_postgres = {
	.write = pool_write,
	.read = pool_read,
	.backup = pool_backup,
	.listen = start_listening,
	.unlisten = stop_listening,
	.close = pool_close,
};

/* "postgresql", with the name of a driver of Python's behind it or not; returns what follows, "://…", or NULL. */
static const char *behind_scheme(const char *url)
{
	size_t len = strcspn(url, ":+");

	if ((len != 10 || strncmp(url, "postgresql", len) != 0) &&
	    (len != 8 || strncmp(url, "postgres", len) != 0))
		return NULL;
	url += strcspn(url, ":");
	return strncmp(url, "://", 3) ? NULL : url;
}

bool db_postgres_is_url(const char *url)
{
	return behind_scheme(url) != NULL;
}

/* Connects once, while the server may be starting still. */
static int await_server(struct db_postgres *db, struct err *err)
{
	int64_t until = clock_steady_ms() + DB_AWAIT_MS;
	struct connection *c = NULL;
	int r;

	while ((r = postgres_connect(&c, db->url, err)) < 0) {
		if (!postgres_may_come(db->url) || clock_steady_ms() > until)
			return r;
		if (!db->is_down)
			log_event(LOG_WARNING, "database_awaited", log_text("reason", err->text));
		db->is_down = true;
		usleep(TRY_EVERY_MS * 1000);
	}
	db->is_down = false;
	db->idle[db->idle_count++] = c;
	db->open_count++;
	return 0;
}

int db_postgres_open(struct db **ret, const char *url, size_t connections_max, struct err *err)
{
	struct db_postgres *db = calloc(1, sizeof(*db));
	const char *rest = behind_scheme(url);
	int r;

	if (!rest || !db) {
		free(db);
		return rest ? err_oom(err) : err_set(err, EINVAL, "this is no postgresql:// URL");
	}
	db->db.driver = &driver_postgres;
	db->db.is_remote = true;
	db->max = connections_max;
	db->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	db->idle = calloc(connections_max, sizeof(struct connection *));
	pthread_mutex_init(&db->lock, NULL);
	pthread_cond_init(&db->returned, NULL);
	if (asprintf(&db->url, "postgresql%s", rest) < 0)
		db->url = NULL;
	r = db->url && db->idle && db->wake >= 0 ? postgres_check_url(db->url, err) : err_oom(err);
	r = r ? r : await_server(db, err);
	if (r < 0) {
		pool_close(&db->db);
		return r;
	}
	*ret = &db->db;
	return 0;
}
