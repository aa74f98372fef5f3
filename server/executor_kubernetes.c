// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * executor_kubernetes.c — an analysis in a cluster: a Job runs the image, the agent of its node records it and sends the trace, and
 * vexxy decides here, confined, as with the local executor. The image is fetched here too: what is decided on is its content, not
 * what a node says of it.
 */
#include "server/executor.h"

#include <string.h>

#include "include/sandbox_pod.h"
#include "kubescape-compat/slug.h"
#include "server/clock.h"
#include "server/json_out.h"
#include "server/kube_sandbox.h"
#include "server/kube_traces.h"
#include "server/kubescape.h"
#include "server/local_run.h"
#include "server/log.h"

#define END_MS 60000
#define HOLD_EVERY_MS 5000
/* Until the trace must be here: while the sandbox still is, and once more after that. */
#define TRACE_MS 90000
#define TRACE_LAST_MS 30000
#define TRACE_REST_MS 15000
#define REPORT_MS 1000
/* Of an analysis' time this much is left for deciding, whoever else is waited for. */
#define DECIDE_MS 120000

struct kube_run {
	struct run *run;
	struct sandbox sandbox;
	struct kube *kube;
	int64_t told_ms, held_ms;
	struct kube_traces traces; /* a second one is of an agent that began again */
	bool has_script_log;
	struct kubescape kubescape;
	bool has_profile;
	char functions[DIGEST_HEX_BYTES]; /* their list; "": there is none */
};

/* Where Kubescape's objects are kept, and what is made of them. */
#define PROFILE_FILE "profile.kubescape.json"
#define SBOM_FILE "sbom.kubescape.json"
#define MANIFEST_FILE "vulns.kubescape.json"
#define EXCHANGE_FILE "vex.kubescape.json"
#define SBOM_FILTERED_FILE "sbom.filtered.kubescape.json"
#define MANIFEST_FILTERED_FILE "vulns.filtered.kubescape.json"

static int tick(void *ctx, struct err *err)
{
	return execution_check(((struct kube_run *)ctx)->run->x, err);
}

/* While it is taken away nobody is asked whether to go on, and the lease is held all the same. */
static int hold(void *ctx, struct err *err)
{
	struct kube_run *k = ctx;
	struct execution *x = k->run->x;
	int64_t now = clock_steady_ms();

	(void)err;
	if (now - k->held_ms > HOLD_EVERY_MS)
		(void)!store_renew(x->app->db, &x->lease,
				   (int64_t)x->app->settings->lease_s * 1000 + END_MS, NULL);
	if (now - k->held_ms > HOLD_EVERY_MS)
		k->held_ms = now;
	return 0;
}

/* Between 35 and 75 % the observation goes by. */
static void tell(void *ctx, const struct sandbox *s)
{
	struct kube_run *k = ctx;
	struct execution *x = k->run->x;
	int64_t now = clock_steady_ms(), seconds, percent, whole = k->run->plan.duration_s;
	char data[600];

	/* At once where its pod is: by that its agent is let in. */
	if (now - k->told_ms < REPORT_MS && (!*s->pod.node || *x->sandbox_node))
		return;
	k->told_ms = now;
	if (*s->pod.node) {
		snprintf(x->sandbox_pod, sizeof(x->sandbox_pod), "%s", s->pod.uid);
		snprintf(x->sandbox_node, sizeof(x->sandbox_node), "%.253s", s->pod.node);
	}
	seconds = s->started_ms ? (now - s->started_ms) / 1000 : 0;
	percent = s->started_ms ? 35 + seconds * 40 / (whole ? whole : 1) : 20;
	snprintf(data, sizeof(data),
		 "{\"seconds\":%lld,\"pod\":\"%s\",\"node\":\"%s\",\"state\":\"%s\"}",
		 (long long)seconds, s->pod.name, s->pod.node, pod_fate_names[s->pod.fate]);
	/* The next tick says why, when this is not taken. */
	(void)!execution_report(x, JOB_RUNNING, percent > 75 ? 75 : percent,
				s->started_ms ? "Runtime analysis" : "Deploying workload", data,
				NULL);
}

static void say(void *ctx, const char *text)
{
	struct run *run = ((struct kube_run *)ctx)->run;

	run_limitation(run, run_word(run, "%s", text));
}

static int prepare_kubescape(struct kube_run *k, struct err *err)
{
	const struct settings *s = k->run->settings;
	int r;

	if (!strcmp(s->kubescape, "off"))
		return 0;
	k->kubescape = (struct kubescape){ .kube = k->kube,
					   .settings = s,
					   .job = k->sandbox.name,
					   .container = POD_TARGET,
					   .image = k->sandbox.spec.image,
					   .say = say,
					   .ctx = k };
	r = kubescape_discover(&k->kubescape, err);
	k->sandbox.spec.is_profiled = k->kubescape.is_there;
	k->sandbox.spec.linger_s = k->kubescape.is_there ? (int64_t)s->kubescape_wait_s : 0;
	return r;
}

/* The agent gets it by the server that it asks, which may be another. */
static int offer_functions(struct kube_run *k, struct err *err)
{
	struct execution *x = k->run->x;
	uint64_t bytes;
	int r;

	if (!k->run->functions[0])
		return 0;
	r = blobs_put_file(k->functions, &bytes, x->app->blobs, k->run->functions, err);
	return r < 0 ? r : store_functions_set(x->app->db, &x->lease, k->functions, err);
}

static int prepare(struct kube_run *k, struct err *err)
{
	struct run *run = k->run;
	struct execution *x = run->x;
	struct sandbox *s = &k->sandbox;
	const char *repo = run_repository(run);
	int r = kube_cluster_connect(&k->kube, x->app->cluster, err);

	if (r < 0)
		return r;
	kube_set_tick(k->kube, tick, k);
	kube_sandbox_name(s->name, x->job);
	snprintf(x->sandbox_id, sizeof(x->sandbox_id), "%s", s->name);
	s->cluster = x->app->cluster;
	s->kube = k->kube;
	s->told = tell;
	s->ctx = k;
	s->spec = (struct kube_sandbox){
		.settings = run->settings,
		.server_id = x->app->server_id,
		.job = x->job,
		.plan = &run->plan,
		.config = run->config,
		.name = s->name,
		.image = repo ? run_word(run, "%s@%s", repo, x->job->image_digest) : NULL,
		.functions = k->functions,
		.exercised =
		    run->settings->script_image && json_in_text(run->config, "test_script"),
	};
	return s->spec.image ? prepare_kubescape(k, err) : err_oom(err);
}

/* 1: so many are here. 0: not within that time. */
static int await_traces(struct kube_run *k, size_t count, int64_t ms, struct err *err)
{
	int64_t until = clock_steady_ms() + ms;
	struct app *app = k->run->x->app;
	int r = 0;

	while (r == 0) {
		k->traces = (struct kube_traces){ .pod_uid = k->sandbox.pod.uid,
						  .attempt = k->run->x->lease.fence };
		r = store_upload_list(app->db, k->run->x->job->id, kube_traces_take, &k->traces,
				      err);
		if (r < 0 || k->traces.count >= count || clock_steady_ms() > until)
			break;
		r = kube_pause(k->kube, 500, err);
	}
	return r < 0 ? r : k->traces.count >= count;
}

static int save(const struct run *run, const char *name, const char *text, struct err *err)
{
	char path[PATH_MAX];
	_cleanup_fclose_ FILE *file = NULL;

	snprintf(path, sizeof(path), "%s/%s", run->x->out, name);
	file = fopen(path, "wxe");
	return !file || fputs(text, file) < 0 || fflush(file) != 0
		   ? err_sys(err, errno, "cannot write '%s'", path)
		   : 0;
}

/* What cannot be had of them is said, and no reason to fail. */
static void keep_logs(struct kube_run *k)
{
	_cleanup_free_ char *text = NULL, *script = NULL;
	struct err err = {};
	int r = sandbox_logs(&text, &k->sandbox, POD_TARGET, &err);

	r = r ? r : save(k->run, "container.log", text, &err);
	if (r < 0)
		run_limitation(
		    k->run, run_word(k->run, "the container's log was not kept: %.300s", err.text));
	if (k->sandbox.spec.exercised &&
	    sandbox_logs(&script, &k->sandbox, POD_SCRIPT, &err) == 0 &&
	    save(k->run, "script.log", script, &err) == 0)
		k->has_script_log = true;
}

/* The sandbox is there as long: with its Job gone, what Kubescape learned of it may go too. */
static int await_profile(struct kube_run *k, struct err *err)
{
	struct run *run = k->run;
	int64_t until = clock_steady_ms() + (int64_t)run->settings->kubescape_wait_s * 1000;
	int64_t last = run->x->deadline_ms - DECIDE_MS;
	const char *path = run_word(run, "%s/" PROFILE_FILE, run->x->out);
	int r = run_report(run, JOB_RUNNING, 75, "Waiting for Kubescape", err);

	if (r < 0 || !path)
		return r < 0 ? r : err_oom(err);
	r = kubescape_await_profile(&k->kubescape, path, until < last ? until : last, err);
	k->has_profile = r == 1;
	return r < 0 ? r : 0;
}

/* While it is there; its end is a part of the trace. */
static int observe(struct kube_run *k, struct err *err)
{
	int r = sandbox_make(&k->sandbox, err);

	r = r ? r : sandbox_follow(&k->sandbox, err);
	r = r ? r : sandbox_look_again(&k->sandbox, err);
	if (r == 0 && k->kubescape.is_there)
		r = await_profile(k, err);
	if (r < 0)
		return r;
	r = run_report(k->run, JOB_RUNNING, 75, "Waiting for the trace", err);
	if (r == 0)
		r = await_traces(k, 1, TRACE_MS, err);
	if (r >= 0)
		keep_logs(k);
	return r < 0 ? r : 0;
}

/* What any of them saw counts. */
static int take_traces(struct kube_run *k, struct err *err)
{
	int r = kube_traces_check(&k->traces, err);

	for (size_t i = 0; r == 0 && i < k->traces.count; i++) {
		const char *path =
		    i ? run_word(k->run, "%s/run.%zu.trace.gz", k->run->x->dir, i + 1)
		      : run_word(k->run, "%s/run.trace.gz", k->run->x->out);

		r = path ? blobs_export(k->run->x->app->blobs, k->traces.digests[i], path, err)
			 : err_oom(err);
		if (i && r == 0)
			r = option_list_add(&k->run->more_traces, path) < 0 ? err_oom(err) : 0;
	}
	return r;
}

/* What an agent that begins again records is in a trace of its own, which ends with the pod. */
static int await_rest(struct kube_run *k, struct err *err)
{
	const struct sandbox *s = &k->sandbox;
	bool is_new = false;
	int r = kube_traces_agent_is_new(&is_new, k->run->x->app->db, s->pod.node,
					 clock_steady_ms() - s->started_ms, err);

	if (r == 0 && is_new)
		r = await_traces(k, 2, TRACE_REST_MS, err);
	if (r >= 0 && (is_new || k->traces.count > 1))
		run_limitation(k->run, run_word(k->run,
						"the agent of node '%s' began again while the "
						"container ran%s",
						s->pod.node,
						k->traces.count > 1 ? ""
								    : ", and what it recorded "
								      "from then on did not "
								      "come"));
	return r < 0 ? r : 0;
}

static int record(struct kube_run *k, struct err *err)
{
	struct err why = {};
	int r = observe(k, err), ended;

	kube_set_tick(k->kube, hold, k);
	/* Whoever cancelled it, or took it over, does not ask, and a lost node does not answer; of any other failure they may tell the cause. */
	if (r < 0 && r != -ECANCELED && r != -ESTALE && r != -EINTR &&
	    k->sandbox.pod.fate != POD_NODE_LOST)
		keep_logs(k);
	ended = sandbox_end(&k->sandbox, END_MS, &why);
	if (ended < 0)
		log_event(LOG_ERROR, "sandbox_left", log_text("job_id", k->run->x->job->id),
			  log_text("sandbox", k->sandbox.name), log_text("reason", why.text));
	if (r < 0)
		return r;
	if (ended < 0)
		return sandbox_has_lost_node(&k->sandbox, err)
			   ? -EAGAIN
			   : err_set(err, EAGAIN, "%s", why.text);
	kube_set_tick(k->kube, tick, k);
	r = await_traces(k, 1, TRACE_LAST_MS, err);
	if (r == 0)
		return err_set(err, EAGAIN,
			       "no trace came from the agent of node '%s': does it run?",
			       k->sandbox.pod.node);
	r = r < 0 ? r : await_rest(k, err);
	return r < 0 ? r : take_traces(k, err);
}

static int add_found(struct run *run, const char *option, const char *value, struct err *err)
{
	return !value || option_list_add(&run->found, option) < 0 ||
		       option_list_add(&run->found, value) < 0
		   ? err_oom(err)
		   : 0;
}

/* Of another image it tells nothing of this one. */
static bool is_of_this_image(struct kube_run *k)
{
	const struct run *run = k->run;
	char digest[KUBE_DIGEST_BYTES];

	if (!kube_image_digest(digest, k->kubescape.id) ||
	    !strcmp(digest, run->x->job->image_digest) || !strcmp(digest, run->manifest))
		return true;
	kubescape_say(&k->kubescape, "Kubescape: its profile is of the image %s: it is not used",
		      digest);
	kubescape_done(&k->kubescape); /* nor is what it calls the image */
	return false;
}

/* What the client has given of a kind stands alone. */
static int read_object(struct kube_run *k, enum kube_kind kind, const char *given,
		       const char *option, const char *file, struct err *err)
{
	struct run *run = k->run;
	const char *path;
	int r;

	if (cJSON_GetArraySize(json_in_get(run->raw_inputs, given)))
		return 0;
	path = run_word(run, "%s/%s", run->x->out, file);
	r = path ? kubescape_read(&k->kubescape, kind, path, err) : err_oom(err);
	return r == 1 ? add_found(run, option, path, err) : r;
}

static int read_kubescape(struct kube_run *k, struct err *err)
{
	struct run *run = k->run;
	int r = 0;

	if (!k->kubescape.is_there)
		return 0;
	k->has_profile = k->has_profile && is_of_this_image(k);
	if (k->has_profile)
		r = add_found(run, "--profile", run_word(run, "%s/" PROFILE_FILE, run->x->out),
			      err);
	if (r == 0 && k->has_profile)
		r = add_found(run, "--container", POD_TARGET, err);
	run->seen = run->found.count;
	if (r == 0)
		r = read_object(k, KUBE_SBOM, "sboms", "--sbom", SBOM_FILE, err);
	if (r == 0)
		r = read_object(k, KUBE_MANIFEST, "vulnerabilities", "--vulns", MANIFEST_FILE, err);
	if (k->has_profile)
		run->also = "kubescape";
	return r;
}

/* Each of those that were made: which they can be depends on what there was to make them of. */
static int write_kubescape(struct kube_run *k, struct err *err)
{
	static const struct {
		enum kube_kind kind;
		const char *file;
	} results[] = { { KUBE_EXCHANGE, EXCHANGE_FILE },
			{ KUBE_SBOM_FILTERED, SBOM_FILTERED_FILE },
			{ KUBE_MANIFEST, MANIFEST_FILTERED_FILE } };
	struct run *run = k->run;
	int r = 0;

	if (!k->has_profile || strcmp(run->settings->kubescape, "write") != 0)
		return 0;
	for (size_t i = 0; r >= 0 && i < sizeof(results) / sizeof(*results); i++) {
		const char *path = run_word(run, "%s/%s", run->x->out, results[i].file);

		if (!path)
			return err_oom(err);
		r = access(path, F_OK) == 0
			? kubescape_write(&k->kubescape, results[i].kind, path, err)
			: 0;
		if (r == 1)
			log_event(LOG_INFO, "kubescape_written",
				  log_text("job_id", run->x->job->id),
				  log_text("kind", kube_kind_name(results[i].kind)));
	}
	return r < 0 ? r : 0;
}

static void judge_script(const struct kube_run *k)
{
	const struct pod *pod = &k->sandbox.pod;
	struct run *run = k->run;
	char why[256];

	if (!json_in_text(run->config, "test_script"))
		return;
	if (!k->sandbox.spec.exercised)
		run_unexercised(run, "test_script: it was not run, because the server was given no "
				     "--script-image");
	else if (pod_script_failed(why, sizeof(why), pod))
		run_unexercised(run, run_word(run, "%s", why));
	else if (pod->script_status < 0)
		run_limitation(run, "test_script: it had not ended when the observation had");
}

/* What was asked for and not done, and what became of the container, is said, never passed over. */
static void say_limitations(const struct kube_run *k)
{
	const struct pod *pod = &k->sandbox.pod;
	struct run *run = k->run;
	char why[768];

	if (pod->fate == POD_EXIT_CODE || pod->fate == POD_OUT_OF_MEMORY) {
		pod_explain(why, sizeof(why), pod);
		run_limitation(run, run_word(run, "%s (%s)", why, pod_fate_names[pod->fate]));
	}
	if (pod->lacks_walls)
		run_limitation(run, "the image was not shut off from the network: " GATE_NO_WALLS);
	if (run->plan.fuzzing)
		run_limitation(run,
			       "enable_fuzzing: no requests were generated against the workload");
	if (run->plan.pentesting)
		run_limitation(run, "enable_pentesting: no security scan was made");
	if (run->plan.coverage && !run->functions[0] && !kube_isolation(run->settings))
		run_limitation(run, "enable_code_coverage: no functions were known to watch");
	if (run->settings->runtime_class)
		run_limitation(
		    run, run_word(run, "the sandbox ran with the runtime class '%s'%s",
				  run->settings->runtime_class,
				  kube_isolation(run->settings)
				      ? ": gVisor tells which files and programs were used, and "
					"never which functions"
				      : ""));
}

/* As the driver of the local executor has it; NULL: nothing was exercised. */
static char *format_exercise(const struct kube_run *k)
{
	const struct sandbox *s = &k->sandbox;
	struct json_out out = {};

	if (!s->port_count && !s->spec.exercised)
		return NULL;
	json_out_open(&out, NULL, '{');
	json_out_open(&out, "ports", '[');
	for (size_t i = 0; i < s->port_count; i++) {
		json_out_open(&out, NULL, '{');
		json_out_int(&out, "port", s->ports[i].port);
		json_out_text(&out, "state", s->ports[i].state);
		json_out_close(&out, '}');
	}
	json_out_close(&out, ']');
	if (s->spec.exercised) {
		json_out_open(&out, "script", '{');
		json_out_text(&out, "end",
			      !s->pod.script_began        ? "not_begun"
			      : s->pod.script_status < 0  ? "timeout"
			      : s->pod.script_status == 0 ? "ok"
							  : "failed");
		json_out_int(&out, "status", s->pod.script_status);
		json_out_close(&out, '}');
	}
	json_out_close(&out, '}');
	return text_take(&out.text);
}

static int decide(struct kube_run *k, struct err *err)
{
	_cleanup_free_ char *exercise = NULL;
	int r;

	judge_script(k);
	r = read_kubescape(k, err);
	r = r ? r : run_analyze(k->run, err);
	r = r ? r : run_sign(k->run, err);
	r = r ? r : write_kubescape(k, err);
	if (r < 0)
		return r;
	say_limitations(k);
	exercise = format_exercise(k);
	return run_write_results(k->run, exercise, err);
}

static int run_job(struct execution *x, struct err *err)
{
	static int (*const steps[])(struct run *, struct err *) = {
		run_pull,
		run_find_manifest,
		run_prepare_inputs,
	};
	struct run run = {};
	struct kube_run k = { .run = &run };
	int r = run_init(&run, x, err);

	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(*steps); i++)
		r = steps[i](&run, err);
	if (r == 0 &&
	    !kube_isolation(run.settings)) /* no probe can be put into code under gVisor */
		r = run_find_functions(&run, err);
	r = r ? r : offer_functions(&k, err);
	r = r ? r : prepare(&k, err);
	r = r ? r : record(&k, err);
	r = r ? r : decide(&k, err);
	kubescape_done(&k.kubescape);
	kube_close(k.kube);
	run_done(&run);
	return r;
}

/*
 * Of a sandbox with a kernel of its own the node's kernel, and with it the agent, sees the sandbox and nothing of what is in it. gVisor
 * tells what happens in it; of a virtual machine nobody does. Classes have any name; these are what such ones are called. Under another
 * name no analysis comes to another end: a gate under gVisor that waits for a signal never gets one, and a trace that saw no program of
 * the image run is no ground for any absence.
 */
static int check_runtime_class(const struct settings *s, struct err *err)
{
	static const char *const blind[] = { "kata", "firecracker" };

	for (size_t i = 0; s->runtime_class && i < sizeof(blind) / sizeof(*blind); i++)
		if (strcasestr(s->runtime_class, blind[i]))
			return err_set(
			    err, EINVAL,
			    "runtime class '%s': the agent of a node cannot see into it, "
			    "and nothing seen is not nothing used; name a class of runc, crun or "
			    "gVisor, or none (there is no way to watch what runs in a virtual "
			    "machine)",
			    s->runtime_class);
	return 0;
}

static int probe(struct app *app, struct err *err)
{
	int r = check_runtime_class(app->settings, err);

	r = r ? r : run_prepare_data(app, err);
	/* The agent learns from the gate which analysis a pod is of: without one nothing is recorded. */
	if (r == 0 && !app->settings->gate_image)
		r = err_set(
		    err, EINVAL,
		    "the executor 'kubernetes' needs --gate-image: the image of vexxy-agent, "
		    "as a node can pull it");
	return r ? r : kube_cluster_open(&app->cluster, app->settings, err);
}

static int clean(struct app *app, struct err *err)
{
	int r = kube_cluster_reconcile(app, true, err);

	return r < 0 ? r : 0;
}

static void sweep(struct app *app)
{
	struct err err = {};

	if (kube_cluster_reconcile(app, false, &err) < 0)
		log_event(LOG_ERROR, "reconcile_failed", log_text("reason", err.text));
}

const struct executor executor_kubernetes = { "kubernetes", probe, run_job, clean, sweep };
