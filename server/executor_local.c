// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * executor_local.c — an analysis on this machine: skopeo fetches the image by its digest, vexxy-agent runs and records it, and
 * vexxy decides, confined. The server links neither: what a hostile image does to them is not done to the server.
 */
#include "server/executor.h"

#include <string.h>
#include <sys/stat.h>

#include "server/clock.h"
#include "server/drive.h"
#include "server/exercise.h"
#include "server/leftovers.h"
#include "server/local_run.h"
#include "server/log.h"
#include "server/outcome.h"

#define CLEAN_MS 60000

/* What was asked for and not done is said, never passed over. */
static void say_limitations(struct run *run)
{
	if (run->plan.fuzzing)
		run_limitation(run,
			       "enable_fuzzing: no requests were generated against the workload");
	if (run->plan.pentesting)
		run_limitation(run, "enable_pentesting: no security scan was made");
	if (run->plan.coverage && !run->functions[0])
		run_limitation(run, "enable_code_coverage: no functions were known to watch");
	if (run->driver[0])
		return;
	if (json_in_text(run->config, "test_script"))
		run_limitation(
		    run,
		    "test_script: it was not run, because the workload has the host's network");
	if (cJSON_GetArraySize(json_in_get(run->config, "ports")))
		run_limitation(run,
			       "ports: not asked for their health, because the workload has the "
			       "host's network");
}

/* What the exercise came to is part of the results; what the script said is a file of its own. */
static char *take_exercise(struct run *run)
{
	char *result = run->driver[0] ? exercise_result(run->x->dir) : NULL;
	char from[PATH_MAX], to[PATH_MAX];

	if (run->driver[0] && !result)
		run_limitation(run, "the exercise of the workload did not come to its end");
	if (result && strstr(result, "\"script\":{\"end\":") &&
	    !strstr(result, "\"script\":{\"end\":\"ok\""))
		run_limitation(run, "test_script: it failed, see exercise and the test log");
	snprintf(from, sizeof(from), "%s/drive/" DRIVE_LOG, run->x->dir);
	snprintf(to, sizeof(to), "%s/" DRIVE_LOG, run->x->out);
	(void)!rename(from, to); /* there may be none */
	return result;
}

static int write_results(struct run *run, struct err *err)
{
	char report_path[PATH_MAX], results[PATH_MAX], vex[PATH_MAX];
	struct outcome outcome = { .job = run->x->job,
				   .sandbox_id = run->x->sandbox_id,
				   .report_path = report_path,
				   .limitations = run->limitations,
				   .completed_ms = clock_ms() };
	int r = run_report(run, JOB_ANALYZING, 95, "Generating summary", err);
	_cleanup_free_ char *exercise = take_exercise(run);

	outcome.exercise = exercise;
	snprintf(report_path, sizeof(report_path), "%s/report.json", run->x->out);
	snprintf(results, sizeof(results), "%s/results.json", run->x->out);
	snprintf(vex, sizeof(vex), "%s/vex.openvex.json", run->x->out);
	outcome.has_vex = access(vex, F_OK) == 0;
	return r < 0 ? r : outcome_write(&outcome, results, err);
}

static int take_steps(struct run *run, struct err *err)
{
	static int (*const steps[])(struct run *, struct err *) = {
		run_pull,           run_find_manifest,    run_prepare_inputs,
		run_find_functions, run_prepare_exercise, run_record,
		run_analyze,
	};
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
	snprintf(run.scratch, sizeof(run.scratch), "%s/scratch", x->dir);
	snprintf(run.scratch_variable, sizeof(run.scratch_variable), "TMPDIR=%s", run.scratch);
	snprintf(run.server_variable, sizeof(run.server_variable), SERVER_VARIABLE "=%s",
		 x->app->server_id);
	snprintf(run.job_variable, sizeof(run.job_variable), JOB_VARIABLE "=%s", x->attempt);
	snprintf(run.cache_variable, sizeof(run.cache_variable), "XDG_CACHE_HOME=%s", run.cache);
	r = json_in_parse(&run.config, x->job->config, strlen(x->job->config), &offset, err);
	if (r == 0)
		r = json_in_parse(&run.raw_inputs, x->job->inputs, strlen(x->job->inputs), &offset,
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

/* Where no key was named, one of our own signs: who verifies asks for its public half, /api/v1/signing-key. */
static void make_key(const struct settings *s)
{
	struct run run = { .settings = s };
	const char *argv[] = { run_find_program(&run, s->analyzer, "vexxy"), "keygen",
			       s->signing_path, NULL };
	const struct child child = { .argv = argv, .timeout_ms = 60000 };
	struct err err = {};

	if (child_run(&child, &err) < 0)
		log_event(LOG_WARNING, "results_are_not_signed", log_text("reason", err.text));
	run_done(&run);
}

static int probe(struct app *app, struct err *err)
{
	int r = make_dir(app, "images", 0711, err);

	if (r == 0)
		r = make_dir(app, "cache", 0711, err);
	if (r == 0 && access(app->settings->signing_path, F_OK) < 0)
		make_key(app->settings);
	if (r == 0 && geteuid() != 0)
		log_event(LOG_WARNING, "executor_limited",
			  log_text("reason", "recording needs root: analyses will fail"));
	return r;
}

static int clean(struct app *app, struct err *err)
{
	return leftovers_end(SERVER_VARIABLE, app->server_id, CLEAN_MS, err);
}

const struct executor executor_local = { "local", probe, run_job, clean };
