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
	int go;       /* closed: begin, unless the relay was dropped before */
};

/* Behind `limit` bytes output is taken and dropped. It begins with relay_begin: what the runtime itself says before is ours. */
_must_check_ int relay_start(struct relay *ret, const struct helpers *helpers, size_t limit,
			     struct err *err);
/* Closes our ends for the container, when that has its own: the relay ends when those are closed too. */
void relay_close_ends(struct relay *relay);
void relay_begin(struct relay *relay);
/* Waits until it has passed everything on, a moment at most, and ends it. One that never began says nothing. */
void relay_done(struct relay *relay);
