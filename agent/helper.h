/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* helper.h — running other programs (runc, skopeo, umoci, the driver) in a cgroup of their own, never beyond our end. */
#pragma once

#include <sys/types.h>

#include "include/cleanup.h"
#include "include/err.h"

struct helpers {
	const char *cgroup; /* directory of the cgroup in which they run, or NULL */
	int stop_fd;        /* readable when somebody wants us to end */
};

/* -1: /dev/null. */
struct helper_stdio {
	int in, out, err;
};

/* Starts argv[0] (found by PATH) in the helpers' cgroup; env holds more "K=V", NULL-terminated, or is NULL. */
_must_check_ int helper_start(pid_t *ret, const struct helpers *helpers, const char *const *argv,
			      const char *const *env, const struct helper_stdio *stdio,
			      struct err *err);
/* Waits for it. 0 when it exited with 0; -EINTR, and it is killed, when we are to end; else -EIO. */
_must_check_ int helper_wait(const struct helpers *helpers, pid_t pid, const char *name,
			     struct err *err);
/* Both, with its stdout into `out` (NULL: nowhere) and the last line that it says on stderr as the reason of a failure. */
_must_check_ int helper_run(const struct helpers *helpers, const char *const *argv, char *out,
			    size_t out_size, struct err *err);
/* Signal state as a program expects it to be at its start; in a child before exec. */
void helper_reset_signals(void);
