/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* bar.h — what is said of progress: a line that is drawn again on a terminal, elsewhere a line for each phase. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

struct bar {
	bool is_terminal, drawn;
	FILE *out;
	char phase[128];
};

/* A terminal on standard error gets the bar; else lines go to standard output. */
void bar_begin(struct bar *bar);
/* detail: "" or a few words. */
void bar_show(struct bar *bar, int64_t percent, const char *phase, const char *detail);
/* Takes the bar away. */
void bar_clear(struct bar *bar);

/* What strangers wrote cannot steer the terminal: control characters become "?". */
void put_safely(FILE *out, const char *text);
