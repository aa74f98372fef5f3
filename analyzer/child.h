/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* child.h — other people's programs, started without a shell. */
#pragma once

#include "include/err.h"

/*
 * Runs argv (found in PATH) to its end. What it prints on stdout is returned NUL-terminated in *ret_out (freed by the
 * caller, at most 1 MiB) unless that is NULL. When it fails, the last line that it said on stderr is the reason.
 * -ENOENT: no such program. -EIO: it ended with another status than 0.
 */
_must_check_ int child_run(const char *const *argv, char **ret_out, struct err *err);
