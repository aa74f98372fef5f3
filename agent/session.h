/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* session.h — one recording from its beginning to the point where nothing is left of it but the file. */
#pragma once

#include <stdbool.h>

#include "agent/progress.h"
#include "agent/record_options.h"
#include "agent/trace_line.h"
#include "include/err.h"

struct session_result {
	const char *reason;
	bool has_exit;
	int exit; /* wait status of the command */
	uint64_t age_ns;
	struct recording_totals totals;
};

/*
 * Records what the options say; SIGINT, SIGTERM and SIGHUP end it in order. 0: the file is whole. < 0: the reason is in
 * err; there is no file when nothing had begun, else it says itself that it is not whole.
 */
_must_check_ int session_run(struct session_result *ret, const struct record_options *options,
			     struct progress *progress, struct err *err);
