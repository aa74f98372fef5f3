/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * db.h — a database as the store needs it; one driver for each kind (db_sqlite.c, db_postgres.c).
 *
 * Statements are literals: a driver prepares each once, by its address. Parameters are ?1, ?2 …. Words that differ between
 * databases are written @int (64 bits), @strict (behind a table), @for_update (behind a SELECT: what it reads stays so until the
 * transaction ends), @skip_locked (the same, passing over what another transaction holds), @alone (selected: until this
 * transaction ends no other one passes here): the driver puts its own in their place.
 *
 * Writing happens in transactions that are functions: all of each or nothing, possibly many in one commit, and possibly again
 * after a conflict; they touch nothing outside but their context, and that only to fill in results. Where others write at the
 * same time (PostgreSQL, read committed), what one has read may change before it writes: it locks the row first, or writes under
 * a condition.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/err.h"

struct db;
struct sql;     /* a connection, within a transaction or for reading */
struct sql_row; /* what a statement answers; texts live until the callback returns */

struct sql_value {
	enum { SQL_NULL, SQL_INT, SQL_TEXT } kind;
	int64_t number;
	const char *text; /* borrowed while the statement runs */
};

static inline struct sql_value sql_int(int64_t number)
{
	return (struct sql_value){ SQL_INT, number, NULL };
}

static inline struct sql_value sql_text(const char *text)
{
	return (struct sql_value){ text ? SQL_TEXT : SQL_NULL, 0, text };
}

/* A word of statements and what it is in one database. */
struct sql_word {
	const char *word, *meaning;
};

typedef int (*sql_row_fn)(void *ctx, const struct sql_row *row);
typedef int (*db_fn)(struct sql *sql, void *ctx, struct err *err);
/* `what` was told; NULL: something may have been told that was not heard. */
typedef void (*db_heard_fn)(void *ctx, const char *what);

struct db_driver {
	int (*write)(struct db *db, db_fn fn, void *ctx, struct err *err);
	int (*read)(struct db *db, db_fn fn, void *ctx, struct err *err);
	int (*backup)(struct db *db, const char *path, struct err *err);
	/* NULL: nobody else has this database open. */
	int (*listen)(struct db *db, db_heard_fn fn, void *ctx, struct err *err);
	void (*unlisten)(struct db *db);
	void (*close)(struct db *db);
};

struct sql_driver {
	int (*run)(struct sql *sql, const char *statement, const struct sql_value *values,
		   size_t count, sql_row_fn fn, void *ctx, struct err *err);
	int64_t (*now_ms)(struct sql *sql);
	int (*tell)(struct sql *sql, const char *what, struct err *err); /* NULL, as listen */
	int64_t (*row_int)(const struct sql_row *row, int column);
	const char *(*row_text)(const struct sql_row *row, int column);
};

/* First members of what a driver makes. */
struct db {
	const struct db_driver *driver;
	bool is_remote; /* to read it takes a network's time */
};
struct sql {
	const struct sql_driver *driver;
};
struct sql_row {
	const struct sql_driver *driver;
};

/* sqlite:///PATH. The file is made when absent (mode 0600). */
_must_check_ int db_sqlite_open(struct db **ret, const char *path, struct err *err);
/* postgresql://…, as libpq reads it; postgresql+DRIVER:// is taken for the same. Never more than so many connections, and one that
 * listens. Waits up to DB_AWAIT_MS for a server that is not up yet. No message has a secret of the URL's in it. */
#define DB_AWAIT_MS 30000
_must_check_ int db_postgres_open(struct db **ret, const char *url, size_t connections_max,
				  struct err *err);
bool db_postgres_is_url(const char *url);

/* A statement with each word (up to one without a name) replaced by its meaning; NULL: out of memory. */
char *sql_translate(const char *statement, const struct sql_word *words);

/* Runs fn in a transaction and returns what it returned, once that is on the disk. -EHOSTDOWN: the database does not answer (if that
 * happened while it was committed, nobody knows whether it is); -EBUSY: somebody holds what it needs for too long. */
_must_check_ static inline int db_write(struct db *db, db_fn fn, void *ctx, struct err *err)
{
	return db->driver->write(db, fn, ctx, err);
}

/* fn only reads. */
_must_check_ static inline int db_read(struct db *db, db_fn fn, void *ctx, struct err *err)
{
	return db->driver->read(db, fn, ctx, err);
}

/* A copy of the database as it is now, as a new file. */
_must_check_ static inline int db_backup(struct db *db, const char *path, struct err *err)
{
	return db->driver->backup(db, path, err);
}

/* From now on fn hears, on a thread of the driver's, what any server that shares the database tells, this one included. Where
 * nobody shares it, nothing. */
_must_check_ static inline int db_listen(struct db *db, db_heard_fn fn, void *ctx, struct err *err)
{
	return db->driver->listen ? db->driver->listen(db, fn, ctx, err) : 0;
}

/* When it returns, fn is not called again. */
static inline void db_unlisten(struct db *db)
{
	if (db && db->driver->unlisten)
		db->driver->unlisten(db);
}

static inline void db_close(struct db *db)
{
	if (db)
		db->driver->close(db);
}

/* Returns the number of rows that were answered, or else changed. fn (may be NULL) sees each answer; when it returns < 0, that is
 * the result. -EEXIST: something that must be unique is there already. -ENOSPC: the disk is full. */
_must_check_ static inline int sql_run(struct sql *sql, const char *statement,
				       const struct sql_value *values, size_t count, sql_row_fn fn,
				       void *ctx, struct err *err)
{
	return sql->driver->run(sql, statement, values, count, fn, ctx, err);
}

#define SQL_VALUES(...)                            \
	(const struct sql_value[]){ __VA_ARGS__ }, \
	    sizeof((const struct sql_value[]){ __VA_ARGS__ }) / sizeof(struct sql_value)

/* Within a transaction: once it is committed, those who listen hear `what`. */
_must_check_ static inline int sql_tell(struct sql *sql, const char *what, struct err *err)
{
	return sql->driver->tell ? sql->driver->tell(sql, what, err) : 0;
}

/* The store's clock: all servers that share it see the same. */
static inline int64_t sql_now_ms(struct sql *sql)
{
	return sql->driver->now_ms(sql);
}

static inline int64_t sql_row_int(const struct sql_row *row, int column)
{
	return row->driver->row_int(row, column);
}

/* NULL for null. */
static inline const char *sql_row_text(const struct sql_row *row, int column)
{
	return row->driver->row_text(row, column);
}
