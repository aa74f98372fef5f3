/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * guardian.h — what a recording holds outside of this process is given back, even when this process is killed.
 *
 * A small child waits on a pipe from before the first such thing is made. When the pipe closes, whatever the reason, it
 * releases what the shared page names. What is to be made is named there first, so that there is no moment in which
 * something exists and nobody knows.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>

#include "include/cleanup.h"
#include "include/err.h"

/* The one file that the working directory itself may hold: a FIFO. */
#define HOLDINGS_MARKS "marks"

struct holdings {
	char cgroup[NAME_MAX + 1]; /* name in every hierarchy, "": none */
	char cgroup_dir[PATH_MAX]; /* of the v2 one */
	char work_dir[PATH_MAX];   /* directory with mounts at and below it */
	char unfinished[PATH_MAX]; /* a half-made image in the cache */
	char held_in
	    [PATH_MAX]; /* cgroup of others in which processes may be held by a stop signal */
};

struct guardian;

/* Starts the child. With own_mounts both live in a mount namespace of their own from here on: its mounts end with them. */
_must_check_ int guardian_start(struct guardian **ret, bool own_mounts, struct err *err);
struct holdings *guardian_holdings(struct guardian *guardian);
/* Releases everything and ends the child. -EBUSY when processes would not die. */
_must_check_ int guardian_release(struct guardian *guardian, struct err *err);
/* The same, silently; for scopes. */
void guardian_free(struct guardian *guardian);
DEFINE_CLEANUP(struct guardian *, guardian_free)
