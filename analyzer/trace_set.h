/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* trace_set.h — the traces of one analysis: in the order in which they were recorded, each recording once. */
#pragma once

#include <time.h>

#include "analyzer/trace.h"

struct trace_set {
	struct trace **items;
	size_t count;
};

/*
 * Loads all of them. Their order is that of their start, then of their digests: however they are named, everything that is
 * made of them is the same. -EEXIST when two are of one recording: twice the same evidence is no more than once.
 */
_must_check_ int trace_set_load(struct trace_set *ret, const char *const *paths, size_t n,
				struct err *err);
/* When the newest of them ended, in whole seconds since 1970. */
time_t trace_set_end(const struct trace_set *set);
void trace_set_done(struct trace_set *set);
