/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* relay.h — the container's output, passed on up to a limit by a process of its own: whoever reads slowly holds up nobody else. */
#pragma once

#include <stddef.h>
#include <sys/types.h>

#include "agent/helper.h"
#include "include/err.h"

struct relay {
	pid_t pid;
	int out, err; /* for the container's stdout and stderr */
};

/* Behind `limit` bytes output is taken and dropped. */
_must_check_ int relay_start(struct relay *ret, const struct helpers *helpers, size_t limit,
			     struct err *err);
/* Closes our ends: the relay ends when the container's are closed too. */
void relay_close(struct relay *relay);
/* Waits until it has passed everything on, a moment at most, and ends it. 0: there is none. */
void relay_wait(pid_t pid);
