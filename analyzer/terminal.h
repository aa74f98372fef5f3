/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* terminal.h — text for people: what strangers wrote cannot steer the terminal, colours only where they belong. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "include/cleanup.h"

/* Writes text with every control character as \xHH (also C1 controls and bytes that are no UTF-8), at most `max` columns (0: no limit):
 * what is longer ends with "…". Returns the columns written. NULL writes nothing. */
size_t terminal_put(FILE *out, const char *text, size_t max);
/* A line of such text from a format; the newline that ends it is the only one in it. */
_printf_(2, 3) void terminal_line(FILE *out, const char *fmt, ...);
/* Columns that terminal_put would write without a limit. */
size_t terminal_columns(const char *text);
/* Is `out` a terminal, and NO_COLOR (no-color.org) not set? */
bool terminal_has_colour(FILE *out);
/* Columns of the terminal, or `otherwise`. */
unsigned terminal_width(FILE *out, unsigned otherwise);

#define COLOUR_RESET "\033[0m"
#define COLOUR_BOLD "\033[1m"
#define COLOUR_DIM "\033[2m"
#define COLOUR_RED "\033[31m"
#define COLOUR_GREEN "\033[32m"
#define COLOUR_YELLOW "\033[33m"
#define COLOUR_CYAN "\033[36m"
