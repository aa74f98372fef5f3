// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* main.c — vexxy: decide, from a trace, which vulnerabilities of an image can be reached. */
#include <locale.h>
#include <stdio.h>
#include <string.h>

#include "analyzer/commands.h"
#include "analyzer/terminal.h"
#include "analyzer/manual.h"
#include "include/version.h"

static const struct command *const commands[] = {
	&cmd_run,     &cmd_analyze, &cmd_replay,    &cmd_inventory, &cmd_explain,
	&cmd_diff,    &cmd_compare, &cmd_verify,    &cmd_lint,      &cmd_advisory,
	&cmd_symbols, &cmd_keygen,  &cmd_functions, &cmd_submit,    &cmd_status,
	&cmd_watch,   &cmd_results, &cmd_cancel,    &cmd_sign,
};

static void usage(FILE *out)
{
	fprintf(out, "usage: vexxy COMMAND …\n\n"
		     "Proves, from a running system, which vulnerabilities of a container image "
		     "can be reached.\n\n"
		     "commands:\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i])
			fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
	fprintf(out, "\n'vexxy COMMAND --help' tells more; 'vexxy --version' tells the version.\n");
}

/* For those who package us: the manual page and the shells' completion. False when it is neither. */
static bool print_manual(int argc, char **argv)
{
	const struct command_list list = { commands, sizeof(commands) / sizeof(*commands) };

	if (argc == 2 && !strcmp(argv[1], "--man"))
		manual_page(stdout, &list);
	else if (argc == 3 && !strcmp(argv[1], "--completion") && !strcmp(argv[2], "bash"))
		manual_completion_bash(stdout, &list);
	else if (argc == 3 && !strcmp(argv[1], "--completion") && !strcmp(argv[2], "zsh"))
		manual_completion_zsh(stdout, &list);
	else
		return false;
	return true;
}

int main(int argc, char **argv)
{
	setlocale(LC_CTYPE, "C.UTF-8");
	if (argc < 2) {
		usage(stderr);
		return 2;
	}
	if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "-h") || !strcmp(argv[1], "help")) {
		usage(stdout);
		return EXIT_SUCCESS;
	}
	if (!strcmp(argv[1], "--version")) {
		printf("vexxy %s\n", VEXXY_VERSION);
		return EXIT_SUCCESS;
	}
	if (print_manual(argc, argv))
		return EXIT_SUCCESS;
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (commands[i] && !strcmp(argv[1], commands[i]->name))
			return commands[i]->run(commands[i], argc - 1, argv + 1);
	terminal_line(stderr, "error: there is no command '%s'", argv[1]);
	fputs("Try 'vexxy --help'.\n", stderr);
	return 2;
}
