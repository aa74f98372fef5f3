// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* local_results.c — the frame of an analysis, wherever it was recorded: what it begins from, and the results that it ends in. */
#include <string.h>
#include <sys/stat.h>

#include "server/clock.h"
#include "server/confine.h"
#include "server/local_run.h"
#include "server/log.h"
#include "server/outcome.h"

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

#define WITHOUT_LANDLOCK                                                                       \
	"the kernel has no Landlock: the analysis could read what every user of this machine " \
	"can read"

static int probe_walls(struct app *app, struct err *err)
{
	if (confine_has_landlock())
		return 0;
	if (app->settings->require_landlock)
		return err_set(err, ENOSYS,
			       "this kernel has no Landlock, which --require-landlock asks for");
	app->warning = WITHOUT_LANDLOCK;
	log_event(LOG_WARNING, "walls_are_thinner", log_text("reason", WITHOUT_LANDLOCK));
	return 0;
}

int run_prepare_data(struct app *app, struct err *err)
{
	int r = probe_walls(app, err);

	if (r == 0)
		r = make_dir(app, "images", 0711, err);
	if (r == 0)
		r = make_dir(app, "cache", 0711, err);
	if (r == 0 && access(app->settings->signing_path, F_OK) < 0)
		make_key(app->settings);
	return r;
}

int run_init(struct run *run, struct execution *x, struct err *err)
{
	size_t offset;
	int r;

	*run = (struct run){ .x = x, .settings = x->app->settings };
	snprintf(run->cache, PATH_BYTES, "%.400s/cache", run->settings->data_dir);
	snprintf(run->scratch, sizeof(run->scratch), "%s/scratch", x->dir);
	snprintf(run->server_variable, sizeof(run->server_variable), SERVER_VARIABLE "=%s",
		 x->app->server_id);
	snprintf(run->job_variable, sizeof(run->job_variable), JOB_VARIABLE "=%s", x->attempt);
	snprintf(run->cache_variable, sizeof(run->cache_variable), "XDG_CACHE_HOME=%s", run->cache);
	r = json_in_parse(&run->config, x->job->config, strlen(x->job->config), &offset, err);
	if (r == 0)
		r = json_in_parse(&run->raw_inputs, x->job->inputs, strlen(x->job->inputs), &offset,
				  err);
	if (r == 0)
		plan_make(&run->plan, x->job->profile, run->config, 1);
	run_limitation(run, x->app->warning);
	return r;
}

int run_write_results(struct run *run, const char *exercise, struct err *err)
{
	char report_path[PATH_MAX], results[PATH_MAX], vex[PATH_MAX];
	struct outcome outcome = { .job = run->x->job,
				   .sandbox_id = run->x->sandbox_id,
				   .report_path = report_path,
				   .limitations = run->limitations,
				   .exercise = exercise,
				   .completed_ms = clock_ms() };
	int r = run_report(run, JOB_ANALYZING, 95, "Generating summary", err);

	snprintf(report_path, sizeof(report_path), "%s/report.json", run->x->out);
	snprintf(results, sizeof(results), "%s/results.json", run->x->out);
	snprintf(vex, sizeof(vex), "%s/vex.openvex.json", run->x->out);
	outcome.has_vex = access(vex, F_OK) == 0;
	return r < 0 ? r : outcome_write(&outcome, results, err);
}
