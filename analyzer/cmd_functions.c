// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_functions.c — vexxy functions: what vexxy-agent is to watch, for those who record elsewhere than 'vexxy run'. */
#include "analyzer/commands.h"
#include "analyzer/file.h"
#include "analyzer/functions_file.h"
#include "analyzer/pipeline.h"

#define AT(member) offsetof(struct pipeline_options, member)

static const struct option_def table[] = {
	{ "rootfs", 0, "DIR", "the image's root as a directory", OPTION_STRING, AT(rootfs), 0, 0 },
	{ "image", 0, "REF", "the image: oci:DIR, an archive, or what skopeo can copy",
	  OPTION_STRING, AT(image), 0, 0 },
	{ "vulns", 0, "FILE…", "scanner reports, OSV records, CycloneDX, as for analyze",
	  OPTION_LIST, AT(vulns), 0, 0 },
	{ "advisories", 0, "FILE…", "OSV records with the functions of what --vulns reports",
	  OPTION_LIST, AT(advisories), 0, 0 },
	{ "symbols", 0, "STORE…", "symbol stores: where vulnerable functions are, by build-id",
	  OPTION_LIST, AT(stores), 0, 0 },
	{ "debug-dir", 0, "DIR…", "separate debug data, as DIR/.build-id/xx/yyyy.debug",
	  OPTION_LIST, AT(debug_dirs), 0, 0 },
	{ "out", 'o', "FILE", "the list, for vexxy-agent record --functions; empty: none is known",
	  OPTION_STRING, AT(outdir), 0, 0 },
	{},
};

static int list(const struct pipeline_options *o, struct err *err)
{
	_cleanup_(pipeline_closep) struct pipeline *pipeline = NULL;
	const struct functions_file *functions;
	int r = pipeline_open(&pipeline, o, err);

	if (r < 0)
		return r;
	functions = pipeline_functions(pipeline);
	return file_write(o->outdir, functions->sites ? functions->text : "",
			  functions->sites ? functions->len : 0, err);
}

static int functions(const struct command *self, int argc, char **argv)
{
	struct pipeline_options options = PIPELINE_DEFAULTS;
	struct option_list operands = {};
	struct err err = {};
	int rest, status, r;

	if (!command_parse(self, argc, argv, &options, &operands, &rest, &status)) {
		r = pipeline_check(&options, &err);
		if (r == 0 && (operands.count || rest < argc))
			r = err_set(&err, EINVAL, "unexpected '%s'",
				    operands.count ? operands.items[0] : argv[rest]);
		status = r < 0 ? command_usage(self, &err) : EXIT_SUCCESS;
		if (r == 0 && list(&options, &err) < 0)
			status = command_fail(&err);
	}
	option_list_done(&operands);
	pipeline_options_done(&options);
	return status;
}

const struct command cmd_functions = {
	"functions",
	"--rootfs DIR|--image REF --vulns FILE… [--advisories FILE…] -o FILE",
	"list the places that vexxy-agent is to watch",
	table,
	functions,
};
