// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_run.c — vexxy run: record and decide in one go. */
#include <limits.h>
#include <sys/stat.h>

#include "analyzer/commands.h"
#include "analyzer/file.h"
#include "analyzer/functions_file.h"
#include "analyzer/pipeline.h"
#include "analyzer/recorder.h"

struct options {
	struct pipeline_options pipeline;
	struct recorder_options recorder;
	uint64_t repeat;
	bool coverage;
	struct option_list coverage_of;
	char *functions; /* the list of what is to be watched */
};

static const struct option_def table[] = {
	{ "repeat", 0, "N", "record N runs, each from a fresh start, and decide from all of them",
	  OPTION_NUMBER, offsetof(struct options, repeat), 1, 1000 },
	{ "coverage", 0, NULL,
	  "watch every function of the image's programs and libraries: how much of the code ran",
	  OPTION_FLAG, offsetof(struct options, coverage), 0, 0 },
	{ "coverage-of", 0, "GLOB…", "the same, of the files whose path in the image matches",
	  OPTION_LIST, offsetof(struct options, coverage_of), 0, 0 },
	RECORDER_OPTIONS(struct options, recorder),
	PIPELINE_OPTIONS(struct options, pipeline),
	{},
};

/* An image is unpacked and run by the agent; a directory is run as it is; a bare command runs on this machine's root. */
static int choose_target(struct options *o, const struct option_list *operands, char *const *rest,
			 struct err *err)
{
	o->recorder.command = rest && *rest ? rest : NULL;
	if (operands->count > 1)
		return err_set(err, EINVAL, "unexpected '%s'", operands->items[1]);
	if (operands->count && o->pipeline.rootfs)
		return err_set(err, EINVAL, "give an image or --rootfs, not both");
	if (operands->count)
		o->recorder.image = o->pipeline.image = operands->items[0];
	else if (o->pipeline.rootfs)
		o->recorder.rootfs = o->pipeline.rootfs;
	else if (o->recorder.command)
		o->pipeline.rootfs = "/";
	else
		return err_set(err, EINVAL, "say what to run: IMAGE, --rootfs DIR, or -- CMD…");
	if (o->pipeline.rootfs && o->recorder.rootfs && !o->recorder.command)
		return err_set(err, EINVAL, "say what to run in '%s': -- CMD…", o->pipeline.rootfs);
	if (!o->pipeline.outdir)
		return err_set(err, EINVAL, "say where the documents go: -o OUTDIR");
	if (!o->pipeline.vulns.count)
		return err_set(err, EINVAL, "give the vulnerabilities to decide on: --vulns FILE");
	o->recorder.quiet = o->pipeline.quiet;
	return 0;
}

static int record_one(struct options *o, uint64_t n, struct err *err)
{
	char path[PATH_MAX];
	char *kept;
	int r;

	if (o->repeat > 1)
		snprintf(path, sizeof(path), "%s/run.%llu.trace.gz", o->pipeline.outdir,
			 (unsigned long long)n);
	else
		snprintf(path, sizeof(path), "%s/run.trace.gz", o->pipeline.outdir);
	kept = strdup(path);
	if (!kept)
		return err_oom(err);
	if (option_list_add(&o->pipeline.traces, kept) < 0) {
		free(kept);
		return err_oom(err);
	}
	r = recorder_run(&o->recorder, kept, err);
	if (r != -EINTR || n == 1)
		return r;
	o->pipeline.traces.count--; /* it has none: those before it tell what they tell */
	free(kept);
	return 1;
}

/* What is to be watched, as a file beside the traces: it belongs to what they say. */
static int list_functions(struct options *o, const struct pipeline *pipeline, struct err *err)
{
	const struct functions_file *functions = pipeline_functions(pipeline);

	if (!functions->sites || recorder_is_gvisor(&o->recorder))
		return 0;
	if (asprintf(&o->functions, "%s/run.functions", o->pipeline.outdir) < 0) {
		o->functions = NULL;
		return err_oom(err);
	}
	o->recorder.functions = o->functions;
	o->recorder.coverage = !functions->wanted; /* nobody asks who called */
	if (option_list_add(&o->pipeline.kept, o->functions) < 0)
		return err_oom(err);
	return file_write(o->functions, functions->text, functions->len, err);
}

static int record(struct options *o, const struct pipeline *pipeline, struct err *err)
{
	int r = list_functions(o, pipeline, err);

	for (uint64_t n = 1; r == 0 && n <= o->repeat; n++)
		r = record_one(o, n, err);
	return r < 0 ? r
		     : 0; /* who asked to end wants no further runs, but what the first ones tell */
}

static int record_and_decide(struct options *o, struct err *err)
{
	_cleanup_(pipeline_closep) struct pipeline *pipeline = NULL;
	int r = pipeline_open(&pipeline, &o->pipeline, err);

	if (r < 0)
		return r == -EINVAL ? -EBADMSG : r; /* of what was read, not of these words */
	if (o->coverage || o->coverage_of.count)
		r = pipeline_cover(pipeline, &o->coverage_of, err);
	if (r == 0)
		r = record(o, pipeline, err);
	if (r < 0)
		return r;
	r = pipeline_decide(pipeline, err);
	return r == -EINVAL ? -EBADMSG : r;
}

/* Traces stay, also where nothing could be decided on them; a directory without any does not. */
static int run_all(struct options *o, struct err *err)
{
	bool made;
	int r;

	if (recorder_is_gvisor(&o->recorder) && (o->coverage || o->coverage_of.count))
		return err_set(err, EINVAL,
			       "--coverage does not go with --runtime runsc: no function can be "
			       "watched under gVisor");
	made = mkdir(o->pipeline.outdir, 0755) == 0;
	if (!made && errno != EEXIST)
		return err_sys(err, errno, "cannot make the output directory '%s'",
			       o->pipeline.outdir);
	r = record_and_decide(o, err);
	if (r < 0 && made)
		(void)rmdir(o->pipeline.outdir);
	return r;
}

static void options_done(struct options *o)
{
	for (size_t i = 0; i < o->pipeline.traces.count; i++)
		free((char *)o->pipeline.traces.items[i]);
	pipeline_options_done(&o->pipeline);
	option_list_done(&o->recorder.forward);
	option_list_done(&o->coverage_of);
	free(o->functions);
}

static int run(const struct command *self, int argc, char **argv)
{
	struct options options = { .pipeline = PIPELINE_DEFAULTS, .repeat = 1 };
	struct option_list operands = {};
	struct err err = {};
	int rest, status, r;

	if (!command_parse(self, argc, argv, &options, &operands, &rest, &status)) {
		status = EXIT_SUCCESS;
		r = choose_target(&options, &operands, argv + rest, &err);
		if (r == 0)
			r = pipeline_check(&options.pipeline, &err);
		if (r == 0)
			r = run_all(&options, &err);
		if (r == -EINVAL) /* of these words, or of those that the agent refused */
			status = command_usage(self, &err);
		else if (r < 0)
			status = command_fail(&err);
	}
	option_list_done(&operands);
	options_done(&options);
	return status;
}

const struct command cmd_run = {
	"run",
	"IMAGE|--rootfs DIR|-- CMD… --vulns FILE… -o OUTDIR [-- CMD…]",
	"record a workload and decide, in one go (needs root)",
	table,
	run,
};
