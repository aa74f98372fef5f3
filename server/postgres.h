/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * postgres.h — one connection to PostgreSQL, for db_postgres.c, which keeps many.
 *
 * Nothing waits for longer than POSTGRES_ANSWER_MS: a server that is stopped, or gone without a word, does not stop us. A connection
 * that is_lost answers nothing more and is to be freed.
 */
#pragma once

#include "server/db.h"

#define POSTGRES_STATEMENTS_MAX 128
#define POSTGRES_ANSWER_MS 15000 /* beyond what the server gives a statement */

struct connection {
	struct sql sql; /* what transactions get */
	struct pg_conn *pg;
	const char *statements[POSTGRES_STATEMENTS_MAX]; /* prepared as "s0", "s1" … */
	size_t count;
	int64_t now_ms; /* of the transaction; 0: not asked for yet */
	bool is_lost;
	bool is_silent; /* for that reason */
};

/* -EINVAL, saying nothing of what stands in it. */
_must_check_ int postgres_check_url(const char *url, struct err *err);
/* -EHOSTDOWN. */
_must_check_ int postgres_connect(struct connection **ret, const char *url, struct err *err);
void postgres_free(struct connection *c);
/* May it come up, so that it is worth waiting for? Not where it refuses us. */
bool postgres_may_come(const char *url);
/* Has it been closed while nobody used it? */
bool postgres_is_alive(struct connection *c);
/* In no transaction, and good for another one. */
bool postgres_is_idle(const struct connection *c);

/* BEGIN; and what point in time it is. */
_must_check_ int postgres_begin(struct connection *c, struct err *err);
_must_check_ int postgres_commit(struct connection *c, struct err *err);
void postgres_roll_back(struct connection *c);

/* Becomes one that hears what is told. */
_must_check_ int postgres_listen(struct connection *c, struct err *err);
/* Waits until something was told, or wake_fd can be read, or so long; then it has asked the server whether it is there. Calls fn. */
void postgres_hear(struct connection *c, int wake_fd, int timeout_ms, db_heard_fn fn, void *ctx);
