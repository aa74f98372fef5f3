// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* progress.c — how far a recording is, for people. */
#include "agent/progress.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void progress_init(struct progress *progress, bool quiet, bool forced)
{
	const char *term = getenv("TERM");
	bool terminal = isatty(STDERR_FILENO) && term && strcmp(term, "dumb") != 0;

	*progress = (struct progress){ .quiet = quiet,
				       .live = terminal && !quiet,
				       .lines = forced && !terminal && !quiet };
}

void progress_show(struct progress *progress, uint64_t age_ns,
		   const struct recording_totals *totals)
{
	if (!progress->live && !progress->lines)
		return;
	fprintf(stderr,
		"%s%" PRIu64 " s: %" PRIu64 " execs, %" PRIu64 " files opened, %" PRIu64
		" mapped, %" PRIu64 " system calls, %" PRIu64 " lost%s",
		progress->live ? "\r\033[K" : "", age_ns / 1000000000u, totals->seen[TRACE_EXEC],
		totals->seen[TRACE_OPEN], totals->seen[TRACE_MAP], totals->seen[TRACE_SYSCALLS],
		totals->lost, progress->live ? "" : "\n");
	fflush(stderr);
	progress->shown = progress->live;
}

void progress_clear(struct progress *progress)
{
	if (progress->shown)
		fputs("\r\033[K", stderr);
	progress->shown = false;
}

void progress_note(struct progress *progress, const char *fmt, ...)
{
	va_list ap;

	if (progress->quiet)
		return;
	progress_clear(progress);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
}
