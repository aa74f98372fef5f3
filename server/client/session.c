// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* session.c — one server, and the key for it. */
#include "server/client/session.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#define SERVER_DEFAULT "http://127.0.0.1:8001"
#define PEM_BYTES_MAX (1u << 20)
#define FETCH_BYTES_MAX (4ull << 30)
#define UPLOAD_MS 600000
/* The server says something every 15 s. */
#define SILENCE_S 45

int session_read_pem(char **ret, const char *path, struct err *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = calloc(1, PEM_BYTES_MAX + 1);

	if (!text)
		return err_oom(err);
	if (!file)
		return err_sys(err, errno, "'%s'", path);
	if (!fread(text, 1, PEM_BYTES_MAX, file))
		return err_set(err, EINVAL, "'%s' is empty", path);
	*ret = take_ptr(text);
	return 0;
}

/* What others may read is no secret any more. */
static int check_mode(const char *path, struct err *err)
{
	struct stat st;

	if (stat(path, &st) < 0)
		return err_sys(err, errno, "key file '%s'", path);
	if (S_ISREG(st.st_mode) && st.st_mode & 077)
		return err_set(err, EINVAL, "others can read the key file '%s': chmod 600 it",
			       path);
	return 0;
}

static int take_key(struct session *s, const char *text, const char *from, struct err *err)
{
	size_t len = strcspn(text, "\r\n");

	if (!len || len > 128)
		return err_set(err, EINVAL, "%s has no API key", from);
	for (size_t i = 0; i < len; i++)
		if (text[i] <= 0x20 || text[i] >= 0x7f)
			return err_set(err, EINVAL, "%s has no API key: it is one word", from);
	snprintf(s->key, sizeof(s->key), "Authorization: Bearer %.*s", (int)len, text);
	return 0;
}

static int load_key(struct session *s, const char *file, struct err *err)
{
	const char *variable = getenv("VEXXY_API_KEY");
	char *text = NULL;
	int r;

	if (!file)
		return variable && *variable ? take_key(s, variable, "VEXXY_API_KEY", err) : 0;
	r = check_mode(file, err);
	r = r ? r : session_read_pem(&text, file, err);
	r = r ? r : take_key(s, text, file, err);
	if (text)
		explicit_bzero(text, strlen(text));
	free(text);
	return r;
}

static int load_server(struct session *s, const char *url, struct err *err)
{
	const char *variable = getenv("VEXXY_SERVER");
	struct http_url parts;
	size_t len;

	if (!url)
		url = variable && *variable ? variable : SERVER_DEFAULT;
	if (http_url_parse(&parts, url, err) < 0)
		return err_set(err, EINVAL, "'%s' is no server: say http://HOST:PORT or https://…",
			       url);
	if (parts.has_user)
		return err_set(err, EINVAL,
			       "a server's URL has no user in it: keys go into VEXXY_API_KEY");
	len = strlen(url);
	while (len && url[len - 1] == '/')
		len--;
	s->base = strndup(url, len);
	return s->base ? 0 : err_oom(err);
}

int session_open(struct session *ret, const struct client_options *options, struct err *err)
{
	struct session s = {};
	int r = load_server(&s, options->server, err);

	r = r ? r : load_key(&s, options->key_file, err);
	if (r == 0 && options->ca)
		r = session_read_pem(&s.authority, options->ca, err);
	r = r ? r : http_client_new(&s.http, err);
	if (r < 0)
		session_close(&s);
	else
		*ret = s;
	return r;
}

void session_close(struct session *s)
{
	http_client_free(s->http);
	explicit_bzero(s->key, sizeof(s->key));
	free(s->base);
	free(s->authority);
	*s = (struct session){};
}

/* Of what the server says against it: the message, and the fields that are wrong. -EAGAIN: it may pass. */
static int refused(unsigned status, const struct text *body, struct err *err)
{
	int code = http_status_passes(status) ? EAGAIN : EREMOTEIO;
	_cleanup_(cJSON_Deletep) cJSON *reply = NULL;
	struct text all = {};
	const cJSON *fault;
	const char *message;
	size_t offset;

	if (!body->bytes || json_in_parse(&reply, body->bytes, body->len, &offset, NULL) < 0)
		return err_set(err, code, "the server answers with status %u", status);
	message = json_in_text(reply, "message");
	text_put(&all, message ? message : "the server refuses");
	cJSON_ArrayForEach(fault, json_in_get(json_in_get(reply, "details"), "errors"))
	{
		const char *what = json_in_text(fault, "msg"), *before = ": ";
		const cJSON *step;

		cJSON_ArrayForEach(step, json_in_get(fault, "loc"))
		{
			if (cJSON_IsString(step))
				text_printf(&all, "%s%s", before, step->valuestring);
			else
				text_printf(&all, "%s%d", before, step->valueint);
			before = ".";
		}
		text_printf(&all, ": %s", what ? what : "is wrong");
	}
	err_set(err, code, "%s (status %u)", all.bytes ? all.bytes : "the server refuses", status);
	text_done(&all);
	return status == 404 ? -ENOENT : -code;
}

/* Room for every header that a call may have. */
struct call {
	struct http_call http;
	const char *headers[4];
	char *url;
};

static int prepare(struct call *call, const struct session *s, const char *path, const char *extra,
		   const char *type, struct err *err)
{
	size_t n = 0;

	if (asprintf(&call->url, "%s%s", s->base, path) < 0) {
		call->url = NULL;
		return err_oom(err);
	}
	if (*s->key)
		call->headers[n++] = s->key;
	if (extra)
		call->headers[n++] = extra;
	if (type)
		call->headers[n++] = type;
	call->http.url = call->url;
	call->http.headers = call->headers;
	call->http.ca = s->authority;
	return 0;
}

static int ask(struct http_answer *ret, const struct session *s, const struct call *call,
	       struct err *err)
{
	int r = http_client_ask(ret, s->http, &call->http, err);

	return r < 0 ? err_prefix(err, r, "%s", s->base) : 0;
}

static int open_file(struct call *call, int *ret_fd, const char *path, struct err *err)
{
	struct stat st;

	*ret_fd = open(path, O_RDONLY | O_CLOEXEC);
	if (*ret_fd < 0 || fstat(*ret_fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode) || !st.st_size)
		return err_set(err, EINVAL, "'%s' is no file with anything in it", path);
	call->http.body_fd = *ret_fd;
	call->http.body_len = (uint64_t)st.st_size;
	call->http.timeout_ms = UPLOAD_MS;
	return 0;
}

int session_ask(cJSON **ret, struct session *s, const struct session_call *what, struct err *err)
{
	struct call call = { .http.method = what->method };
	struct http_answer answer = {};
	_cleanup_close_ int fd = -1;
	size_t offset;
	int r = prepare(&call, s, what->path, what->extra,
			what->body   ? "Content-Type: application/json"
			: what->file ? "Content-Type: application/octet-stream"
				     : NULL,
			err);

	if (what->body) {
		call.http.body = what->body;
		call.http.body_len = strlen(what->body);
	}
	if (r == 0 && what->file)
		r = open_file(&call, &fd, what->file, err);
	r = r ? r : ask(&answer, s, &call, err);
	if (r == 0 && answer.status >= 300)
		r = refused(answer.status, &answer.body, err);
	else if (r == 0)
		r = err_prefix(err,
			       json_in_parse(ret, answer.body.bytes ? answer.body.bytes : "",
					     answer.body.len, &offset, err),
			       "the reply of %s", s->base);
	http_answer_done(&answer);
	free(call.url);
	return r;
}

/* A body that goes elsewhere, unless it is the reason of a refusal. */
struct sink {
	int fd;
	int (*take)(void *ctx, const char *bytes, size_t len);
	void *ctx;
	struct text refusal;
	int error;
};

static int put(struct sink *sink, const char *bytes, size_t len)
{
	ssize_t n;

	if (sink->take)
		return sink->take(sink->ctx, bytes, len);
	for (; len; bytes += n, len -= (size_t)n) {
		n = write(sink->fd, bytes, len);
		if (n < 0) {
			sink->error = errno;
			return -errno;
		}
	}
	return 0;
}

static int pass_on(void *ctx, unsigned status, const char *bytes, size_t len)
{
	struct sink *sink = ctx;

	if (status == 200)
		return put(sink, bytes, len);
	if (sink->refusal.len < PEM_BYTES_MAX)
		text_put_n(&sink->refusal, bytes, len);
	return 0;
}

static int stream(struct session *s, struct sink *sink, const char *path, const char *extra,
		  int64_t silence_s, struct err *err)
{
	struct call call = {};
	struct http_answer answer = {};
	int r = prepare(&call, s, path, extra, NULL, err);

	call.http.answer_max = silence_s ? UINT64_MAX : FETCH_BYTES_MAX;
	call.http.timeout_ms = -1;
	call.http.silence_s = silence_s ? silence_s : 60;
	call.http.take = pass_on;
	call.http.ctx = sink;
	r = r ? r : ask(&answer, s, &call, err);
	if (r < 0 && sink->error)
		err_sys(err, sink->error, "cannot write");
	if (r == 0 && answer.status != 200)
		r = refused(answer.status, &sink->refusal, err);
	http_answer_done(&answer);
	text_done(&sink->refusal);
	free(call.url);
	return r;
}

int session_fetch(struct session *s, const char *path, int fd, struct err *err)
{
	struct sink sink = { .fd = fd };

	return stream(s, &sink, path, NULL, 0, err);
}

int session_follow(struct session *s, const char *path, const char *extra,
		   int (*take)(void *ctx, const char *bytes, size_t len), void *ctx,
		   struct err *err)
{
	struct sink sink = { .fd = -1, .take = take, .ctx = ctx };

	return stream(s, &sink, path, extra, SILENCE_S, err);
}
