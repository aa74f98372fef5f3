/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* commands.h — the verbs of vexxy. Each returns the exit status: 0 done, 1 failed, 2 wrong usage, 3 done with faults. */
#pragma once

#include <stddef.h>

#include "include/options.h"

struct command {
	const char *name, *usage, *summary;
	const struct option_def *options;
	int (*run)(const struct command *self, int argc, char **argv); /* argv[0] is the verb */
};

extern const struct command __attribute__((weak)) cmd_run, cmd_analyze, cmd_replay, cmd_inventory,
    cmd_explain, cmd_diff, cmd_compare, cmd_verify, cmd_lint, cmd_advisory, cmd_symbols, cmd_keygen,
    cmd_functions, cmd_submit, cmd_status, cmd_watch, cmd_results, cmd_cancel, cmd_sign;

/* Prints "error: text" and returns the exit status that belongs to r (-EINVAL from options: 2). */
int command_fail(const struct err *err);
int command_usage(const struct command *self, const struct err *err);
/* Parses options and operands; true when the command is already answered (--help), its status in *status. */
bool command_parse(const struct command *self, int argc, char **argv, void *values,
		   struct option_list *operands, int *rest, int *status);
