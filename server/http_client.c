// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* http_client.c — what we ask of other servers, by libcurl. */
#include "server/http_client.h"

#include <pthread.h>
#include <string.h>
#include <strings.h>

#include <curl/curl.h>

#include "include/version.h"

#define ANSWER_BYTES (8u << 20)
#define HEAD_BYTES_MAX (64u << 10)
#define CONNECT_MS 10000
#define TIMEOUT_MS 60000
#define TICK_US 1000000
/* A peer that has gone without a word, or whose connection a router has forgotten, is noticed after two minutes. */
#define PROBE_AFTER_S 30l
#define PROBE_EVERY_S 10l

struct http_client {
	CURL *curl;
};

/* One call while it goes on. */
struct asking {
	CURL *curl;
	const struct http_call *call;
	struct http_answer *answer;
	uint64_t taken, sent;
	curl_off_t ticked_us;
	int stopped; /* what take or tick returned, or -EFBIG */
};

static void init(void)
{
	curl_global_init(CURL_GLOBAL_DEFAULT);
}

int http_client_new(struct http_client **ret, struct err *err)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	struct http_client *client = calloc(1, sizeof(*client));

	pthread_once(&once, init);
	if (!client || !(client->curl = curl_easy_init())) {
		free(client);
		return err_oom(err);
	}
	*ret = client;
	return 0;
}

void http_client_free(struct http_client *client)
{
	if (client)
		curl_easy_cleanup(client->curl);
	free(client);
}

void http_answer_done(struct http_answer *answer)
{
	text_done(&answer->head);
	text_done(&answer->body);
	*answer = (struct http_answer){};
}

bool http_answer_header(char *ret, size_t size, const struct http_answer *answer, const char *name)
{
	const char *line = answer->head.bytes;
	size_t len = strlen(name);
	bool found = false;

	for (; line && *line; line += strcspn(line, "\n"), line += *line == '\n') {
		const char *value = line + len + 1;

		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		value += strspn(value, " \t");
		snprintf(ret, size, "%.*s", (int)strcspn(value, "\r\n"), value);
		found = true;
	}
	return found;
}

/* Of several answers, as with "100 Continue", the last is the answer. */
static size_t take_head(char *bytes, size_t size, size_t count, void *ctx)
{
	struct asking *a = ctx;
	size_t len = size * count;

	if (len > 5 && !strncmp(bytes, "HTTP/", 5)) {
		text_done(&a->answer->head);
		return len;
	}
	if (a->answer->head.len + len > HEAD_BYTES_MAX) {
		a->stopped = -EFBIG;
		return 0;
	}
	text_put_n(&a->answer->head, bytes, len);
	return a->answer->head.failed ? 0 : len;
}

static size_t take_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct asking *a = ctx;
	uint64_t max = a->call->answer_max ? a->call->answer_max : ANSWER_BYTES;
	size_t len = size * count;
	long status = 0;

	curl_easy_getinfo(a->curl, CURLINFO_RESPONSE_CODE, &status);
	a->answer->status = (unsigned)status;
	a->taken += len;
	if (a->taken > max)
		a->stopped = -EFBIG;
	else if (a->call->take)
		a->stopped = a->call->take(a->call->ctx, (unsigned)status, bytes, len);
	else
		text_put_n(&a->answer->body, bytes, len);
	return a->stopped < 0 || a->answer->body.failed ? 0 : len;
}

static size_t give_body(char *bytes, size_t size, size_t count, void *ctx)
{
	struct asking *a = ctx;
	uint64_t left = a->call->body_len - a->sent, room = (uint64_t)size * count;
	ssize_t n = pread(a->call->body_fd, bytes, left < room ? left : room, (off_t)a->sent);

	if (n < 0 || (n == 0 && left))
		return CURL_READFUNC_ABORT;
	a->sent += (uint64_t)n;
	return (size_t)n;
}

/* A connection that had been kept may turn out to be closed: then the body goes again. */
static int seek_body(void *ctx, curl_off_t offset, int origin)
{
	struct asking *a = ctx;

	if (origin != SEEK_SET || offset < 0 || (uint64_t)offset > a->call->body_len)
		return CURL_SEEKFUNC_FAIL;
	a->sent = (uint64_t)offset;
	return CURL_SEEKFUNC_OK;
}

static int look(void *ctx, curl_off_t a_total, curl_off_t a_now, curl_off_t b_total,
		curl_off_t b_now)
{
	struct asking *a = ctx;
	curl_off_t now = 0;

	(void)a_total;
	(void)a_now;
	(void)b_total;
	(void)b_now;
	curl_easy_getinfo(a->curl, CURLINFO_TOTAL_TIME_T, &now);
	if (now - a->ticked_us >= TICK_US) {
		a->ticked_us = now;
		a->stopped = a->call->tick(a->call->ctx);
	}
	return a->stopped < 0;
}

static void set_blob(CURL *curl, CURLoption option, const char *pem)
{
	struct curl_blob blob = { (void *)pem, pem ? strlen(pem) : 0, CURL_BLOB_COPY };

	if (pem)
		curl_easy_setopt(curl, option, &blob);
}

static void set_trust(CURL *curl, const struct http_call *call)
{
	set_blob(curl, CURLOPT_CAINFO_BLOB, call->ca);
	set_blob(curl, CURLOPT_SSLCERT_BLOB, call->certificate);
	set_blob(curl, CURLOPT_SSLKEY_BLOB, call->key);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (call->trusts_anybody) {
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
		curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	}
	if (call->user)
		curl_easy_setopt(curl, CURLOPT_USERPWD, call->user);
	if (call->sigv4)
		curl_easy_setopt(curl, CURLOPT_AWS_SIGV4, call->sigv4);
}

static void set_body(struct asking *a)
{
	const struct http_call *call = a->call;

	if (call->body) {
		curl_easy_setopt(a->curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)call->body_len);
		curl_easy_setopt(a->curl, CURLOPT_POSTFIELDS, call->body);
	} else if (call->body_len) {
		curl_easy_setopt(a->curl, CURLOPT_UPLOAD, 1L);
		curl_easy_setopt(a->curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)call->body_len);
		curl_easy_setopt(a->curl, CURLOPT_READFUNCTION, give_body);
		curl_easy_setopt(a->curl, CURLOPT_READDATA, a);
		curl_easy_setopt(a->curl, CURLOPT_SEEKFUNCTION, seek_body);
		curl_easy_setopt(a->curl, CURLOPT_SEEKDATA, a);
	}
	if (call->method && !strcmp(call->method, "HEAD"))
		curl_easy_setopt(a->curl, CURLOPT_NOBODY, 1L);
	else if (call->method)
		curl_easy_setopt(a->curl, CURLOPT_CUSTOMREQUEST, call->method);
}

static void set_limits(struct asking *a)
{
	const struct http_call *call = a->call;
	CURL *curl = a->curl;

	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(curl, CURLOPT_PROXY, call->proxy ? call->proxy : "");
	curl_easy_setopt(curl, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
			 (long)(call->connect_ms ? call->connect_ms : CONNECT_MS));
	if (call->timeout_ms >= 0)
		curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS,
				 (long)(call->timeout_ms ? call->timeout_ms : TIMEOUT_MS));
	if (call->silence_s) {
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_LIMIT, 1L);
		curl_easy_setopt(curl, CURLOPT_LOW_SPEED_TIME, (long)call->silence_s);
	}
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPALIVE, 1L);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPIDLE, PROBE_AFTER_S);
	curl_easy_setopt(curl, CURLOPT_TCP_KEEPINTVL, PROBE_EVERY_S);
	if (call->tick) {
		curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
		curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, look);
		curl_easy_setopt(curl, CURLOPT_XFERINFODATA, a);
	}
	curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_head);
	curl_easy_setopt(curl, CURLOPT_HEADERDATA, a);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, a);
}

static void free_list(struct curl_slist **list)
{
	curl_slist_free_all(*list);
}

static int add(struct curl_slist **list, const char *text)
{
	struct curl_slist *more = curl_slist_append(*list, text);

	if (!more)
		return -ENOMEM;
	*list = more;
	return 0;
}

static int explain(const struct asking *a, CURLcode code, const char *why, struct err *err)
{
	const char *text = *why ? why : curl_easy_strerror(code);

	if (a->stopped == -EFBIG)
		return err_set(err, EFBIG, "the answer is larger than allowed");
	if (a->stopped < 0)
		return a->stopped;
	switch (code) {
	case CURLE_OK:
		return 0;
	case CURLE_URL_MALFORMAT:
	case CURLE_UNSUPPORTED_PROTOCOL:
	case CURLE_BAD_FUNCTION_ARGUMENT:
	case CURLE_SSL_CERTPROBLEM:
	case CURLE_SSL_CACERT_BADFILE:
		return err_set(err, EINVAL, "%s", text);
	case CURLE_PEER_FAILED_VERIFICATION:
		return err_set(err, EACCES, "%s", text);
	case CURLE_OPERATION_TIMEDOUT:
		return err_set(err, ETIMEDOUT, "%s", text);
	case CURLE_OUT_OF_MEMORY:
	case CURLE_WRITE_ERROR: /* without a stop: nowhere to put it */
		return err_oom(err);
	default:
		return err_set(err, EAGAIN, "%s", text);
	}
}

static int perform(struct asking *a, struct err *err)
{
	_cleanup_(free_list) struct curl_slist *headers = NULL, *to = NULL;
	char why[CURL_ERROR_SIZE] = "", target[512];
	const struct http_call *call = a->call;
	CURL *curl = a->curl;
	CURLcode code;
	long status = 0;
	/* A header that is left out would be signed as one that is there. */
	int r = call->sigv4 ? 0 : add(&headers, "Expect:");

	for (const char *const *at = call->headers; r == 0 && at && *at; at++)
		r = add(&headers, *at);
	snprintf(target, sizeof(target), "::%s", call->connect_to ? call->connect_to : "");
	if (r < 0 || (call->connect_to && add(&to, target) < 0))
		return err_oom(err);
	curl_easy_reset(curl);
	set_limits(a);
	set_trust(curl, call);
	set_body(a);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	curl_easy_setopt(curl, CURLOPT_USERAGENT, "vexxy-server/" VEXXY_VERSION);
	curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
	curl_easy_setopt(curl, CURLOPT_CONNECT_TO, to);
	curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call->unix_path);
	code = curl_easy_setopt(curl, CURLOPT_URL, call->url);
	if (code == CURLE_OK)
		code = curl_easy_perform(curl);
	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	a->answer->status = (unsigned)status;
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, NULL);
	return explain(a, code, why, err);
}

int http_client_ask(struct http_answer *ret, struct http_client *client,
		    const struct http_call *call, struct err *err)
{
	struct http_answer answer = {};
	struct asking a = { .curl = client->curl, .call = call, .answer = &answer };
	int r = perform(&a, err);

	if (r == 0 && (answer.head.failed || answer.body.failed))
		r = err_oom(err);
	if (r < 0)
		http_answer_done(&answer);
	else
		*ret = answer;
	return r;
}

static void take_part(char *ret, size_t size, CURLU *parts, CURLUPart which)
{
	char *text = NULL;

	*ret = '\0';
	if (curl_url_get(parts, which, &text, CURLU_DEFAULT_PORT) == CURLUE_OK)
		snprintf(ret, size, "%s", text);
	curl_free(text);
}

int http_url_parse(struct http_url *ret, const char *url, struct err *err)
{
	CURLU *parts = curl_url();
	char port[16], user[4], host[258];
	size_t len;
	int r = 0;

	if (!parts)
		return err_oom(err);
	*ret = (struct http_url){};
	if (curl_url_set(parts, CURLUPART_URL, url, 0) != CURLUE_OK)
		r = err_set(err, EINVAL, "this is no URL");
	take_part(ret->scheme, sizeof(ret->scheme), parts, CURLUPART_SCHEME);
	take_part(host, sizeof(host), parts, CURLUPART_HOST);
	take_part(port, sizeof(port), parts, CURLUPART_PORT);
	take_part(user, sizeof(user), parts, CURLUPART_USER);
	curl_url_cleanup(parts);
	len = strlen(host);
	if (r == 0 && strcmp(ret->scheme, "http") != 0 && strcmp(ret->scheme, "https") != 0)
		r = err_set(err, EINVAL, "only http: and https: are asked");
	if (r == 0 && (!len || len > 255))
		r = err_set(err, EINVAL, "a URL without a host, or with one that is too long");
	if (*host == '[' && host[len - 1] == ']')
		snprintf(ret->host, sizeof(ret->host), "%.*s", (int)len - 2, host + 1);
	else
		snprintf(ret->host, sizeof(ret->host), "%.255s", host);
	ret->port = (uint16_t)strtoul(port, NULL, 10);
	ret->has_user = *user != '\0';
	return r;
}

int http_url_join(char **ret, const char *base, const char *reference, struct err *err)
{
	CURLU *parts = curl_url();
	char *text = NULL;
	int r = 0;

	if (!parts)
		return err_oom(err);
	/* The second is taken relative to the first. */
	if (curl_url_set(parts, CURLUPART_URL, base, 0) != CURLUE_OK ||
	    curl_url_set(parts, CURLUPART_URL, reference, 0) != CURLUE_OK ||
	    curl_url_get(parts, CURLUPART_URL, &text, 0) != CURLUE_OK)
		r = err_set(err, EINVAL, "'%.200s' is no place to go to from '%.200s'", reference,
			    base);
	curl_url_cleanup(parts);
	if (r == 0 && !(*ret = strdup(text)))
		r = err_oom(err);
	curl_free(text);
	return r;
}
