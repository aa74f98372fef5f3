// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_health.c — is the service well, alive, ready? */
#include <string.h>

#include "include/version.h"
#include "server/api.h"
#include "server/app.h"
#include "server/clock.h"
#include "server/json_out.h"
#include "server/store.h"

static void open_check(struct json_out *out, const char *name, bool well, const char *message)
{
	json_out_open(out, name, '{');
	json_out_text(out, "status", well ? "healthy" : "unhealthy");
	json_out_text(out, "message", message);
}

static void put_check(struct json_out *out, const char *name, bool well, const char *message)
{
	open_check(out, name, well, message);
	json_out_close(out, '}');
}

/* The name that monitors ask for; the workers are threads of this server. */
static void put_workers(struct json_out *out, const struct settings *s)
{
	int64_t workers = s->no_workers ? 0 : (int64_t)s->workers;
	char message[64];

	snprintf(message, sizeof(message), "%lld workers in this server", (long long)workers);
	open_check(out, "celery", true, message);
	json_out_int(out, "workers", workers);
	json_out_close(out, '}');
}

/* NULL: nothing is wrong with it. */
static const char *trouble_with_storage(const struct app *app)
{
	struct err err = {};

	if (blobs_free_bytes(app->blobs) < app->settings->disk_free_mb << 20)
		return "nearly full";
	return blobs_check(app->blobs, &err) < 0 ? "the object store does not answer" : NULL;
}

int api_health(struct request *request, struct err *err)
{
	struct app *app = request->app;
	const char *trouble = trouble_with_storage(app);
	bool database = store_ping(app->db, err) == 0, storage = !trouble;
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "status", database && storage ? "healthy" : "degraded");
	json_out_text(&out, "service", "premium-vex-service");
	json_out_text(&out, "version", VEXXY_VERSION);
	json_out_time(&out, "timestamp", clock_ms());
	json_out_open(&out, "checks", '{');
	put_check(&out, "database", database, database ? "connected" : "does not answer");
	put_check(&out, "storage", storage, storage ? "enough space" : trouble);
	put_workers(&out, app->settings);
	json_out_close(&out, '}');
	json_out_text(&out, "request_id", request->id);
	json_out_close(&out, '}');
	reply_json(request, database && storage ? 200 : 503, &out.text);
	return 0;
}

static void reply_word(struct request *request, const char *word, const char *warning)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "status", word);
	json_out_optional(&out, "warning", warning);
	json_out_close(&out, '}');
	reply_json(request, 200, &out.text);
}

int api_livez(struct request *request, struct err *err)
{
	(void)err;
	reply_word(request, "alive", NULL);
	return 0;
}

int api_readyz(struct request *request, struct err *err)
{
	struct app *app = request->app;

	if (app->draining)
		reply_error(request, 503, "SERVICE_UNAVAILABLE", "the server is going down", NULL);
	else if (store_ping(app->db, err) < 0)
		reply_error(request, 503, "SERVICE_UNAVAILABLE", "the database does not answer",
			    NULL);
	else
		reply_word(request, "ready", app->warning);
	return 0;
}

int api_openapi(struct request *request, struct err *err)
{
	struct text body = {};

	(void)err;
	text_put_n(&body, request->app->openapi.bytes, request->app->openapi.len);
	reply_json(request, 200, &body);
	return 0;
}
