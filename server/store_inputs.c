// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_inputs.c — SBOMs, reports and advisories that were uploaded. */
#include "server/store_job.h"

#define INPUT_COLUMNS \
	"id, org, kind, name, digest, media, format, image_digest, created_by, bytes, created_ms"

void input_done(struct input *input)
{
	char *const owned[] = {
		input->org,   input->kind,   input->name,         input->digest,
		input->media, input->format, input->image_digest, input->created_by
	};

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		free(owned[i]);
	*input = (struct input){};
}

static int from_row(struct input *input, const struct sql_row *row)
{
	char **const texts[] = { &input->org,          &input->kind,      &input->name,
				 &input->digest,       &input->media,     &input->format,
				 &input->image_digest, &input->created_by };
	int r = 0;

	snprintf(input->id, sizeof(input->id), "%s", sql_row_text(row, 0));
	input->bytes = sql_row_int(row, 9);
	input->created_ms = sql_row_int(row, 10);
	for (int i = 0; r == 0 && i < 8; i++)
		r = copy_text(texts[i], sql_row_text(row, i + 1));
	return r;
}

static int add(struct sql *sql, void *ctx, struct err *err)
{
	const struct input *in = ctx;
	int r = sql_run(
	    sql,
	    "INSERT INTO inputs (" INPUT_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
	    "?9, ?10, ?11)",
	    SQL_VALUES(sql_text(in->id), sql_text(in->org), sql_text(in->kind), sql_text(in->name),
		       sql_text(in->digest), sql_text(in->media), sql_text(in->format),
		       sql_text(in->image_digest), sql_text(in->created_by), sql_int(in->bytes),
		       sql_int(in->created_ms)),
	    NULL, NULL, err);

	return r < 0 ? r : 0;
}

int store_input_add(struct db *db, const struct input *input, struct err *err)
{
	return db_write(db, add, (void *)input, err);
}

struct lookup {
	struct input input;
	const char *org, *kind, *id;
};

static int take(void *ctx, const struct sql_row *row)
{
	input_done(ctx);
	return from_row(ctx, row);
}

static int find(struct sql *sql, void *ctx, struct err *err)
{
	struct lookup *l = ctx;
	int r = sql_run(
	    sql, "SELECT " INPUT_COLUMNS " FROM inputs WHERE id = ?1 AND org = ?2 AND kind = ?3",
	    SQL_VALUES(sql_text(l->id), sql_text(l->org), sql_text(l->kind)), take, &l->input, err);

	if (r == 0)
		return err_set(err, ENOENT, "there is no %s '%.64s'", l->kind, l->id);
	return r < 0 ? r : 0;
}

int store_input(struct input *ret, struct db *db, const char *org, const char *kind, const char *id,
		struct err *err)
{
	struct lookup l = { .org = org, .kind = kind, .id = id };
	int r = db_read(db, find, &l, err);

	if (r < 0)
		input_done(&l.input);
	else
		*ret = l.input;
	return r;
}

struct listing {
	int64_t *total, skip, limit;
	const char *org, *kind, *image_digest;
	input_fn fn;
	void *ctx;
};

static int list_one(void *ctx, const struct sql_row *row)
{
	struct listing *l = ctx;
	struct input input = {};
	int r = from_row(&input, row);

	if (r == 0)
		r = l->fn(l->ctx, &input);
	input_done(&input);
	return r;
}

static int list(struct sql *sql, void *ctx, struct err *err)
{
	struct listing *l = ctx;
	int r =
	    sql_run(sql,
		    "SELECT COUNT(*) FROM inputs WHERE org = ?1 AND kind = ?2 AND (?3 IS NULL OR "
		    "image_digest = ?3)",
		    SQL_VALUES(sql_text(l->org), sql_text(l->kind), sql_text(l->image_digest)),
		    sql_take_int, l->total, err);

	if (r >= 0)
		r = sql_run(
		    sql,
		    "SELECT " INPUT_COLUMNS " FROM inputs WHERE org = ?1 AND kind = ?2 AND (?3 IS "
		    "NULL OR image_digest = ?3) ORDER BY created_ms DESC, id DESC LIMIT ?4 OFFSET "
		    "?5",
		    SQL_VALUES(sql_text(l->org), sql_text(l->kind), sql_text(l->image_digest),
			       sql_int(l->limit), sql_int(l->skip)),
		    list_one, l, err);
	return r < 0 ? r : 0;
}

int store_input_list(int64_t *ret_total, struct db *db, const char *org, const char *kind,
		     const char *image_digest, int64_t skip, int64_t limit, input_fn fn, void *ctx,
		     struct err *err)
{
	struct listing l = { ret_total, skip, limit, org, kind, image_digest, fn, ctx };

	return db_read(db, list, &l, err);
}

static int list_of_image(struct sql *sql, void *ctx, struct err *err)
{
	struct listing *l = ctx;

	return sql_run(sql,
		       "SELECT " INPUT_COLUMNS
		       " FROM inputs WHERE org = ?1 AND kind = ?2 AND image_digest = "
		       "?3 ORDER BY created_ms DESC, id DESC LIMIT ?4",
		       SQL_VALUES(sql_text(l->org), sql_text(l->kind), sql_text(l->image_digest),
				  sql_int(l->limit)),
		       list_one, l, err);
}

int store_inputs_of_image(struct db *db, const char *org, const char *kind,
			  const char *image_digest, int64_t limit, input_fn fn, void *ctx,
			  struct err *err)
{
	struct listing l = { NULL, 0, limit, org, kind, image_digest, fn, ctx };

	return db_read(db, list_of_image, &l, err);
}
