// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* control.c — the operator's way to a server on this machine. */
#include "server/control.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "server/app.h"
#include "server/clock.h"
#include "server/dispatch.h"
#include "server/http_client.h"
#include "server/log.h"
#include "server/routes.h"
#include "server/store.h"

static int take_reply(cJSON **ret, unsigned status, const char *text, size_t len, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	const char *message;
	size_t offset;
	int r = json_in_parse(&reply, text, len, &offset, err);

	if (r < 0)
		return err_prefix(err, r, "the server's reply");
	message = json_in_text(reply, "message");
	if (status >= 400) {
		_cleanup_free_ char *details =
		    cJSON_PrintUnformatted(json_in_get(reply, "details"));

		return err_set(err, EIO, "%s%s%s", message ? message : "the server refused",
			       details && strlen(details) > 2 ? ": " : "",
			       details && strlen(details) > 2 ? details : "");
	}
	*ret = take_ptr(reply);
	return 0;
}

static int ask_server(cJSON **ret, const struct control_call *call, const char *socket,
		      struct err *err)
{
	static const char *const headers[] = { "Content-Type: application/json", NULL };
	_cleanup_(http_client_freep) struct http_client *client = NULL;
	struct http_answer answer = {};
	char url[512];
	const struct http_call request = { .method = call->method,
					   .url = url,
					   .unix_path = socket,
					   .headers = headers,
					   .body = call->body,
					   .body_len = call->body ? strlen(call->body) : 0 };
	int r = http_client_new(&client, err);

	snprintf(url, sizeof(url), "http://localhost%s", call->path);
	if (r == 0)
		r = http_client_ask(&answer, client, &request, err);
	if (r < 0)
		return err_prefix(err, -EIO, "the server at '%s' does not answer", socket);
	r = take_reply(ret, answer.status, answer.body.bytes ? answer.body.bytes : "",
		       answer.body.len, err);
	http_answer_done(&answer);
	return r;
}

static int open_app(struct app *app, struct err *err)
{
	int r = store_open(&app->db, app->settings, err);

	r = r ? r : hub_new(&app->hub, err);
	r = r ? r : validator_new(&app->validator, 1, err);
	for (size_t i = 0; r == 0 && i < route_count; i++) {
		r = validator_learn(app->validator, routes[i].body, err);
		r = r ? r : validator_learn(app->validator, routes[i].parameters, err);
	}
	return r;
}

static void make_request(struct request *request, const struct control_call *call,
			 uint64_t *body_max)
{
	if (call->body)
		text_put(&request->body, call->body);
	if (!request->uri || request->body.failed)
		reply_error(request, 500, "INTERNAL_ERROR", "out of memory", NULL);
	else if (api_service.begin(request, (int64_t)request->body.len, body_max) == 0)
		api_service.finish(request);
}

/* The same handlers, without a connection between. */
static int answer_here(cJSON **ret, const struct control_call *call,
		       const struct settings *settings, struct err *err)
{
	struct app app = { .settings = settings };
	struct request request = { .app = &app,
				   .method = call->method,
				   .on_control = true,
				   .upload.fd = -1,
				   .reply.fd = -1 };
	uint64_t body_max;
	int r = open_app(&app, err);

	if (r == 0) {
		request.uri = strdup(call->path);
		make_request(&request, call, &body_max);
		r = take_reply(ret, request.reply.status,
			       request.reply.body.bytes ? request.reply.body.bytes : "",
			       request.reply.body.len, err);
	}
	request_done(&request);
	validator_free(app.validator);
	hub_free(app.hub);
	db_close(app.db);
	return r;
}

static int call_with(cJSON **ret, const struct control_call *call, const struct settings *settings,
		     struct err *err)
{
	char lock_path[PATH_BYTES + 16], socket[PATH_BYTES + 16];
	_cleanup_close_ int lock = -1;

	if (mkdir(settings->data_dir, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make the data directory '%s'",
			       settings->data_dir);
	snprintf(lock_path, sizeof(lock_path), "%s/lock", settings->data_dir);
	snprintf(socket, sizeof(socket), "%s/control.sock", settings->data_dir);
	lock = open(lock_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (lock < 0)
		return err_sys(err, errno, "cannot open '%s'", lock_path);
	if (flock(lock, LOCK_EX | LOCK_NB) < 0)
		return ask_server(ret, call, socket, err);
	return answer_here(ret, call, settings, err);
}

int control_call(cJSON **ret, const struct control_call *call, struct err *err)
{
	char *argv[] = { (char *)"vexxy-server", (char *)"--data", (char *)call->data, NULL };
	struct settings settings = {};
	int r = settings_load(&settings, call->data ? 3 : 1, argv, err);

	if (r == 0)
		r = log_configure("error", "text", err);
	if (r == 0)
		r = call_with(ret, call, &settings, err);
	settings_done(&settings);
	return r;
}
