/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * janitor.h — a directory of ours that goes when we do, also when a signal ends us.
 *
 * A process of its own waits for the end of this one and then removes the directory, if it is still there. It is in a process
 * group of its own, so what ends ours does not end it.
 */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

struct janitor {
	pid_t pid; /* 0: none */
	int fd;    /* its end is ours */
};

/* Best effort: where no process can be made, only an orderly end clears away. `dir` may be relative. */
void janitor_hire(struct janitor *ret, const char *dir);
/* The directory is no longer ours to remove, or is gone. Safe on a zeroed object. */
void janitor_dismiss(struct janitor *janitor);

/* Removes a directory with all that is in it, also what programs that are just being ended still put there. False when
 * something stays. */
bool janitor_remove(const char *dir);
