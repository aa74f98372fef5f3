/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * pod.h — what the kubelet and the runtime make of a pod, read as text: names of cgroups, a process's mounts, the environment of
 * the gate (include/sandbox_pod.h). No input or output; the text is not trusted.
 *
 * A container's name is that of the directory that its termination message is mounted from, PODS/UID/containers/NAME/ID: the kubelet
 * mounts it into every container before anything runs in it. (The container's own image can neither make nor change it.)
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/cleanup.h"
#include "include/err.h"

#define POD_UID_BYTES 64
#define POD_NAME_BYTES 64 /* of a container: a DNS label */

/* What the gate says. */
struct pod_claim {
	char analysis[37], image[512], digest[72]; /* image, digest: "" when not said */
	char functions[65]; /* SHA-256 of their list; "": none are to be watched */
	char isolation[16]; /* ISOLATION_GVISOR; "": none */
	uint64_t attempt, duration_s, window_s, containers;
};

/* Is a cgroup of that name a pod's? "podUID" of the kubelet's driver "cgroupfs", "…-podUID.slice" with _ for - of "systemd". */
bool pod_uid_from_cgroup(char ret[POD_UID_BYTES], const char *name);
/* Can pods lie below a cgroup of that name? */
bool pod_lies_below(const char *name);
/* The container's name, from /proc/PID/mountinfo of one of its processes. False: the pod has no such container. */
bool pod_container_from_mounts(char ret[POD_NAME_BYTES], const char *mountinfo, const char *uid);
/* The same of a process of any pod, whose UID it tells as well. False: it is of no pod, or its mounts name several. */
bool pod_from_mounts(char ret_uid[POD_UID_BYTES], char ret_name[POD_NAME_BYTES],
		     const char *mountinfo);
/* From /proc/PID/environ: strings, each ended by NUL. -EINVAL with what is wrong. */
_must_check_ int pod_claim_parse(struct pod_claim *ret, const char *environment, size_t len,
				 struct err *err);

/* Which container of which attempt at which analysis: what a trace belongs to. */
struct pod_member {
	char analysis[37], uid[POD_UID_BYTES], name[POD_NAME_BYTES];
	uint64_t attempt, number; /* of its traces: a second one begins late */
};
#define POD_TRACE_BYTES 256
/* "ANALYSIS.ATTEMPT.UID.NAME.NUMBER.trace.gz", and back. False: this is no such name. */
void pod_trace_format(char ret[POD_TRACE_BYTES], const struct pod_member *member);
bool pod_trace_parse(struct pod_member *ret, const char *name);
