// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cmd_remote.c — the verbs that talk to a server: another program does them, for this one has no network. */
#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "analyzer/commands.h"
#include "analyzer/program.h"
#include "include/client.h"

#define PROGRAM "vexxy-client"

static int hand_over(int argc, char **argv, struct err *err)
{
	_cleanup_free_ char **words = calloc((size_t)argc + 2, sizeof(*words));
	char path[PATH_MAX];

	if (!words)
		return err_oom(err);
	words[0] = (char *)PROGRAM;
	memcpy(words + 1, argv, (size_t)argc * sizeof(*words));
	execvp(program_find(path, PROGRAM), words);
	return err_sys(err, errno, "cannot start " PROGRAM ", which talks to servers");
}

/* Parsed here too: what is wrong with the words is said without a server. */
static int run(const struct command *self, int argc, char **argv)
{
	struct client_options o = {};
	struct option_list operands = {};
	struct err err = {};
	int status = EXIT_SUCCESS, rest;
	bool done = command_parse(self, argc, argv, &o, &operands, &rest, &status);

	option_list_done(&operands);
	option_list_done(&o.vulns);
	option_list_done(&o.advisories);
	option_list_done(&o.environment);
	option_list_done(&o.ports);
	if (done)
		return status;
	return hand_over(argc, argv, &err) < 0 ? command_fail(&err) : EXIT_SUCCESS;
}

#define COMMAND(verb, usage, summary, options) \
	const struct command cmd_##verb = { #verb, (usage), (summary), (options), run };
CLIENT_VERBS(COMMAND)
