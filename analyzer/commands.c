// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* commands.c — what all verbs share: parsing their table, their help, and how a failure is said. */
#include "analyzer/commands.h"

#include <stdio.h>

#include "analyzer/terminal.h"

int command_fail(const struct err *err)
{
	terminal_line(stderr, "error: %s", err->text[0] ? err->text : "failed without a reason");
	return EXIT_FAILURE;
}

int command_usage(const struct command *self, const struct err *err)
{
	terminal_line(stderr, "error: %s", err->text);
	fprintf(stderr, "usage: vexxy %s %s\nTry 'vexxy %s --help'.\n", self->name, self->usage,
		self->name);
	return 2;
}

static void command_help(const struct command *self)
{
	printf("usage: vexxy %s %s\n\n%s\n\noptions:\n", self->name, self->usage, self->summary);
	options_help(stdout, self->options);
	printf("  %-30s %s\n", "    --help", "show this");
}

bool command_parse(const struct command *self, int argc, char **argv, void *values,
		   struct option_list *operands, int *rest, int *status)
{
	struct err err = {};
	int r;

	for (int i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (strcmp(argv[i], "--help") && strcmp(argv[i], "-h"))
			continue;
		command_help(self);
		*status = EXIT_SUCCESS;
		return true;
	}
	r = options_parse(self->options, values, argc, argv, operands, &err);
	if (r < 0) {
		*status = command_usage(self, &err);
		return true;
	}
	*rest = r;
	return false;
}
