// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* control.c — the operator's way to a server on this machine. */
#include "server/control.h"

#include <fcntl.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>

#include <curl/curl.h>

#include "server/app.h"
#include "server/clock.h"
#include "server/dispatch.h"
#include "server/log.h"
#include "server/routes.h"
#include "server/store.h"

#define REPLY_BYTES_MAX (8u << 20)

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

static size_t keep(char *bytes, size_t size, size_t count, void *ctx)
{
	struct text *text = ctx;

	if (text->len + size * count > REPLY_BYTES_MAX)
		return 0;
	text_put_n(text, bytes, size * count);
	return text->failed ? 0 : size * count;
}

static int ask(cJSON **ret, CURL *curl, const struct control_call *call, const char *socket,
	       struct err *err)
{
	struct curl_slist *headers = curl_slist_append(NULL, "Content-Type: application/json");
	struct text text = {};
	char url[512];
	long status = 0;
	CURLcode code;
	int r;

	snprintf(url, sizeof(url), "http://localhost%s", call->path);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
	curl_easy_setopt(curl, CURLOPT_PROXY, "");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT, 60L);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, keep);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, &text);
	if (call->body)
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
	code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	if (code != CURLE_OK || !text.bytes)
		r = err_set(err, EIO, "the server at '%s' does not answer: %s", socket,
			    curl_easy_strerror(code));
	else
		r = take_reply(ret, (unsigned)status, text.bytes, text.len, err);
	text_done(&text);
	curl_slist_free_all(headers);
	return r;
}

static int ask_server(cJSON **ret, const struct control_call *call, const char *socket,
		      struct err *err)
{
	CURL *curl = curl_easy_init();
	int r;

	if (!curl)
		return err_oom(err);
	r = ask(ret, curl, call, socket, err);
	curl_easy_cleanup(curl);
	return r;
}

static int open_app(struct app *app, struct err *err)
{
	int r = db_sqlite_open(&app->db, app->settings->database_path, err);

	r = r ? r : store_migrate(app->db, err);
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
