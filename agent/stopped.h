/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* stopped.h — processes that are held by a stop signal: is it so, and let them go. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

/* Is the process stopped, or bound to stop before it runs another instruction of its own? */
bool stopped_is(pid_t pid);
/* Lets go whatever is stopped in the cgroup (a directory of the v2 hierarchy) and below. */
void stopped_release(const char *cgroup_dir);
