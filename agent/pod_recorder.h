/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * pod_recorder.h — one pod from the moment at which it waits at its gate to the last trace of its containers.
 *
 * A process of its own, with programs of its own in the kernel: what goes wrong with one pod is not another's. It arms on the pod's
 * cgroup, lets the gate open, and gives each container that is made from then on a trace, from the first exec of its own command.
 * That process is held for the moment in which it is found out whose it is, so that no container is too short to be known.
 */
#pragma once

#include <limits.h>

#include "agent/pod.h"
#include "include/err.h"

struct pod_task {
	struct pod_claim claim;
	char uid[POD_UID_BYTES];
	const char *cgroup_dir; /* the pod's */
	const char *
	    state_dir; /* where traces go: under pod_trace_format's name when they are ended, before with ".part" behind it */
	int gate_fd; /* pidfd of the gate; -1: the pod was recorded before, and is now once more, late */
	int ship_socket;
	/* With claim.functions: the file that holds what the server gave as their list; -1: it did not come. */
	int functions_fd;
	uint64_t file_bytes_max;
};

/* In a process that records: only SIGTERM ends it, and is told by this descriptor; what is too large to be written is an error. */
_must_check_ int pod_recorder_signals(struct err *err);
/*
 * Records it to the end: of all its containers, of the pod, or by SIGTERM. For a process that was forked for it. 0, also when the
 * pod never started; < 0: its gate was not opened, or a trace is not whole, and err says why.
 */
_must_check_ int pod_record(const struct pod_task *task, struct err *err);
