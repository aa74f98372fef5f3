// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube.c — requests to a Kubernetes API server. */
#include "server/kube.h"

#include <string.h>

#include "include/version.h"
#include "server/clock.h"
#include "server/http_client.h"
#include "server/json_out.h"
#include "server/kube_status.h"

#define CALL_MS 30000
#define CONNECT_MS 10000
#define REPLY_BYTES_MAX (8u << 20)
#define ERROR_BYTES_MAX (64u << 10)
#define HEADERS_MAX (6 + KUBE_GROUPS_MAX)
/* What is not to be reached, or is too busy, is asked again for so long, first after a moment, then ever later. */
#define PATIENCE_MS 60000
#define PAUSE_FIRST_MS 500
#define PAUSE_MAX_MS 10000
#define PAGE_ITEMS 100
#define PAGE_RESTARTS_MAX 8

struct kube {
	struct kube_access *access;
	struct http_client *client;
	kube_tick_fn tick;
	void *tick_ctx;
};

int kube_open(struct kube **ret, struct kube_access *access, struct err *err)
{
	_cleanup_(kube_closep) struct kube *kube = calloc(1, sizeof(*kube));
	int r;

	if (!kube)
		return err_oom(err);
	kube->access = access;
	r = http_client_new(&kube->client, err);
	if (r == 0)
		*ret = take_ptr(kube);
	return r;
}

void kube_close(struct kube *kube)
{
	if (!kube)
		return;
	http_client_free(kube->client);
	free(kube);
}

void kube_set_tick(struct kube *kube, kube_tick_fn tick, void *ctx)
{
	kube->tick = tick;
	kube->tick_ctx = ctx;
}

void kube_get_tick(const struct kube *kube, kube_tick_fn *ret_tick, void **ret_ctx)
{
	*ret_tick = kube->tick;
	*ret_ctx = kube->tick_ctx;
}

/* One attempt while it goes on. */
struct attempt {
	struct kube *kube;
	const struct kube_call *call;
	struct http_answer answer;
	struct text line; /* that has begun; of an error: its body */
	struct err *err;
	int told; /* by the tick, last: no failure of the server's */
	struct text owned[HEADERS_MAX];
	const char *headers[HEADERS_MAX + 1];
	size_t header_count;
};

static void attempt_done(struct attempt *a)
{
	http_answer_done(&a->answer);
	text_done(&a->line);
	for (size_t i = 0; i < a->header_count; i++) {
		if (a->owned[i].bytes)
			explicit_bzero(a->owned[i].bytes, a->owned[i].len);
		text_done(&a->owned[i]);
	}
}

_printf_(2, 3) static void add_header(struct attempt *a, const char *fmt, ...)
{
	struct text *text = &a->owned[a->header_count];
	_cleanup_free_ char *value = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&value, fmt, ap) < 0)
		value = NULL;
	va_end(ap);
	text_put(text, value ? value : "X-Lost: no memory");
	a->headers[a->header_count++] = text->bytes;
}

static void add_headers(struct attempt *a, const struct kube_pass *pass)
{
	const struct kube_config *c = kube_access_config(a->kube->access);

	add_header(a, "Accept: application/json%s", a->call->is_text ? ", */*" : "");
	add_header(a, "User-Agent: vexxy-server/%s", VEXXY_VERSION);
	if (a->call->body)
		add_header(a, "Content-Type: %s",
			   a->call->content_type ? a->call->content_type : "application/json");
	if (pass->token)
		add_header(a, "Authorization: Bearer %s", pass->token);
	if (c->as_user)
		add_header(a, "Impersonate-User: %s", c->as_user);
	if (c->as_uid)
		add_header(a, "Impersonate-Uid: %s", c->as_uid);
	for (size_t i = 0; c->as_groups && c->as_groups[i]; i++)
		add_header(a, "Impersonate-Group: %s", c->as_groups[i]);
}

static int give_line(struct attempt *a)
{
	int r = a->line.len ? a->call->line(a->call->ctx, a->line.bytes, a->line.len, a->err) : 0;

	a->line.len = 0;
	return r;
}

static int take_bytes(void *ctx, unsigned status, const char *bytes, size_t len)
{
	struct attempt *a = ctx;
	bool failed = status >= 300;
	size_t max = failed               ? ERROR_BYTES_MAX
		     : a->call->reply_max ? a->call->reply_max
					  : REPLY_BYTES_MAX;
	int r = 0;

	while (len && r == 0) {
		const char *end = failed ? NULL : memchr(bytes, '\n', len);
		size_t n = end ? (size_t)(end - bytes) : len;

		if (a->line.len + n > max)
			return err_set(a->err, EFBIG, "a line of over %zu bytes", max);
		text_put_n(&a->line, bytes, n);
		if (a->line.failed)
			return err_oom(a->err);
		r = end ? give_line(a) : 0;
		n += end != NULL;
		bytes += n;
		len -= n;
	}
	return r;
}

static int tick(void *ctx)
{
	struct attempt *a = ctx;

	a->told = a->kube->tick ? a->kube->tick(a->kube->tick_ctx, a->err) : 0;
	return a->told;
}

/* Where the certificate has another name than the address, the URL carries that name, and the connection goes to the address. */
static int make_url(char **ret_url, char **ret_to, const struct kube_config *c, const char *path,
		    struct err *err)
{
	struct http_url url;
	const char *base = strstr(c->server, "://") + 3;
	int r;

	*ret_to = NULL;
	if (!c->tls_server_name)
		return asprintf(ret_url, "%s%s", c->server, path) < 0 ? err_oom(err) : 0;
	r = http_url_parse(&url, c->server, err);
	if (r < 0)
		return r;
	base += strcspn(base, "/");
	if (asprintf(ret_url, "https://%s:%u%s%s", c->tls_server_name, url.port, base, path) < 0)
		return err_oom(err);
	return asprintf(ret_to, strchr(url.host, ':') ? "[%s]:%u" : "%s:%u", url.host, url.port) < 0
		   ? err_oom(err)
		   : 0;
}

static int send_once(struct attempt *a, const struct kube_pass *pass, struct err *err)
{
	const struct kube_config *c = kube_access_config(a->kube->access);
	_cleanup_free_ char *url = NULL, *to = NULL, *user = NULL;
	const struct kube_call *call = a->call;
	struct http_call http = {
		.method = call->method,
		.headers = a->headers,
		.body = call->body,
		.body_len = call->body ? strlen(call->body) : 0,
		.body_fd = -1,
		/* A stream has no end; its lines have. */
		.answer_max = call->line        ? UINT64_MAX
			      : call->reply_max ? call->reply_max
						: REPLY_BYTES_MAX,
		.connect_ms = CONNECT_MS,
		.timeout_ms = call->line         ? -1
			      : call->timeout_ms ? call->timeout_ms
						 : CALL_MS,
		.silence_s = call->line ? call->silence_s : 0,
		.ca = pass->ca,
		.certificate = pass->certificate,
		.key = pass->key,
		.trusts_anybody = c->insecure,
		.proxy = c->proxy_url,
		.take = call->line ? take_bytes : NULL,
		.tick = tick,
		.ctx = a,
	};
	int r = make_url(&url, &to, c, call->path, err);

	if (r < 0)
		return r;
	if (!pass->token && c->username && c->password &&
	    asprintf(&user, "%s:%s", c->username, c->password) < 0)
		return err_oom(err);
	http.url = url;
	http.connect_to = to;
	http.user = user;
	add_headers(a, pass);
	return http_client_ask(&a->answer, a->kube->client, &http, err);
}

static int read_answer(cJSON **ret, char **ret_text, struct attempt *a, struct err *err)
{
	struct text *body = a->call->line ? &a->line : &a->answer.body;
	const char *text = body->bytes ? body->bytes : "";
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	size_t offset;
	int r;

	if (a->answer.status >= 300)
		return kube_status_refusal(a->answer.status, text, body->len, err);
	if (a->call->line)
		return give_line(a);
	if (a->call->is_text) {
		*ret_text = text_take(body);
		return *ret_text ? 0 : err_oom(err);
	}
	r = json_in_parse(&tree, text, body->len, &offset, err);
	if (r < 0) /* cut where nothing tells its length */
		return err_set(err, EAGAIN, "the API server's reply is no JSON");
	if (ret)
		*ret = take_ptr(tree);
	return 0;
}

/* The time that it names, in seconds; else `otherwise`. */
static int64_t pause_of(const struct attempt *a, int64_t otherwise)
{
	char value[32];
	int64_t ms;

	if (!http_answer_header(value, sizeof(value), &a->answer, "Retry-After"))
		return otherwise;
	ms = strtoll(value, NULL, 10) * 1000;
	return ms < 1000 ? 1000 : ms > PATIENCE_MS ? PATIENCE_MS : ms;
}

static int attempt(cJSON **ret, char **ret_text, struct kube *kube, const struct kube_call *call,
		   bool refused, int64_t *pause_ms, struct err *err)
{
	_cleanup_(attempt_done) struct attempt a = { .kube = kube, .call = call, .err = err };
	_cleanup_(kube_pass_done) struct kube_pass pass = {};
	int r = kube_access_pass(&pass, kube->access, refused, err);

	if (r < 0)
		return r;
	r = send_once(&a, &pass, err);
	/* It is not whom its certificate should name: by what we trust, which may have been renewed. */
	r = r == -EACCES ? -EPERM : r;
	*pause_ms = pause_of(&a, *pause_ms);
	if (r == 0) {
		r = read_answer(ret, ret_text, &a, err);
		if (r >= 0 || a.answer.status >= 300)
			return r;
	}
	if (a.told < 0)
		return a.told;
	/* Of what is not safe to repeat only a refusal says that it was not done. */
	if ((r == -EAGAIN || r == -ETIMEDOUT) && call->method && !strcmp(call->method, "POST"))
		return -EIO;
	return r == -ETIMEDOUT && !call->line ? -EAGAIN : r;
}

int kube_pause(struct kube *kube, int64_t ms, struct err *err)
{
	int64_t until = clock_steady_ms() + ms, left;
	int r = 0;

	while (r == 0 && (left = until - clock_steady_ms()) > 0) {
		usleep((useconds_t)(left < 500 ? left : 500) * 1000);
		r = kube->tick ? kube->tick(kube->tick_ctx, err) : 0;
	}
	return r;
}

int64_t kube_pause_next(int64_t ms)
{
	int64_t next = ms ? ms * 2 : PAUSE_FIRST_MS;

	/* Not all of those who lost the same server come back at the same moment. */
	next += (clock_steady_ms() * 7919) % (next / 4 + 1);
	return next < PAUSE_MAX_MS ? next : PAUSE_MAX_MS;
}

int kube_ask(cJSON **ret, char **ret_text, struct kube *kube, const struct kube_call *call,
	     struct err *err)
{
	int64_t until = clock_steady_ms() + PATIENCE_MS, pause = 0, named;
	bool refused = false;
	int r;

	for (;;) {
		struct err why = {};

		pause = kube_pause_next(pause);
		named = pause;
		r = attempt(ret, ret_text, kube, call, refused, &named, &why);
		if (r == -EPERM && !refused) {
			refused = true;
			pause = 0;
			continue;
		}
		/* What the tick said may look the same, and is said again by the next. */
		if (r != -EAGAIN || call->line || clock_steady_ms() + named > until)
			return r < 0 ? err_set(err, -r, "%s", why.text) : r;
		r = kube_pause(kube, named, err);
		if (r < 0)
			return r;
	}
}

int kube_read(cJSON **ret, struct kube *kube, const char *path, struct err *err)
{
	return kube_ask(ret, NULL, kube, &(struct kube_call){ .path = path }, err);
}

int kube_create(cJSON **ret, struct kube *kube, const char *path, const char *body, struct err *err)
{
	_cleanup_free_ char *full = NULL;

	if (asprintf(&full, "%s?fieldValidation=Strict", path) < 0)
		return err_oom(err);
	return kube_ask(ret, NULL, kube,
			&(struct kube_call){ .method = "POST", .path = full, .body = body }, err);
}

int kube_apply(struct kube *kube, const char *path, const char *body, struct err *err)
{
	_cleanup_free_ char *full = NULL;

	if (asprintf(&full, "%s?fieldManager=vexxy-server&force=true&fieldValidation=Strict",
		     path) < 0)
		return err_oom(err);
	return kube_ask(NULL, NULL, kube,
			&(struct kube_call){ .method = "PATCH",
					     .path = full,
					     .body = body,
					     .content_type = "application/apply-patch+yaml" },
			err);
}

int kube_delete(struct kube *kube, const char *path, const char *uid, bool foreground,
		int64_t grace_s, struct err *err)
{
	struct json_out out = {};
	_cleanup_free_ char *body = NULL;
	int r;

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "kind", "DeleteOptions");
	json_out_text(&out, "apiVersion", "v1");
	json_out_text(&out, "propagationPolicy", foreground ? "Foreground" : "Background");
	if (grace_s >= 0)
		json_out_int(&out, "gracePeriodSeconds", grace_s);
	if (uid) {
		json_out_open(&out, "preconditions", '{');
		json_out_text(&out, "uid", uid);
		json_out_close(&out, '}');
	}
	json_out_close(&out, '}');
	body = text_take(&out.text);
	if (!body)
		return err_oom(err);
	r = kube_ask(NULL, NULL, kube,
		     &(struct kube_call){ .method = "DELETE", .path = path, .body = body }, err);
	return r == -ENOENT ? 0 : r;
}

char *kube_escape(const char *text)
{
	struct text out = {};

	text_put(&out, "");
	for (; *text; text++)
		if ((*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z') ||
		    (*text >= '0' && *text <= '9') || strchr("-._~", *text))
			text_put_n(&out, text, 1);
		else
			text_printf(&out, "%%%02X", (unsigned char)*text);
	return text_take(&out);
}

static int list_page(cJSON **ret, struct kube *kube, const char *path, const char *selector,
		     const char *next, struct err *err)
{
	_cleanup_free_ char *full = NULL, *chosen = kube_escape(selector ? selector : ""),
			    *token = kube_escape(next ? next : "");

	if (!chosen || !token ||
	    asprintf(&full, "%s?limit=%d&labelSelector=%s%s%s", path, PAGE_ITEMS, chosen,
		     *token ? "&continue=" : "", token) < 0)
		return err_oom(err);
	return kube_read(ret, kube, full, err);
}

static int give_items(const cJSON *page, kube_item_fn fn, void *ctx, struct err *err)
{
	const cJSON *item;

	if (!cJSON_IsArray(json_in_get(page, "items")))
		return err_set(err, EBADMSG, "the API server's list has no items");
	cJSON_ArrayForEach(item, json_in_get(page, "items"))
	{
		int r = fn(ctx, item, err);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A token is good for some minutes; of an expired one the reply is 410, and reading begins again. */
int kube_each(char **ret_version, struct kube *kube, const char *path, const char *selector,
	      kube_item_fn fn, void *ctx, struct err *err)
{
	_cleanup_free_ char *next = NULL, *version = NULL;
	int r, restarts = 0;

	do {
		_cleanup_(cJSON_Deletep) cJSON *page = NULL;
		const char *token, *at;

		r = list_page(&page, kube, path, selector, next, err);
		if (r == -ERANGE && next && ++restarts < PAGE_RESTARTS_MAX) {
			cleanup_free(&next);
			next = strdup("");
			continue;
		}
		r = r ? r : give_items(page, fn, ctx, err);
		if (r < 0)
			return r;
		token = json_in_text(json_in_get(page, "metadata"), "continue");
		at = json_in_text(json_in_get(page, "metadata"), "resourceVersion");
		free(next);
		next = token && *token ? strdup(token) : NULL;
		free(version);
		version = strdup(at ? at : "");
		if (!version || (token && *token && !next))
			return err_oom(err);
	} while (next);
	if (ret_version)
		*ret_version = take_ptr(version);
	return 0;
}
