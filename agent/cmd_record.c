// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_record.c — the verb "record": what a person sees of a recording. */
#include "agent/commands.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "agent/session.h"

static const char usage[] =
    "usage: vexxy-agent record -o FILE (-- CMD… | --rootfs DIR -- CMD… | --image REF [-- CMD…] |\n"
    "                           --cgroup PATH | --pid PID) [options]\n";

static void help(void)
{
	printf("%s\n"
	       "Records every program, file and system call of a workload from its first "
	       "instruction.\n\n"
	       "options:\n",
	       usage);
	options_help(stdout, record_option_table);
	printf("  %-30s %s\n", "    --help", "show this");
}

static void say_exit(const struct session_result *result)
{
	if (!result->has_exit || result->exit == 0)
		return;
	if (WIFSIGNALED(result->exit))
		fprintf(stderr, "the workload was killed by signal %d (%s)\n",
			WTERMSIG(result->exit), sigdescr_np(WTERMSIG(result->exit)));
	else
		fprintf(stderr, "the workload ended with status %d\n", WEXITSTATUS(result->exit));
}

static void say_result(const struct session_result *result, const struct record_options *options)
{
	const uint64_t *seen = result->totals.seen;

	say_exit(result);
	fprintf(stderr, "recorded %.1f s (%s): %" PRIu64 " execs, %" PRIu64 " files opened, ",
		(double)result->age_ns / 1e9, result->reason, seen[TRACE_EXEC], seen[TRACE_OPEN]);
	if (options->runtime != RUNTIME_GVISOR)
		fprintf(stderr, "%" PRIu64 " mapped, ", seen[TRACE_MAP]);
	if (result->totals.lost)
		fprintf(stderr, "%" PRIu64 " lost: %s\n", result->totals.lost, options->out);
	else
		fprintf(stderr, "nothing lost: %s\n", options->out);
}

static bool wants_help(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))
			return true;
	return false;
}

int cmd_record(int argc, char **argv)
{
	struct record_options options;
	struct session_result result = {};
	struct progress progress;
	struct err err = {};
	int r;

	if (wants_help(argc, argv)) {
		help();
		return EXIT_SUCCESS;
	}
	if (record_options_parse(&options, argc, argv, &err) < 0) {
		fprintf(stderr, "error: %s\n%sTry 'vexxy-agent record --help'.\n", err.text, usage);
		return 2;
	}
	if (geteuid() != 0) {
		fprintf(stderr, "error: recording needs root: run with sudo\n");
		record_options_done(&options);
		return EXIT_FAILURE;
	}
	progress_init(&progress, options.quiet, options.progress);
	r = session_run(&result, &options, &progress, &err);
	progress_clear(&progress);
	if (r < 0)
		fprintf(stderr, "error: %s\n", err.text[0] ? err.text : strerror(-r));
	else if (!options.quiet)
		say_result(&result, &options);
	record_options_done(&options);
	if (r == -EAGAIN || r == -EINTR)
		return EX_TEMPFAIL;
	return r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}
