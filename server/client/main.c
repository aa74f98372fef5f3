// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* main.c — vexxy-client: the verbs of vexxy that talk to a server. */
#include <locale.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "include/client.h"
#include "include/debuginfod.h"
#include "include/version.h"
#include "server/client/debuginfo.h"
#include "server/client/verbs.h"

struct verb {
	const char *name, *usage, *summary;
	const struct option_def *options;
	int (*run)(const struct verb_call *call, int *ret_status, struct err *err);
};

#define VERB(name, usage, summary, options) { #name, (usage), (summary), (options), verb_##name },
static const struct verb verbs[] = { CLIENT_VERBS(VERB) };
#define VERBS (sizeof(verbs) / sizeof(*verbs))

static void help(FILE *out)
{
	fputs("usage: vexxy VERB …\n\nTalks to a vexxy-server; started by vexxy.\n\nverbs:\n", out);
	for (size_t i = 0; i < VERBS; i++)
		fprintf(out, "  %-10s %s\n", verbs[i].name, verbs[i].summary);
}

static int wrong_usage(const struct verb *verb, const struct err *err)
{
	fprintf(stderr, "error: %s\nusage: vexxy %s %s\nTry 'vexxy %s --help'.\n", err->text,
		verb->name, verb->usage, verb->name);
	return 2;
}

static int run(const struct verb *verb, const struct client_options *options,
	       const struct option_list *operands, char *const *rest)
{
	struct session session = {};
	struct verb_call call = { &session, options, operands, rest };
	int status = EXIT_SUCCESS, r;
	struct err err = {};

	r = session_open(&session, options, &err);
	r = r ? r : verb->run(&call, &status, &err);
	session_close(&session);
	if (r == -EINVAL)
		return wrong_usage(verb, &err);
	if (r < 0) {
		fprintf(stderr, "error: %s\n", err.text);
		return EXIT_FAILURE;
	}
	if (fflush(stdout) != 0) {
		perror("error: cannot write");
		return EXIT_FAILURE;
	}
	return status;
}

static int parse_and_run(const struct verb *verb, int argc, char **argv)
{
	struct client_options options = {};
	struct option_list operands = {};
	struct err err = {};
	int r = options_parse(verb->options, &options, argc, argv, &operands, &err);
	int status;

	if (r < 0)
		status = wrong_usage(verb, &err);
	else
		status = run(verb, &options, &operands, r < argc ? argv + r : NULL);
	option_list_done(&operands);
	option_list_done(&options.vulns);
	option_list_done(&options.advisories);
	option_list_done(&options.environment);
	option_list_done(&options.ports);
	return status;
}

/* No verb of vexxy, but what one of them starts. */
static int fetch_debug_data(int argc, char **argv)
{
	struct err err = {};
	int r = debuginfo_run(argc, argv, &err);

	if (r < 0)
		fprintf(stderr, "error: %s\n", err.text);
	return r == -EINVAL ? 2 : r < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	signal(SIGPIPE, SIG_IGN);
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("vexxy-client %s\n", VEXXY_VERSION);
		return EXIT_SUCCESS;
	}
	if (argc > 1 && !strcmp(argv[1], DEBUGINFO_VERB))
		return fetch_debug_data(argc - 2, argv + 2);
	for (size_t i = 0; argc > 1 && i < VERBS; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return parse_and_run(&verbs[i], argc - 1, argv + 1);
	help(argc > 1 && strcmp(argv[1], "--help") != 0 ? stderr : stdout);
	return argc > 1 && !strcmp(argv[1], "--help") ? EXIT_SUCCESS : 2;
}
