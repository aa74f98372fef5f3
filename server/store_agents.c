// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* store_agents.c — agents, and what they have uploaded. */
#include "server/store_agents.h"

#include <string.h>

#include "server/request.h"
#include "server/store_job.h"

#define NODE_COLUMNS "org, node, version, kernel, arch, backend, details, first_ms, seen_ms"
#define UPLOAD_COLUMNS                                                                   \
	"id, job_id, org, pod_uid, node, container, kind, digest, created_by, attempt, " \
	"bytes, created_ms, completed_ms, state"

void agent_node_done(struct agent_node *agent)
{
	char *const owned[] = { agent->org,  agent->node,    agent->version, agent->kernel,
				agent->arch, agent->backend, agent->details };

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		free(owned[i]);
	*agent = (struct agent_node){};
}

void agent_upload_done(struct agent_upload *upload)
{
	char *const owned[] = { upload->org,  upload->pod_uid, upload->node,      upload->container,
				upload->kind, upload->digest,  upload->created_by };

	for (size_t i = 0; i < sizeof(owned) / sizeof(*owned); i++)
		free(owned[i]);
	*upload = (struct agent_upload){};
}

static int seen(struct sql *sql, void *ctx, struct err *err)
{
	const struct agent_node *a = ctx;
	int r = sql_run(
	    sql,
	    "INSERT INTO agents (" NODE_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?8) "
	    "ON CONFLICT (org, node) DO UPDATE SET version = ?3, kernel = ?4, arch = ?5, backend "
	    "= ?6, details = ?7, seen_ms = ?8",
	    SQL_VALUES(sql_text(a->org), sql_text(a->node), sql_text(a->version),
		       sql_text(a->kernel), sql_text(a->arch), sql_text(a->backend),
		       sql_text(a->details), sql_int(sql_now_ms(sql))),
	    NULL, NULL, err);

	return r < 0 ? r : 0;
}

int store_agent_seen(struct db *db, const struct agent_node *agent, struct err *err)
{
	return db_write(db, seen, (void *)agent, err);
}

struct node_listing {
	const char *org;
	agent_node_fn fn;
	void *ctx;
};

static int list_node(void *ctx, const struct sql_row *row)
{
	struct node_listing *l = ctx;
	const struct agent_node agent = {
		(char *)sql_row_text(row, 0), (char *)sql_row_text(row, 1),
		(char *)sql_row_text(row, 2), (char *)sql_row_text(row, 3),
		(char *)sql_row_text(row, 4), (char *)sql_row_text(row, 5),
		(char *)sql_row_text(row, 6), sql_row_int(row, 7),
		sql_row_int(row, 8),
	};

	return l->fn(l->ctx, &agent);
}

static int list_nodes(struct sql *sql, void *ctx, struct err *err)
{
	struct node_listing *l = ctx;
	int r =
	    sql_run(sql,
		    "SELECT " NODE_COLUMNS " FROM agents WHERE org = COALESCE(?1, org) ORDER BY "
		    "node, org LIMIT 10000",
		    SQL_VALUES(sql_text(l->org)), list_node, l, err);

	return r < 0 ? r : 0;
}

int store_agent_list(struct db *db, const char *org, agent_node_fn fn, void *ctx, struct err *err)
{
	struct node_listing l = { org, fn, ctx };

	return db_read(db, list_nodes, &l, err);
}

static int upload_from_row(struct agent_upload *u, const struct sql_row *row)
{
	char **const texts[] = { &u->org,  &u->pod_uid, &u->node,      &u->container,
				 &u->kind, &u->digest,  &u->created_by };
	int r = 0;

	snprintf(u->id, sizeof(u->id), "%s", sql_row_text(row, 0));
	snprintf(u->job_id, sizeof(u->job_id), "%s", sql_row_text(row, 1));
	for (int i = 0; r == 0 && i < 7; i++)
		r = copy_text(texts[i], sql_row_text(row, i + 2));
	u->attempt = sql_row_int(row, 9);
	u->bytes = sql_row_int(row, 10);
	u->created_ms = sql_row_int(row, 11);
	u->completed_ms = sql_row_int(row, 12);
	u->is_complete = !strcmp(sql_row_text(row, 13), "complete");
	return r;
}

static int take_upload(void *ctx, const struct sql_row *row)
{
	agent_upload_done(ctx);
	return upload_from_row(ctx, row);
}

struct beginning {
	struct agent_upload found;
	const struct agent_upload *wanted;
	char org[65], id[ID_BYTES], pod[64], node[NODE_BYTES]; /* of the analysis */
	char functions[DIGEST_HEX_BYTES];
	enum job_state state;
	int64_t fence;
	int64_t count, bytes, known;
};

static int take_job(void *ctx, const struct sql_row *row)
{
	struct beginning *b = ctx;

	snprintf(b->org, sizeof(b->org), "%s", sql_row_text(row, 0));
	snprintf(b->pod, sizeof(b->pod), "%s", sql_row_text(row, 2));
	snprintf(b->node, sizeof(b->node), "%s", sql_row_text(row, 3));
	b->fence = sql_row_int(row, 4);
	snprintf(b->functions, sizeof(b->functions), "%s", sql_row_text(row, 5));
	return job_state_from_text(&b->state, sql_row_text(row, 1));
}

static int take_sums(void *ctx, const struct sql_row *row)
{
	struct beginning *b = ctx;

	b->count = sql_row_int(row, 0);
	b->bytes = sql_row_int(row, 1);
	return 0;
}

/* Is there such an analysis, and does anybody wait for something? Its uploads begin one after the other. */
static int find_job(struct sql *sql, struct beginning *b, struct err *err)
{
	int r = sql_run(sql,
			"SELECT org, state, COALESCE(sandbox_pod, ''), COALESCE(sandbox_node, ''), "
			"fence, COALESCE(functions, '') FROM "
			"jobs WHERE id = ?1 AND org = COALESCE(?2, org) @for_update",
			SQL_VALUES(sql_text(b->wanted->job_id), sql_text(b->wanted->org)), take_job,
			b, err);

	if (r == 0)
		return err_set(err, ENOENT, "there is no analysis '%.64s'", b->wanted->job_id);
	return r < 0 ? r : 0;
}

static int find_same(struct sql *sql, struct beginning *b, struct err *err)
{
	const struct agent_upload *w = b->wanted;

	return sql_run(sql,
		       "SELECT " UPLOAD_COLUMNS
		       " FROM agent_uploads WHERE job_id = ?1 AND pod_uid = ?2 AND container = ?3 "
		       "AND kind = ?4 AND digest = ?5",
		       SQL_VALUES(sql_text(w->job_id), sql_text(w->pod_uid), sql_text(w->container),
				  sql_text(w->kind), sql_text(w->digest)),
		       take_upload, &b->found, err);
}

static bool is_file(const struct agent_upload *upload)
{
	return !strcmp(upload->kind, "file");
}

/* For good, and not for now: what is there does not become less while anybody waits. */
static int check_sums(struct sql *sql, struct beginning *b, struct err *err)
{
	bool file = is_file(b->wanted);
	int64_t max = file ? AGENT_FILES_MAX : AGENT_TRACES_MAX;
	int r = sql_run(sql,
			file ? "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM agent_uploads "
			       "WHERE job_id = ?1 AND kind = 'file'"
			     : "SELECT COUNT(*), COALESCE(SUM(bytes), 0) FROM agent_uploads "
			       "WHERE job_id = ?1 AND kind <> 'file'",
			SQL_VALUES(sql_text(b->wanted->job_id)), take_sums, b, err);

	if (r < 0)
		return r;
	if (b->count >= max || b->wanted->bytes > AGENT_UPLOAD_BYTES_MAX - b->bytes)
		return err_set(err, EFBIG,
			       "an analysis takes %lld %s of %lld bytes in all, and has %lld of "
			       "%lld",
			       (long long)max, file ? "files" : "traces and lists of files",
			       (long long)AGENT_UPLOAD_BYTES_MAX, (long long)b->count,
			       (long long)b->bytes);
	return 0;
}

static int has_content(struct sql *sql, int64_t *ret, const char *org, const char *digest,
		       struct err *err)
{
	int r =
	    sql_run(sql,
		    "SELECT COUNT(*) FROM agent_uploads WHERE org = COALESCE(?1, org) AND digest = "
		    "?2 AND state = 'complete'",
		    SQL_VALUES(sql_text(org), sql_text(digest)), sql_take_int, ret, err);

	return r < 0 ? r : 0;
}

static int insert_upload(struct sql *sql, struct beginning *b, struct err *err)
{
	const struct agent_upload *w = b->wanted;
	int64_t now = sql_now_ms(sql);
	int r = has_content(sql, &b->known, b->org, w->digest, err);

	if (r < 0)
		return r;
	r = sql_run(
	    sql,
	    "INSERT INTO agent_uploads (" UPLOAD_COLUMNS ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, "
	    "?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
	    SQL_VALUES(sql_text(w->id), sql_text(w->job_id), sql_text(b->org), sql_text(w->pod_uid),
		       sql_text(w->node), sql_text(w->container), sql_text(w->kind),
		       sql_text(w->digest), sql_text(w->created_by), sql_int(w->attempt),
		       sql_int(w->bytes), sql_int(now), sql_int(b->known ? now : 0),
		       sql_text(b->known ? "complete" : "open")),
	    NULL, NULL, err);
	return r < 0 ? r : 0;
}

static int another_node(const struct agent_upload *wanted, struct err *err)
{
	return err_set(err, EPERM, "the analysis has no such pod on node '%.253s'", wanted->node);
}

/* By what the server itself has made and seen, not by what anybody says. */
static int check_pod(const struct beginning *b, struct err *err)
{
	const struct agent_upload *w = b->wanted;

	if (!w->is_bound)
		return 0;
	if (w->attempt < b->fence)
		return err_set(err, ESTALE, "attempt %lld at the analysis is over",
			       (long long)w->attempt);
	if (!*b->pod)
		return err_set(err, EAGAIN, "where the sandbox is is not known yet");
	/* Who only says that he is of this analysis will never be; whose node has another name may have been set up wrong. */
	if (w->attempt != b->fence || strcmp(w->pod_uid, b->pod) != 0)
		return err_set(err, ENOENT, "the analysis has no such pod");
	return strcmp(w->node, b->node) != 0 ? another_node(w, err) : 0;
}

static int begin_upload(struct sql *sql, void *ctx, struct err *err)
{
	struct beginning *b = ctx;
	int r = find_job(sql, b, err);

	if (r == 0)
		r = find_same(sql, b, err);
	if (r > 0 && b->wanted->is_bound && strcmp(b->found.node, b->wanted->node) != 0)
		return another_node(b->wanted, err);
	if (r)
		return r < 0 ? r : 0;
	/* Who waits for the trace does not wait for what comes after it. */
	if (b->state != JOB_RUNNING && b->state != JOB_ANALYZING &&
	    (b->state != JOB_COMPLETE || !strcmp(b->wanted->kind, "trace")))
		return err_set(err, EALREADY, "the analysis is %s", job_state_names[b->state]);
	r = check_pod(b, err);
	r = r ? r : check_sums(sql, b, err);
	if (r == 0)
		r = insert_upload(sql, b, err);
	if (r == 0)
		r = find_same(sql, b, err);
	return r < 0 ? r : 0;
}

int store_upload_begin(struct agent_upload *ret, enum job_state *ret_state, struct db *db,
		       const struct agent_upload *wanted, struct err *err)
{
	struct beginning b = { .wanted = wanted };
	int r = db_write(db, begin_upload, &b, err);

	*ret_state = b.state;
	if (r < 0)
		agent_upload_done(&b.found);
	else
		*ret = b.found;
	return r;
}

static int get_functions(struct sql *sql, void *ctx, struct err *err)
{
	struct beginning *b = ctx;
	int r = find_job(sql, b, err);

	if (r == 0 && b->state != JOB_RUNNING)
		return err_set(err, EALREADY, "the analysis is %s", job_state_names[b->state]);
	return r ? r : check_pod(b, err);
}

int store_functions_get(char ret[DIGEST_HEX_BYTES], enum job_state *ret_state, struct db *db,
			const struct agent_upload *wanted, struct err *err)
{
	struct beginning b = { .wanted = wanted };
	int r = db_read(db, get_functions, &b, err);

	*ret_state = b.state;
	if (r == 0)
		memcpy(ret, b.functions, DIGEST_HEX_BYTES);
	return r;
}

struct upload_lookup {
	struct agent_upload upload;
	const char *org, *id, *digest;
	int64_t number;
	agent_upload_fn fn;
	void *ctx;
};

static int find_upload(struct sql *sql, void *ctx, struct err *err)
{
	struct upload_lookup *l = ctx;
	int r =
	    sql_run(sql,
		    "SELECT " UPLOAD_COLUMNS
		    " FROM agent_uploads WHERE id = ?1 AND org = COALESCE(?2, org)",
		    SQL_VALUES(sql_text(l->id), sql_text(l->org)), take_upload, &l->upload, err);

	if (r == 0)
		return err_set(err, ENOENT, "there is no upload '%.64s'", l->id);
	return r < 0 ? r : 0;
}

int store_upload(struct agent_upload *ret, struct db *db, const char *org, const char *id,
		 struct err *err)
{
	struct upload_lookup l = { .org = org, .id = id };
	int r = db_read(db, find_upload, &l, err);

	if (r < 0)
		agent_upload_done(&l.upload);
	else
		*ret = l.upload;
	return r;
}

static int complete(struct sql *sql, void *ctx, struct err *err)
{
	int r =
	    sql_run(sql,
		    "UPDATE agent_uploads SET state = 'complete', completed_ms = ?2 WHERE id = ?1 "
		    "AND state = 'open'",
		    SQL_VALUES(sql_text(ctx), sql_int(sql_now_ms(sql))), NULL, NULL, err);

	return r < 0 ? r : 0;
}

int store_upload_complete(struct db *db, const char *id, struct err *err)
{
	return db_write(db, complete, (void *)id, err);
}

static int list_upload(void *ctx, const struct sql_row *row)
{
	struct upload_lookup *l = ctx;
	struct agent_upload upload = {};
	int r = upload_from_row(&upload, row);

	if (r == 0)
		r = l->fn(l->ctx, &upload);
	agent_upload_done(&upload);
	return r;
}

static int list_uploads(struct sql *sql, void *ctx, struct err *err)
{
	struct upload_lookup *l = ctx;
	int r = sql_run(sql,
			"SELECT " UPLOAD_COLUMNS
			" FROM agent_uploads WHERE job_id = ?1 AND state = 'complete' ORDER BY "
			"completed_ms, id",
			SQL_VALUES(sql_text(l->id)), list_upload, l, err);

	return r < 0 ? r : 0;
}

int store_upload_list(struct db *db, const char *job_id, agent_upload_fn fn, void *ctx,
		      struct err *err)
{
	struct upload_lookup l = { .id = job_id, .fn = fn, .ctx = ctx };

	return db_read(db, list_uploads, &l, err);
}

static int take_id(void *ctx, const struct sql_row *row)
{
	snprintf(ctx, ID_BYTES, "%s", sql_row_text(row, 0));
	return 0;
}

static int expire(struct sql *sql, void *ctx, struct err *err)
{
	struct upload_lookup *l = ctx;
	int r =
	    sql_run(sql,
		    "SELECT id FROM agent_uploads WHERE state = 'open' AND created_ms < ?1 ORDER "
		    "BY created_ms LIMIT 1 @skip_locked",
		    SQL_VALUES(sql_int(l->number)), take_id, l->upload.id, err);

	if (r <= 0)
		return r;
	return sql_run(sql, "DELETE FROM agent_uploads WHERE id = ?1 AND state = 'open'",
		       SQL_VALUES(sql_text(l->upload.id)), NULL, NULL, err);
}

int store_upload_expire(char ret_id[ID_BYTES], struct db *db, int64_t before_ms, struct err *err)
{
	struct upload_lookup l = { .number = before_ms };
	int r = db_write(db, expire, &l, err);

	if (r > 0)
		snprintf(ret_id, ID_BYTES, "%s", l.upload.id);
	return r;
}

static int has(struct sql *sql, void *ctx, struct err *err)
{
	struct upload_lookup *l = ctx;

	return has_content(sql, &l->number, l->org, l->digest, err);
}

int store_upload_has(struct db *db, const char *org, const char *digest, struct err *err)
{
	struct upload_lookup l = { .org = org, .digest = digest };
	int r = db_read(db, has, &l, err);

	return r < 0 ? r : l.number != 0;
}
