// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* postgres.c — one connection to PostgreSQL: what is sent, what comes back, and what it means. */
#include "server/postgres.h"

#include <poll.h>
#include <string.h>

#include <postgresql/libpq-fe.h>

#include "server/clock.h"

#define VALUES_MAX 40
#define CHANNEL "vexxy"

static const char session[] =
    "SET statement_timeout = '10s'; SET lock_timeout = '5s'; SET client_min_messages = warning; "
    "SET idle_in_transaction_session_timeout = '15s'; "
    "SET default_transaction_isolation = 'read committed'";

/* Seen by all connections of one program to one database; the number is any. */
static const struct sql_word words[] = {
	{ "?", "$" },
	{ "@int", "BIGINT" },
	{ "@strict", "" },
	{ "@skip_locked", "FOR UPDATE SKIP LOCKED" },
	{ "@for_update", "FOR UPDATE" },
	{ "@alone", "pg_advisory_xact_lock(834700216)" },
	{},
};

struct row {
	struct sql_row row;
	const PGresult *result;
	int number;
};

/* What the SQLSTATE means to the store; the first that begins alike. */
static const struct {
	const char *state;
	int code;
} states[] = {
	{ "23505", EEXIST },    { "40001", EDEADLK }, { "40P01", EDEADLK }, { "53100", ENOSPC },
	{ "53200", ENOMEM },    { "55P03", EBUSY },   { "57014", EBUSY },   { "22021", EBADMSG },
	{ "08", EHOSTDOWN },    { "53", EHOSTDOWN },  { "57P", EHOSTDOWN }, { "25006", EHOSTDOWN },
	{ "25P03", EHOSTDOWN },
};

static int code_of(const char *state)
{
	for (size_t i = 0; i < sizeof(states) / sizeof(*states); i++)
		if (!strncmp(states[i].state, state, strlen(states[i].state)))
			return states[i].code;
	return EIO;
}

static int first_line(const char *text)
{
	return (int)strcspn(text, "\n");
}

static int fail(struct connection *c, const PGresult *result, struct err *err)
{
	const char *state = result ? PQresultErrorField(result, PG_DIAG_SQLSTATE) : NULL;
	const char *text = result ? PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY) : NULL;
	int code = state ? code_of(state) : EHOSTDOWN;

	c->is_lost |= code == EHOSTDOWN || PQstatus(c->pg) != CONNECTION_OK;
	text = text ? text : c->is_silent ? "it does not answer" : PQerrorMessage(c->pg);
	return err_set(err, c->is_lost ? EHOSTDOWN : code, "database: %.*s", first_line(text),
		       text);
}

/* The last answer to what was sent. NULL: none came; one that is stopped, or gone without a word, does not stop us. */
static PGresult *await(struct connection *c)
{
	int64_t until = clock_steady_ms() + POSTGRES_ANSWER_MS, left;
	PGresult *last = NULL, *next;
	int unsent;

	for (;;) {
		while ((unsent = PQflush(c->pg)) > 0 || PQisBusy(c->pg)) {
			struct pollfd fd = { PQsocket(c->pg),
					     (short)(unsent > 0 ? POLLIN | POLLOUT : POLLIN), 0 };

			left = until - clock_steady_ms();
			c->is_silent |= left <= 0;
			if (left <= 0 || (poll(&fd, 1, (int)left) < 0 && errno != EINTR) ||
			    (fd.revents & ~POLLOUT && !PQconsumeInput(c->pg))) {
				c->is_lost = true;
				return last;
			}
		}
		next = PQgetResult(c->pg);
		if (!next)
			return last;
		PQclear(last);
		last = next;
	}
}

static void free_result(PGresult **result)
{
	PQclear(*result);
}
#define _cleanup_result_ _cleanup_(free_result)

static bool is_good(const struct connection *c, const PGresult *result)
{
	ExecStatusType status = PQresultStatus(result);

	return !c->is_lost && (status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK);
}

/* One or more statements without parameters. */
static int execute(PGresult **ret, struct connection *c, const char *text, struct err *err)
{
	_cleanup_result_ PGresult *result = NULL;

	if (PQsendQuery(c->pg, text))
		result = await(c);
	if (!is_good(c, result))
		return fail(c, result, err);
	if (ret)
		*ret = take_ptr(result);
	return 0;
}

static int prepare(char ret_name[16], struct connection *c, const char *text,
		   const struct sql_value *values, size_t count, struct err *err)
{
	_cleanup_result_ PGresult *result = NULL;
	_cleanup_free_ char *ours = NULL;
	Oid types[VALUES_MAX];
	size_t i = 0;

	while (i < c->count && c->statements[i] != text)
		i++;
	snprintf(ret_name, 16, "s%zu", i);
	if (i < c->count)
		return 0;
	if (c->count == POSTGRES_STATEMENTS_MAX || count > VALUES_MAX)
		return err_set(err, EIO, "database: more than %d statements, or %d parameters",
			       POSTGRES_STATEMENTS_MAX, VALUES_MAX);
	ours = sql_translate(text, words);
	if (!ours)
		return err_oom(err);
	for (size_t k = 0; k < count; k++)
		types[k] = values[k].kind == SQL_INT ? 20 : 25; /* int8, text: fixed for ever */
	if (PQsendPrepare(c->pg, ret_name, ours, (int)count, types))
		result = await(c);
	if (!is_good(c, result))
		return fail(c, result, err);
	c->statements[c->count++] = text;
	return 0;
}

static PGresult *send_prepared(struct connection *c, const char *name,
			       const struct sql_value *values, size_t count)
{
	char numbers[VALUES_MAX][24];
	const char *texts[VALUES_MAX];

	for (size_t i = 0; i < count; i++) {
		snprintf(numbers[i], sizeof(numbers[i]), "%lld", (long long)values[i].number);
		texts[i] = values[i].kind == SQL_INT    ? numbers[i]
			   : values[i].kind == SQL_TEXT ? values[i].text
							: NULL;
	}
	if (!PQsendQueryPrepared(c->pg, name, (int)count, texts, NULL, NULL, 0))
		return NULL;
	return await(c);
}

static int run(struct sql *sql, const char *text, const struct sql_value *values, size_t count,
	       sql_row_fn fn, void *ctx, struct err *err)
{
	struct connection *c = (struct connection *)sql;
	_cleanup_result_ PGresult *result = NULL;
	struct row row = { { sql->driver }, NULL, 0 };
	char name[16];
	int r = c->is_lost ? fail(c, NULL, err) : prepare(name, c, text, values, count, err);
	int rows;

	if (r < 0)
		return r;
	result = send_prepared(c, name, values, count);
	if (!is_good(c, result))
		return fail(c, result, err);
	if (PQresultStatus(result) == PGRES_COMMAND_OK)
		return (int)strtol(PQcmdTuples(result), NULL, 10);
	rows = PQntuples(result);
	row.result = result;
	for (; fn && row.number < rows && r >= 0; row.number++)
		r = fn(ctx, &row.row);
	return r < 0 ? r : rows;
}

static int64_t row_int(const struct sql_row *base, int column)
{
	const struct row *row = (const struct row *)base;

	return strtoll(PQgetvalue(row->result, row->number, column), NULL, 10);
}

static const char *row_text(const struct sql_row *base, int column)
{
	const struct row *row = (const struct row *)base;

	return PQgetisnull(row->result, row->number, column)
		   ? NULL
		   : PQgetvalue(row->result, row->number, column);
}

#define NOW "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint"

static int take_now(void *ctx, const struct sql_row *row)
{
	*(int64_t *)ctx = sql_row_int(row, 0);
	return 0;
}

/* One point in time for all of a transaction: the database's clock, which is nobody's own. */
static int64_t now_ms(struct sql *sql)
{
	struct connection *c = (struct connection *)sql;

	if (!c->now_ms && run(sql, NOW, NULL, 0, take_now, &c->now_ms, NULL) < 0)
		return clock_ms(); /* what follows fails, too */
	return c->now_ms;
}

static int tell(struct sql *sql, const char *what, struct err *err)
{
	int r = run(sql, "SELECT pg_notify('" CHANNEL "', ?1)", SQL_VALUES(sql_text(what)), NULL,
		    NULL, err);

	return r < 0 ? r : 0;
}

static const struct sql_driver sql_postgres = {
	.run = run, .now_ms = now_ms, .tell = tell, .row_int = row_int, .row_text = row_text
};

void postgres_free(struct connection *c)
{
	if (!c)
		return;
	PQfinish(c->pg);
	free(c);
}
DEFINE_CLEANUP(struct connection *, postgres_free)

static void say_nothing(void *ctx, const PGresult *result)
{
	(void)ctx;
	(void)result;
}

/* What stands before the URL can be set in it, too. */
static void list_options(const char *keys[10], const char *values[10], const char *url)
{
	static const char *const defaults[][2] = {
		{ "connect_timeout", "5" },
		{ "keepalives_idle", "10" },
		{ "keepalives_interval", "5" },
		{ "keepalives_count", "3" },
		{ "tcp_user_timeout", "15000" },
		{ "client_encoding", "UTF8" },
		{ "fallback_application_name", "vexxy-server" },
	};
	size_t n = sizeof(defaults) / sizeof(*defaults);

	for (size_t i = 0; i < n; i++) {
		keys[i] = defaults[i][0];
		values[i] = defaults[i][1];
	}
	keys[n] = "dbname";
	values[n] = url;
	keys[n + 1] = values[n + 1] = NULL;
}

int postgres_connect(struct connection **ret, const char *url, struct err *err)
{
	_cleanup_(postgres_freep) struct connection *c = calloc(1, sizeof(*c));
	const char *keys[10], *values[10];
	int r;

	if (!c)
		return err_oom(err);
	c->sql.driver = &sql_postgres;
	list_options(keys, values, url);
	c->pg = PQconnectdbParams(keys, values, 1);
	if (!c->pg)
		return err_oom(err);
	if (PQstatus(c->pg) != CONNECTION_OK || PQsetnonblocking(c->pg, 1) < 0)
		return fail(c, NULL, err);
	PQsetNoticeReceiver(c->pg, say_nothing, NULL);
	r = execute(NULL, c, session, err);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

bool postgres_is_alive(struct connection *c)
{
	struct pollfd fd = { PQsocket(c->pg), POLLIN, 0 };

	while (poll(&fd, 1, 0) > 0)
		if (!PQconsumeInput(c->pg) || fd.revents & (POLLHUP | POLLERR))
			return false;
	return PQstatus(c->pg) == CONNECTION_OK;
}

bool postgres_is_idle(const struct connection *c)
{
	return !c->is_lost && PQtransactionStatus(c->pg) == PQTRANS_IDLE;
}

int postgres_begin(struct connection *c, struct err *err)
{
	_cleanup_result_ PGresult *now = NULL;
	int r = execute(&now, c, "BEGIN; " NOW, err);

	if (r == 0)
		c->now_ms = strtoll(PQgetvalue(now, 0, 0), NULL, 10);
	return r;
}

int postgres_commit(struct connection *c, struct err *err)
{
	_cleanup_result_ PGresult *result = NULL;
	int r = execute(&result, c, "COMMIT", err);

	if (r == 0 && strcmp(PQcmdStatus(result), "COMMIT") != 0)
		return err_set(err, EIO, "database: a statement had failed before the commit");
	return r;
}

void postgres_roll_back(struct connection *c)
{
	if (!c->is_lost)
		c->is_lost = execute(NULL, c, "ROLLBACK", NULL) < 0;
}

int postgres_listen(struct connection *c, struct err *err)
{
	return execute(NULL, c, "LISTEN " CHANNEL, err);
}

static void pass_on(struct connection *c, db_heard_fn fn, void *ctx)
{
	PGnotify *notice;

	while ((notice = PQnotifies(c->pg))) {
		fn(ctx, notice->extra);
		PQfreemem(notice);
	}
}

void postgres_hear(struct connection *c, int wake_fd, int timeout_ms, db_heard_fn fn, void *ctx)
{
	struct pollfd fds[] = { { PQsocket(c->pg), POLLIN, 0 }, { wake_fd, POLLIN, 0 } };
	int n;

	pass_on(c, fn, ctx);
	n = poll(fds, 2, timeout_ms);
	if (n == 0)
		(void)!execute(NULL, c, "SELECT 1", NULL);
	else if (n > 0 && fds[0].revents)
		c->is_lost = !PQconsumeInput(c->pg);
	pass_on(c, fn, ctx);
}

/* libpq's own words may repeat the URL, and the password in it. */
int postgres_check_url(const char *url, struct err *err)
{
	char *message = NULL;
	PQconninfoOption *options = PQconninfoParse(url, &message);

	PQfreemem(message);
	PQconninfoFree(options);
	return options
		   ? 0
		   : err_set(err, EINVAL,
			     "the database's URL is none that libpq can read: "
			     "postgresql://USER:PASSWORD@HOST:PORT/NAME?sslmode=verify-full, with "
			     "%%40 for an @ in the password, and only libpq's parameters");
}

bool postgres_may_come(const char *url)
{
	const char *keys[10], *values[10];
	PGPing state;

	list_options(keys, values, url);
	state = PQpingParams(keys, values, 1);
	return state == PQPING_NO_RESPONSE || state == PQPING_REJECT;
}
