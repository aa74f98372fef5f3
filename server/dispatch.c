// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* dispatch.c — from a request to its handler. */
#include "server/dispatch.h"

#include <fcntl.h>
#include <string.h>
#include <strings.h>

#include "server/app.h"
#include "server/auth.h"
#include "server/clock.h"
#include "server/log.h"
#include "server/rate.h"
#include "server/routes.h"

/* So many requests is a wrong key. */
#define GUESS_COST 10

static int no_route(struct request *request, const char *allow)
{
	if (*allow) {
		reply_error(request, 405, "HTTP_ERROR", "this path does not take that method",
			    NULL);
		reply_header(request, "Allow", "%s", allow);
	} else {
		reply_error(request, 404, "HTTP_ERROR", "there is nothing at this path", NULL);
	}
	return 1;
}

/* Who has shown a key is counted by that, everybody else by the address: a wrong guess costs more than a request. */
static int count(struct request *request, unsigned auth_status)
{
	char name[RATE_NAME_BYTES];
	struct rate_answer rate;

	if (request->on_control || !request->app->rates || !request->app->has_keys)
		return 0;
	if (auth_status == 0)
		snprintf(name, sizeof(name), "%s", request->principal.actor);
	else
		rate_name_of(name, request->peer);
	rate_take(&rate, request->app->rates, name, auth_status == 401 ? GUESS_COST : 1,
		  clock_steady_ms());
	if (!rate.counted)
		return 0;
	if (auth_status == AUTH_LATER && rate.allowed)
		return 0; /* counted, and told, once more when it is known who asks */
	reply_header(request, "RateLimit-Policy", "\"default\";q=%llu;w=60",
		     (unsigned long long)rate.limit);
	reply_header(request, "RateLimit", "\"default\";r=%llu;t=%llu",
		     (unsigned long long)rate.remaining, (unsigned long long)rate.full_s);
	if (rate.allowed)
		return 0;
	reply_error(request, 429, "RATE_LIMITED", "too many requests: try again later", NULL);
	reply_header(request, "Retry-After", "%llu", (unsigned long long)rate.retry_s);
	return 1;
}

/* 1: the reply says why not. */
static int settle(struct request *request, unsigned scopes, unsigned status, struct err *err)
{
	if (count(request, status))
		return 1;
	if (status == 401)
		reply_header(request, "WWW-Authenticate", "Bearer");
	if (status == 0 && !(request->principal.scopes & scopes)) {
		status = 403;
		err_set(err, EACCES, "the API key has no scope for this");
	}
	if (status >= 500)
		reply_failure(request, status == 503 ? -EHOSTDOWN : -EIO, err);
	else if (status)
		reply_error(request, status, status == 401 ? "UNAUTHORIZED" : "FORBIDDEN",
			    err->text, NULL);
	return status != 0;
}

static int authorise(struct request *request, unsigned scopes)
{
	struct err err = {};
	unsigned status;

	if (!scopes)
		return 0;
	status = auth_check(request, &err);
	if (status != AUTH_LATER)
		return settle(request, scopes, status, &err);
	/* Whom others are asked about is counted by the address before that, too. */
	return count(request, status) ? 1 : HTTP_LATER;
}

static int authorise_slowly(struct request *request)
{
	struct err err = {};
	unsigned status = auth_review(request, &err);

	if (status != 503)
		return settle(request, request->route->scopes, status, &err);
	reply_failure(request, -EAGAIN, &err);
	return 1;
}

static bool is_id(const struct field *f)
{
	return f->format && !strcmp(f->format, "uuid");
}

/* Ids are told apart byte by byte. */
static void lower_ids(struct request *request)
{
	const struct field *f = request->route->parameters;
	cJSON *item, *list;

	for (size_t n = 0; f && f->name; f++, n++)
		if (is_id(f) && request->path_values[n])
			id_lower(request->path_values[n]);
	for (f = request->route->body; request->json && f && f->name; f++) {
		item = cJSON_GetObjectItemCaseSensitive(request->json, f->name);
		if (is_id(f) && cJSON_IsString(item))
			id_lower(item->valuestring);
		list = f->type == FIELD_LIST && is_id(f->fields) ? item : NULL;
		cJSON_ArrayForEach(item, list) id_lower(item->valuestring);
	}
}

static int check_parameters(struct request *request)
{
	const struct validator *validator = request->app->validator;
	struct faults faults = {};
	const struct field *f;
	size_t n = 0;

	for (f = request->route->parameters; f && f->name; f++)
		validate_parameter(validator, f, "path", request_path(request, n++), &faults);
	for (f = request->route->query; f && f->name; f++)
		if (request_query(request, f->name))
			validate_parameter(validator, f, "query", request_query(request, f->name),
					   &faults);
		else if (f->flags & FIELD_REQUIRED)
			fault_add(&faults, "missing", "query", f->name, "Field required");
	for (f = request->route->headers; f && f->name; f++)
		if (request_header(request, f->name))
			validate_parameter(validator, f, "header", request_header(request, f->name),
					   &faults);
	if (faults.count)
		reply_faults(request, "Request validation failed", &faults);
	n = faults.count;
	faults_done(&faults);
	return n != 0;
}

static bool is_json(const char *type)
{
	size_t len = type ? strcspn(type, "; \t") : 0;

	return !type || (len == 16 && !strncasecmp(type, "application/json", len)) ||
	       (len > 5 && !strncasecmp(type + len - 5, "+json", 5));
}

static int open_upload(struct request *request, struct err *err)
{
	struct upload *up = &request->upload;
	int r;

	snprintf(up->path, sizeof(up->path), "%s/upload.XXXXXX",
		 blobs_incoming(request->app->blobs));
	up->fd = mkostemp(up->path, O_CLOEXEC);
	if (up->fd < 0) {
		r = err_sys(err, errno, "cannot make '%s'", up->path);
		up->path[0] = '\0';
		return r;
	}
	return digest_new(&up->digest, err);
}

static bool disk_is_low(const struct app *app)
{
	return blobs_free_bytes(app->blobs) < app->settings->disk_free_mb << 20;
}

/* Room for the body, and a body of a kind that is taken. */
static int prepare_body(struct request *request, int64_t length, uint64_t *ret_max)
{
	const struct route *route = request->route;
	struct app *app = request->app;
	struct err err = {};
	int r;

	*ret_max = route->flags & ROUTE_UPLOAD && !route->body_max ? app->settings->upload_mb << 20
								   : route->body_max;
	if (length > 0 && (uint64_t)length > *ret_max) {
		reply_error(request, 413, "PAYLOAD_TOO_LARGE",
			    *ret_max ? "the body is larger than allowed here"
				     : "no body is taken here",
			    NULL);
		return 1;
	}
	if ((route->flags & ROUTE_UPLOAD || route->scopes == SCOPE_SUBMIT) && disk_is_low(app)) {
		reply_error(request, 507, "INSUFFICIENT_STORAGE",
			    "the server's disk is nearly full; try again later", NULL);
		return 1;
	}
	if (route->body && !is_json(request_header(request, "Content-Type"))) {
		reply_error(request, 415, "UNSUPPORTED_MEDIA_TYPE",
			    "the body is to be application/json", NULL);
		return 1;
	}
	r = route->flags & ROUTE_UPLOAD ? open_upload(request, &err) : 0;
	if (r < 0)
		reply_failure(request, r, &err);
	return r < 0;
}

/* Pages of sites that the operator named may ask, with a key of their own: no cookie of ours is ever sent along. 1: this only asked
 * whether they may (Fetch, "CORS-preflight"). */
static int allow_origin(struct request *request, const char *allow)
{
	const struct option_list *origins = &request->app->settings->cors_origins;
	const char *origin = request_header(request, "Origin");
	struct text none = {};
	size_t i = 0;

	if (!origins->count)
		return 0;
	reply_header(request, "Vary", "Origin");
	while (origin && i < origins->count && strcmp(origins->items[i], origin) != 0)
		i++;
	if (!origin || i == origins->count)
		return 0;
	reply_header(request, "Access-Control-Allow-Origin", "%s", origin);
	if (strcmp(request->method, "OPTIONS") != 0 || !*allow ||
	    !request_header(request, "Access-Control-Request-Method")) {
		reply_header(request, "Access-Control-Expose-Headers",
			     "ETag, Link, Location, Retry-After, RateLimit, X-Request-ID, "
			     "Idempotency-Replayed");
		return 0;
	}
	text_put(&none, "");
	reply_json(request, 204, &none);
	request->reply.type = NULL;
	reply_header(request, "Access-Control-Allow-Methods", "%s", allow);
	reply_header(request, "Access-Control-Allow-Headers",
		     "Authorization, X-API-Key, Content-Type, Idempotency-Key, If-None-Match, "
		     "Last-Event-ID, X-Request-ID");
	reply_header(request, "Access-Control-Max-Age", "600");
	return 1;
}

static int begin(struct request *request, int64_t length, uint64_t *ret_max)
{
	char allow[64];
	int r;

	request->route = route_find(request, allow);
	if (allow_origin(request, allow))
		return 1;
	if (!request->route)
		return no_route(request, allow);
	if (request->route->flags & ROUTE_CONTROL && !request->on_control)
		return no_route(request, "");
	r = authorise(request, request->route->scopes);
	if (r || check_parameters(request))
		return r ? r : 1;
	return prepare_body(request, length, ret_max);
}

static int admit(struct request *request, int64_t length, uint64_t *ret_max)
{
	if (authorise_slowly(request) || check_parameters(request))
		return 1;
	return prepare_body(request, length, ret_max);
}

/* 1: the reply says what is wrong with the body. */
static int parse_body(struct request *request)
{
	const struct text *body = &request->body;
	struct faults faults = {};
	struct err err = {};
	size_t offset = 0;
	bool bad;

	if (!request->route->body || (!body->len && request->route->flags & ROUTE_LENIENT))
		return 0;
	if (!body->len)
		fault_add(&faults, "missing", "body", NULL, "Field required");
	else if (json_in_parse(&request->json, body->bytes, body->len, &offset, &err) < 0)
		fault_add_at(&faults, "json_invalid",
			     &(const struct fault_place){ { "body" }, true, offset }, err.text);
	else
		validate_body(request->app->validator, request->route->body, request->json,
			      &faults);
	bad = faults.count;
	if (bad)
		reply_faults(request, "Request validation failed", &faults);
	faults_done(&faults);
	return bad;
}

static void finish(struct request *request)
{
	struct err err = {};
	int r;

	if (parse_body(request))
		return;
	lower_ids(request);
	r = request->route->handle(request, &err);
	if (r < 0)
		reply_failure(request, r, &err);
}

static bool is_quick(const struct request *request)
{
	const struct route *route = request->route;

	/* To ask a database or a store elsewhere is nothing for a thread of connections. */
	return route->flags & ROUTE_INLINE && !(route->scopes && request->app->db->is_remote) &&
	       !(route->flags & ROUTE_BLOB && !blobs_are_local(request->app->blobs));
}

static void end(const struct request *request, uint64_t took_us)
{
	size_t index = request->route ? (size_t)(request->route - routes) : route_count;
	unsigned status = request->reply.status;

	metrics_request(request->app->metrics, index, status, took_us);
	if (!log_wants(status >= 500 ? LOG_WARNING : LOG_DEBUG) && request->route &&
	    request->route->flags & ROUTE_INLINE)
		return; /* polling would fill the log */
	log_event(status >= 500 ? LOG_WARNING : LOG_INFO, "request",
		  log_text("request_id", request->id), log_text("method", request->method),
		  log_text("path", request->uri), log_number("status", status),
		  log_number("took_us", (int64_t)took_us), log_text("peer", request->peer),
		  log_text("org", request->principal.org),
		  log_text("actor", request->principal.actor));
}

const struct http_service api_service = { begin, admit, finish, is_quick, end };

static int begin_metrics(struct request *request, int64_t length, uint64_t *ret_max)
{
	*ret_max = 0;
	if (strcmp(request->uri, "/metrics") != 0)
		return no_route(request, "");
	if (strcmp(request->method, "GET") != 0 || length > 0)
		return no_route(request, "GET, HEAD");
	return request->app->settings->is_loopback
		   ? 0
		   : authorise(request, SCOPE_METRICS | SCOPE_ADMIN);
}

static void finish_metrics(struct request *request)
{
	struct text out = {};
	struct err err = {};
	int r = metrics_render(&out, request->app, &err);

	if (r < 0) {
		text_done(&out);
		reply_failure(request, r, &err);
		return;
	}
	reply_json(request, 200, &out);
	request->reply.type = "text/plain; version=0.0.4; charset=utf-8";
}

static bool never_quick(const struct request *request)
{
	(void)request;
	return false;
}

const struct http_service metrics_service = { begin_metrics, NULL, finish_metrics, never_quick,
					      NULL };
