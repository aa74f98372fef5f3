/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * cgroup.h — control groups: the fence around what is recorded, and the handle by which all of it can be ended.
 *
 * Directories are those of the v2 hierarchy, mounted at /sys/fs/cgroup or, on hybrid hosts, below it.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "include/cleanup.h"
#include "include/err.h"

/* Where the v2 hierarchy is mounted. */
_must_check_ int cgroup_root(char ret[PATH_MAX], struct err *err);
/* Is it mounted at /sys/fs/cgroup itself, without v1 hierarchies beside it? */
bool cgroup_is_pure_v2(void);

/* The directory that `path` means: an absolute path in the mounted hierarchy, or one relative to its root. The root
 * itself is refused: everything on the host is in it. */
_must_check_ int cgroup_find(char ret[PATH_MAX], const char *path, struct err *err);
/* The directory of the cgroup that a process is in. */
_must_check_ int cgroup_of_process(char ret[PATH_MAX], pid_t pid, struct err *err);
/* The path below the hierarchy's root, with a slash in front; borrowed from dir. */
const char *cgroup_name(const char *dir, const char *root);
/* The kernel's id of the cgroup, or 0. */
uint64_t cgroup_id(const char *dir);

_must_check_ int cgroup_create(const char *dir, struct err *err);
_must_check_ int cgroup_add(const char *dir, pid_t pid, struct err *err);
bool cgroup_is_populated(const char *dir);
/* Some process in it, or 0. */
pid_t cgroup_first_process(const char *dir);
/* Processor time that was used in it and below, in microseconds. */
void cgroup_usage(const char *dir, uint64_t *ret_user_us, uint64_t *ret_system_us);

/* Kills everything in it and below, and waits until nothing is left. -EBUSY after timeout_ms. */
_must_check_ int cgroup_kill(const char *dir, unsigned timeout_ms);
/* Removes the empty cgroups "/name" of every hierarchy (v1 too) with those below them. */
void cgroup_remove(const char *name);
