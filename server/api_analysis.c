// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* api_analysis.c — submit, look, cancel. */
#include <string.h>
#include <sys/stat.h>

#include "include/version.h"
#include "server/api.h"
#include "server/app.h"
#include "server/auth.h"
#include "server/backend.h"
#include "server/callbacks.h"
#include "server/clock.h"
#include "server/json_out.h"
#include "server/log.h"
#include "server/plan.h"
#include "server/registry.h"
#include "server/store.h"

/* After so long it is worth asking how far an analysis is. */
#define POLL_S 2
/* So long a DELETE waits for the sandbox to be gone, and so many may wait. */
#define CANCEL_WAIT_MS 20000
#define CANCELS_WAITING_MAX 4

/* The inputs of a job while its JSON is made. */
struct gather {
	struct request *request;
	struct json_out out;
	size_t count;
};

static int put_input(void *ctx, const struct input *input)
{
	struct gather *g = ctx;

	json_out_open(&g->out, NULL, '{');
	json_out_text(&g->out, "id", input->id);
	json_out_text(&g->out, "digest", input->digest);
	json_out_optional(&g->out, "name", input->name);
	json_out_optional(&g->out, "format", input->format);
	json_out_close(&g->out, '}');
	g->count++;
	return 0;
}

/* One that was named: it must be there. */
static int gather_one(struct gather *g, const char *kind, const char *id, struct err *err)
{
	struct input input = {};
	int r = store_input(&input, g->request->app->db, g->request->principal.org, kind, id, err);

	if (r == 0)
		r = put_input(g, &input);
	input_done(&input);
	return r == -ENOENT ? -EINVAL : r; /* of the body, not of the path */
}

/* One that is not here may be at the backend. */
static int gather_sbom(struct gather *g, const char *id, struct err *err)
{
	struct backend_sbom sbom;
	struct input input = {};
	struct app *app = g->request->app;
	int r = store_input(&input, app->db, g->request->principal.org, "sbom", id, err);

	if (r == -ENOENT) {
		r = backend_fetch_sbom(&sbom, app, id, err);
		if (r == 0) {
			snprintf(input.id, sizeof(input.id), "%s", id);
			input.digest = strdup(sbom.digest);
			input.format = strdup(sbom.format);
			r = input.digest && input.format ? 0 : err_oom(err);
		}
	}
	if (r == 0)
		r = put_input(g, &input);
	input_done(&input);
	return r == -ENOENT ? -EINVAL : r;
}

static int gather_kind(struct gather *g, const char *key, const char *kind, const cJSON *ids,
		       const char *digest, struct err *err)
{
	const cJSON *id;
	int r = 0;

	json_out_open(&g->out, key, '[');
	if (cJSON_IsArray(ids)) {
		g->request->blame = (struct fault_place){ { "body", ids->string }, true, 0 };
		cJSON_ArrayForEach(id, ids)
		{
			r = gather_one(g, kind, id->valuestring, err);
			if (r < 0)
				break;
			g->request->blame.index++;
		}
	} else if (digest) {
		r = store_inputs_of_image(g->request->app->db, g->request->principal.org, kind,
					  digest, 32, put_input, g, err);
	}
	json_out_close(&g->out, ']');
	return r < 0 ? r : 0;
}

static int gather_inputs(char **ret, struct request *request, const char *digest, struct err *err)
{
	const cJSON *body = request->json;
	const char *sbom = json_in_text(body, "sbom_id");
	struct gather g = { .request = request };
	int r = 0;

	json_out_open(&g.out, NULL, '{');
	json_out_open(&g.out, "sboms", '[');
	request->blame = (struct fault_place){ .names = { "body", "sbom_id" } };
	if (sbom)
		r = gather_sbom(&g, sbom, err);
	json_out_close(&g.out, ']');
	if (r == 0)
		r = gather_kind(&g, "vulnerabilities", "vulnerabilities",
				json_in_get(body, "vulnerability_ids"), digest, err);
	if (r == 0)
		r = gather_kind(&g, "advisories", "advisories", json_in_get(body, "advisory_ids"),
				NULL, err);
	json_out_close(&g.out, '}');
	*ret = text_take(&g.out.text);
	return r < 0 ? r : *ret ? 0 : err_oom(err);
}

/* Files of the operator's: that they changed is told by size and time. */
static void add_files(struct text *to, const struct option_list *paths)
{
	struct stat st;

	for (size_t i = 0; i < paths->count; i++)
		if (stat(paths->items[i], &st) == 0)
			text_printf(to, "%s %lld %lld %ld\n", paths->items[i],
				    (long long)st.st_size, (long long)st.st_mtim.tv_sec,
				    st.st_mtim.tv_nsec);
}

/* The name without its tag and digest: the document is about that name, and another registry may not have the image. */
static int repository_length(const char *image_ref)
{
	const char *name = strrchr(image_ref, '/'), *end = strchr(image_ref, '@');
	const char *tag = strchr(name ? name : image_ref, ':');

	if (tag && (!end || tag < end))
		end = tag;
	return (int)(end ? end - image_ref : (ptrdiff_t)strlen(image_ref));
}

/* What makes two analyses the same. */
static int fingerprint(char **ret, const struct job *job, const struct settings *s, struct err *err)
{
	char hex[DIGEST_HEX_BYTES];
	struct text text = {};

	text_printf(&text, "%s\n%.*s\n%s\n%s\n%s\n%s %llu %llu %llu %s\n", VEXXY_VERSION,
		    repository_length(job->image_ref), job->image_ref, job->image_digest,
		    job->config, job->inputs, s->network, (unsigned long long)s->memory_mb,
		    (unsigned long long)s->pids, (unsigned long long)s->disk_mb, s->policy);
	add_files(&text, &s->vulns);
	add_files(&text, &s->advisories);
	add_files(&text, &s->symbols);
	if (text.failed) {
		text_done(&text);
		return err_oom(err);
	}
	digest_of(hex, text.bytes, text.len);
	text_done(&text);
	*ret = strdup(hex);
	return *ret ? 0 : err_oom(err);
}

static int copy(char **ret, const char *text, struct err *err)
{
	*ret = text ? strdup(text) : NULL;
	return text && !*ret ? err_oom(err) : 0;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int make_job(struct job *job, struct request *request, struct err *err)
{
	const struct settings *s = request->app->settings;
	const cJSON *body = request->json, *config = json_in_get(body, "config");
	const char *profile = json_in_text(body, "profile");
	struct plan plan;
	int r;

	job->created_ms = clock_ms();
	id_new(job->id, job->created_ms);
	id_new(job->vex_id, job->created_ms);
	job->state = JOB_QUEUED;
	job->tells_backend = s->backend_url != NULL;
	job->priority = json_in_int(body, "priority", 0);
	job->attempts_max = (int64_t)s->attempts;
	plan_make(&plan, profile ? profile : "standard", config, (int64_t)s->duration_min_s);
	job->duration_s = plan.duration_s;
	/* Pulling and deciding take their time, too. */
	job->timeout_s = (int64_t)s->timeout_default_s;
	if (job->timeout_s < plan.duration_s + 600)
		job->timeout_s = plan.duration_s + 600;
	job->timeout_s = least(job->timeout_s, (int64_t)s->timeout_max_s);
	r = copy(&job->org, request->principal.org, err);
	r = r ? r : copy(&job->image_ref, json_in_text(body, "image_ref"), err);
	r = r ? r : copy(&job->image_digest, json_in_text(body, "image_digest"), err);
	r = r ? r : copy(&job->sbom_id, json_in_text(body, "sbom_id"), err);
	r = r ? r : copy(&job->profile, profile ? profile : "standard", err);
	r = r ? r : copy(&job->callback_url, json_in_text(body, "callback_url"), err);
	r = r ? r : copy(&job->phase, "pending", err);
	r = r ? r : copy(&job->submitted_by, request->principal.actor, err);
	r = r ? r : gather_inputs(&job->inputs, request, job->image_digest, err);
	if (r < 0)
		return r;
	job->config = plan_format(&plan, config);
	return job->config ? fingerprint(&job->fingerprint, job, s, err) : err_oom(err);
}

static char *render_submitted(const struct job *job, bool reused)
{
	const struct plan plan = { .duration_s = job->duration_s };
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "job_id", job->id);
	json_out_text(&out, "status", job_state_names[job->state]);
	json_out_text(&out, "image_ref", job->image_ref);
	json_out_text(&out, "image_digest", job->image_digest);
	json_out_text(&out, "profile", job->profile);
	json_out_int(&out, "estimated_duration_minutes", plan_minutes(&plan));
	json_out_time(&out, "created_at", job->created_ms);
	json_out_bool(&out, "reused", reused);
	json_out_close(&out, '}');
	return text_take(&out.text);
}

static void reply_submitted(struct request *request, struct submitted *submitted)
{
	struct text body = { submitted->reply, strlen(submitted->reply), 0, false };

	reply_json(request, 201, &body);
	reply_header(request, "Location", "/api/v1/analysis/%s", submitted->job_id);
	reply_header(request, "Link", "</api/v1/analysis/%s/status>; rel=\"status\"",
		     submitted->job_id);
	reply_header(request, "Retry-After", "%d", POLL_S);
	if (submitted->replayed)
		reply_header(request, "Idempotency-Replayed", "true");
	if (submitted->reused)
		hub_work(request->app->hub, HUB_CALLBACKS); /* that analysis may have ended */
	if (submitted->replayed || submitted->reused)
		return;
	metrics_submitted(request->app->metrics);
	hub_work(request->app->hub, HUB_JOBS);
	log_event(LOG_INFO, "job_queued", log_text("job_id", submitted->job_id),
		  log_text("request_id", request->id), log_text("org", request->principal.org));
}

/* What the tables of the body cannot tell. */
static int check_submission(struct request *request, struct err *err)
{
	const struct settings *s = request->app->settings;
	const char *callback = json_in_text(request->json, "callback_url");
	int r = 0;

	if (callback) {
		request->blame = (struct fault_place){ .names = { "body", "callback_url" } };
		r = callback_check(callback, &s->allowed_addresses, err);
	}
	if (r == 0) {
		request->blame = (struct fault_place){ .names = { "body", "image_ref" } };
		r = registry_check(s, json_in_text(request->json, "image_ref"), err);
	}
	if (r == 0) {
		request->blame =
		    (struct fault_place){ .names = { "body", "config", "health_check_timeout" } };
		r = plan_check(json_in_get(request->json, "config"), err);
	}
	return r;
}

int api_submit(struct request *request, struct err *err)
{
	struct submitted submitted = {};
	_cleanup_job_ struct job job = {};
	const struct audit audit = auth_audit_entry(request, "submit");
	struct submission submission = {
		.job = &job,
		.audit = &audit,
		.reanalyze = json_in_bool(request->json, "reanalyze", false),
		.principal = request->principal.org,
		.idempotency_key = request_header(request, "Idempotency-Key"),
		.render = render_submitted,
	};
	int r;

	if (request->app->draining)
		return err_set(err, EBUSY, "the server is going down");
	r = check_submission(request, err);
	if (r == 0)
		r = make_job(&job, request, err);
	if (r < 0)
		return r;
	request->blame = (struct fault_place){};
	if (submission.idempotency_key)
		digest_of(submission.request, request->body.bytes, request->body.len);
	r = store_submit(&submitted, request->app->db, &submission, err);
	if (r == -EEXIST) {
		reply_error(request, 422, "IDEMPOTENCY_KEY_REUSED", err->text, NULL);
		return 0;
	}
	if (r == 0)
		reply_submitted(request, &submitted);
	return r;
}

static int put_job(void *ctx, const struct job *job)
{
	struct json_out *out = ctx;

	json_out_open(out, NULL, '{');
	json_out_text(out, "id", job->id);
	json_out_text(out, "status", job_state_names[job->state]);
	json_out_text(out, "image_ref", job->image_ref);
	json_out_text(out, "image_digest", job->image_digest);
	json_out_text(out, "sbom_id", job->sbom_id);
	json_out_text(out, "profile", job->profile);
	json_out_int(out, "priority", job->priority);
	json_out_int(out, "progress_percent", job->percent);
	json_out_text(out, "current_phase", job->phase);
	json_out_time(out, "created_at", job->created_ms);
	json_out_time(out, "started_at", job->started_ms);
	json_out_time(out, "completed_at", job->completed_ms);
	json_out_text(out, "error_message", job->error);
	json_out_text(out, "generated_vex_id", job->state == JOB_COMPLETE ? job->vex_id : NULL);
	json_out_int(out, "retry_count", job->attempt > 1 ? job->attempt - 1 : 0);
	json_out_close(out, '}');
	return 0;
}

struct page_out {
	struct json_out out;
	char last_id[ID_BYTES];
	int64_t last_ms, count;
};

static int put_page_job(void *ctx, const struct job *job)
{
	struct page_out *page = ctx;

	snprintf(page->last_id, sizeof(page->last_id), "%s", job->id);
	page->last_ms = job->created_ms;
	page->count++;
	return put_job(&page->out, job);
}

int api_list(struct request *request, struct err *err)
{
	struct page_out page = {};
	struct job_page asked = { request_query_int(request, "skip", 0),
				  request_query_int(request, "limit", 50),
				  request_query(request, "status_filter"), 0, NULL };
	const char *cursor = request_query(request, "cursor");
	int64_t total = 0;
	int r;

	if (cursor) {
		asked.before_ms = strtoll(cursor, NULL, 10);
		asked.before_id = strchr(cursor, '_') + 1;
	}
	json_out_open(&page.out, NULL, '{');
	json_out_open(&page.out, "jobs", '[');
	r = store_job_list(&total, request->app->db, request->principal.org, &asked, put_page_job,
			   &page, err);
	json_out_close(&page.out, ']');
	json_out_int(&page.out, "total", total);
	json_out_int(&page.out, "skip", asked.skip);
	json_out_int(&page.out, "limit", asked.limit);
	json_out_close(&page.out, '}');
	if (r < 0) {
		text_done(&page.out.text);
		return r;
	}
	reply_json(request, 200, &page.out.text);
	if (page.count == asked.limit)
		reply_header(request, "Link",
			     "</api/v1/analysis?limit=%lld&cursor=%lld_%s%s%s>; rel=\"next\"",
			     (long long)asked.limit, (long long)page.last_ms, page.last_id,
			     asked.state ? "&status_filter=" : "", asked.state ? asked.state : "");
	return 0;
}

static void put_status(struct json_out *out, const struct job *job)
{
	json_out_open(out, NULL, '{');
	json_out_text(out, "job_id", job->id);
	json_out_text(out, "status", job_state_names[job->state]);
	json_out_int(out, "progress_percent", job->percent);
	json_out_text(out, "current_phase", job->phase);
	json_out_time(out, "started_at", job->started_ms);
	json_out_time(out, "completed_at", job->completed_ms);
	json_out_text(out, "error_message", job->error);
	json_out_text(out, "sandbox_id", job->sandbox_id);
	json_out_time(out, "created_at", job->created_ms);
	json_out_text(out, "image_ref", job->image_ref);
	json_out_text(out, "image_digest", job->image_digest);
	json_out_text(out, "profile", job->profile);
	json_out_int(out, "attempt", job->attempt);
	json_out_raw(out, "attempts", job->reasons);
	json_out_bool(out, "cancel_requested", job->cancel);
	json_out_close(out, '}');
}

int api_status(struct request *request, struct err *err)
{
	_cleanup_job_ struct job job = {};
	struct json_out out = {};
	char tag[32];
	int r = store_job(&job, request->app->db, request->principal.org, request_path(request, 0),
			  err);

	if (r < 0)
		return r;
	snprintf(tag, sizeof(tag), "r%lld", (long long)job.revision);
	reply_header(request, "Cache-Control", "no-cache");
	if (reply_etag(request, tag))
		return 0;
	put_status(&out, &job);
	reply_json(request, 200, &out.text);
	return 0;
}

static void reply_cancelled(struct request *request, const char *id, bool done)
{
	struct json_out out = {};

	json_out_open(&out, NULL, '{');
	json_out_text(&out, "status", done ? "cancelled" : "cancelling");
	json_out_text(&out, "job_id", id);
	json_out_text(&out, "message",
		      done ? "Analysis cancelled"
			   : "Analysis is being cancelled: its sandbox is torn down");
	json_out_close(&out, '}');
	reply_json(request, done ? 200 : 202, &out.text);
}

/* Has it ended, within the time that a client may wait? */
static int await_end(enum job_state *ret, struct request *request, const char *id, struct err *err)
{
	int64_t until = clock_steady_ms() + CANCEL_WAIT_MS, left;
	uint64_t seen = 0;
	int r = 0;

	if (request->app->cancels++ >= CANCELS_WAITING_MAX)
		until = 0;
	while (r == 0 && (left = until - clock_steady_ms()) > 0) {
		_cleanup_job_ struct job job = {};

		r = store_job(&job, request->app->db, request->principal.org, id, err);
		*ret = job.state;
		if (r < 0 || job_state_is_final(job.state))
			break;
		seen = hub_wait(request->app->hub, seen, left < 1000 ? left : 1000);
	}
	request->app->cancels--;
	return r;
}

static void reply_ended(struct request *request, enum job_state state, const char *message)
{
	struct json_out details = {};
	_cleanup_free_ char *text = NULL;

	json_out_open(&details, NULL, '{');
	json_out_text(&details, "current_state", job_state_names[state]);
	json_out_text(&details, "required_state", "queued, running or analyzing");
	json_out_close(&details, '}');
	text = text_take(&details.text);
	reply_error(request, 409, "RESOURCE_CONFLICT", message, text);
}

int api_cancel(struct request *request, struct err *err)
{
	const char *id = request_path(request, 0);
	struct app *app = request->app;
	enum job_state state = JOB_QUEUED;
	int r = store_cancel(&state, app->db, request->principal.org, id, err);

	if (r == -EALREADY) {
		reply_ended(request, state, err->text);
		return 0;
	}
	if (r < 0)
		return r;
	auth_audit(request, "cancel", id, NULL);
	hub_publish(app->hub, id);
	hub_work(app->hub, HUB_CALLBACKS);
	state = r == 0 ? JOB_CANCELLED : state;
	r = state == JOB_CANCELLED ? 0 : await_end(&state, request, id, err);
	if (r == 0)
		reply_cancelled(request, id, state == JOB_CANCELLED);
	return r;
}
