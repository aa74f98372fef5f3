// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_run.c — vexxy run: record and decide in one go. */
#include <limits.h>
#include <sys/stat.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/pipeline.h"
#include "analyzer/recorder.h"
#include "analyzer/trace.h"

struct options {
	struct pipeline_options pipeline;
	struct recorder_options recorder;
	uint64_t repeat;
	char *adopted; /* the root that the agent has unpacked */
};

static const struct option_def table[] = {
	{ "repeat", 0, "N", "record N runs, each from a fresh start, and decide from all of them",
	  OPTION_NUMBER, offsetof(struct options, repeat), 1, 1000 },
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
	return recorder_run(&o->recorder, kept, err);
}

/* The agent has unpacked the image already, and says where: what ran is what is analysed. */
static int adopt_root(struct options *o, struct err *err)
{
	_cleanup_(trace_reader_closep) struct trace_reader *reader = NULL;
	const char *root;
	int r;

	if (!o->recorder.image)
		return 0;
	r = trace_reader_open(&reader, o->pipeline.traces.items[0], err);
	if (r < 0)
		return r;
	root = json_string(json_object(trace_reader_header(reader), "container"), "rootfs");
	if (!root || access(root, R_OK | X_OK) < 0)
		return 0; /* then the image is unpacked once more */
	o->adopted = strdup(root);
	if (!o->adopted)
		return err_oom(err);
	o->pipeline.rootfs = o->adopted;
	o->pipeline.image = NULL;
	return 0;
}

static int record(struct options *o, struct err *err)
{
	int r = 0;

	if (mkdir(o->pipeline.outdir, 0755) < 0 && errno != EEXIST)
		return err_sys(err, errno, "cannot make the output directory '%s'",
			       o->pipeline.outdir);
	for (uint64_t n = 1; r == 0 && n <= o->repeat; n++)
		r = record_one(o, n, err);
	return r == 0 ? adopt_root(o, err) : r;
}

static void options_done(struct options *o)
{
	for (size_t i = 0; i < o->pipeline.traces.count; i++)
		free((char *)o->pipeline.traces.items[i]);
	pipeline_options_done(&o->pipeline);
	option_list_done(&o->recorder.forward);
	free(o->adopted);
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
			r = record(&options, &err);
		if (r == -EINVAL) /* of these words, or of those that the agent refused */
			status = command_usage(self, &err);
		else if (r < 0 || pipeline_run(&options.pipeline, &err) < 0)
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
