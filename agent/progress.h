/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* progress.h — how far a recording is, for people: one live line on a terminal, nothing elsewhere unless asked for. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/recording.h"
#include "include/cleanup.h"

struct progress {
	bool quiet, live, lines; /* live: one line that changes; lines: a new one each time */
	bool shown;
};

void progress_init(struct progress *progress, bool quiet, bool forced);
void progress_show(struct progress *progress, uint64_t age_ns,
		   const struct recording_totals *totals);
/* Takes the live line away, so that something else can be said. */
void progress_clear(struct progress *progress);
/* A sentence on a line of its own, unless quiet. */
_printf_(2, 3) void progress_note(struct progress *progress, const char *fmt, ...);
