/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* child.h — other people's programs, started without a shell. */
#pragma once

#include <stddef.h>

#include "include/err.h"

/*
 * Runs argv (found in PATH) to its end. What it prints on stdout is returned NUL-terminated in *ret_out (freed by the
 * caller, at most 1 MiB) unless that is NULL. When it fails, the last line that it said on stderr is the reason.
 * -ENOENT: no such program. -EIO: it ended with another status than 0.
 */
_must_check_ int child_run(const char *const *argv, char **ret_out, struct err *err);

/* What a program that works on a stranger's data may take. 0 and NULL: no bound, the usual. */
struct child_bounds {
	const char *dir;      /* where it runs */
	const char *out_path; /* a new file that takes what it prints on stdout */
	size_t
	    out_max; /* of stdout, kept in memory; -EFBIG when there is more. 0: 1 MiB are kept */
	size_t file_max;  /* of every file that it writes, in bytes */
	unsigned seconds; /* then it is ended: -ETIMEDOUT */
	int stop_fd; /* it is ended when this is readable: -EINTR; it gets a process group of its own and no blocked signals */
};

/* The same within bounds. */
_must_check_ int child_run_bounded(const char *const *argv, const struct child_bounds *bounds,
				   char **ret_out, struct err *err);
