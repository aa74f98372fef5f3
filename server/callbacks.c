// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* callbacks.c — tells those who wanted to know that a job has ended. */
#include "server/callbacks.h"

#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>

#include "server/address.h"
#include "server/clock.h"
#include "server/http_client.h"
#include "server/log.h"
#include "server/store.h"

#define IDLE_MS 1000
#define SEND_MS 15000
/* Longer than sending takes: who has it still has it. */
#define LEASE_MS 25000
#define DELAY_MAX_MS 3600000
#define ANSWER_BYTES_MAX (64u << 10)
#define BACKEND_PATH "/api/v1/webhooks/premium/analysis"

struct callbacks {
	struct app *app;
	pthread_t thread;
};

int64_t callback_delay_ms(int64_t attempt, int64_t base_ms, uint64_t random)
{
	int64_t ms = base_ms;

	while (--attempt > 0 && ms < DELAY_MAX_MS)
		ms *= 2;
	ms = ms < DELAY_MAX_MS ? ms : DELAY_MAX_MS;
	return ms - (int64_t)(random % (uint64_t)(ms / 2 + 1));
}

void callback_secret(char ret[CALLBACK_SECRET_BYTES], const struct app *app, const char *org)
{
	struct text text = {};

	text_printf(&text, "vexxy callbacks of %s", org);
	digest_hmac(ret, app->callback_secret, strlen(app->callback_secret),
		    text.bytes ? text.bytes : "", text.len);
	text_done(&text);
}

/* RFC 6761: no resolver need be asked where that leads. */
static bool is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t len = strlen(host), name_len = strlen(name);

	return len >= name_len && !strcasecmp(host + len - name_len, name) &&
	       (len == name_len || host[len - name_len - 1] == '.');
}

int callback_check(const char *url, const struct option_list *blocks, struct err *err)
{
	struct http_url parts;
	int r = http_url_parse(&parts, url, err);

	if (r == 0 && parts.has_user)
		r = err_set(err, EINVAL, "a URL with a name or a password in it is not taken");
	if (r == 0 && address_check_number(is_localhost(parts.host) ? "127.0.0.1" : parts.host,
					   blocks, err) < 0)
		r = -EINVAL;
	return r < 0 ? err_prefix(err, r, "callback_url") : 0;
}

/* In one go: another server of ours may start at the same time. */
static int make_secret(const char *path, struct err *err)
{
	char secret[CALLBACK_SECRET_BYTES], made[PATH_BYTES + 32];
	_cleanup_close_ int fd = -1;

	snprintf(made, sizeof(made), "%s.XXXXXX", path);
	fd = mkostemp(made, O_CLOEXEC); /* mode 0600 */
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", made);
	id_secret(secret, (CALLBACK_SECRET_BYTES - 1) / 2);
	if (dprintf(fd, "%s\n", secret) < 0 || fsync(fd) < 0 ||
	    (link(made, path) < 0 && errno != EEXIST)) {
		int r = err_sys(err, errno, "cannot write '%s'", path);

		unlink(made);
		return r;
	}
	explicit_bzero(secret, sizeof(secret));
	unlink(made);
	return 0;
}

/*
 * Nobody else may read it. Two ways of Kubernetes to open a file to the group (fsGroup) are no leak, for the group is ours alone: of a
 * volume every file is made accessible to it when a pod begins, ours too, which is closed again; and a Secret is root's, so that the
 * group is how we get at it.
 */
static int check_mode(int fd, const char *path, bool is_made_here, struct err *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!(st.st_mode & 077) || (is_made_here && !(st.st_mode & 07) && fchmod(fd, 0600) == 0) ||
	    (!(st.st_mode & 037) && st.st_uid != geteuid() && st.st_gid == getegid()))
		return 0;
	return err_set(err, EPERM, "'%s' can be read by others: chmod 600 it", path);
}

static int read_secret(char ret[CALLBACK_SECRET_BYTES], const char *path, bool is_made_here,
		       struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n;
	int r;

	if (fd < 0)
		return err_sys(err, errno, "'%s'", path);
	r = check_mode(fd, path, is_made_here, err);
	if (r < 0)
		return r;
	n = read(fd, ret, CALLBACK_SECRET_BYTES - 1);
	ret[n > 0 ? n : 0] = '\0';
	ret[strcspn(ret, "\r\n")] = '\0';
	return strlen(ret) < 32 ? err_set(err, EINVAL, "'%s' has less than 32 characters", path)
				: 0;
}

int callbacks_load_secret(struct app *app, struct err *err)
{
	const struct settings *s = app->settings;
	char path[PATH_BYTES + 16];
	int r = 0;

	if (s->callback_key)
		return read_secret(app->callback_secret, s->callback_key, false, err);
	snprintf(path, sizeof(path), "%s/callback.key", s->data_dir);
	if (access(path, F_OK) < 0)
		r = make_secret(path, err);
	return r < 0 ? r : read_secret(app->callback_secret, path, true, err);
}

/* Where to connect, once it was looked at. The backend is where the operator says. */
static int find(char ret_url[2304], char ret_address[ADDRESS_BYTES], const struct app *app,
		const struct delivery *d, struct err *err)
{
	const struct settings *s = app->settings;
	struct http_url parts;
	int r;

	*ret_address = '\0';
	if (!*d->url) {
		size_t len = s->backend_url ? strlen(s->backend_url) : 0;

		while (len && s->backend_url[len - 1] == '/')
			len--;
		snprintf(ret_url, 2304, "%.*s%s", (int)len, len ? s->backend_url : "",
			 BACKEND_PATH);
		return len ? 0 : err_set(err, EINVAL, "there is no VEXXY_BACKEND_URL any more");
	}
	snprintf(ret_url, 2304, "%s", d->url);
	r = callback_check(d->url, &s->allowed_addresses, err);
	r = r ? r : http_url_parse(&parts, d->url, err);
	return r ? r
		 : address_resolve(ret_address, parts.host, parts.port, &s->allowed_addresses, err);
}

static void sign(char ret[DIGEST_HEX_BYTES], const struct app *app, const struct delivery *d,
		 int64_t seconds)
{
	const char *key = app->settings->backend_key;
	char secret[CALLBACK_SECRET_BYTES];
	struct text text = {};

	if (*d->url || !key || !*key) {
		callback_secret(secret, app, d->org);
		key = secret;
	}
	text_printf(&text, "%lld.%s", (long long)seconds, d->body);
	digest_hmac(ret, key, strlen(key), text.bytes ? text.bytes : "", text.len);
	text_done(&text);
	explicit_bzero(secret, sizeof(secret));
}

static int stop_when_draining(void *ctx)
{
	return ((const struct app *)ctx)->draining ? -EINTR : 0;
}

/* 0: told. -EACCES, -EINVAL: it will never be. */
static int send_to(unsigned *ret_status, struct app *app, const struct delivery *d, const char *url,
		   const char *address, struct err *err)
{
	_cleanup_(http_client_freep) struct http_client *client = NULL;
	int64_t seconds = clock_ms() / 1000;
	char signature[128] = "X-Vexxy-Signature: sha256=", stamp[64], id[96];
	const char *const headers[] = { "Content-Type: application/json",
					"X-Vexxy-Event: analysis.ended",
					id,
					stamp,
					signature,
					NULL };
	const struct http_call call = { .method = "POST",
					.url = url,
					.connect_to = *address ? address : NULL,
					.headers = headers,
					.body = d->body,
					.body_len = strlen(d->body),
					.answer_max = ANSWER_BYTES_MAX,
					.connect_ms = SEND_MS / 3,
					.timeout_ms = SEND_MS,
					.tick = stop_when_draining,
					.ctx = app };
	struct http_answer answer = {};
	int r = http_client_new(&client, err);

	sign(signature + strlen(signature), app, d, seconds);
	snprintf(stamp, sizeof(stamp), "X-Vexxy-Timestamp: %lld", (long long)seconds);
	snprintf(id, sizeof(id), "X-Vexxy-Delivery: %s", d->id);
	r = r ? r : http_client_ask(&answer, client, &call, err);
	*ret_status = answer.status;
	http_answer_done(&answer);
	if (r < 0 || (*ret_status >= 200 && *ret_status < 300))
		return r;
	return err_set(err, *ret_status == 410 ? EINVAL : EAGAIN, "it answered with %u",
		       *ret_status);
}

static int deliver(unsigned *ret_status, struct app *app, const struct delivery *d, struct err *err)
{
	char url[2304], address[ADDRESS_BYTES];
	int r = find(url, address, app, d, err);

	*ret_status = 0;
	return r ? r : send_to(ret_status, app, d, url, address, err);
}

static uint64_t any_number(void)
{
	uint64_t n = 0;

	return getrandom(&n, sizeof(n), 0) == sizeof(n) ? n : 0;
}

/* Only the host is logged: a URL may have a secret in its path. */
static void note(const struct app *app, const struct delivery *d, const struct delivery_end *e)
{
	struct http_url parts = {};

	if (*d->url)
		(void)!http_url_parse(&parts, d->url, NULL);
	metrics_callback(app->metrics, e->reason ? e->again_ms ? CALLBACK_RETRIED : CALLBACK_FAILED
						 : CALLBACK_TOLD);
	log_event(e->reason ? LOG_WARNING : LOG_INFO,
		  !e->reason    ? "callback_told"
		  : e->again_ms ? "callback_postponed"
				: "callback_failed",
		  log_text("job_id", d->job_id), log_text("delivery", d->id),
		  log_text("host", *d->url ? parts.host : "backend"),
		  log_number("attempt", d->attempt), log_number("status", e->status),
		  log_number("again_ms", e->again_ms), log_text("reason", e->reason));
}

static void tell(struct app *app, const struct delivery *d)
{
	const struct settings *s = app->settings;
	struct err err = {}, why = {};
	struct delivery_end e = {};
	int r = deliver(&e.status, app, d, &err);

	if (r == -EINTR)
		return; /* the lease ends, and the next server tells it */
	e.reason = r == 0 ? NULL : err.text[0] ? err.text : strerror(-r);
	if (r < 0 && r != -EACCES && r != -EINVAL && d->attempt < (int64_t)s->callback_attempts)
		e.again_ms = callback_delay_ms(d->attempt, (int64_t)s->callback_retry_s * 1000,
					       any_number());
	if (store_outbox_end(app->db, d, &e, &why) < 0)
		log_event(LOG_ERROR, "callback_not_noted", log_text("job_id", d->job_id),
			  log_text("reason", why.text));
	note(app, d, &e);
}

static void *run(void *ctx)
{
	struct app *app = ((struct callbacks *)ctx)->app;
	uint64_t seen = 0;

	do {
		struct delivery delivery = {};
		struct err err = {};
		int r = 1;

		while (!app->draining &&
		       (r = store_outbox_claim(&delivery, app->db, LEASE_MS, &err)) > 0) {
			tell(app, &delivery);
			delivery_done(&delivery);
		}
		if (r < 0)
			log_event(LOG_ERROR, "callbacks_not_read", log_text("reason", err.text));
	} while (hub_wait_for_work(app->hub, HUB_CALLBACKS, &seen, IDLE_MS));
	return NULL;
}

int callbacks_start(struct callbacks **ret, struct app *app, struct err *err)
{
	struct callbacks *c = calloc(1, sizeof(*c));

	if (!c)
		return err_oom(err);
	c->app = app;
	if (pthread_create(&c->thread, NULL, run, c) != 0) {
		free(c);
		return err_set(err, EAGAIN, "cannot start a thread for callbacks");
	}
	*ret = c;
	return 0;
}

void callbacks_stop(struct callbacks *c)
{
	if (!c)
		return;
	hub_close(c->app->hub);
	pthread_join(c->thread, NULL);
	free(c);
}
