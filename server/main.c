// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* main.c — vexxy-server: images in over REST, verdicts out. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "include/version.h"
#include "server/commands.h"
#include "server/manual.h"
#include "server/settings.h"

static const struct {
	const char *name, *summary;
	int (*run)(int argc, char **argv);
} verbs[] = {
	{ "serve", "serve (also without a verb)", cmd_serve },
	{ "key", "create, list or revoke API keys", cmd_key },
	{ "organization", "set an organization's quotas", cmd_organization },
	{ "sweep", "have a running server remove now what is old enough", cmd_sweep },
	{ "backup", "copy the database of a running server", cmd_backup },
	{ "confine", NULL, cmd_confine },
	{ "drive", NULL, cmd_drive },
	{ "fetch", NULL, cmd_fetch },
};
#define VERBS (sizeof(verbs) / sizeof(*verbs))

static void help(FILE *out)
{
	fputs("usage: vexxy-server [VERB] [options]\n\n"
	      "Takes container images over REST, has them run and watched, and serves the "
	      "verdicts.\n\n"
	      "verbs:\n",
	      out);
	for (size_t i = 0; i < VERBS; i++)
		if (verbs[i].summary)
			fprintf(out, "  %-14s %s\n", verbs[i].name, verbs[i].summary);
	fputs("\noptions of serve:\n", out);
	options_help(out, settings_table);
	fprintf(out, "  %-30s %s\n", "    --help", "show this");
	fputs("\nvariables that stand for options (flags win):\n"
	      "  API_HOST and API_PORT          --listen\n",
	      out);
	for (const struct option_def *def = settings_table; def->name; def++)
		if (settings_variable(def->name))
			fprintf(out, "  %-30s --%s\n", settings_variable(def->name), def->name);
	fputs("  ENABLE_METRICS=false           --no-metrics\n", out);
}

/* For those who package us. False when it is neither. */
static bool print_manual(int argc, char **argv)
{
	struct manual_verb list[VERBS + 1] = {};

	for (size_t i = 0; i < VERBS; i++)
		list[i] = (struct manual_verb){ verbs[i].name, verbs[i].summary };
	if (argc == 2 && !strcmp(argv[1], "--man"))
		manual_page(stdout, list);
	else if (argc == 3 && !strcmp(argv[1], "--completion") && !strcmp(argv[2], "bash"))
		manual_completion_bash(stdout, list);
	else if (argc == 3 && !strcmp(argv[1], "--completion") && !strcmp(argv[2], "zsh"))
		manual_completion_zsh(stdout, list);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		if (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h")) {
			help(stdout);
			return EXIT_SUCCESS;
		}
	if (argc > 1 && !strcmp(argv[1], "--version")) {
		printf("vexxy-server %s\n", VEXXY_VERSION);
		return EXIT_SUCCESS;
	}
	if (print_manual(argc, argv))
		return EXIT_SUCCESS;
	for (size_t i = 0; argc > 1 && i < VERBS; i++)
		if (!strcmp(argv[1], verbs[i].name))
			return verbs[i].run(argc - 1, argv + 1);
	if (argc > 1 && argv[1][0] != '-') {
		fprintf(stderr, "error: there is no verb '%s'\nTry 'vexxy-server --help'.\n",
			argv[1]);
		return 2;
	}
	return cmd_serve(argc, argv);
}
