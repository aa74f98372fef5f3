/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * elf_hints.h — what a program's own strings say that it could load or execute.
 *
 * A hint is a word of a string: what stands between blanks, quotes and the like. Kept are words with ".so" in them, words that
 * start with "lib", absolute paths, and words that a caller knows to be the name of a program.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "analyzer/string_set.h"

#define HINT_WORD_MAX 4096

struct hints {
	struct string_set words;
	const struct string_set *programs; /* words to keep besides, or NULL */
	size_t max;                        /* at most that many */
	bool truncated, is_go, is_rust;
};

/* Takes the words of one stretch of bytes. Returns how many bytes at its end may belong to a word that goes on: put them
 * before the next stretch, unless `last`. -ENOMEM. */
_must_check_ long hints_scan(struct hints *hints, const char *data, size_t len, bool last);
