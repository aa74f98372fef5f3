// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* worker.c — threads that take jobs. */
#include "server/worker.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>
#include <sys/stat.h>

#include "include/array.h"
#include "server/artifacts.h"
#include "server/ballast.h"
#include "server/clock.h"
#include "server/executor.h"
#include "server/leftovers.h"
#include "server/log.h"
#include "server/tree.h"
#include "server/store_agents.h"
#include "server/uploads.h"

#define IDLE_MS 2000
#define RECOVER_EVERY_MS 15000
#define RENEW_EVERY_MS 1000
#define TEARDOWN_MS 60000
#define UPLOAD_WAITS_MS 86400000

struct workers {
	struct app *app;
	pthread_t *threads, sweeper;
	size_t count;
	bool has_sweeper;
};

/* The database may come back before the lease ends. */
static bool may_hold(const struct execution *x)
{
	return clock_steady_ms() - x->renewed_ms < (int64_t)x->app->settings->lease_s * 900;
}

int execution_check(struct execution *x, struct err *err)
{
	int64_t now = clock_steady_ms();
	int r = 0;

	if (x->app->draining)
		return err_set(err, EINTR, "the server that worked on it went down");
	if (now > x->deadline_ms)
		return err_set(err, ETIMEDOUT, "not done after %lld s (phase: %s)",
			       (long long)x->job->timeout_s, x->phase);
	if (now - x->renewed_ms >= RENEW_EVERY_MS) {
		r = store_renew(x->app->db, &x->lease, (int64_t)x->app->settings->lease_s * 1000,
				err);
		if (r == 0)
			x->renewed_ms = now;
		else if (r != -ECANCELED && r != -ESTALE && may_hold(x))
			r = 0;
	}
	return r;
}

/* The one that was is over. */
static void enter_phase(struct execution *x, const char *phase)
{
	int64_t now = clock_steady_ms();

	if (!strcmp(x->phase, phase))
		return;
	if (*x->phase)
		metrics_phase(x->app->metrics, x->phase, now - x->phase_ms);
	snprintf(x->phase, sizeof(x->phase), "%s", phase);
	x->phase_ms = now;
}

int execution_report(struct execution *x, enum job_state state, int64_t percent, const char *phase,
		     const char *data, struct err *err)
{
	struct progress progress = { state,
				     percent,
				     phase,
				     x->sandbox_id[0] ? x->sandbox_id : NULL,
				     data,
				     x->sandbox_pod[0] ? x->sandbox_pod : NULL,
				     x->sandbox_node[0] ? x->sandbox_node : NULL };
	int r;

	enter_phase(x, phase);
	r = store_progress(x->app->db, &x->lease, &progress, err);
	if (r == 0)
		hub_publish(x->app->hub, x->job->id);
	/* That it could not be said ends no analysis. */
	return r < 0 && r != -ESTALE && may_hold(x) ? 0 : r;
}

/* Tearing down and keeping what was made may take longer than a lease, and ask nobody meanwhile. */
static void hold(const struct execution *x)
{
	struct err err = {};

	/* Whether it is lost or cancelled is said when the end is written. */
	(void)!store_renew(x->app->db, &x->lease,
			   (int64_t)x->app->settings->lease_s * 1000 + TEARDOWN_MS, &err);
}

static void free_artifacts(struct artifact *artifacts, size_t count)
{
	for (size_t i = 0; i < count; i++)
		artifact_done(&artifacts[i]);
	free(artifacts);
}

static int keep_artifact(struct artifact *to, const struct execution *x,
			 const struct artifact_kind *kind, struct err *err)
{
	char path[PATH_MAX], digest[DIGEST_HEX_BYTES];
	uint64_t bytes = 0;
	int r;

	hold(x);
	snprintf(path, sizeof(path), "%s/%s", x->out, kind->file);
	r = blobs_put_file(digest, &bytes, x->app->blobs, path, err);
	if (r < 0)
		return r;
	*to = (struct artifact){ strdup(kind->name), strdup(kind->media), strdup(digest),
				 (int64_t)bytes };
	return to->name && to->media && to->digest ? 0 : err_oom(err);
}

/* The files are on the disk before the database says that they are. */
static int keep_artifacts(struct artifact **ret, size_t *ret_count, const struct execution *x,
			  bool has_failed, struct err *err)
{
	struct artifact *artifacts = NULL, *slot;
	size_t count = 0, capacity = 0;
	char path[PATH_MAX];
	int r = 0;

	for (const struct artifact_kind *kind = artifact_kinds; r == 0 && kind->name; kind++) {
		snprintf(path, sizeof(path), "%s/%s", x->out, kind->file);
		if ((has_failed && !kind->of_failure) || (access(path, F_OK) < 0 && !kind->always))
			continue;
		slot = array_add(artifacts, count, capacity);
		r = slot ? keep_artifact(slot, x, kind, err) : err_oom(err);
	}
	if (r < 0) {
		free_artifacts(artifacts, count);
		return r == -ENOENT ? -EIO : r;
	}
	*ret = artifacts;
	*ret_count = count;
	return 0;
}

static int prepare(struct execution *x, struct err *err)
{
	snprintf(x->dir, sizeof(x->dir), "%.440s/jobs/%s", x->app->settings->data_dir, x->attempt);
	snprintf(x->out, sizeof(x->out), "%s/out", x->dir);
	tree_remove(x->dir);
	/* Others may pass through, to the one place in it that is theirs, but not look. */
	if (mkdir(x->dir, 0711) < 0 || mkdir(x->out, 0700) < 0)
		return err_sys(err, errno, "cannot make '%s'", x->out);
	return 0;
}

/* 5, 10, 20, 40 and then always 60 seconds, where nothing else is set. */
static int64_t retry_after_ms(const struct execution *x)
{
	int64_t first = (int64_t)x->app->settings->retry_s * 1000, attempt = x->job->attempt;
	int64_t ms = first << (attempt > 5 ? 4 : attempt - 1);

	return ms < 12 * first ? ms : 12 * first;
}

static struct ending end_of(int r, const struct execution *x, const struct err *err)
{
	struct ending e = { .state = JOB_COMPLETE };

	if (r == 0)
		return e;
	e.reason = err->text[0] ? err->text : strerror(-r);
	e.state = r == -ECANCELED ? JOB_CANCELLED
		  : r == -EAGAIN || r == -EINTR || r == -ENOSPC || r == -ENOMEM || r == -EBUSY ||
			  r == -EHOSTDOWN
		      ? JOB_QUEUED
		      : JOB_FAILED;
	e.uncounted = r == -EINTR || r == -EHOSTDOWN;
	if (e.state == JOB_QUEUED)
		e.again_ms = r == -EINTR ? 0 : retry_after_ms(x);
	return e;
}

static void note_end(const struct execution *x, const struct ending *e, int64_t took_ms)
{
	if (job_state_is_final(e->state))
		metrics_job(x->app->metrics, e->state, took_ms);
	else
		metrics_retry(x->app->metrics);
	log_event(e->state == JOB_FAILED ? LOG_WARNING : LOG_INFO, "job_ended",
		  log_text("job_id", x->job->id), log_text("status", job_state_names[e->state]),
		  log_text("reason", e->reason), log_number("attempt", x->job->attempt),
		  log_number("took_ms", took_ms));
	hub_publish(x->app->hub, x->job->id);
	hub_work(x->app->hub, HUB_JOBS);
	hub_work(x->app->hub, HUB_CALLBACKS);
}

/* The end is written however long the database takes to come back, while the lease may be ours. */
static int write_end(const struct execution *x, const struct ending *e, struct err *err)
{
	int64_t until = clock_steady_ms() + (int64_t)x->app->settings->lease_s * 1000;
	int r;

	while ((r = store_finish(x->app->db, &x->lease, e, err)) < 0 && r != -ESTALE &&
	       clock_steady_ms() < until) {
		if (r == -ENOSPC && ballast_drop(x->app->settings->data_dir))
			log_event(LOG_WARNING, "ballast_dropped", log_text("job_id", x->job->id));
		else
			usleep(500000);
	}
	return r;
}

/* As store_finish will have it, unless it was cancelled. */
static bool is_last(const struct execution *x, const struct ending *e)
{
	return e->state == JOB_FAILED ||
	       (e->state == JOB_QUEUED && !e->uncounted && x->job->attempt >= x->job->attempts_max);
}

static void finish(struct execution *x, int r, struct err *err, int64_t begun_ms)
{
	struct artifact *artifacts = NULL;
	size_t count = 0;
	enum job_state came_to = JOB_QUEUED;
	struct ending e;

	if (r == 0)
		r = keep_artifacts(&artifacts, &count, x, false, err);
	e = end_of(r, x, err);
	/* What cannot be kept of a failure is no other failure. */
	if (r < 0 && r != -ESTALE && is_last(x, &e))
		(void)!keep_artifacts(&artifacts, &count, x, true, NULL);
	e.artifacts = artifacts;
	e.artifact_count = count;
	e.ret_state = &came_to;
	if (r != -ESTALE) {
		struct err why = {};

		r = write_end(x, &e, &why);
		e.state = came_to;
		if (r == 0)
			note_end(x, &e, clock_steady_ms() - begun_ms);
		else
			log_event(LOG_ERROR, "job_end_not_written", log_text("job_id", x->job->id),
				  log_text("reason", why.text));
	}
	free_artifacts(artifacts, count);
}

static void work_on(struct app *app, const struct job *job, unsigned worker)
{
	struct execution x = {
		.app = app, .job = job, .lease = { .fence = job->fence }, .worker = worker
	};
	int64_t begun = clock_steady_ms();
	struct err err = {};
	int r;

	snprintf(x.lease.job_id, ID_BYTES, "%s", job->id);
	snprintf(x.attempt, sizeof(x.attempt), "%s.%lld", job->id, (long long)job->fence);
	snprintf(x.lease.owner, ID_BYTES, "%s", app->server_id);
	x.deadline_ms = begun + job->timeout_s * 1000;
	x.renewed_ms = begun;
	log_event(LOG_INFO, "job_started", log_text("job_id", job->id),
		  log_text("image", job->image_ref), log_number("attempt", job->attempt));
	hub_publish(app->hub, job->id);
	metrics_begun(app->metrics, job->attempt == 1, clock_ms() - job->created_ms);
	enter_phase(&x, "Initializing");
	r = prepare(&x, &err);
	if (r == 0)
		r = app->executor->run(&x, &err);
	/* Whatever became of it: its sandbox is gone before anybody is told that it has ended. */
	hold(&x);
	if (leftovers_end(JOB_VARIABLE, x.attempt, TEARDOWN_MS, r == 0 ? &err : NULL) < 0)
		log_event(LOG_ERROR, "job_left_processes", log_text("job_id", job->id));
	enter_phase(&x, "");
	finish(&x, r, &err, begun);
	metrics_left(app->metrics);
	tree_remove(x.dir);
}

static void *work(void *ctx)
{
	struct app *app = ctx;
	unsigned worker = app->worker_numbers++;
	uint64_t seen = 0;

	do {
		struct job job = {};
		struct err err = {};
		int r = app->draining ? 0
				      : store_claim(&job, app->db, app->server_id,
						    (int64_t)app->settings->lease_s * 1000, &err);

		if (r < 0)
			log_event(LOG_ERROR, "claim_failed", log_text("reason", err.text));
		if (r > 0) {
			work_on(app, &job, worker);
			job_done(&job);
			seen = 0; /* look again at once */
		}
	} while (hub_wait_for_work(app->hub, HUB_JOBS, &seen, IDLE_MS));
	return NULL;
}

/* There again once there is room for more than it. */
static void keep_ballast(const struct app *app)
{
	if (blobs_free_bytes(app->blobs) > 2 * (app->settings->disk_free_mb << 20))
		ballast_make(app->settings->data_dir);
}

/* What an agent began to upload and gave up: nobody will send the rest. */
static void drop_uploads(struct app *app)
{
	int64_t before = clock_ms() - UPLOAD_WAITS_MS;
	struct err err = {};
	char id[ID_BYTES];
	int r;

	while ((r = store_upload_expire(id, app->db, before, &err)) > 0)
		uploads_drop(app->blobs, id);
	if (r < 0)
		log_event(LOG_ERROR, "uploads_not_dropped", log_text("reason", err.text));
}

/* Another server may have made the first key. */
static void look_for_keys(struct app *app)
{
	int64_t keys = 0;

	if (!app->has_keys && store_key_count(&keys, app->db, NULL) == 0 && keys > 0)
		app->has_keys = true;
}

/* Jobs whose worker is silent, of whichever server. */
static void *sweep(void *ctx)
{
	struct app *app = ctx;
	int64_t due = clock_steady_ms() + RECOVER_EVERY_MS;

	while (hub_sleep(app->hub, 1000)) {
		struct err err = {};
		int r;

		if (clock_steady_ms() < due)
			continue;
		due = clock_steady_ms() + RECOVER_EVERY_MS;
		keep_ballast(app);
		drop_uploads(app);
		look_for_keys(app);
		r = store_recover(app->db, NULL, &err);
		if (r < 0)
			log_event(LOG_ERROR, "recover_failed", log_text("reason", err.text));
		else if (r > 0)
			log_event(LOG_WARNING, "jobs_recovered", log_number("count", r));
		if (r > 0) {
			metrics_expired(app->metrics, (unsigned)r);
			hub_work(app->hub, HUB_JOBS);
			hub_work(app->hub, HUB_CALLBACKS);
		}
		if (app->executor->sweep)
			app->executor->sweep(app);
	}
	return NULL;
}

static int recover(struct app *app, struct err *err)
{
	int r, total = 0;

	r = app->executor->clean(app, err);
	if (r < 0)
		return r;
	while ((r = store_recover(app->db, app->server_id, err)) > 0)
		total += r;
	if (total)
		log_event(LOG_WARNING, "jobs_recovered", log_number("count", total));
	return r;
}

int workers_start(struct workers **ret, struct app *app, struct err *err)
{
	struct workers *w = calloc(1, sizeof(*w));
	size_t wanted = app->settings->no_workers ? 0 : app->settings->workers;
	char jobs[PATH_MAX];
	int r;

	if (!w || !(w->threads = calloc(wanted + 1, sizeof(*w->threads)))) {
		free(w);
		return err_oom(err);
	}
	w->app = app;
	r = recover(app, err);
	keep_ballast(app);
	snprintf(jobs, sizeof(jobs), "%s/jobs", app->settings->data_dir);
	tree_remove(jobs);
	if (r == 0 && mkdir(jobs, 0711) < 0)
		r = err_sys(err, errno, "cannot make '%s'", jobs);
	while (r == 0 && w->count < wanted) {
		if (pthread_create(&w->threads[w->count], NULL, work, app) != 0)
			r = err_set(err, EAGAIN, "cannot start threads for jobs");
		else
			w->count++;
	}
	if (r == 0 && pthread_create(&w->sweeper, NULL, sweep, app) != 0)
		r = err_set(err, EAGAIN, "cannot start a thread for the queue");
	w->has_sweeper = r == 0;
	if (r < 0)
		workers_stop(w);
	else
		*ret = w;
	return r;
}

void workers_stop(struct workers *w)
{
	if (!w)
		return;
	w->app->draining = true;
	hub_close(w->app->hub);
	for (size_t i = 0; i < w->count; i++)
		pthread_join(w->threads[i], NULL);
	if (w->has_sweeper)
		pthread_join(w->sweeper, NULL);
	free(w->threads);
	free(w);
}
