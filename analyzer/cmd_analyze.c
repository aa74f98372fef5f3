// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_analyze.c — vexxy analyze: decide from traces that are already there. */
#include "analyzer/commands.h"
#include "analyzer/pipeline.h"

struct options {
	struct pipeline_options pipeline;
};

static const struct option_def table[] = {
	{ "trace", 0, "FILE…", "traces of the same image; what any of them saw counts", OPTION_LIST,
	  offsetof(struct options, pipeline.traces), 0, 0 },
	{ "image", 0, "REF", "the image: oci:DIR, an archive, or what skopeo can copy",
	  OPTION_STRING, offsetof(struct options, pipeline.image), 0, 0 },
	{ "inventory", 0, "FILE", "what 'vexxy inventory' wrote, instead of the image",
	  OPTION_STRING, offsetof(struct options, pipeline.inventory), 0, 0 },
	PIPELINE_OPTIONS(struct options, pipeline),
	{},
};

static int analyze(const struct command *self, int argc, char **argv)
{
	struct options options = { .pipeline = PIPELINE_DEFAULTS };
	struct option_list operands = {};
	struct err err = {};
	int rest, status, r;

	if (!command_parse(self, argc, argv, &options, &operands, &rest, &status)) {
		r = pipeline_check(&options.pipeline, &err);
		if (r == 0 && !options.pipeline.traces.count)
			r = err_set(&err, EINVAL, "give at least one trace: --trace FILE");
		if (operands.count || rest < argc)
			r = err_set(&err, EINVAL, "unexpected '%s'",
				    operands.count ? operands.items[0] : argv[rest]);
		status = r < 0 ? command_usage(self, &err) : EXIT_SUCCESS;
		if (r == 0 && pipeline_run(&options.pipeline, &err) < 0)
			status = command_fail(&err);
	}
	option_list_done(&operands);
	pipeline_options_done(&options.pipeline);
	return status;
}

const struct command cmd_analyze = {
	"analyze",
	"--trace FILE… --rootfs DIR|--image REF|--inventory FILE --vulns FILE… -o OUTDIR",
	"decide from traces which vulnerabilities can be reached; write OpenVEX",
	table,
	analyze,
};
