// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_serve.c — vexxy-server without a verb: serve until told to stop. */
#include "server/commands.h"

#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "include/version.h"
#include "server/agent_tokens.h"
#include "server/app.h"
#include "server/callbacks.h"
#include "server/clock.h"
#include "server/dispatch.h"
#include "server/executor.h"
#include "server/jwt.h"
#include "server/kube_cluster.h"
#include "server/log.h"
#include "server/openapi.h"
#include "server/rate.h"
#include "server/retention.h"
#include "server/routes.h"
#include "server/store.h"
#include "server/worker.h"

#define TEXT_BYTES_MAX (1u << 20)
#define DRAIN_MS 5000

struct serving {
	struct settings settings;
	struct app app;
	struct http *api, *control, *metrics;
	struct workers *workers;
	struct callbacks *callbacks;
	struct retention *retention;
	char *certificate, *key, *client_ca;
	int lock;
};

static int make_data_dir(const char *dir, struct err *err)
{
	char path[PATH_BYTES];

	snprintf(path, sizeof(path), "%s", dir);
	for (char *at = path + 1; (at = strchr(at, '/')); *at++ = '/') {
		*at = '\0';
		if (mkdir(path, 0755) < 0 && errno != EEXIST)
			return err_sys(err, errno, "cannot make '%s'", path);
	}
	/* The confined analysis passes through it, to the one directory that is its own. */
	if (mkdir(path, 0711) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make the data directory '%s'", path);
	return 0;
}

/* One server for each data directory: two would fight over its database. */
static int lock_data_dir(struct serving *s, struct err *err)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/lock", s->settings.data_dir);
	s->lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock < 0)
		return err_sys(err, errno, "cannot open '%s'", path);
	if (flock(s->lock, LOCK_EX | LOCK_NB) < 0)
		return err_set(err, EBUSY, "another vexxy-server works in '%s'",
			       s->settings.data_dir);
	return 0;
}

static FILE *open_private(const char *path)
{
	_cleanup_close_ int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "w");

	if (file)
		take_fd(&fd);
	return file;
}

/* Who we are among the holders of leases: the same after a restart. */
static int load_identity(struct serving *s, struct err *err)
{
	char path[PATH_MAX], text[ID_BYTES + 1] = "";
	_cleanup_fclose_ FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/server_id", s->settings.data_dir);
	file = fopen(path, "re");
	if (file && fgets(text, sizeof(text), file)) {
		text[strcspn(text, "\n")] = '\0';
		if (id_is_valid(text)) {
			snprintf(s->app.server_id, ID_BYTES, "%s", text);
			fchmod(fileno(file), 0600);
			return 0;
		}
	}
	cleanup_fclose(&file);
	id_new(s->app.server_id, clock_ms());
	unlink(path); /* of an older version's making, perhaps for everybody to read */
	file = open_private(path);
	if (!file || fprintf(file, "%s\n", s->app.server_id) < 0 || fflush(file) != 0 ||
	    fsync(fileno(file)) < 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	return 0;
}

static int read_text(char **ret, const char *path, struct err *err)
{
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	_cleanup_free_ char *text = calloc(1, TEXT_BYTES_MAX + 1);

	if (!text)
		return err_oom(err);
	if (!file)
		return err_sys(err, errno, "'%s'", path);
	if (!fread(text, 1, TEXT_BYTES_MAX, file))
		return err_set(err, EINVAL, "'%s' is empty", path);
	*ret = take_ptr(text);
	return 0;
}

static int make_validator(struct app *app, struct err *err)
{
	int r = validator_new(&app->validator, (int64_t)app->settings->duration_min_s, err);

	for (size_t i = 0; r == 0 && i < route_count; i++) {
		r = validator_learn(app->validator, routes[i].body, err);
		r = r ? r : validator_learn(app->validator, routes[i].query, err);
		r = r ? r : validator_learn(app->validator, routes[i].headers, err);
		r = r ? r : validator_learn(app->validator, routes[i].parameters, err);
	}
	return r ? r : openapi_render(&app->openapi, (int64_t)app->settings->duration_min_s, err);
}

static int open_objects(struct app *app, const char *dir, struct err *err)
{
	const struct settings *s = app->settings;
	char *user = NULL;
	struct s3_options s3 = { s->s3_endpoint, s->s3_bucket, s->s3_region, s->s3_prefix, NULL };
	int r = s3_find_user(&user, s->s3_credentials, err);

	s3.user = user;
	r = r ? r : blobs_open(&app->blobs, dir, app->server_id, &s3, err);
	if (user)
		explicit_bzero(user, strlen(user));
	free(user);
	return r;
}

static int open_blobs(struct app *app, struct err *err)
{
	const char *backend = app->settings->storage_backend;
	char dir[PATH_MAX];

	snprintf(dir, sizeof(dir), "%s/blobs", app->settings->storage_dir);
	if (!strcmp(backend, "local"))
		return blobs_open(&app->blobs, dir, app->server_id, NULL, err);
	if (!strcmp(backend, "s3") || !strcmp(backend, "minio"))
		return open_objects(app, dir, err);
	return err_set(err, EINVAL, "storage backend '%s' is neither local nor s3", backend);
}

static int open_stores(struct app *app, struct err *err)
{
	int64_t keys = 0;
	int r = store_open(&app->db, app->settings, err);

	if (r == 0)
		r = store_key_count(&keys, app->db, err);
	/* Who says how agents are to be known does not mean that everybody may be one. */
	app->has_keys = keys > 0 || app->settings->jwt_keys.count || app->settings->tls_client_ca ||
			app->settings->agent_account;
	return r ? r : open_blobs(app, err);
}

/* What any of the servers on this database did. */
static void heard(void *ctx, const char *what)
{
	struct app *app = ctx;
	int64_t keys = 0;

	if (!what || !strcmp(what, "keys"))
		if (store_key_count(&keys, app->db, NULL) == 0 && keys > 0)
			app->has_keys = true;
	if (!what || !strcmp(what, "work"))
		hub_work(app->hub, HUB_JOBS);
	if (!what || !strcmp(what, "callbacks"))
		hub_work(app->hub, HUB_CALLBACKS);
	if (!what)
		hub_wake_all(app->hub);
	if (!what || id_is_valid(what))
		hub_publish(app->hub, what ? what : "");
}

static int load_tokens(struct app *app, struct err *err)
{
	const struct option_list *files = &app->settings->jwt_keys;
	int r = files->count ? jwt_keys_new(&app->jwt_keys, err) : 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = jwt_keys_load(app->jwt_keys, files->items[i], err);
	return r;
}

static int check_exposure(const struct serving *s, struct err *err)
{
	if (!strcmp(s->settings.network, "host") && !s->app.has_keys)
		return err_set(err, EACCES,
			       "--network host lets whoever submits an image into this machine's "
			       "network: make a key first with 'vexxy-server key create'");
	if (s->settings.is_loopback || s->app.has_keys)
		return 0;
	return err_set(
	    err, EACCES,
	    "without an API key only a loopback address is served, not %s: make a key first "
	    "with 'vexxy-server key create'",
	    s->settings.host);
}

static int make_app(struct serving *s, struct err *err)
{
	struct app *app = &s->app;
	int r = open_stores(app, err);

	app->executor =
	    (struct executor *)(!strcmp(app->settings->executor, "local") ? &executor_local
									  : &executor_kubernetes);
	app->started_ms = clock_ms();
	r = r ? r : make_validator(app, err);
	r = r ? r : hub_new(&app->hub, err);
	r = r ? r : metrics_new(&app->metrics, route_count, err);
	r = r ? r : load_tokens(app, err);
	r = r ? r : rate_new(&app->rates, app->settings->rate, err);
	r = r ? r : check_exposure(s, err);
	r = r ? r : db_listen(app->db, heard, app, err);
	r = r ? r : app->executor->probe(app, err);
	if (r == 0 && app->settings->agent_account)
		r = agent_tokens_new(&app->agent_tokens, app->cluster, app->settings->agent_account,
				     app->settings->agent_audience, err);
	return r;
}

static int start_api(struct serving *s, struct err *err)
{
	const struct settings *settings = &s->settings;
	const struct http_options options = {
		.address = settings->host,
		.port = (uint16_t)settings->port,
		.threads = (unsigned)settings->threads,
		.workers = 16,
		.connections_max = (unsigned)settings->connections_max,
		.per_address_max = (unsigned)settings->per_address_max,
		.idle_s = 30,
		.request_s = (unsigned)settings->request_s,
		.certificate = s->certificate,
		.key = s->key,
		.client_ca = s->client_ca,
		.service = &api_service,
		.app = &s->app,
	};

	return http_start(&s->api, &options, err);
}

static int start_control(struct serving *s, struct err *err)
{
	char path[PATH_MAX];
	const struct http_options options = { .address = "",
					      .path = path,
					      .threads = 1,
					      .workers = 1,
					      .connections_max = 32,
					      .idle_s = 30,
					      .service = &api_service,
					      .app = &s->app };

	snprintf(path, sizeof(path), "%s/control.sock", s->settings.data_dir);
	return http_start(&s->control, &options, err);
}

static int start_metrics(struct serving *s, struct err *err)
{
	const struct http_options options = {
		.address = s->settings.host,
		.port = (uint16_t)s->settings.metrics_port,
		.threads = 1,
		.workers = 1,
		.connections_max = 64,
		.idle_s = 10,
		.request_s = (unsigned)s->settings.request_s,
		.service = &metrics_service,
		.app = &s->app,
	};

	return s->settings.no_metrics ? 0 : http_start(&s->metrics, &options, err);
}

static int start_all(struct serving *s, struct err *err)
{
	int r = 0;

	if (s->settings.tls_certificate) {
		r = read_text(&s->certificate, s->settings.tls_certificate, err);
		r = r ? r : read_text(&s->key, s->settings.tls_key, err);
		if (r == 0 && s->settings.tls_client_ca)
			r = read_text(&s->client_ca, s->settings.tls_client_ca, err);
	}
	r = r ? r : make_app(s, err);
	r = r ? r : callbacks_load_secret(&s->app, err);
	r = r ? r : workers_start(&s->workers, &s->app, err);
	r = r ? r : callbacks_start(&s->callbacks, &s->app, err);
	r = r ? r : retention_start(&s->retention, &s->app, err);
	r = r ? r : start_api(s, err);
	r = r ? r : start_control(s, err);
	return r ? r : start_metrics(s, err);
}

/* Each sends its end when it is woken; a client that does not read cannot keep us. */
static void end_streams(const struct app *app)
{
	int64_t until = clock_steady_ms() + DRAIN_MS;

	while (app->metrics && metrics_streams(app->metrics) > 0 && clock_steady_ms() < until) {
		hub_wake_all(app->hub);
		usleep(20000);
	}
}

/* In this order: no new connections, streams end, work goes back into the queue, then what all of it stood on. */
static void stop_all(struct serving *s)
{
	s->app.draining = true;
	http_quiesce(s->api);
	http_quiesce(s->metrics);
	workers_stop(s->workers);
	callbacks_stop(s->callbacks);
	retention_stop(s->retention);
	end_streams(&s->app);
	http_stop(s->api);
	http_stop(s->control);
	http_stop(s->metrics);
	db_unlisten(s->app.db);
	agent_tokens_free(s->app.agent_tokens);
	kube_cluster_close(s->app.cluster);
	hub_free(s->app.hub);
	metrics_free(s->app.metrics);
	jwt_keys_free(s->app.jwt_keys);
	rate_free(s->app.rates);
	validator_free(s->app.validator);
	blobs_close(s->app.blobs);
	db_close(s->app.db);
	text_done(&s->app.openapi);
	free(s->certificate);
	free(s->key);
	free(s->client_ca);
	explicit_bzero(s->app.callback_secret, sizeof(s->app.callback_secret));
	settings_done(&s->settings);
	cleanup_close(&s->lock);
}

static void wait_for_signal(const sigset_t *signals)
{
	int signal = 0;

	while (sigwait(signals, &signal) != 0)
		;
	log_event(LOG_INFO, "stopping", log_text("signal", strsignal(signal)));
}

static void say_started(const struct serving *s)
{
	char url[128];

	snprintf(url, sizeof(url),
		 strchr(s->settings.host, ':') ? "http%s://[%s]:%u" : "http%s://%s:%u",
		 s->certificate ? "s" : "", s->settings.host, http_port(s->api));
	log_event(LOG_INFO, "started", log_text("version", VEXXY_VERSION), log_text("url", url),
		  log_number("metrics_port", s->metrics ? http_port(s->metrics) : 0),
		  log_text("data", s->settings.data_dir),
		  log_text("database", s->app.db->is_remote ? "postgresql" : "sqlite"),
		  log_text("executor", s->app.executor->name),
		  log_text("keys", s->app.has_keys ? "required" : "none: loopback only"));
}

static int migrate_only(struct serving *s, struct err *err)
{
	int r = open_stores(&s->app, err);

	return r;
}

/* Signals are waited for by one thread; every other one is made with them blocked. */
static void block_signals(sigset_t *signals)
{
	sigemptyset(signals);
	sigaddset(signals, SIGTERM);
	sigaddset(signals, SIGINT);
	sigaddset(signals, SIGHUP);
	pthread_sigmask(SIG_BLOCK, signals, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static void raise_descriptors(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
}

static int serve(struct serving *s, struct err *err)
{
	sigset_t signals;
	int r = make_data_dir(s->settings.data_dir, err);

	r = r ? r : make_data_dir(s->settings.storage_dir, err);
	s->app.settings = &s->settings;
	r = r ? r : lock_data_dir(s, err);
	r = r ? r : load_identity(s, err);
	if (r == 0 && s->settings.migrate)
		return migrate_only(s, err);
	block_signals(&signals);
	raise_descriptors();
	r = r ? r : start_all(s, err);
	if (r < 0)
		return r;
	settings_log_ignored();
	say_started(s);
	wait_for_signal(&signals);
	return 0;
}

int cmd_serve(int argc, char **argv)
{
	struct serving s = { .lock = -1 };
	struct err err = {};
	int r = settings_load(&s.settings, argc, argv, &err);

	if (r < 0) {
		fprintf(stderr, "error: %s\nTry 'vexxy-server --help'.\n", err.text);
		return 2;
	}
	r = serve(&s, &err);
	if (r < 0)
		fprintf(stderr, "error: %s\n", err.text);
	stop_all(&s);
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
