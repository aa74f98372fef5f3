/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * leftovers.h — what is left of a recording whose agent and guardian were both killed: cgroups and a directory below /run.
 *
 * Both bear the number of the agent. It may be that of a process here and of another in another pid namespace: so an agent holds a
 * lock on its cgroup as long as it lives, which all see who see the cgroup.
 */
#pragma once

#include "agent/progress.h"

/* Holds the lock until the descriptor is closed. -errno: others go by the number alone. */
int leftovers_guard(const char *cgroup_dir);
/* Removes what is left of others, below `run` and in the hierarchy at `root`, in silence: it is not what the caller came for. Where
 * processes of theirs still run nothing is done, and a note says so. */
void leftovers_remove(const char *root, const char *run, struct progress *progress);
