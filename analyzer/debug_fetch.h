/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * debug_fetch.h — separate debug data of servers into a directory that --debug-dir reads.
 *
 * vexxy-client asks (include/debuginfod.h); what comes is a stranger's, and is looked at here before it gets its place: it is an
 * ELF file of that very build-id, whole, and of the checksum that the stripped file names, where it names one. That finds mistakes and
 * no lies: verdicts rest on what the server says of where functions are. It appears at once as DIR/.build-id/xx/yyyy.debug, and never
 * over something that is there.
 */
#pragma once

#include "analyzer/debug_wants.h"
#include "include/options.h"

enum debug_outcome {
	DEBUG_FETCHED,
	DEBUG_THERE,   /* it was, and is of that build-id */
	DEBUG_NOWHERE, /* no server has it */
	DEBUG_FAILED,
	DEBUG_OUTCOMES
};

struct debug_fetch {
	const char *dir; /* made when it is absent */
	const char *ca;  /* a file of certificates, or NULL */
	uint64_t limit_mb, timeout_s;
	const struct option_list *urls;
	/* Told of each as it is settled; reason: of a failure, else NULL. */
	void (*settled)(void *ctx, const struct debug_want *want, enum debug_outcome outcome,
			const char *reason);
	void *ctx;
};

/* All in turn. -EINTR: ended, as asked. What failed of one is no failure here; what is wrong with the directory or the program that
 * asks is. */
_must_check_ int debug_fetch_all(const struct debug_fetch *fetch, const struct debug_wants *wants,
				 struct err *err);
/* Is the file the debug data that is wanted? 0, or -errno with the reason. */
_must_check_ int debug_fetch_check(int fd, const struct debug_want *want, struct err *err);
