/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gvisor_pod.h — a sandbox of gVisor from its connection to the last trace of its containers.
 *
 * Whoever configures the node lets gVisor connect to the daemon before a sandbox begins (its --gvisor); without that no
 * sandbox begins at all, and nothing in it is missed. Its containers come one after the other: the first is the sandbox's own, the
 * second the gate, whose environment says which analysis it is of (include/sandbox_pod.h). Every one that follows is recorded, but
 * POD_SCRIPT. Whose they are is told by what the kubelet has mounted into them (gvisor_gofer.h), never by what is said inside.
 */
#pragma once

#include <stdint.h>

#include "include/err.h"

struct gvisor_pod_task {
	int connection;          /* that was taken */
	const char *state_dir;   /* as of struct pod_task */
	int ship_socket, uid_fd; /* uid_fd: gets the pod's UID as soon as it is known */
	uint64_t bytes_max;      /* of all its traces */
};

/* As pod_record(): to the end of all its containers, of the sandbox, or by SIGTERM. For a process that was forked for it. */
_must_check_ int gvisor_pod_record(const struct gvisor_pod_task *task, struct err *err);
