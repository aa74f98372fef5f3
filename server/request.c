// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* request.c — a request as a handler sees it, and its reply. */
#include "server/request.h"

#include <stdarg.h>
#include <string.h>
#include <strings.h>

#include "include/array.h"
#include "server/clock.h"
#include "server/guard.h"
#include "server/json_out.h"
#include "server/log.h"
#include "server/validate.h"

int request_add_header(struct request *request, const struct header *header)
{
	struct header *slot;

	if (request->header_count == REQUEST_HEADERS_MAX)
		return -E2BIG;
	slot = array_add(request->headers, request->header_count, request->header_capacity);
	if (!slot)
		return -ENOMEM;
	*slot = *header;
	return 0;
}

const char *request_header(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (!strcasecmp(request->headers[i].name, name))
			return request->headers[i].value;
	return NULL;
}

const char *request_query(const struct request *request, const char *name)
{
	for (size_t i = 0; i < request->query_count; i++)
		if (!strcmp(request->query[i].name, name))
			return request->query[i].value;
	return NULL;
}

int64_t request_query_int(const struct request *request, const char *name, int64_t otherwise)
{
	const char *value = request_query(request, name);

	return value ? strtoll(value, NULL, 10) : otherwise;
}

const char *request_path(const struct request *request, size_t n)
{
	return n < PATH_PARAMETERS_MAX && request->path_values[n] ? request->path_values[n] : "";
}

static int hex_digit(char c)
{
	const char *digits = "0123456789abcdef", *at = strchr(digits, c | 0x20);

	return c && at ? (int)(at - digits) : -1;
}

/* In place; '+' stays what it is in a path, and is a space in a query. */
static int decode(char *text, bool plus)
{
	char *to = text;
	int high, low;

	for (const char *at = text; *at; at++) {
		if (*at != '%') {
			*to++ = plus && *at == '+' ? ' ' : *at;
			continue;
		}
		high = hex_digit(at[1]);
		low = high < 0 ? -1 : hex_digit(at[2]);
		if (low < 0 || (high == 0 && low == 0))
			return -EINVAL;
		*to++ = (char)(high << 4 | low);
		at += 2;
	}
	*to = '\0';
	return 0;
}

static int take_parameter(struct request *request, char *pair)
{
	char *value = strchr(pair, '=');

	if (request->query_count == QUERY_PARAMETERS_MAX)
		return -EINVAL;
	if (value)
		*value++ = '\0';
	else
		value = pair + strlen(pair);
	if (decode(pair, true) < 0 || decode(value, true) < 0)
		return -EINVAL;
	request->query[request->query_count].name = pair;
	request->query[request->query_count++].value = value;
	return 0;
}

/* In place, only what means the same either way (RFC 3986 §2.3): a %2f is no part of the path's form. */
static void decode_unreserved(char *path)
{
	char *to = path;

	for (const char *at = path; *at; at++) {
		int high = *at == '%' ? hex_digit(at[1]) : -1;
		int low = high < 0 ? -1 : hex_digit(at[2]);
		char c = low < 0 ? '\0' : (char)(high << 4 | low);

		if (c &&
		    strchr("-._~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
			   c)) {
			*to++ = c;
			at += 2;
		} else {
			*to++ = *at;
		}
	}
	*to = '\0';
}

void request_take_id(struct request *request)
{
	const char *given = request_header(request, "X-Request-ID");
	size_t len = 0;

	while (given && given[len] >= ' ' && given[len] <= '~')
		len++;
	if (len && len < REQUEST_ID_BYTES && !given[len])
		snprintf(request->id, sizeof(request->id), "%s", given);
	else
		id_new(request->id, clock_ms());
}

/* A path, whose host is the one that the header names. */
static void cut_authority(char *uri)
{
	const char *authority = guard_authority(uri), *rest;

	if (!authority)
		return;
	rest = authority + strcspn(authority, "/?");
	*uri = '/';
	memmove(uri + 1, rest + (*rest == '/'), strlen(rest + (*rest == '/')) + 1);
}

int request_split(struct request *request, struct err *err)
{
	char *query, *pair;

	cut_authority(request->uri);
	query = strchr(request->uri, '?');
	if (query)
		*query++ = '\0';
	decode_unreserved(request->uri);
	while ((pair = strsep(&query, "&")))
		if (*pair && take_parameter(request, pair) < 0)
			return err_set(err, EINVAL, "the query string is malformed");
	return 0;
}

void request_done(struct request *request)
{
	free(request->uri);
	free(request->headers);
	for (size_t i = 0; i < request->reply.header_count; i++)
		free(request->reply.headers[i].value);
	free(request->reply.headers);
	for (size_t i = 0; i < PATH_PARAMETERS_MAX; i++)
		free(request->path_values[i]);
	text_done(&request->body);
	cJSON_Delete(request->json);
	if (request->upload.path[0]) {
		unlink(request->upload.path);
		cleanup_close(&request->upload.fd);
	}
	digest_free(request->upload.digest);
	text_done(&request->reply.body);
	if (request->reply.fd >= 0)
		close(request->reply.fd);
	if (request->reply.stream)
		request->reply.stream->free(request->reply.stream);
}

void reply_header(struct request *request, const char *name, const char *fmt, ...)
{
	struct reply *reply = &request->reply;
	struct reply_header *header =
	    array_add(reply->headers, reply->header_count, reply->header_capacity);
	va_list ap;

	va_start(ap, fmt);
	if (header && vasprintf(&header->value, fmt, ap) < 0)
		header->value = NULL;
	va_end(ap);
	if (header)
		header->name = name;
	reply->is_lost |= !header || !header->value;
}

void reply_json(struct request *request, unsigned status, struct text *json)
{
	static const char no_memory[] =
	    "{\"error\":\"INTERNAL_ERROR\",\"message\":\"out of memory\",\"details\":{},"
	    "\"request_id\":null}";

	text_done(&request->reply.body);
	request->reply.type = "application/json";
	request->reply.status = json->failed ? 500 : status;
	if (json->failed) {
		text_done(json);
		text_put(&request->reply.body, no_memory);
		return;
	}
	request->reply.body = *json;
	*json = (struct text){};
}

void reply_digest(struct request *request, const char *hex)
{
	char base64[DIGEST_BASE64_BYTES];

	digest_base64(base64, hex);
	reply_header(request, "Repr-Digest", "sha-256=:%s:", base64);
}

static const char *title_of(unsigned status)
{
	static const struct {
		unsigned status;
		const char *title;
	} titles[] = {
		{ 400, "Bad Request" },
		{ 401, "Unauthorized" },
		{ 403, "Forbidden" },
		{ 404, "Not Found" },
		{ 405, "Method Not Allowed" },
		{ 409, "Conflict" },
		{ 413, "Content Too Large" },
		{ 415, "Unsupported Media Type" },
		{ 422, "Unprocessable Content" },
		{ 429, "Too Many Requests" },
		{ 431, "Request Header Fields Too Large" },
		{ 502, "Bad Gateway" },
		{ 503, "Service Unavailable" },
		{ 507, "Insufficient Storage" },
	};

	for (size_t i = 0; i < sizeof(titles) / sizeof(*titles); i++)
		if (titles[i].status == status)
			return titles[i].title;
	return "Internal Server Error";
}

/* The members of RFC 9457, beside ours. */
static void put_problem(struct json_out *out, const struct request *request, unsigned status,
			const char *message)
{
	json_out_text(out, "type", "about:blank");
	json_out_text(out, "title", title_of(status));
	json_out_int(out, "status", status);
	json_out_text(out, "detail", message);
	json_out_text(out, "instance", request->uri);
}

void reply_error(struct request *request, unsigned status, const char *code, const char *message,
		 const char *details)
{
	const char *accept = request_header(request, "Accept");
	bool is_problem = accept && strstr(accept, "application/problem+json");
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "error", code);
	json_out_text(&out, "message", message);
	json_out_raw(&out, "details", details ? details : "{}");
	json_out_text(&out, "request_id", request->id);
	if (is_problem)
		put_problem(&out, request, status, message);
	json_out_close(&out, '}');
	reply_json(request, status, &out.text);
	if (is_problem)
		request->reply.type = "application/problem+json";
}

void reply_faults(struct request *request, const char *message, struct faults *faults)
{
	struct text details = {};
	_cleanup_free_ char *text = NULL;

	text_put(&details, "{\"errors\":[");
	text_put_n(&details, faults->items.text.bytes ? faults->items.text.bytes : "",
		   faults->items.text.len);
	text_printf(&details, "],\"count\":%zu}", faults->count);
	text = text_take(&details);
	reply_error(request, 422, "VALIDATION_ERROR", message, text);
}

/* What no table could see, only who looked further. */
static void reply_blame(struct request *request, const char *message)
{
	struct faults faults = {};

	fault_add_at(&faults, "value_error", &request->blame, message);
	reply_faults(request, message, &faults);
	faults_done(&faults);
}

int reply_list(struct request *request, struct json_out *out, int r)
{
	json_out_close(out, ']');
	json_out_close(out, '}');
	if (r < 0)
		text_done(&out->text);
	else
		reply_json(request, 200, &out->text);
	return r < 0 ? r : 0;
}

void reply_failure(struct request *request, int r, const struct err *err)
{
	static const struct {
		int code;
		unsigned status;
		const char *word;
	} known[] = {
		{ ENOENT, 404, "RESOURCE_NOT_FOUND" },
		{ EDQUOT, 429, "QUOTA_EXCEEDED" },
		{ EINVAL, 422, "VALIDATION_ERROR" },
		{ EBADMSG, 422, "VALIDATION_ERROR" },
		{ EFBIG, 413, "PAYLOAD_TOO_LARGE" },
		{ EBUSY, 503, "SERVICE_UNAVAILABLE" },
		{ EAGAIN, 503, "SERVICE_UNAVAILABLE" },
		{ EREMOTEIO, 502, "EXTERNAL_SERVICE_ERROR" },
	};

	for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
		if (r == -known[i].code) {
			if (known[i].status == 503)
				reply_header(request, "Retry-After", "5");
			if (known[i].status == 422 && request->blame.names[0])
				reply_blame(request, err->text);
			else
				reply_error(request, known[i].status, known[i].word, err->text,
					    NULL);
			return;
		}
	log_event(LOG_ERROR, "request_failed", log_text("request_id", request->id),
		  log_text("reason", err->text));
	if (r == -EHOSTDOWN) {
		reply_header(request, "Retry-After", "5");
		reply_error(request, 503, "SERVICE_UNAVAILABLE",
			    "the database does not answer; try again later", NULL);
		return;
	}
	if (r == -ENOSPC) {
		reply_error(request, 507, "INSUFFICIENT_STORAGE",
			    "the server's disk is full; try again later", NULL);
		return;
	}
	reply_error(request, 500, "INTERNAL_ERROR",
		    "the server failed; its log says why, by request_id", NULL);
}

static bool lists_tag(const char *list, const char *tag)
{
	const char *at = strstr(list, tag);

	return !strcmp(list, "*") || at;
}

bool reply_etag(struct request *request, const char *tag)
{
	const char *known = request_header(request, "If-None-Match");
	char quoted[128];

	snprintf(quoted, sizeof(quoted), "\"%s\"", tag);
	reply_header(request, "ETag", "%s", quoted);
	if (!known || !lists_tag(known, quoted))
		return false;
	request->reply.status = 304;
	return true;
}
