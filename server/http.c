// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* http.c — connections, by libmicrohttpd. */
#include "server/http.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>

#include <microhttpd.h>

#include "server/guard.h"
#include "server/log.h"
#include "server/pool.h"

#define MEMORY_PER_CONNECTION 16384
/* Of a body that is refused so much is taken and thrown away: who still writes when the connection is cut never reads why. Of one that
 * comes in chunks nobody knows the end. */
#define DRAIN_BYTES_MAX (128u << 20)
#define DRAIN_CHUNKED_MAX (1u << 20)
#define WAITING_MAX 8192
#define STREAM_BLOCK 512 /* for HTTP/1.0 only: chunks are made in the connection's memory */

/* How far a connection is: the library ends those that are silent, but one byte now and then keeps them. */
struct link {
	struct link *before, *after;
	int fd;
	enum { LINK_NEW, LINK_KEPT, LINK_BODY, LINK_OURS } phase; /* OURS: we have to act */
	int64_t since_us;
	uint64_t received; /* of the body */
	bool is_late;      /* it was told to end */
};

struct http {
	struct MHD_Daemon *daemon;
	struct http_options options;
	struct pool *pool;
	int listener;
	char path[108];
	pthread_mutex_t links_lock;
	struct link *links;
	pthread_t watch;
	pthread_cond_t stop;
	bool watches, stopping;
};

enum exchange_state {
	EXCHANGE_NEW,
	EXCHANGE_ASKED, /* it slept until it was known whether its body is wanted */
	EXCHANGE_BODY,
	EXCHANGE_AWAY,
	EXCHANGE_DONE
};

/* One request on one connection. */
struct exchange {
	struct request request;
	struct http *http;
	struct MHD_Connection *connection;
	struct link *link;
	enum exchange_state state;
	uint64_t received, body_max;
	int64_t length; /* of the body, as the head has it; < 0: not said */
	bool too_large;
	bool has_body, is_refused;
	int failed; /* the body cannot be kept, for this reason */
	/* For a stream: does the connection sleep, and was it woken when it did not? */
	pthread_mutex_t lock;
	bool sleeps, woken;
};

static int64_t now_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static void note_link(void *cls, struct MHD_Connection *connection, void **context,
		      enum MHD_ConnectionNotificationCode code)
{
	struct http *http = cls;
	struct link *link = *context;

	pthread_mutex_lock(&http->links_lock);
	if (code == MHD_CONNECTION_NOTIFY_STARTED && (link = calloc(1, sizeof(*link)))) {
		link->fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD)
			       ->connect_fd;
		link->since_us = now_us();
		link->after = http->links;
		if (link->after)
			link->after->before = link;
		http->links = link;
		*context = link;
	} else if (code == MHD_CONNECTION_NOTIFY_CLOSED && link) {
		/* Its descriptor is still open: nobody else's is shut down by its number. */
		if (link->before)
			link->before->after = link->after;
		else
			http->links = link->after;
		if (link->after)
			link->after->before = link->before;
		free(link);
		*context = NULL;
	}
	pthread_mutex_unlock(&http->links_lock);
}

static void set_phase(struct exchange *x, int phase)
{
	if (!x->link)
		return;
	pthread_mutex_lock(&x->http->links_lock);
	x->link->phase = phase;
	x->link->since_us = now_us();
	x->link->received = 0;
	pthread_mutex_unlock(&x->http->links_lock);
}

static bool is_late(const struct http *http, const struct link *link, int64_t now)
{
	int64_t allowed_s = http->options.request_s;

	if (link->phase == LINK_OURS)
		return false;
	if (link->phase == LINK_KEPT)
		allowed_s += http->options.idle_s; /* when the next request begins is not told */
	if (link->phase == LINK_BODY)
		allowed_s += (int64_t)(link->received / REQUEST_BYTES_MIN);
	return now - link->since_us > allowed_s * 1000000;
}

/* Ends what takes too long. */
static void *watch(void *ctx)
{
	struct http *http = ctx;
	struct timespec until;

	pthread_mutex_lock(&http->links_lock);
	while (!http->stopping) {
		int64_t now = now_us();

		for (struct link *link = http->links; link; link = link->after)
			if (!link->is_late && is_late(http, link, now)) {
				link->is_late = true;
				shutdown(link->fd, SHUT_RDWR);
			}
		clock_gettime(CLOCK_MONOTONIC, &until);
		until.tv_sec++;
		pthread_cond_clockwait(&http->stop, &http->links_lock, CLOCK_MONOTONIC, &until);
	}
	pthread_mutex_unlock(&http->links_lock);
	return NULL;
}

static void *begin_exchange(void *cls, const char *uri, struct MHD_Connection *connection)
{
	struct http *http = cls;
	struct exchange *x = calloc(1, sizeof(*x));

	if (!x || !(x->request.uri = strdup(uri))) {
		free(x);
		return NULL;
	}
	x->http = http;
	x->connection = connection;
	x->request.app = http->options.app;
	x->request.upload.fd = x->request.reply.fd = -1;
	x->request.on_control = http->options.path != NULL;
	x->request.begun_us = now_us();
	pthread_mutex_init(&x->lock, NULL);
	return x;
}

static void end_exchange(void *cls, struct MHD_Connection *connection, void **con_cls,
			 enum MHD_RequestTerminationCode code)
{
	struct exchange *x = *con_cls;

	(void)cls;
	(void)connection;
	(void)code;
	if (!x)
		return;
	if (x->state != EXCHANGE_NEW && x->http->options.service->end)
		x->http->options.service->end(&x->request,
					      (uint64_t)(now_us() - x->request.begun_us));
	set_phase(x, LINK_KEPT);
	request_done(&x->request);
	pthread_mutex_destroy(&x->lock);
	free(x);
	*con_cls = NULL;
}

static enum MHD_Result take_header(void *cls, enum MHD_ValueKind kind, const char *name,
				   size_t name_len, const char *value, size_t value_len)
{
	struct exchange *x = cls;
	const struct header header = { name, value ? value : "", name_len, value_len };

	(void)kind;
	x->failed = request_add_header(&x->request, &header);
	return x->failed ? MHD_NO : MHD_YES;
}

static void note_peer(struct exchange *x)
{
	const struct http_options *o = &x->http->options;
	const union MHD_ConnectionInfo *info =
	    MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	const struct sockaddr *address = info ? info->client_addr : NULL;

	if (address && address->sa_family == AF_INET)
		inet_ntop(AF_INET, &((const struct sockaddr_in *)address)->sin_addr,
			  x->request.peer, sizeof(x->request.peer));
	else if (address && address->sa_family == AF_INET6)
		inet_ntop(AF_INET6, &((const struct sockaddr_in6 *)address)->sin6_addr,
			  x->request.peer, sizeof(x->request.peer));
	info = o->client_ca
		   ? MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_GNUTLS_SESSION)
		   : NULL;
	x->request.tls = info ? info->tls_session : NULL;
}

static void wake_stream(void *ctx)
{
	struct exchange *x = ctx;

	pthread_mutex_lock(&x->lock);
	if (x->sleeps)
		MHD_resume_connection(x->connection);
	else
		x->woken = true;
	x->sleeps = false;
	pthread_mutex_unlock(&x->lock);
}

/* What was lent to be written to, and is of no use until there is more to say: a thousand silent streams have no pages of it. */
static void give_back(char *buf, size_t max)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE);
	uintptr_t from = ((uintptr_t)buf + page - 1) & ~(page - 1);
	uintptr_t to = ((uintptr_t)buf + max) & ~(page - 1);

	if (from < to)
		(void)madvise((void *)from, to - from, MADV_DONTNEED);
}

/* Between "nothing new" and "asleep" nobody's call is lost: both are decided under the lock. */
static ssize_t read_stream(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct exchange *x = cls;
	ptrdiff_t n;

	(void)pos;
	for (;;) {
		n = x->request.reply.stream->next(x->request.reply.stream, buf, max);
		if (n < 0)
			return MHD_CONTENT_READER_END_OF_STREAM;
		if (n > 0)
			return n;
		pthread_mutex_lock(&x->lock);
		if (!x->woken)
			break;
		x->woken = false;
		pthread_mutex_unlock(&x->lock);
	}
	give_back(buf, max); /* before somebody may resume it */
	x->sleeps = true;
	MHD_suspend_connection(x->connection);
	pthread_mutex_unlock(&x->lock);
	return 0;
}

static void free_bytes(void *bytes)
{
	free(bytes);
}

/* The body goes to the library, which frees it. */
static struct MHD_Response *make_response(struct exchange *x)
{
	struct reply *reply = &x->request.reply;
	size_t len = reply->body.len;
	char *bytes;

	if (reply->stream) {
		reply->stream->wake_ctx = x;
		reply->stream->wake = wake_stream;
		return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK,
							 read_stream, x, NULL);
	}
	if (reply->fd >= 0)
		return MHD_create_response_from_fd(reply->fd_bytes, take_fd(&reply->fd));
	bytes = text_take(&reply->body);
	if (!bytes)
		return NULL;
	return MHD_create_response_from_buffer_with_free_callback(len, bytes, free_bytes);
}

static enum MHD_Result send_reply(struct exchange *x)
{
	struct request *request = &x->request;
	struct reply *reply = &request->reply;
	struct MHD_Response *response = reply->is_lost ? NULL : make_response(x);
	enum MHD_Result r;
	char took[32];

	if (!response)
		return MHD_NO;
	if (reply->type && reply->status != 304)
		MHD_add_response_header(response, "Content-Type", reply->type);
	MHD_add_response_header(response, "X-Request-ID", request->id);
	snprintf(took, sizeof(took), "%.2fms", (double)(now_us() - request->begun_us) / 1000);
	MHD_add_response_header(response, "X-Response-Time", took);
	MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
	for (size_t i = 0; i < reply->header_count; i++)
		MHD_add_response_header(response, reply->headers[i].name, reply->headers[i].value);
	r = MHD_queue_response(x->connection, reply->status, response);
	MHD_destroy_response(response);
	x->state = EXCHANGE_DONE;
	return r;
}

static void reply_busy(struct request *request)
{
	reply_error(request, 503, "SERVICE_UNAVAILABLE", "too many requests wait; try again", NULL);
	reply_header(request, "Retry-After", "2");
}

static enum MHD_Result refuse(struct exchange *x, unsigned status, const char *code,
			      const char *message)
{
	reply_error(&x->request, status, code, message, NULL);
	reply_header(&x->request, "Connection", "close");
	return send_reply(x);
}

/* Said before a body was read, a reply ends the connection; without a body it can wait until its turn. */
static enum MHD_Result turn_away(struct exchange *x)
{
	x->is_refused = true;
	if (x->has_body)
		reply_header(&x->request, "Connection", "close");
	/* Who asked first does not write yet. */
	if (x->has_body && (x->length > DRAIN_BYTES_MAX || request_header(&x->request, "Expect")))
		return send_reply(x);
	x->state = x->has_body ? EXCHANGE_BODY : EXCHANGE_AWAY;
	return MHD_YES;
}

static void admit_away(void *ctx)
{
	struct exchange *x = ctx;

	x->is_refused = x->http->options.service->admit(&x->request, x->length, &x->body_max) != 0;
	set_phase(x, LINK_BODY);
	MHD_resume_connection(x->connection);
}

/* The library begins with a connection that slept at its first call as if that had not been. */
static enum MHD_Result ask_first(struct exchange *x)
{
	x->state = EXCHANGE_ASKED;
	set_phase(x, LINK_OURS);
	MHD_suspend_connection(x->connection);
	if (pool_push(x->http->pool, admit_away, x))
		return MHD_YES;
	reply_busy(&x->request);
	x->is_refused = true;
	MHD_resume_connection(x->connection);
	return MHD_YES;
}

/* Everything that can be said before the body comes. */
static enum MHD_Result begin(struct exchange *x, const char *method, const char *version)
{
	struct request *request = &x->request;
	struct guarded guarded = { .is_http_11 = !strcmp(version, "HTTP/1.1"),
				   .uri = request->uri,
				   .method = method };
	struct err err = {};
	int64_t length = -1;
	int r;

	request->method = !strcmp(method, "HEAD") ? "GET" : method;
	x->link = MHD_get_connection_info(x->connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT)
		      ->socket_context;
	set_phase(x, LINK_BODY);
	MHD_get_connection_values_n(x->connection, MHD_HEADER_KIND, take_header, x);
	x->state = EXCHANGE_BODY;
	note_peer(x);
	request_take_id(request);
	if (x->failed == -E2BIG)
		return refuse(x, 431, "HEADERS_TOO_LARGE", "too many headers");
	if (x->failed)
		return MHD_NO;
	guarded.headers = request->headers;
	guarded.count = request->header_count;
	r = guard_check(&guarded, &length, &err);
	if (r == 0)
		r = request_split(request, &err);
	if (r < 0)
		return refuse(x, 400, "BAD_REQUEST", err.text);
	r = x->http->options.service->begin(request, length, &x->body_max);
	x->length = length;
	x->has_body = length > 0 || request_header(request, "Transfer-Encoding");
	return r == HTTP_LATER ? ask_first(x) : r ? turn_away(x) : MHD_YES;
}

static int keep(struct request *request, const char *data, size_t size)
{
	struct upload *up = &request->upload;
	ssize_t n;

	if (!up->path[0]) {
		text_put_n(&request->body, data, size);
		return request->body.failed ? -ENOMEM : 0;
	}
	digest_add(up->digest, data, size);
	up->bytes += size;
	for (; size; data += n, size -= (size_t)n) {
		n = write(up->fd, data, size);
		if (n < 0)
			return -errno;
	}
	return 0;
}

static enum MHD_Result take_body(struct exchange *x, const char *data, size_t *size)
{
	x->received += *size;
	if (x->link) {
		pthread_mutex_lock(&x->http->links_lock);
		x->link->received = x->received;
		pthread_mutex_unlock(&x->http->links_lock);
	}
	if (x->is_refused || x->received > x->body_max) {
		x->too_large = true;
		if (x->length < 0 && x->received > x->body_max + DRAIN_CHUNKED_MAX)
			return MHD_NO;
	} else if (!x->failed) {
		x->failed = keep(&x->request, data, *size);
	}
	*size = 0;
	return MHD_YES;
}

static void finish_away(void *ctx)
{
	struct exchange *x = ctx;

	x->http->options.service->finish(&x->request);
	MHD_resume_connection(x->connection);
}

static enum MHD_Result finish(struct exchange *x)
{
	const struct http_service *service = x->http->options.service;
	struct err err = {};

	set_phase(x, LINK_OURS);
	if (x->is_refused)
		return send_reply(x);
	if (x->too_large)
		return refuse(x, 413, "PAYLOAD_TOO_LARGE", "the body is larger than allowed here");
	if (x->failed) {
		err_sys(&err, -x->failed, "a body that cannot be kept");
		reply_failure(&x->request, x->failed == -EDQUOT ? -ENOSPC : x->failed, &err);
		reply_header(&x->request, "Connection", "close");
		return send_reply(x);
	}
	if (x->request.upload.path[0])
		digest_end(x->request.upload.digest, x->request.upload.hex);
	if (service->is_quick(&x->request)) {
		service->finish(&x->request);
		return send_reply(x);
	}
	x->state = EXCHANGE_AWAY;
	MHD_suspend_connection(x->connection);
	if (!pool_push(x->http->pool, finish_away, x)) {
		reply_busy(&x->request);
		MHD_resume_connection(x->connection);
	}
	return MHD_YES;
}

static enum MHD_Result handle(void *cls, struct MHD_Connection *connection, const char *url,
			      const char *method, const char *version, const char *data,
			      size_t *size, void **con_cls)
{
	struct exchange *x = *con_cls;
	enum MHD_Result r = MHD_YES;

	(void)cls;
	(void)connection;
	(void)url;
	if (!x)
		return MHD_NO;
	switch (x->state) {
	case EXCHANGE_NEW:
		return begin(x, method, version);
	case EXCHANGE_ASKED:
		x->state = EXCHANGE_BODY;
		if (x->is_refused)
			r = turn_away(x);
		if (x->state != EXCHANGE_BODY)
			return r;
		return *size ? take_body(x, data, size) : x->has_body ? MHD_YES : finish(x);
	case EXCHANGE_BODY:
		return *size ? take_body(x, data, size) : finish(x);
	case EXCHANGE_AWAY:
		return send_reply(x);
	case EXCHANGE_DONE:
		break;
	}
	*size = 0;
	return MHD_YES;
}

static void take_log(void *cls, const char *fmt, va_list ap)
{
	char line[256];

	(void)cls;
	if (!log_wants(LOG_DEBUG))
		return;
	vsnprintf(line, sizeof(line), fmt, ap);
	line[strcspn(line, "\n")] = '\0';
	log_event(LOG_DEBUG, "http_library", log_text("text", line));
}

static int listen_unix(struct http *http, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	mode_t mask;
	int r;

	if (strlen(http->options.path) >= sizeof(address.sun_path))
		return err_set(err, ENAMETOOLONG, "the socket's path '%s' is too long",
			       http->options.path);
	snprintf(address.sun_path, sizeof(address.sun_path), "%s", http->options.path);
	snprintf(http->path, sizeof(http->path), "%s", http->options.path);
	unlink(http->path);
	http->listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (http->listener < 0)
		return err_sys(err, errno, "cannot make a socket");
	mask = umask(0177);
	r = bind(http->listener, (struct sockaddr *)&address, sizeof(address));
	umask(mask);
	if (r < 0 || listen(http->listener, 64) < 0)
		return err_sys(err, errno, "cannot listen on '%s'", http->path);
	return 0;
}

static int listen_inet(struct http *http, struct err *err)
{
	struct sockaddr_in6 six = { .sin6_family = AF_INET6,
				    .sin6_port = htons(http->options.port) };
	struct sockaddr_in four = { .sin_family = AF_INET, .sin_port = htons(http->options.port) };
	const char *name = http->options.address;
	bool is_six = inet_pton(AF_INET6, name, &six.sin6_addr) == 1;
	int yes = 1, r;

	if (!is_six && inet_pton(AF_INET, name, &four.sin_addr) != 1)
		return err_set(err, EINVAL, "'%s' is no numeric address to listen on", name);
	http->listener =
	    socket(is_six ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (http->listener < 0)
		return err_sys(err, errno, "cannot make a socket");
	setsockopt(http->listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof(yes));
	r = is_six ? bind(http->listener, (struct sockaddr *)&six, sizeof(six))
		   : bind(http->listener, (struct sockaddr *)&four, sizeof(four));
	if (r < 0 || listen(http->listener, 1024) < 0)
		return err_sys(err, errno, "cannot listen on %s port %u", name, http->options.port);
	return 0;
}

static struct MHD_Daemon *start(struct http *http)
{
	const struct http_options *o = &http->options;
	unsigned flags = MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME |
			 MHD_USE_ERROR_LOG | MHD_USE_ITC | (o->certificate ? MHD_USE_TLS : 0);
	struct MHD_OptionItem tls[] = {
		{ MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)o->certificate },
		{ MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)o->key },
		{ MHD_OPTION_HTTPS_PRIORITIES, 0, "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2" },
		/* Who shows none is let in all the same: what it may is not this file's to say. */
		{ o->client_ca ? MHD_OPTION_HTTPS_MEM_TRUST : MHD_OPTION_END, 0,
		  (void *)o->client_ca },
		{ MHD_OPTION_END, 0, NULL },
	};
	struct MHD_OptionItem none[] = { { MHD_OPTION_END, 0, NULL } };

	return MHD_start_daemon(
	    flags, 0, NULL, NULL, handle, http, MHD_OPTION_EXTERNAL_LOGGER, take_log, NULL,
	    MHD_OPTION_LISTEN_SOCKET, http->listener, MHD_OPTION_THREAD_POOL_SIZE,
	    o->threads > 1 ? o->threads : 0, MHD_OPTION_CONNECTION_LIMIT, o->connections_max,
	    MHD_OPTION_PER_IP_CONNECTION_LIMIT, o->per_address_max, MHD_OPTION_CONNECTION_TIMEOUT,
	    o->idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)MEMORY_PER_CONNECTION,
	    MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_URI_LOG_CALLBACK, begin_exchange, http,
	    MHD_OPTION_NOTIFY_COMPLETED, end_exchange, NULL, MHD_OPTION_THREAD_STACK_SIZE,
	    (size_t)512 << 10, MHD_OPTION_NOTIFY_CONNECTION, note_link, http, MHD_OPTION_ARRAY,
	    o->certificate ? tls : none, MHD_OPTION_END);
}

static void end_watch(struct http *http)
{
	if (!http->watches)
		return;
	pthread_mutex_lock(&http->links_lock);
	http->stopping = true;
	pthread_cond_signal(&http->stop);
	pthread_mutex_unlock(&http->links_lock);
	pthread_join(http->watch, NULL);
	http->watches = false;
}

int http_start(struct http **ret, const struct http_options *options, struct err *err)
{
	struct http *http = calloc(1, sizeof(*http));
	int r;

	if (!http)
		return err_oom(err);
	http->options = *options;
	http->listener = -1;
	pthread_mutex_init(&http->links_lock, NULL);
	pthread_cond_init(&http->stop, NULL);
	r = options->path ? listen_unix(http, err) : listen_inet(http, err);
	if (r == 0)
		r = pool_new(&http->pool, options->workers, WAITING_MAX, err);
	if (r == 0 && options->request_s && pthread_create(&http->watch, NULL, watch, http) != 0)
		r = err_set(err, EAGAIN, "cannot start a thread for connections");
	http->watches = r == 0 && options->request_s;
	if (r == 0 && !(http->daemon = start(http)))
		r = err_set(err, EIO, "cannot serve HTTP%s",
			    options->certificate ? "S: are certificate and key sound?" : "");
	if (r < 0) {
		end_watch(http);
		cleanup_close(&http->listener);
		pool_free(http->pool);
		free(http);
		return r;
	}
	*ret = http;
	return 0;
}

uint16_t http_port(const struct http *http)
{
	struct sockaddr_in6 address = {};
	socklen_t len = sizeof(address);

	if (getsockname(http->listener, (struct sockaddr *)&address, &len) < 0)
		return 0;
	return ntohs(address.sin6_port); /* at the same place in both families */
}

void http_quiesce(struct http *http)
{
	/* The library gives the socket back; new connections are refused once it is closed. */
	if (http && MHD_quiesce_daemon(http->daemon) != MHD_INVALID_SOCKET)
		cleanup_close(&http->listener), http->listener = -1;
}

void http_stop(struct http *http)
{
	if (!http)
		return;
	end_watch(http);
	pool_free(http->pool);
	MHD_stop_daemon(http->daemon);
	if (http->path[0])
		unlink(http->path);
	free(http);
}
