/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* manual.h — the manual page and the shells' completion, from the same tables as --help. */
#pragma once

#include <stdio.h>

#include "analyzer/commands.h"

/* A list of commands; entries may be NULL. */
struct command_list {
	const struct command *const *items;
	size_t count;
};

/* roff (man macros), UTF-8. */
void manual_page(FILE *out, const struct command_list *commands);
void manual_completion_bash(FILE *out, const struct command_list *commands);
void manual_completion_zsh(FILE *out, const struct command_list *commands);
