// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_admin.c — keys, quotas, the audit log, backups. */
#include <string.h>

#include "server/api.h"
#include "server/app.h"
#include "server/auth.h"
#include "server/callbacks.h"
#include "server/clock.h"
#include "server/json_out.h"
#include "server/log.h"
#include "server/retention.h"
#include "server/store.h"

#define DAY_MS 86400000LL

/* Whose keys: an administrator sees its own organisation's, the operator all. */
static const char *visible_org(const struct request *request)
{
	return request->principal.everywhere ? NULL : request->principal.org;
}

static void put_key(struct json_out *out, const struct api_key *key)
{
	json_out_text(out, "id", key->id);
	json_out_text(out, "name", key->name);
	json_out_text(out, "organization", key->org);
	json_out_text(out, "scopes", key->scopes);
	json_out_time(out, "created_at", key->created_ms);
	json_out_time(out, "expires_at", key->expires_ms);
}

static int describe_key(struct api_key *key, const struct request *request, struct err *err)
{
	const char *org = json_in_text(request->json, "organization");
	const char *scopes = json_in_text(request->json, "scopes");
	int64_t days = json_in_int(request->json, "expires_in_days", 0);
	unsigned bits;

	key->org = strdup(org ? org : request->principal.org);
	key->name = strdup(json_in_text(request->json, "name"));
	key->scopes = strdup(scopes ? scopes : "read,submit,cancel");
	key->created_ms = clock_ms();
	key->expires_ms = days ? key->created_ms + days * DAY_MS : 0;
	if (!key->org || !key->name || !key->scopes)
		return err_oom(err);
	return auth_scopes(&bits, key->scopes, err);
}

static void reply_key(struct request *request, const struct api_key *key, const char *text)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	put_key(&out, key);
	json_out_text(&out, "key", text);
	json_out_close(&out, '}');
	reply_json(request, 201, &out.text);
	reply_header(request, "Cache-Control", "no-store");
}

static bool is_of_another(const struct request *request)
{
	const char *org = json_in_text(request->json, "organization");

	return org && !request->principal.everywhere && strcmp(org, request->principal.org) != 0;
}

int api_key_create(struct request *request, struct err *err)
{
	char text[KEY_TEXT_BYTES] = "";
	struct api_key key = {};
	int r;

	if (is_of_another(request)) {
		reply_error(request, 403, "FORBIDDEN",
			    "only the operator makes keys of other organizations", NULL);
		return 0;
	}
	r = describe_key(&key, request, err);
	if (r == 0)
		r = auth_make_key(text, &key, err);
	if (r == 0)
		r = store_key_add(request->app->db, &key, err);
	if (r == 0) {
		request->app->has_keys = true;
		auth_audit(request, "key_create", key.id, NULL);
		reply_key(request, &key, text);
	}
	explicit_bzero(text, sizeof(text));
	api_key_done(&key);
	return r;
}

int api_callback_secret(struct request *request, struct err *err)
{
	char secret[CALLBACK_SECRET_BYTES];
	struct json_out out = {};

	(void)err;
	callback_secret(secret, request->app, request->principal.org);
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "organization", request->principal.org);
	json_out_text(&out, "secret", secret);
	json_out_close(&out, '}');
	explicit_bzero(secret, sizeof(secret));
	auth_audit(request, "callback_secret_read", NULL, NULL);
	reply_json(request, 200, &out.text);
	reply_header(request, "Cache-Control", "no-store");
	return 0;
}

int api_sweep(struct request *request, struct err *err)
{
	struct retention_counts c = {};
	struct json_out out = {};
	int r;

	if (!request->app->blobs)
		return err_set(err, EBUSY, "no server runs in this data directory");
	r = retention_sweep(&c, request->app, err);
	if (r < 0)
		return r;
	json_out_open(&out, NULL, '{');
	json_out_int(&out, "jobs", c.jobs);
	json_out_int(&out, "traces", c.traces);
	json_out_int(&out, "events", c.events);
	json_out_int(&out, "inputs", c.inputs);
	json_out_int(&out, "audit", c.audit);
	json_out_int(&out, "images", c.images);
	json_out_int(&out, "contents", c.contents);
	json_out_close(&out, '}');
	auth_audit(request, "sweep", NULL, NULL);
	reply_json(request, 200, &out.text);
	return 0;
}

static int put_listed_key(void *ctx, const struct api_key *key)
{
	struct json_out *out = ctx;

	json_out_open(out, NULL, '{');
	put_key(out, key);
	json_out_time(out, "revoked_at", key->revoked_ms);
	json_out_time(out, "last_used_at", key->last_used_ms);
	json_out_close(out, '}');
	return 0;
}

int api_key_list(struct request *request, struct err *err)
{
	struct json_out out = {};
	int r;

	json_out_open(&out, NULL, '{');
	json_out_open(&out, "keys", '[');
	r = store_key_list(request->app->db, visible_org(request), put_listed_key, &out, err);
	return reply_list(request, &out, r);
}

static void reply_done(struct request *request, const char *word)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "status", word);
	json_out_close(&out, '}');
	reply_json(request, 200, &out.text);
}

/* That the last key is gone does not open the server again: whoever wanted keys once has them asked for ever since. */
int api_key_revoke(struct request *request, struct err *err)
{
	const char *id = request_path(request, 0);
	int r = store_key_revoke(request->app->db, visible_org(request), id, err);

	if (r < 0)
		return r;
	auth_audit(request, "key_revoke", id, NULL);
	reply_done(request, "revoked");
	return 0;
}

int api_organisation_set(struct request *request, struct err *err)
{
	const cJSON *body = request->json;
	const struct organisation organisation = {
		.id = request_path(request, 0),
		.analyses_per_period = json_in_int(body, "analyses_per_period", -1),
		.concurrent_max = json_in_int(body, "concurrent_jobs", -1),
		.priority = json_in_int(body, "priority", -1),
		.period_days = json_in_int(body, "period_days", -1),
	};
	int r = store_organisation_set(request->app->db, &organisation, err);

	if (r < 0)
		return r;
	auth_audit(request, "organization_set", organisation.id, request->body.bytes);
	hub_work(request->app->hub, HUB_JOBS);
	reply_done(request, "set");
	return 0;
}

static int put_audit(void *ctx, const struct audit *audit)
{
	struct json_out *out = ctx;

	json_out_open(out, NULL, '{');
	json_out_time(out, "at", audit->at_ms);
	json_out_text(out, "organization", audit->org);
	json_out_text(out, "actor", audit->actor);
	json_out_text(out, "action", audit->action);
	json_out_text(out, "target", audit->target);
	json_out_raw(out, "details", audit->details ? audit->details : "null");
	json_out_text(out, "request_id", audit->request_id);
	json_out_close(out, '}');
	return 0;
}

int api_audit(struct request *request, struct err *err)
{
	struct json_out out = {};
	int r;

	json_out_open(&out, NULL, '{');
	json_out_open(&out, "entries", '[');
	r = store_audit_list(request->app->db, visible_org(request),
			     request_query_int(request, "limit", 100), put_audit, &out, err);
	return reply_list(request, &out, r);
}

int api_backup(struct request *request, struct err *err)
{
	const char *path = json_in_text(request->json, "path");
	int r = db_backup(request->app->db, path, err);

	if (r < 0) {
		reply_error(request, 422, "VALIDATION_ERROR", err->text, NULL);
		return 0;
	}
	auth_audit(request, "backup", path, NULL);
	reply_done(request, "copied");
	return 0;
}
