// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_agent.c — what agents say of themselves, and the traces and files that they bring, piece by piece. */
#include <string.h>

#include "include/trace_format.h"
#include "server/api.h"
#include "server/app.h"
#include "server/auth.h"
#include "server/clock.h"
#include "server/json_out.h"
#include "server/log.h"
#include "server/store_agents.h"
#include "server/uploads.h"

#define HEARTBEAT_SECONDS 15
#define MANIFEST_BYTES_MAX (16ll << 20)
#define FILE_BYTES_MAX (512ll << 20)

/* Whose analyses: the operator's own agents serve all organisations. */
static const char *visible_org(const struct request *request)
{
	return request->principal.everywhere ? NULL : request->principal.org;
}

static int reply_foreign(struct request *request, const char *message)
{
	reply_error(request, 403, "FORBIDDEN", message, NULL);
	return 0;
}

/* An agent that is known to be of one node speaks for no other. */
static bool may_speak_for(const struct principal *principal, const char *node)
{
	return !*principal->node || !strcmp(principal->node, node);
}

int api_agent_heartbeat(struct request *request, struct err *err)
{
	const cJSON *details = json_in_get(request->json, "details");
	_cleanup_free_ char *text = details ? cJSON_PrintUnformatted(details) : strdup("{}");
	const struct agent_node agent = {
		.org = request->principal.org,
		.node = (char *)json_in_text(request->json, "node"),
		.version = (char *)json_in_text(request->json, "version"),
		.kernel = (char *)json_in_text(request->json, "kernel"),
		.arch = (char *)json_in_text(request->json, "arch"),
		.backend = (char *)json_in_text(request->json, "backend"),
		.details = text,
	};
	struct json_out out = {};
	int r;

	if (!may_speak_for(&request->principal, agent.node))
		return reply_foreign(request, "this agent is of another node");
	r = text ? store_agent_seen(request->app->db, &agent, err) : err_oom(err);
	if (r < 0)
		return r;
	json_out_open(&out, NULL, '{');
	json_out_int(&out, "heartbeat_seconds", HEARTBEAT_SECONDS);
	json_out_close(&out, '}');
	reply_json(request, 200, &out.text);
	return 0;
}

static int put_agent(void *ctx, const struct agent_node *agent)
{
	struct json_out *out = ctx;

	json_out_open(out, NULL, '{');
	json_out_text(out, "node", agent->node);
	json_out_text(out, "version", agent->version);
	json_out_text(out, "kernel", agent->kernel);
	json_out_text(out, "arch", agent->arch);
	json_out_text(out, "backend", agent->backend);
	json_out_raw(out, "details", agent->details);
	json_out_bool(out, "up", agent->seen_ms > clock_ms() - AGENT_UP_MS);
	json_out_time(out, "first_seen_at", agent->first_ms);
	json_out_time(out, "last_seen_at", agent->seen_ms);
	json_out_close(out, '}');
	return 0;
}

int api_agent_list(struct request *request, struct err *err)
{
	struct json_out out = {};
	int r;

	json_out_open(&out, NULL, '{');
	json_out_open(&out, "agents", '[');
	r = store_agent_list(request->app->db, visible_org(request), put_agent, &out, err);
	return reply_list(request, &out, r);
}

static int check_size(const char *kind, int64_t bytes, struct err *err)
{
	int64_t max = !strcmp(kind, "trace")      ? (int64_t)TRACE_FILE_BYTES_MAX
		      : !strcmp(kind, "manifest") ? MANIFEST_BYTES_MAX
						  : FILE_BYTES_MAX;

	return bytes <= max
		   ? 0
		   : err_set(err, EFBIG, "a %s has at most %lld bytes", kind, (long long)max);
}

static int reply_upload(struct request *request, const struct agent_upload *upload, unsigned status,
			struct err *err)
{
	uint64_t offset = (uint64_t)upload->bytes;
	struct json_out out = {};
	int r =
	    upload->is_complete ? 0 : uploads_offset(&offset, request->app->blobs, upload->id, err);

	if (r < 0)
		return r;
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "upload_id", upload->id);
	json_out_int(&out, "offset", (int64_t)offset);
	json_out_int(&out, "bytes", upload->bytes);
	json_out_bool(&out, "complete", upload->is_complete);
	json_out_int(&out, "piece_bytes_max", AGENT_PIECE_BYTES_MAX);
	json_out_close(&out, '}');
	reply_json(request, status, &out.text);
	return 0;
}

/* Says what is the matter in details, so that a program can go on from there. */
static int reply_conflict(struct request *request, const struct err *err, const char *key,
			  const char *text, int64_t number)
{
	_cleanup_free_ char *details = NULL;
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	if (text)
		json_out_text(&out, key, text);
	else
		json_out_int(&out, key, number);
	json_out_close(&out, '}');
	details = text_take(&out.text);
	reply_error(request, 409, "RESOURCE_CONFLICT", err->text, details);
	return 0;
}

/* Why it is not given, as far as the agent can go on from that; else r. */
static int explain(struct request *request, int r, enum job_state state, int64_t attempt,
		   const struct err *err)
{
	if (r == -EALREADY)
		return reply_conflict(request, err, "current_state", job_state_names[state], 0);
	if (r == -ESTALE)
		return reply_conflict(request, err, "attempt", NULL, attempt);
	return r == -EPERM ? reply_foreign(request, err->text) : r;
}

int api_agent_upload_begin(struct request *request, struct err *err)
{
	struct agent_upload wanted = {
		.org = (char *)visible_org(request),
		.pod_uid = (char *)json_in_text(request->json, "pod_uid"),
		.node = (char *)json_in_text(request->json, "node"),
		.container = (char *)json_in_text(request->json, "container"),
		.kind = (char *)json_in_text(request->json, "kind"),
		.digest = (char *)json_in_text(request->json, "sha256"),
		.created_by = request->principal.actor,
		.attempt = json_in_int(request->json, "attempt", 0),
		.bytes = json_in_int(request->json, "bytes", 0),
		.is_bound = request->principal.is_agent,
	};
	struct agent_upload upload = {};
	enum job_state state;
	bool is_new;
	int r = check_size(wanted.kind, wanted.bytes, err);

	if (r < 0)
		return r;
	if (!may_speak_for(&request->principal, wanted.node))
		return reply_foreign(request, "this agent is of another node");
	snprintf(wanted.job_id, ID_BYTES, "%s", json_in_text(request->json, "analysis_id"));
	id_new(wanted.id, clock_ms());
	r = store_upload_begin(&upload, &state, request->app->db, &wanted, err);
	if (r < 0)
		return explain(request, r, state, wanted.attempt, err);
	is_new = !strcmp(upload.id, wanted.id);
	r = reply_upload(request, &upload, is_new ? 201 : 200, err);
	if (r == 0 && is_new && upload.is_complete)
		hub_publish(request->app->hub, upload.job_id);
	agent_upload_done(&upload);
	return r;
}

/* The reply of fn (NULL: how far it is) for the upload that the path names; one that is complete stays as it is. */
static int with_upload(struct request *request,
		       int (*fn)(struct request *request, struct agent_upload *upload,
				 struct err *err),
		       struct err *err)
{
	struct agent_upload upload = {};
	int r = store_upload(&upload, request->app->db, visible_org(request),
			     request_path(request, 0), err);

	/* What is of another node is not there for this one. */
	if (r == 0 && !may_speak_for(&request->principal, upload.node))
		r = err_set(err, ENOENT, "there is no upload '%.64s'", request_path(request, 0));
	if (r == 0)
		r = upload.is_complete || !fn ? reply_upload(request, &upload, 200, err)
					      : fn(request, &upload, err);
	agent_upload_done(&upload);
	return r;
}

int api_agent_upload_status(struct request *request, struct err *err)
{
	return with_upload(request, NULL, err);
}

static int put_piece(struct request *request, struct agent_upload *upload, struct err *err)
{
	const struct upload_piece piece = {
		.offset = (uint64_t)request_query_int(request, "offset", 0),
		.bytes = request->upload.bytes,
		.fd = request->upload.fd,
		.total = (uint64_t)upload->bytes,
	};
	uint64_t offset = 0;
	int r = uploads_put(&offset, request->app->blobs, upload->id, &piece, err);

	if (r == -ERANGE)
		return reply_conflict(request, err, "offset", NULL, (int64_t)offset);
	return r < 0 ? r : reply_upload(request, upload, 200, err);
}

int api_agent_upload_put(struct request *request, struct err *err)
{
	return with_upload(request, put_piece, err);
}

static int complete(struct request *request, struct agent_upload *upload, struct err *err)
{
	uint64_t offset = 0;
	int r = uploads_finish(request->app->blobs, upload->id, (uint64_t)upload->bytes,
			       upload->digest, err);

	if (r == -ERANGE && uploads_offset(&offset, request->app->blobs, upload->id, NULL) == 0)
		return reply_conflict(request, err, "offset", NULL, (int64_t)offset);
	if (r == 0)
		r = store_upload_complete(request->app->db, upload->id, err);
	if (r < 0)
		return r;
	upload->is_complete = true;
	log_event(LOG_INFO, "upload_complete", log_text("analysis", upload->job_id),
		  log_text("kind", upload->kind), log_text("container", upload->container),
		  log_text("node", upload->node), log_number("bytes", upload->bytes));
	hub_publish(request->app->hub, upload->job_id);
	return reply_upload(request, upload, 200, err);
}

int api_agent_upload_complete(struct request *request, struct err *err)
{
	return with_upload(request, complete, err);
}

int api_agent_functions(struct request *request, struct err *err)
{
	struct agent_upload wanted = {
		.org = (char *)visible_org(request),
		.pod_uid = (char *)request_query(request, "pod_uid"),
		.node = (char *)request_query(request, "node"),
		.attempt = request_query_int(request, "attempt", 0),
		.is_bound = request->principal.is_agent,
	};
	char digest[DIGEST_HEX_BYTES];
	enum job_state state;
	int r;

	if (!may_speak_for(&request->principal, wanted.node))
		return reply_foreign(request, "this agent is of another node");
	snprintf(wanted.job_id, ID_BYTES, "%s", request_path(request, 0));
	r = store_functions_get(digest, &state, request->app->db, &wanted, err);
	if (r < 0)
		return explain(request, r, state, wanted.attempt, err);
	if (!*digest)
		return err_set(err, ENOENT, "no functions are to be watched for this analysis");
	r = blobs_get(&request->reply.fd, &request->reply.fd_bytes, request->app->blobs, digest,
		      err);
	if (r < 0)
		return r;
	request->reply.status = 200;
	request->reply.type = "text/plain";
	return 0;
}

int api_agent_missing(struct request *request, struct err *err)
{
	const cJSON *item;
	struct json_out out = {};
	int r = 0;

	json_out_open(&out, NULL, '{');
	json_out_open(&out, "missing", '[');
	cJSON_ArrayForEach(item, json_in_get(request->json, "sha256"))
	{
		if (r >= 0)
			r = store_upload_has(request->app->db, visible_org(request),
					     item->valuestring, err);
		if (r == 0)
			json_out_text(&out, NULL, item->valuestring);
	}
	return reply_list(request, &out, r);
}
