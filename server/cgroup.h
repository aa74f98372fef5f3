/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * cgroup.h — a group of processes with limits that they share, and with a name by which all of them can be ended.
 *
 * Made in the hierarchy of version 2, and where a host has its controllers in version 1, in those as well.
 */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "include/err.h"

#define CGROUP_NAME_BYTES 128

struct cgroup_limits {
	uint64_t memory_mb, processes, cpu_percent; /* of one processor; 0: none */
};

/* -ENOTSUP: there are no cgroups that we may make. What was made is removed then. */
_must_check_ int cgroup_make(const char *name, const struct cgroup_limits *limits, struct err *err);
_must_check_ int cgroup_enter(const char *name, pid_t pid, struct err *err);
/* Kills all that is in it, and removes it; nothing where there is none. -EBUSY after timeout_ms. */
_must_check_ int cgroup_end(const char *name, int64_t timeout_ms, struct err *err);
/* The same with all whose names begin so. */
_must_check_ int cgroup_end_all(const char *prefix, int64_t timeout_ms, struct err *err);
