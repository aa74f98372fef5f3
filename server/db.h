/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * db.h — a database as the store needs it; one driver for each kind (db_sqlite.c).
 *
 * Statements are literals: a driver prepares each once, by its address. Parameters are ?1, ?2 …. Words that differ between
 * databases are written @int (64 bits), @strict (behind a table), @skip_locked (behind a SELECT that claims): the driver puts
 * its own in their place.
 *
 * Writing happens in transactions that are functions: they run alone, all of them or nothing, possibly many in one commit, and
 * possibly again after a conflict; they touch nothing outside but their context, and that only to fill in results.
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

typedef int (*sql_row_fn)(void *ctx, const struct sql_row *row);
typedef int (*db_fn)(struct sql *sql, void *ctx, struct err *err);

struct db_driver {
	int (*write)(struct db *db, db_fn fn, void *ctx, struct err *err);
	int (*read)(struct db *db, db_fn fn, void *ctx, struct err *err);
	int (*backup)(struct db *db, const char *path, struct err *err);
	void (*close)(struct db *db);
};

struct sql_driver {
	int (*run)(struct sql *sql, const char *statement, const struct sql_value *values,
		   size_t count, sql_row_fn fn, void *ctx, struct err *err);
	int64_t (*now_ms)(struct sql *sql);
	int64_t (*row_int)(const struct sql_row *row, int column);
	const char *(*row_text)(const struct sql_row *row, int column);
};

/* First members of what a driver makes. */
struct db {
	const struct db_driver *driver;
};
struct sql {
	const struct sql_driver *driver;
};
struct sql_row {
	const struct sql_driver *driver;
};

/* sqlite:///PATH. The file is made when absent (mode 0600). */
_must_check_ int db_sqlite_open(struct db **ret, const char *path, struct err *err);

/* Runs fn in a transaction and returns what it returned, once that is on the disk. */
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
