// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * executor_local.c — an analysis on this machine: skopeo fetches the image by its digest, vexxy-agent runs and records it, and
 * vexxy decides, confined. The server links neither: what a hostile image does to them is not done to the server.
 */
#include "server/executor.h"

#include <string.h>

#include "server/drive.h"
#include "server/exercise.h"
#include "server/leftovers.h"
#include "server/local_run.h"
#include "server/log.h"

#define CLEAN_MS 60000
/* Then the server's id and the attempt's: whoever comes after a crash knows which are its own. */
#define SCRIPT_CGROUP "vexxy-test-"

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
	if (!run->driver[0] && cJSON_GetArraySize(json_in_get(run->config, "ports")))
		run_limitation(run,
			       "ports: not asked for their health, because the workload has the "
			       "host's network");
}

/* What keeps the script's absence from being taken for the workload's silence. */
static void judge_script(struct run *run, const char *result, bool began)
{
	if (!run->driver[0])
		run_unexercised(run, "test_script: it was not run, because the workload has the "
				     "host's network");
	else if (!began)
		run_unexercised(run, "test_script: it did not begin");
	else if (!result || strstr(result, "\"script\":{\"end\":\"timeout\""))
		run_limitation(run, "test_script: it had not ended when the observation had");
	else if (!strstr(result, "\"script\":{\"end\":\"ok\""))
		run_unexercised(run, "test_script: it failed, see exercise and the test log");
}

/* True: it is there. It is made when the script is started. */
static bool keep_script_log(const struct run *run)
{
	char from[PATH_MAX], to[PATH_MAX];

	snprintf(from, sizeof(from), "%s/drive/" DRIVE_LOG, run->x->dir);
	snprintf(to, sizeof(to), "%s/" DRIVE_LOG, run->x->out);
	return rename(from, to) == 0;
}

/* What the exercise came to is part of the results; what the script said is a file of its own. */
static int take_exercise(struct run *run, struct err *err)
{
	_cleanup_free_ char *result = run->driver[0] ? exercise_result(run->x->dir) : NULL;

	if (run->driver[0] && !result)
		run_limitation(run, "the exercise of the workload did not come to its end");
	if (json_in_text(run->config, "test_script"))
		judge_script(run, result, keep_script_log(run));
	run->exercise = result ? run_word(run, "%s", result) : NULL;
	return result && !run->exercise ? err_oom(err) : 0;
}

static int take_steps(struct run *run, struct err *err)
{
	static int (*const steps[])(struct run *, struct err *) = {
		run_pull,           run_find_manifest,    run_prepare_inputs,
		run_find_functions, run_prepare_exercise, run_record,
		take_exercise,      run_analyze,          run_sign,
	};
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(steps) / sizeof(*steps); i++)
		r = steps[i](run, err);
	if (r < 0) {
		(void)keep_script_log(run);
		return r;
	}
	say_limitations(run);
	return run_write_results(run, run->exercise, err);
}

static int run_job(struct execution *x, struct err *err)
{
	struct run run = {};
	int r = run_init(&run, x, err);

	snprintf(run.script_cgroup, sizeof(run.script_cgroup), SCRIPT_CGROUP "%s.%s",
		 x->app->server_id, x->attempt);
	r = r ? r : take_steps(&run, err);
	/* Who drove the script may have been killed with it in there. */
	if (cgroup_end(run.script_cgroup, CLEAN_MS, NULL) < 0)
		log_event(LOG_ERROR, "job_left_cgroup", log_text("job_id", x->job->id),
			  log_text("cgroup", run.script_cgroup));
	run_done(&run);
	return r;
}

static int probe(struct app *app, struct err *err)
{
	int r = run_prepare_data(app, err);

	if (r == 0 && geteuid() != 0)
		log_event(LOG_WARNING, "executor_limited",
			  log_text("reason", "recording needs root: analyses will fail"));
	return r;
}

static int clean(struct app *app, struct err *err)
{
	char cgroups[CGROUP_NAME_BYTES];
	int r = leftovers_end(SERVER_VARIABLE, app->server_id, CLEAN_MS, err);

	snprintf(cgroups, sizeof(cgroups), SCRIPT_CGROUP "%s.", app->server_id);
	return r ? r : cgroup_end_all(cgroups, CLEAN_MS, err);
}

const struct executor executor_local = { "local", probe, run_job, clean, NULL };
