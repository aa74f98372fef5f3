/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* manual.h — the manual page and the shells' completion, from the tables that --help is printed from. */
#pragma once

#include <stdio.h>

struct manual_verb {
	const char *name, *summary; /* summary NULL: not for people */
};

/* Verbs end with a name of NULL. roff (man macros), UTF-8. */
void manual_page(FILE *out, const struct manual_verb *verbs);
void manual_completion_bash(FILE *out, const struct manual_verb *verbs);
void manual_completion_zsh(FILE *out, const struct manual_verb *verbs);
