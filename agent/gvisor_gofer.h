/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gvisor_gofer.h — the process of gVisor that serves a container's files ("gofer"): by it a container of a sandbox is known on the node.
 *
 * It has the container's mounts, those of the kubelet among them, and the container's root for its own. It is found by its command line,
 * which anybody can have, and taken for what it is only when it runs the very program that connected to us.
 */
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include "agent/pod.h"

struct gvisor_gofer {
	pid_t pid;
	char uid[POD_UID_BYTES], name[POD_NAME_BYTES]; /* of the pod, and of the container in it */
};

/* The program of whoever has connected. */
_must_check_ int gvisor_program(struct stat *ret, int connection, struct err *err);
/* Of the container with that id. -ESRCH: there is none, or none that is of a pod. */
_must_check_ int gvisor_gofer_find(struct gvisor_gofer *ret, const char *id,
				   const struct stat *program, struct err *err);
