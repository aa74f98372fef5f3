// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* main.c — vexxy-agent: the only privileged program. It records; it decides nothing. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/commands.h"
#include "include/version.h"

static const char usage[] =
    "usage: vexxy-agent COMMAND …\n\n"
    "Records what a workload does, from its first instruction, as a trace file.\n\n"
    "commands:\n"
    "  record     run a command, a root or an image and record it; or watch a cgroup\n"
    "  probe      what this kernel supports, which attach points would be used, and why\n"
    "  daemon     record the sandbox pods of this node and send their traces to the server\n"
    "  status     what the daemon last said of itself\n"
    "  gate       wait until the agent watches: for an init container\n\n"
    "'vexxy-agent COMMAND --help' tells more; 'vexxy-agent --version' tells the version.\n";

static const struct {
	const char *name;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "record", cmd_record }, { "probe", cmd_probe }, { "daemon", cmd_daemon },
	{ "status", cmd_status }, { "gate", cmd_gate },
};

int main(int argc, char **argv)
{
	if (argc < 2) {
		fputs(usage, stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		fputs(usage, stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("vexxy-agent %s\n", VEXXY_VERSION);
		return EXIT_SUCCESS;
	}
	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	fprintf(stderr, "error: unknown verb '%s'\nTry 'vexxy-agent --help'.\n", argv[1]);
	return 2;
}
