// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * executor_local.c — an analysis on this machine: skopeo fetches the image by its digest, vexxy-agent runs and records it, and
 * vexxy decides, confined. The server links neither: what a hostile image does to them is not done to the server.
 */
#include "server/executor.h"

#include <limits.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>

#include "include/array.h"
#include "server/child.h"
#include "server/clock.h"
#include "server/leftovers.h"
#include "server/log.h"
#include "server/outcome.h"
#include "server/plan.h"

#define PULL_SECONDS 900
#define AGENT_GRACE_MS 20000
/* Beside the observation: unpacking, starting, ending. */
#define RECORD_EXTRA_S 300
#define ANALYSIS_FILE_MB 2048
#define ANALYSIS_PROCESSES 64

struct run {
	struct execution *x;
	const struct settings *settings;
	cJSON *config, *inputs;
	struct plan plan;
	char image_dir[PATH_BYTES], cache[PATH_BYTES], rootfs[PATH_MAX], manifest[80];
	char job_variable[64], cache_variable[PATH_BYTES + 32];
	struct option_list words; /* of the command line that is being made */
	char **owned;
	size_t owned_count, owned_capacity;
	int64_t record_begun_ms, reported_ms;
	char permanent[256]; /* of what a program said: why another attempt would not help */
	const char *limitations[12];
	size_t limitation_count;
};

static void run_done(struct run *run)
{
	cJSON_Delete(run->config);
	cJSON_Delete(run->inputs);
	option_list_done(&run->words);
	for (size_t i = 0; i < run->owned_count; i++)
		free(run->owned[i]);
	free(run->owned);
}

/* A word of a command line that lives as long as the run. */
_printf_(2, 3) static const char *word(struct run *run, const char *fmt, ...)
{
	char **slot = array_add(run->owned, run->owned_count, run->owned_capacity);
	va_list ap;
	int n;

	if (!slot)
		return NULL;
	va_start(ap, fmt);
	n = vasprintf(slot, fmt, ap);
	va_end(ap);
	if (n < 0)
		*slot = NULL;
	return *slot;
}

static int add(struct run *run, const char *text)
{
	return text ? option_list_add(&run->words, text) : -ENOMEM;
}

static int add_pair(struct run *run, const char *name, const char *value)
{
	int r = add(run, name);

	return r < 0 ? r : add(run, value);
}

static int add_number(struct run *run, const char *name, int64_t value)
{
	return add_pair(run, name, word(run, "%lld", (long long)value));
}

static void limitation(struct run *run, const char *text)
{
	if (text &&
	    run->limitation_count + 1 < sizeof(run->limitations) / sizeof(*run->limitations))
		run->limitations[run->limitation_count++] = text;
}

static int tick(void *ctx, struct err *err)
{
	return execution_check(((struct run *)ctx)->x, err);
}

/* Runs the command line that was made. */
static int run_words(struct run *run, struct child *child, struct err *err)
{
	const char *env[] = { run->job_variable, run->cache_variable, NULL };
	int r = option_list_add(&run->words, NULL);

	if (r < 0)
		return err_oom(err);
	child->argv = run->words.items;
	child->env = env;
	child->tick = tick;
	child->ctx = run;
	r = child_run(child, err);
	run->words.count = 0;
	return r;
}

static int report(struct run *run, enum job_state state, int64_t percent, const char *phase,
		  struct err *err)
{
	return execution_report(run->x, state, percent, phase, NULL, err);
}

/* "host:5000/team/web:1@sha256:…" without tag and digest. */
static const char *repository(struct run *run)
{
	const char *ref = run->x->job->image_ref, *slash, *colon;
	size_t len = strcspn(ref, "@");

	slash = memrchr(ref, '/', len);
	colon = memrchr(slash ? slash : ref, ':', len - (size_t)((slash ? slash : ref) - ref));
	return word(run, "%.*s", (int)(colon ? (size_t)(colon - ref) : len), ref);
}

static bool has_no_tls(const struct run *run, const char *repo)
{
	const struct option_list *hosts = &run->settings->insecure_registries;
	size_t len = strcspn(repo, "/");

	for (size_t i = 0; i < hosts->count; i++)
		if (strlen(hosts->items[i]) == len && !strncmp(hosts->items[i], repo, len))
			return true;
	return false;
}

/* What registries say when another attempt will not help. */
static void hear_skopeo(void *ctx, const char *line)
{
	static const char *const final[] = {
		"manifest unknown", "unauthorized",      "denied",
		"not found",        "invalid reference", "repository name"
	};
	struct run *run = ctx;

	for (size_t i = 0; i < sizeof(final) / sizeof(*final); i++)
		if (strcasestr(line, final[i]))
			snprintf(run->permanent, sizeof(run->permanent), "%s", final[i]);
}

static int pull_to(struct run *run, const char *target, struct err *err)
{
	struct child child = { .timeout_ms = PULL_SECONDS * 1000, .line = hear_skopeo };
	const char *repo = repository(run);
	int r = 0;

	if (!repo)
		return err_oom(err);
	r = r ? r : add(run, "skopeo");
	r = r ? r : add_pair(run, "--override-os", "linux");
	r = r ? r : add_pair(run, "copy", "--quiet");
	if (has_no_tls(run, repo))
		r = r ? r : add(run, "--src-tls-verify=false");
	if (run->settings->auth_file)
		r = r ? r : add_pair(run, "--src-authfile", run->settings->auth_file);
	r = r ? r : add(run, word(run, "docker://%s@%s", repo, run->x->job->image_digest));
	r = r ? r : add(run, word(run, "oci:%s:image", target));
	if (r < 0)
		return err_oom(err);
	r = run_words(run, &child, err);
	if (r == -EIO && !run->permanent[0])
		r = -EAGAIN; /* the network, or the registry, may come back */
	return r == -EIO || r == -EAGAIN ? err_prefix(err, r, "image '%s'", run->x->job->image_ref)
					 : r;
}

/* By digest, once for all analyses: the content is what the name says. */
static int pull(struct run *run, struct err *err)
{
	const char *hex = run->x->job->image_digest + strlen("sha256:");
	char part[PATH_BYTES + 16], index[PATH_BYTES + 16];
	int r = report(run, JOB_RUNNING, 5, "Fetching image", err);

	snprintf(run->image_dir, PATH_BYTES, "%.400s/images/%s", run->settings->data_dir, hex);
	snprintf(index, sizeof(index), "%s/index.json", run->image_dir);
	snprintf(part, sizeof(part), "%s/image", run->x->dir);
	if (r < 0 || access(index, F_OK) == 0)
		return r;
	r = pull_to(run, part, err);
	if (r == 0 && rename(part, run->image_dir) < 0 && errno != EEXIST && errno != ENOTEMPTY)
		r = err_sys(err, errno, "cannot keep the image in '%s'", run->image_dir);
	return r;
}

static bool is_digest(const char *text)
{
	return text && !strncmp(text, "sha256:", 7) && strlen(text) == 71 &&
	       strspn(text + 7, "0123456789abcdef") == 64;
}

/* The image that runs: where the digest names an index, one of those in it. */
static int find_manifest(struct run *run, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *index = NULL;
	char path[PATH_BYTES + 16];
	const char *digest;
	int r;

	snprintf(path, sizeof(path), "%s/index.json", run->image_dir);
	r = json_in_load(&index, path, 4u << 20, err);
	if (r < 0)
		return r;
	digest = json_in_text(cJSON_GetArrayItem(json_in_get(index, "manifests"), 0), "digest");
	if (!is_digest(digest))
		return err_set(err, EBADMSG, "'%s' names no manifest", path);
	snprintf(run->manifest, sizeof(run->manifest), "%s", digest);
	snprintf(run->rootfs, sizeof(run->rootfs), "%s/vexxy/sha256-%s/rootfs", run->cache,
		 digest + 7);
	return 0;
}

/* Between 35 and 75 % the observation goes by. What was seen so far comes with it. */
static void hear_agent(void *ctx, const char *line)
{
	unsigned long long seconds, execs, opened, mapped, calls, lost;
	int64_t now = clock_steady_ms(), percent;
	struct run *run = ctx;
	char data[256];

	if (sscanf(
		line,
		"%llu s: %llu execs, %llu files opened, %llu mapped, %llu system calls, %llu lost",
		&seconds, &execs, &opened, &mapped, &calls, &lost) != 6 ||
	    now - run->reported_ms < 1000)
		return;
	run->reported_ms = now;
	percent = 35 + (int64_t)seconds * 40 / (run->plan.duration_s ? run->plan.duration_s : 1);
	snprintf(data, sizeof(data),
		 "{\"seconds\":%llu,\"execs\":%llu,\"files_opened\":%llu,\"files_mapped\":%llu,"
		 "\"system_calls\":%llu,\"lost\":%llu}",
		 seconds, execs, opened, mapped, calls, lost);
	if (execution_report(run->x, JOB_RUNNING, percent > 75 ? 75 : percent, "Runtime analysis",
			     data, NULL) < 0)
		return; /* the next tick says why */
}

static int add_environment(struct run *run)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach(item, json_in_get(run->config, "environment")) r =
	    r ? r : add(run, word(run, "--env=%s=%s", item->string, item->valuestring));
	return r;
}

static int add_command(struct run *run)
{
	const cJSON *command = json_in_get(run->config, "command"), *item;
	int r = 0;

	if (!cJSON_GetArraySize(command))
		return 0;
	r = add(run, "--");
	cJSON_ArrayForEach(item, command) r = r ? r : add(run, item->valuestring);
	return r;
}

static const char *beside(struct run *run, const char *chosen, const char *name)
{
	char self[PATH_MAX];
	ssize_t n;

	if (chosen)
		return chosen;
	n = readlink("/proc/self/exe", self, sizeof(self) - 1);
	if (n > 0) {
		self[n] = '\0';
		*strrchr(self, '/') = '\0';
		chosen = word(run, "%s/%s", self, name);
	}
	return chosen && access(chosen, X_OK) == 0 ? chosen : name;
}

static int record(struct run *run, struct err *err)
{
	struct child child = { .timeout_ms = (run->plan.duration_s + RECORD_EXTRA_S) * 1000,
			       .stop_signal = SIGTERM,
			       .grace_ms = AGENT_GRACE_MS,
			       .line = hear_agent };
	const struct settings *s = run->settings;
	int r = report(run, JOB_RUNNING, 15, "Deploying workload", err);

	if (r < 0)
		return r;
	r = add_pair(run, beside(run, s->agent, "vexxy-agent"), "record");
	r = r ? r : add_pair(run, "--out", word(run, "%s/run.trace.gz", run->x->out));
	r = r ? r : add_pair(run, "--image", word(run, "oci:%s:image", run->image_dir));
	r = r ? r : add_number(run, "--duration", run->plan.duration_s);
	r = r ? r : add_number(run, "--memory", (int64_t)s->memory_mb);
	r = r ? r : add_number(run, "--pids", (int64_t)s->pids);
	r = r ? r : add_number(run, "--disk", (int64_t)s->disk_mb);
	r = r ? r : add_pair(run, "--network", s->network);
	r = r ? r : add(run, "--progress");
	r = r ? r : add_environment(run);
	r = r ? r : add_command(run);
	return r < 0 ? err_oom(err) : run_words(run, &child, err);
}

/* What was uploaded for this job, as files that the analysis may read. */
static int export_kind(struct run *run, const char *kind, const char *option, struct err *err)
{
	const cJSON *item;
	int r = 0, n = 0;

	cJSON_ArrayForEach(item, json_in_get(run->inputs, kind))
	{
		const char *digest = json_in_text(item, "digest"),
			   *format = json_in_text(item, "format");
		const char *path = word(run, "%s/%s-%d.%s", run->x->dir, kind, ++n,
					format && !strcmp(format, "zip") ? "zip" : "json");

		if (!path)
			return err_oom(err);
		if (digest && r == 0)
			r = blobs_export(run->x->app->blobs, digest, path, err);
		if (r == 0 && add_pair(run, option, path) < 0)
			r = err_oom(err);
	}
	return r < 0 ? r : n;
}

static int add_files(struct run *run, const struct option_list *paths, const char *option)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++)
		r = add_pair(run, option, paths->items[i]);
	return r;
}

/* Where there is nothing to decide on, the rest is of use all the same; and the results say it. */
static int no_vulnerabilities(struct run *run, struct err *err)
{
	const char *path = word(run, "%s/none.json", run->x->dir);
	FILE *file = path ? fopen(path, "wxe") : NULL;

	limitation(run,
		   "No vulnerabilities were known for this image: upload a scanner's report to "
		   "/api/v1/vulnerabilities, or start the server with --vulns");
	if (!file)
		return err_sys(err, errno, "cannot make a file in '%s'", run->x->dir);
	fputs("[]\n", file);
	if (fclose(file) != 0)
		return err_sys(err, errno, "cannot write '%s'", path);
	return add_pair(run, "--vulns", path) < 0 ? err_oom(err) : 0;
}

static int add_inputs(struct run *run, struct err *err)
{
	const struct settings *s = run->settings;
	int n = export_kind(run, "vulnerabilities", "--vulns", err), r;

	if (n < 0)
		return n;
	if (n == 0 && s->vulns.count)
		r = add_files(run, &s->vulns, "--vulns");
	else
		r = n == 0 ? no_vulnerabilities(run, err) : 0;
	if (r == 0)
		r = export_kind(run, "advisories", "--advisories", err);
	if (r >= 0)
		r = export_kind(run, "sboms", "--sbom", err);
	if (r >= 0 && (add_files(run, &s->advisories, "--advisories") < 0 ||
		       add_files(run, &s->symbols, "--symbols") < 0))
		return err_oom(err);
	return r < 0 ? r : 0;
}

static int add_read(struct run *run, const struct option_list *paths)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++)
		r = add(run, word(run, "--read=%s", paths->items[i]));
	return r;
}

/* The walls around the analysis: what stands before "--". */
static int add_walls(struct run *run, const char *analyzer)
{
	static const char *const programs[] = { "/usr", "/lib", "/lib64", "/bin",
						"/etc/ld.so.cache" };
	const struct settings *s = run->settings;
	char self[PATH_MAX] = "";
	int r;

	if (readlink("/proc/self/exe", self, sizeof(self) - 1) < 0)
		return -errno;
	r = add_pair(run, word(run, "%s", self), "confine");
	r = r ? r : add_number(run, "--uid", (int64_t)s->analysis_uid);
	r = r ? r : add_number(run, "--memory", (int64_t)s->analysis_memory_mb);
	r = r ? r : add_number(run, "--file", ANALYSIS_FILE_MB);
	r = r ? r : add_number(run, "--processes", ANALYSIS_PROCESSES);
	r = r ? r : add(run, "--read-all");
	r = r ? r : add(run, word(run, "--read=%s", run->rootfs));
	r = r ? r : add(run, word(run, "--read=%s", run->x->dir));
	r = r ? r : add(run, "--read=/dev/null");
	r = r ? r : add(run, "--read=/proc/self");
	r = r ? r : add_read(run, &s->vulns);
	r = r ? r : add_read(run, &s->advisories);
	r = r ? r : add_read(run, &s->symbols);
	r = r ? r : add(run, word(run, "--write=%s", run->x->out));
	r = r ? r : add(run, "--write=/dev/null");
	for (size_t i = 0; r == 0 && i < sizeof(programs) / sizeof(*programs); i++)
		r = add(run, word(run, "--execute=%s", programs[i]));
	if (strchr(analyzer, '/'))
		r = r ? r : add(run, word(run, "--execute=%s", analyzer));
	return r ? r : add(run, "--");
}

static int give_out_dir(struct run *run, struct err *err)
{
	char path[PATH_MAX];
	uid_t uid = (uid_t)run->settings->analysis_uid;

	snprintf(path, sizeof(path), "%s/run.trace.gz", run->x->out);
	if (geteuid() == 0 && (chown(run->x->out, uid, uid) < 0 || chown(path, uid, uid) < 0))
		return err_sys(err, errno, "cannot give '%s' to the analysis", run->x->out);
	return 0;
}

static int analyze(struct run *run, struct err *err)
{
	struct child child = { 0 };
	const char *analyzer = beside(run, run->settings->analyzer, "vexxy");
	const char *repo = repository(run);
	const char *name = repo ? strrchr(repo, '/') : NULL;
	int r = report(run, JOB_ANALYZING, 75, "Extracting results", err);

	if (r == 0)
		r = give_out_dir(run, err);
	if (r < 0)
		return r;
	if (add_walls(run, analyzer) < 0 || add_pair(run, analyzer, "analyze") < 0 ||
	    add_pair(run, "--trace", word(run, "%s/run.trace.gz", run->x->out)) < 0 ||
	    add_pair(run, "--rootfs", run->rootfs) < 0 || add_pair(run, "--out", run->x->out) < 0 ||
	    add_pair(run, "--name", name ? name + 1 : repo) < 0 ||
	    add_pair(run, "--image-digest", run->x->job->image_digest) < 0 ||
	    add_pair(run, "--policy", run->settings->policy) < 0 || add(run, "--quiet") < 0)
		return err_oom(err);
	if (strcmp(run->manifest, run->x->job->image_digest) != 0 &&
	    add_pair(run, "--image-digest", run->manifest) < 0)
		return err_oom(err);
	r = add_inputs(run, err);
	if (r == 0)
		r = report(run, JOB_ANALYZING, 85, "Processing VEX", err);
	return r < 0 ? r : run_words(run, &child, err);
}

/* What was asked for and not done is said, never passed over. */
static void say_limitations(struct run *run)
{
	if (run->plan.fuzzing)
		limitation(run, "enable_fuzzing: no requests were generated against the workload");
	if (run->plan.pentesting)
		limitation(run, "enable_pentesting: no security scan was made");
	if (run->plan.coverage)
		limitation(run, "enable_code_coverage: functions were not watched");
	if (json_in_text(run->config, "test_script"))
		limitation(run, "test_script: it was not run");
	if (cJSON_GetArraySize(json_in_get(run->config, "ports")))
		limitation(run, "ports: the workload was not waited for, nor asked for its health");
}

static int write_results(struct run *run, struct err *err)
{
	char report_path[PATH_MAX], results[PATH_MAX], vex[PATH_MAX];
	struct outcome outcome = { .job = run->x->job,
				   .report_path = report_path,
				   .limitations = run->limitations,
				   .completed_ms = clock_ms() };
	int r = report(run, JOB_ANALYZING, 95, "Generating summary", err);

	snprintf(report_path, sizeof(report_path), "%s/report.json", run->x->out);
	snprintf(results, sizeof(results), "%s/results.json", run->x->out);
	snprintf(vex, sizeof(vex), "%s/vex.openvex.json", run->x->out);
	outcome.has_vex = access(vex, F_OK) == 0;
	return r < 0 ? r : outcome_write(&outcome, results, err);
}

static int take_steps(struct run *run, struct err *err)
{
	static int (*const steps[])(struct run *, struct err *) = { pull, find_manifest, record,
								    analyze };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(*steps); i++)
		r = steps[i](run, err);
	if (r == 0)
		say_limitations(run);
	return r < 0 ? r : write_results(run, err);
}

static int run_job(struct execution *x, struct err *err)
{
	struct run run = { .x = x, .settings = x->app->settings };
	size_t offset;
	int r;

	snprintf(run.cache, PATH_BYTES, "%.400s/cache", run.settings->data_dir);
	snprintf(run.job_variable, sizeof(run.job_variable), JOB_VARIABLE "=%s", x->job->id);
	snprintf(run.cache_variable, sizeof(run.cache_variable), "XDG_CACHE_HOME=%s", run.cache);
	r = json_in_parse(&run.config, x->job->config, strlen(x->job->config), &offset, err);
	if (r == 0)
		r = json_in_parse(&run.inputs, x->job->inputs, strlen(x->job->inputs), &offset,
				  err);
	if (r == 0) {
		plan_make(&run.plan, x->job->profile, run.config, 1);
		r = take_steps(&run, err);
	}
	run_done(&run);
	return r;
}

static int make_dir(const struct app *app, const char *name, mode_t mode, struct err *err)
{
	char path[PATH_BYTES + 16];

	snprintf(path, sizeof(path), "%s/%s", app->settings->data_dir, name);
	return mkdir(path, mode) < 0 && errno != EEXIST
		   ? err_sys(err, errno, "cannot make '%s'", path)
		   : 0;
}

static int probe(struct app *app, struct err *err)
{
	int r = make_dir(app, "images", 0711, err);

	if (r == 0)
		r = make_dir(app, "cache", 0711, err);
	if (r == 0 && geteuid() != 0)
		log_event(LOG_WARNING, "executor_limited",
			  log_text("reason", "recording needs root: analyses will fail"));
	return r;
}

static int clean(struct app *app, struct err *err)
{
	(void)app;
	return leftovers_end(JOB_VARIABLE, NULL, 60000, err);
}

const struct executor executor_local = { "local", probe, run_job, clean };
