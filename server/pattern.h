/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * pattern.h — regular expressions (POSIX, extended) for short texts.
 *
 * A counted repetition of a set at their end, [a-z]{0,254}$, which most of ours have, becomes a plain one and a comparison of
 * lengths: the C library unfolds the count, to a megabyte for one of 254 and to as many steps for each text.
 */
#pragma once

#include <regex.h>
#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"

struct pattern {
	const char *text;
	size_t bytes_min, bytes_max;
	regex_t regex;
};

/* text is borrowed. -EINVAL: it is no regular expression. */
_must_check_ int pattern_init(struct pattern *ret, const char *text, struct err *err);
void pattern_done(struct pattern *pattern);
bool pattern_matches(const struct pattern *pattern, const char *value);
