/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* interrupt.h — Ctrl-C waits until what was begun is cleared away. */
#pragma once

#include <signal.h>
#include <stdbool.h>

#include "include/err.h"

struct interrupt {
	int fd; /* readable when someone wants an end; for child_bounds.stop_fd */
	sigset_t before;
};

/* From here on SIGINT, SIGTERM and SIGHUP do nothing but make fd readable. */
_must_check_ int interrupt_hold(struct interrupt *ret, struct err *err);
bool interrupt_came(const struct interrupt *interrupt);
/* Lets them through again: one that came ends the program here. Safe on a zeroed object. */
void interrupt_release(struct interrupt *interrupt);
