// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_keys.c — who may do what, and what they did. */
#include "server/ids.h"
#include "server/store_job.h"

#define KEY_COLUMNS "id, org, name, hash, scopes, created_ms, expires_ms, revoked_ms, last_used_ms"

void api_key_done(struct api_key *key)
{
	free(key->id);
	free(key->org);
	free(key->name);
	free(key->hash);
	free(key->scopes);
	*key = (struct api_key){};
}

static int key_from_row(void *ctx, const struct sql_row *row)
{
	struct api_key *key = ctx;
	char **const texts[] = { &key->id, &key->org, &key->name, &key->hash, &key->scopes };
	int r = 0;

	for (int i = 0; r == 0 && i < 5; i++)
		r = copy_text(texts[i], sql_row_text(row, i));
	key->created_ms = sql_row_int(row, 5);
	key->expires_ms = sql_row_int(row, 6);
	key->revoked_ms = sql_row_int(row, 7);
	key->last_used_ms = sql_row_int(row, 8);
	return r;
}

int store_organisation_ensure(struct sql *sql, const char *id, struct err *err)
{
	int r = sql_run(sql,
			"INSERT INTO organisations VALUES (?1, ?2, 0, 0, 0, 30, ?2, 0) ON CONFLICT "
			"(id) DO NOTHING",
			SQL_VALUES(sql_text(id), sql_int(sql_now_ms(sql))), NULL, NULL, err);

	return r < 0 ? r : 0;
}

static int add_key(struct sql *sql, void *ctx, struct err *err)
{
	const struct api_key *key = ctx;
	int r = store_organisation_ensure(sql, key->org, err);

	if (r == 0)
		r = sql_run(sql,
			    "INSERT INTO api_keys (" KEY_COLUMNS
			    ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, "
			    "0, 0)",
			    SQL_VALUES(sql_text(key->id), sql_text(key->org), sql_text(key->name),
				       sql_text(key->hash), sql_text(key->scopes),
				       sql_int(key->created_ms), sql_int(key->expires_ms)),
			    NULL, NULL, err);
	return r < 0 ? r : sql_tell(sql, "keys", err);
}

int store_key_add(struct db *db, const struct api_key *key, struct err *err)
{
	return db_write(db, add_key, (void *)key, err);
}

struct key_lookup {
	struct api_key key;
	const char *id, *org;
	api_key_fn fn;
	void *ctx;
};

static int find_key(struct sql *sql, void *ctx, struct err *err)
{
	struct key_lookup *l = ctx;
	int r = sql_run(sql, "SELECT " KEY_COLUMNS " FROM api_keys WHERE id = ?1",
			SQL_VALUES(sql_text(l->id)), key_from_row, &l->key, err);

	return r < 0 ? r : r ? 0 : err_set(err, ENOENT, "there is no such key");
}

int store_key(struct api_key *ret, struct db *db, const char *id, struct err *err)
{
	struct key_lookup l = { .id = id };
	int r = db_read(db, find_key, &l, err);

	if (r < 0)
		api_key_done(&l.key);
	else
		*ret = l.key;
	return r;
}

static int list_key(void *ctx, const struct sql_row *row)
{
	struct key_lookup *l = ctx;
	struct api_key key = {};
	int r = key_from_row(&key, row);

	if (r == 0)
		r = l->fn(l->ctx, &key);
	api_key_done(&key);
	return r;
}

static int list_keys(struct sql *sql, void *ctx, struct err *err)
{
	struct key_lookup *l = ctx;
	int r = sql_run(
	    sql,
	    "SELECT " KEY_COLUMNS
	    " FROM api_keys WHERE org = COALESCE(?1, org) ORDER BY created_ms, id LIMIT 1000",
	    SQL_VALUES(sql_text(l->org)), list_key, l, err);

	return r < 0 ? r : 0;
}

int store_key_list(struct db *db, const char *org, api_key_fn fn, void *ctx, struct err *err)
{
	struct key_lookup l = { .org = org, .fn = fn, .ctx = ctx };

	return db_read(db, list_keys, &l, err);
}

static int revoke_key(struct sql *sql, void *ctx, struct err *err)
{
	const struct key_lookup *l = ctx;
	int r = sql_run(
	    sql,
	    "UPDATE api_keys SET revoked_ms = ?3 WHERE id = ?1 AND org = COALESCE(?2, org) AND "
	    "revoked_ms = 0",
	    SQL_VALUES(sql_text(l->id), sql_text(l->org), sql_int(sql_now_ms(sql))), NULL, NULL,
	    err);

	return r < 0 ? r : r ? 0 : err_set(err, ENOENT, "there is no valid key '%.64s'", l->id);
}

int store_key_revoke(struct db *db, const char *org, const char *id, struct err *err)
{
	struct key_lookup l = { .org = org, .id = id };

	return db_write(db, revoke_key, &l, err);
}

static int used(struct sql *sql, void *ctx, struct err *err)
{
	int r = sql_run(sql, "UPDATE api_keys SET last_used_ms = ?2 WHERE id = ?1",
			SQL_VALUES(sql_text(ctx), sql_int(sql_now_ms(sql))), NULL, NULL, err);

	return r < 0 ? r : 0;
}

int store_key_used(struct db *db, const char *id, struct err *err)
{
	return db_write(db, used, (void *)id, err);
}

static int count_keys(struct sql *sql, void *ctx, struct err *err)
{
	int r = sql_run(sql, "SELECT COUNT(*) FROM api_keys", NULL, 0, sql_take_int, ctx, err);

	return r < 0 ? r : 0;
}

int store_key_count(int64_t *ret, struct db *db, struct err *err)
{
	return db_read(db, count_keys, ret, err);
}

static int set_organisation(struct sql *sql, void *ctx, struct err *err)
{
	const struct organisation *o = ctx;
	int r = store_organisation_ensure(sql, o->id, err);

	if (r == 0)
		r = sql_run(
		    sql,
		    "UPDATE organisations SET analyses_per_period = CASE ?2 WHEN -1 THEN "
		    "analyses_per_period ELSE ?2 END, concurrent_max = CASE ?3 WHEN -1 THEN "
		    "concurrent_max ELSE ?3 END, priority = CASE ?4 WHEN -1 THEN priority ELSE ?4 "
		    "END, period_days = CASE ?5 WHEN -1 THEN period_days ELSE ?5 END WHERE id = ?1",
		    SQL_VALUES(sql_text(o->id), sql_int(o->analyses_per_period),
			       sql_int(o->concurrent_max), sql_int(o->priority),
			       sql_int(o->period_days)),
		    NULL, NULL, err);
	return r < 0 ? r : sql_tell(sql, "work", err);
}

int store_organisation_set(struct db *db, const struct organisation *organisation, struct err *err)
{
	return db_write(db, set_organisation, (void *)organisation, err);
}

int store_audit_put(struct sql *sql, const struct audit *a, struct err *err)
{
	int64_t now = sql_now_ms(sql);
	char id[ID_BYTES];
	int r;

	id_new(id, now);
	r = sql_run(
	    sql,
	    "INSERT INTO audit (id, at_ms, org, actor, action, target, details, request_id) "
	    "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
	    SQL_VALUES(sql_text(id), sql_int(now), sql_text(a->org), sql_text(a->actor),
		       sql_text(a->action), sql_text(a->target), sql_text(a->details),
		       sql_text(a->request_id)),
	    NULL, NULL, err);
	return r < 0 ? r : 0;
}

static int add_audit(struct sql *sql, void *ctx, struct err *err)
{
	return store_audit_put(sql, ctx, err);
}

int store_audit_add(struct db *db, const struct audit *audit, struct err *err)
{
	return db_write(db, add_audit, (void *)audit, err);
}

struct audit_listing {
	const char *org;
	int64_t limit;
	audit_fn fn;
	void *ctx;
};

static int list_audit(void *ctx, const struct sql_row *row)
{
	const struct audit_listing *l = ctx;
	const struct audit audit = { sql_row_text(row, 1), sql_row_text(row, 2),
				     sql_row_text(row, 3), sql_row_text(row, 4),
				     sql_row_text(row, 5), sql_row_text(row, 6),
				     sql_row_int(row, 0) };

	return l->fn(l->ctx, &audit);
}

static int read_audit(struct sql *sql, void *ctx, struct err *err)
{
	struct audit_listing *l = ctx;
	int r = sql_run(
	    sql,
	    "SELECT at_ms, org, actor, action, target, details, request_id FROM audit WHERE "
	    "org = COALESCE(?1, org) ORDER BY id DESC LIMIT ?2",
	    SQL_VALUES(sql_text(l->org), sql_int(l->limit)), list_audit, l, err);

	return r < 0 ? r : 0;
}

int store_audit_list(struct db *db, const char *org, int64_t limit, audit_fn fn, void *ctx,
		     struct err *err)
{
	struct audit_listing l = { org, limit, fn, ctx };

	return db_read(db, read_audit, &l, err);
}
