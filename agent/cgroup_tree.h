/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* cgroup_tree.h — a cgroup of the v2 hierarchy and those below it, by the ids that the kernel side sees. */
#pragma once

#include <stdint.h>

#include "include/cleanup.h"
#include "include/err.h"

/* Called with the id of each cgroup, parents first; a value < 0 ends the walk and is returned. */
typedef int (*cgroup_tree_fn)(void *ctx, uint64_t id);

/*
 * Walks dir and everything below. -ENOTDIR or -EINVAL when it is no cgroup of version 2. What is created during the
 * walk may be missed, what is removed is skipped: the caller hears of both from the kernel side.
 */
_must_check_ int cgroup_tree_walk(const char *dir, cgroup_tree_fn fn, void *ctx, struct err *err);
