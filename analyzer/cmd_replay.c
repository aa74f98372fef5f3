// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_replay.c — vexxy replay: look into a trace, also while it is being written. */
#include <math.h>
#include <time.h>

#include "analyzer/commands.h"
#include "analyzer/json.h"
#include "analyzer/terminal.h"
#include "analyzer/trace_profile.h"
#include "analyzer/trace_text.h"

#define FOLLOW_PAUSE_NS 200000000l
#define AT_SECONDS_MAX 1e9

struct replay_options {
	const char *format, *at, *kinds, *instance_id, *wlid;
	uint64_t pid;
	bool follow, stats;
};

/* What of a trace is shown, and how. */
struct view {
	bool json, colour, follow, all_kinds;
	bool kinds[TRACE_KIND_COUNT];
	uint64_t from_ns, pid;
};

static const struct option_def options[] = {
	{ "format", 'f', "FORMAT",
	  "text (default); json: the records as they are, one a line; containerprofile: "
	  "Kubescape's",
	  OPTION_STRING, offsetof(struct replay_options, format), 0, 0 },
	{ "follow", 'F', NULL, "wait for more records until the trace ends", OPTION_FLAG,
	  offsetof(struct replay_options, follow), 0, 0 },
	{ "at", 0, "SECONDS", "begin at that time after the start", OPTION_STRING,
	  offsetof(struct replay_options, at), 0, 0 },
	{ "pid", 'p', "PID", "only records of that process", OPTION_NUMBER,
	  offsetof(struct replay_options, pid), 1, UINT32_MAX },
	{ "kind", 'k', "KINDS", "only these kinds, separated by commas: exec,map", OPTION_STRING,
	  offsetof(struct replay_options, kinds), 0, 0 },
	{ "instance-id", 0, "ID", "of the container, in Kubescape's form, for a containerprofile",
	  OPTION_STRING, offsetof(struct replay_options, instance_id), 0, 0 },
	{ "wlid", 0, "ID", "of its workload (wlid://cluster-…), for a containerprofile",
	  OPTION_STRING, offsetof(struct replay_options, wlid), 0, 0 },
	{ "stats", 's', NULL, "not the records but what they add up to", OPTION_FLAG,
	  offsetof(struct replay_options, stats), 0, 0 },
	{},
};

static int parse_kinds(struct view *view, const char *text, struct err *err)
{
	_cleanup_free_ char *copy = strdup(text);
	char *rest = copy, *name;
	enum trace_kind kind;

	if (!copy)
		return err_oom(err);
	while ((name = strsep(&rest, ","))) {
		kind = trace_kind_from_string(name);
		if (kind == TRACE_KIND_COUNT)
			return err_set(err, EINVAL, "--kind: there is no kind '%s'", name);
		view->kinds[kind] = true;
	}
	return 0;
}

static bool is_profile(const struct replay_options *opts)
{
	return opts->format && !strcmp(opts->format, "containerprofile");
}

static int parse_view(struct view *view, const struct replay_options *opts, struct err *err)
{
	double at;
	char *end;

	if (opts->format && strcmp(opts->format, "text") && strcmp(opts->format, "json") &&
	    !is_profile(opts))
		return err_set(err, EINVAL,
			       "--format: '%s' is none of text, json and containerprofile",
			       opts->format);
	if (is_profile(opts) &&
	    (opts->stats || opts->follow || opts->at || opts->kinds || opts->pid))
		return err_set(err, EINVAL,
			       "a containerprofile is of the whole trace: leave out the filters");
	if (is_profile(opts) && !opts->instance_id)
		return err_set(
		    err, EINVAL,
		    "a containerprofile needs --instance-id apiVersion-<v>/namespace-<ns>/"
		    "kind-<Kind>/name-<name>/containerName-<container>");
	if (!is_profile(opts) && (opts->instance_id || opts->wlid))
		return err_set(err, EINVAL,
			       "--instance-id and --wlid are for --format containerprofile");
	if (opts->stats && (opts->follow || opts->at || opts->kinds || opts->pid))
		return err_set(err, EINVAL,
			       "--stats covers the whole trace: leave out the filters");
	view->json = opts->format && !strcmp(opts->format, "json");
	view->colour = !view->json && terminal_has_colour(stdout);
	view->follow = opts->follow;
	view->pid = opts->pid;
	view->all_kinds = !opts->kinds;
	if (opts->at) {
		at = strtod(opts->at, &end);
		if (end == opts->at || *end || !isfinite(at) || at < 0 || at > AT_SECONDS_MAX)
			return err_set(err, EINVAL, "--at: '%s' is not a time in seconds",
				       opts->at);
		view->from_ns = (uint64_t)(at * 1e9);
	}
	return opts->kinds ? parse_kinds(view, opts->kinds, err) : 0;
}

static bool view_shows(const struct view *view, const cJSON *record, enum trace_kind kind)
{
	if (!view->all_kinds && (kind == TRACE_KIND_COUNT || !view->kinds[kind]))
		return false;
	if (view->pid && json_u64(record, "pid", 0) != view->pid)
		return false;
	return json_u64(record, "t", 0) >= view->from_ns;
}

static int print_line(const cJSON *tree, struct err *err)
{
	_cleanup_free_ char *line = json_print_line(tree);

	if (!line)
		return err_oom(err);
	puts(line);
	return 0;
}

static int show_record(const struct view *view, const cJSON *record, enum trace_kind kind,
		       struct err *err)
{
	if (!view_shows(view, record, kind))
		return 0;
	if (view->json)
		return print_line(record, err);
	trace_text_record(stdout, record, kind, view->colour);
	return 0;
}

/* Shows the records that are there. 1 when the last line was among them, 0 when not. */
static int show_records(struct trace_reader *reader, const struct view *view, struct err *err)
{
	bool ended = false;
	enum trace_kind kind;
	int r;

	for (;;) {
		_cleanup_(cJSON_Deletep) cJSON *record = NULL;

		r = trace_reader_next(reader, &record, &kind, err);
		if (r < 0)
			return r;
		if (r == 0)
			return ended;
		ended = kind == TRACE_END;
		r = show_record(view, record, kind, err);
		if (r < 0)
			return r;
	}
}

static int replay(const char *path, const struct view *view, bool *complete, struct err *err)
{
	const struct timespec pause = { .tv_nsec = FOLLOW_PAUSE_NS };
	_cleanup_(trace_reader_closep) struct trace_reader *reader = NULL;
	int r;

	/* An agent makes the file before it loads its programs, and writes the first line after that. */
	while ((r = trace_reader_open(&reader, path, err)) == -ENODATA && view->follow)
		nanosleep(&pause, NULL);
	if (r < 0)
		return r;
	if (!view->json)
		trace_text_header(stdout, trace_reader_header(reader), view->colour);
	else if (view->all_kinds && !view->pid)
		r = print_line(trace_reader_header(reader), err);
	while (r >= 0) {
		r = show_records(reader, view, err);
		if (r != 0 || !view->follow)
			break;
		fflush(stdout);
		nanosleep(&pause, NULL);
	}
	/* Who follows has seen the last line before the writer has closed the file. */
	*complete = view->follow ? r == 1 : trace_reader_is_complete(reader);
	return r;
}

static int replay_stats(const char *path, const struct view *view, bool *complete, struct err *err)
{
	_cleanup_(trace_freep) struct trace *trace = NULL;
	_cleanup_(cJSON_Deletep) cJSON *document = NULL;
	_cleanup_free_ char *text = NULL;
	int r = trace_load(&trace, path, err);

	if (r < 0)
		return r;
	*complete = trace->complete;
	if (!view->json) {
		trace_stats_text(stdout, trace);
		return 0;
	}
	document = trace_stats_document(trace);
	text = document ? json_print(document) : NULL;
	if (!text)
		return err_oom(err);
	fputs(text, stdout);
	return 0;
}

static int replay_profile(const char *path, const struct replay_options *opts, bool *complete,
			  struct err *err)
{
	const struct profile_identity identity = { opts->instance_id, opts->wlid };
	_cleanup_(trace_freep) struct trace *trace = NULL;
	_cleanup_(cJSON_Deletep) cJSON *document = NULL;
	_cleanup_free_ char *text = NULL;
	int r = trace_load(&trace, path, err);

	if (r < 0)
		return r;
	*complete = trace->complete;
	document = trace_profile_document(trace, &identity, err);
	if (!document)
		return -EINVAL;
	text = json_print(document);
	if (!text)
		return err_oom(err);
	fputs(text, stdout);
	return 0;
}

static int run(const struct command *self, int argc, char **argv)
{
	_cleanup_(option_list_done) struct option_list operands = {};
	struct replay_options opts = {};
	struct view view = {};
	struct err err = {};
	bool complete = false;
	int rest, status, r;

	if (command_parse(self, argc, argv, &opts, &operands, &rest, &status))
		return status;
	if (operands.count != 1 || rest < argc) {
		err_set(&err, EINVAL, "give one trace file");
		return command_usage(self, &err);
	}
	if (parse_view(&view, &opts, &err) < 0)
		return command_usage(self, &err);
	if (is_profile(&opts))
		r = replay_profile(operands.items[0], &opts, &complete, &err);
	else
		r = (opts.stats ? replay_stats : replay)(operands.items[0], &view, &complete, &err);
	if (fflush(stdout) != 0 && r >= 0)
		r = err_sys(&err, errno, "cannot write");
	if (r < 0)
		return command_fail(&err);
	if (complete)
		return EXIT_SUCCESS;
	fprintf(stderr,
		"warning: trace '%s' is incomplete: it has no last line, so what came "
		"after is not known\n",
		operands.items[0]);
	return 3;
}

const struct command cmd_replay = {
	.name = "replay",
	.usage = "FILE [--format text|json|containerprofile] [--follow] [--at SECONDS] [--pid PID] "
		 "[--kind KINDS]\n"
		 "                    [--stats]",
	.summary = "Look into a trace: every record, or what they add up to.",
	.options = options,
	.run = run,
};
