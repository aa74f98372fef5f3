/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pod_files.h — the pods of this node, from the trees of cgroups and processes. Only looks; keeps nothing. */
#pragma once

#include <limits.h>
#include <sys/types.h>

#include "agent/pod.h"

/* dir: of the v2 hierarchy. < 0 ends the walk. */
typedef int (*pod_fn)(void *ctx, const char *uid, const char *dir);
/* Every pod below the directory of a cgroup; what cannot be read is passed over. */
_must_check_ int pod_files_each(const char *dir, pod_fn fn, void *ctx);
/* Every cgroup right below a pod's: its containers. */
typedef int (*pod_container_fn)(void *ctx, const char *dir);
_must_check_ int pod_files_containers(const char *pod_dir, pod_container_fn fn, void *ctx);
/* Some process of a container: in its cgroup, or in one that its runtime has made below (crun does). 0: none. */
pid_t pod_files_first_process(const char *container_dir);
/* Is that the id of the container's cgroup, or of such a one? */
bool pod_files_holds(const char *container_dir, uint64_t cgroup_id);

/* The name of the container that a process is in, in the pod of that UID; "" when there is none. */
void pod_files_name(char ret[POD_NAME_BYTES], pid_t pid, const char *uid);
/* Of whichever pod it is. False: of none. */
bool pod_files_whose(char ret_uid[POD_UID_BYTES], char ret_name[POD_NAME_BYTES], pid_t pid);
/* A file of /proc/PID, which has no size; NUL-terminated. The number of bytes, or -errno: -EFBIG when there is more than max. */
_must_check_ ssize_t pod_files_read(char **ret, pid_t pid, const char *name, size_t max);
/* What the process has as its environment. */
_must_check_ int pod_files_claim(struct pod_claim *ret, pid_t pid, struct err *err);
