// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_compare.c — vexxy compare: Kubescape's word beside ours. */
#include <limits.h>
#include <stdio.h>

#include "analyzer/commands.h"
#include "analyzer/compare.h"
#include "analyzer/json.h"
#include "analyzer/pipeline.h"
#include "analyzer/scratch.h"
#include "analyzer/terminal.h"

struct compare_options {
	struct pipeline_options pipeline;
	bool json;
};

static const struct option_def options[] = {
	{ "json", 'j', NULL, "the comparison as JSON", OPTION_FLAG,
	  offsetof(struct compare_options, json), 0, 0 },
	{ "trace", 0, "FILE…", "analyse these first, with the options of 'vexxy analyze'",
	  OPTION_LIST, offsetof(struct compare_options, pipeline.traces), 0, 0 },
	{ "image", 0, "REF", "the image: oci:DIR, an archive, or what skopeo can copy",
	  OPTION_STRING, offsetof(struct compare_options, pipeline.image), 0, 0 },
	{ "inventory", 0, "FILE", "what 'vexxy inventory' wrote, instead of the image",
	  OPTION_STRING, offsetof(struct compare_options, pipeline.inventory), 0, 0 },
	PIPELINE_OPTIONS(struct compare_options, pipeline),
	{},
};

#define DIGESTS_MAX 64u

/* The directory of the analysis: one that was named, or a new one of what was named. */
static int find_report(struct compare_options *opts, const char *named, struct scratch *scratch,
		       char path[PATH_MAX], struct err *err)
{
	char dir[PATH_MAX - 64];
	int r = 0;

	snprintf(dir, sizeof(dir), "%s", named ? named : "");
	if (!named) {
		if (!opts->pipeline.outdir) {
			r = scratch_open(scratch, err);
			snprintf(dir, sizeof(dir), "%s/out", scratch->dir);
			opts->pipeline.outdir = dir;
		}
		opts->pipeline.quiet = true;
		if (r == 0)
			r = pipeline_run(&opts->pipeline, err);
		snprintf(path, PATH_MAX, "%s/report.json", opts->pipeline.outdir);
		opts->pipeline.outdir = NULL; /* was that of this frame */
		return r;
	}
	snprintf(path, PATH_MAX, "%s/report.json", dir);
	return 0;
}

static size_t digests_of(const cJSON *report, const char *ret[DIGESTS_MAX])
{
	const cJSON *item;
	size_t n = 0;

	cJSON_ArrayForEach(item, json_array(json_object(report, "product"), "digests"))
	{
		if (n < DIGESTS_MAX && cJSON_IsString(item))
			ret[n++] = item->valuestring;
	}
	return n;
}

static int show(const struct comparison *comparison, bool json, struct err *err)
{
	if (json) {
		_cleanup_(cJSON_Deletep) cJSON *doc = comparison_json(comparison);
		_cleanup_free_ char *text = doc ? json_print(doc) : NULL;

		if (!text)
			return err_oom(err);
		fputs(text, stdout);
	} else {
		comparison_print(stdout, comparison, terminal_has_colour(stdout));
	}
	if (fflush(stdout) != 0 || ferror(stdout))
		return err_sys(err, errno, "cannot write");
	return 0;
}

static int compare(struct compare_options *opts, const struct option_list *operands,
		   struct err *err)
{
	_cleanup_(kubescape_words_freep) struct kubescape_words *words = NULL;
	_cleanup_(comparison_freep) struct comparison *comparison = NULL;
	_cleanup_(cJSON_Deletep) cJSON *report = NULL;
	_cleanup_(scratch_done) struct scratch scratch = {};
	bool named = !opts->pipeline.traces.count;
	const char *digests[DIGESTS_MAX];
	char path[PATH_MAX];
	int r = find_report(opts, named ? operands->items[0] : NULL, &scratch, path, err);

	if (r == 0)
		r = json_load(&report, path, err);
	if (r == 0 && operands->count > named)
		r = kubescape_words_load(&words, operands->items + named, operands->count - named,
					 digests, digests_of(report, digests), err);
	if (r < 0)
		return r;
	r = compare_report(&comparison, report, words, err);
	return r < 0 ? err_prefix(err, r, "'%.200s'", path) : show(comparison, opts->json, err);
}

static int check_usage(struct compare_options *opts, const struct option_list *operands,
		       struct err *err)
{
	const struct pipeline_options *p = &opts->pipeline;

	if (!p->traces.count && (p->rootfs || p->image || p->inventory || p->vulns.count))
		return err_set(err, EINVAL, "give at least one trace: --trace FILE");
	if (!p->traces.count)
		return operands->count
			   ? 0
			   : err_set(err, EINVAL,
				     "expected the directory of an analysis, or what to analyse");
	if (p->outdir)
		return pipeline_check(p, err);
	opts->pipeline.outdir = "."; /* a temporary one is made in its place */
	if (pipeline_check(p, err) < 0)
		return -EINVAL;
	opts->pipeline.outdir = NULL;
	return 0;
}

static int run_compare(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	struct compare_options opts = { .pipeline = PIPELINE_DEFAULTS };
	struct err err = {};
	int rest, status;

	if (!command_parse(self, argc, argv, &opts, &operands, &rest, &status)) {
		int r = 0;

		/* Behind "--" they cannot be taken for more values of an option. */
		for (; r == 0 && rest < argc; rest++)
			r = option_list_add(&operands, argv[rest]);
		if (r < 0)
			status = (err_oom(&err), command_fail(&err));
		else if (check_usage(&opts, &operands, &err) < 0)
			status = command_usage(self, &err);
		else
			status =
			    compare(&opts, &operands, &err) < 0 ? command_fail(&err) : EXIT_SUCCESS;
	}
	pipeline_options_done(&opts.pipeline);
	return status;
}

const struct command cmd_compare = {
	.name = "compare",
	.usage = "[--json] OUTDIR [OBJECT…] | --trace FILE… … [-- OBJECT…]",
	.summary = "Kubescape's word on each vulnerability beside ours, and why they differ.",
	.options = options,
	.run = run_compare,
};
