// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_daemon.c — the verbs "daemon" and "status". */
#include <stdio.h>
#include <string.h>

#include "agent/commands.h"
#include "agent/daemon.h"

static const char usage[] = "usage: vexxy-agent daemon --server URL [options]\n";

static bool wants_help(int argc, char **argv)
{
	return argc > 1 && (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h"));
}

int cmd_daemon(int argc, char **argv)
{
	struct daemon_options options;
	struct err err = {};

	if (wants_help(argc, argv)) {
		printf("%s\nRecords the sandbox pods of this node and sends their traces to the "
		       "server.\n\noptions:\n",
		       usage);
		options_help(stdout, daemon_option_table);
		printf("  %-30s %s\n", "    --help", "show this");
		return EXIT_SUCCESS;
	}
	if (daemon_options_parse(&options, argc, argv, &err) < 0) {
		fprintf(stderr, "error: %s\n%sTry 'vexxy-agent daemon --help'.\n", err.text, usage);
		return 2;
	}
	if (daemon_run(&options, &err) < 0) {
		fprintf(stderr, "error: %s\n", err.text);
		return EXIT_FAILURE;
	}
	return EXIT_SUCCESS;
}

struct status_options {
	const char *state;
};

static const struct option_def status_table[] = {
	{ "state", 0, "DIR", "of the daemon (default /var/lib/vexxy-agent)", OPTION_STRING,
	  offsetof(struct status_options, state), 0, 0 },
	{},
};

int cmd_status(int argc, char **argv)
{
	struct status_options options = { "/var/lib/vexxy-agent" };
	struct option_list operands = {};
	_cleanup_free_ char *text = NULL;
	struct err err = {};
	int r;

	if (wants_help(argc, argv)) {
		printf("usage: vexxy-agent status [--state DIR]\n\nWhat the daemon last said of "
		       "itself, as JSON; fails when it is silent.\n\noptions:\n");
		options_help(stdout, status_table);
		return EXIT_SUCCESS;
	}
	r = options_parse(status_table, &options, argc, argv, &operands, &err);
	if (r >= 0 && (operands.count || r < argc))
		r = err_set(&err, EINVAL, "'status' takes no operand");
	option_list_done(&operands);
	if (r < 0) {
		fprintf(stderr, "error: %s\nTry 'vexxy-agent status --help'.\n", err.text);
		return 2;
	}
	if (daemon_status(&text, options.state, &err) < 0) {
		fprintf(stderr, "error: %s\n", err.text);
		return EXIT_FAILURE;
	}
	printf("%s\n", text);
	return EXIT_SUCCESS;
}
