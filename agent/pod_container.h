/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pod_container.h — one container of a pod while it is recorded; for pod_recorder.c, which gives it its events. */
#pragma once

#include "agent/pod_recorder.h"
#include "agent/source.h"

struct pod_container_place {
	const struct pod_task *task;
	struct source *source;       /* NULL: it runs under gVisor, which tells */
	struct functions *functions; /* that are watched in the target; NULL: none */
	const char *root, *dir;      /* of the cgroup hierarchy; the container's cgroup */
	uint32_t slot;
	pid_t pid; /* of its command; under gVisor, of the process that serves its files */

	const char *id,
	    *program; /* under gVisor: the container's, and the path of what begins, or NULL */
};

struct pod_container;

/* Finds out whose it is, and begins the trace unless it is the gate or the script. */
_must_check_ int pod_container_open(struct pod_container **ret,
				    const struct pod_container_place *place, struct err *err);
void pod_container_close(struct pod_container *container);
DEFINE_CLEANUP(struct pod_container *, pod_container_close)

/* Of one that ran before: what it has mapped and opened already. */
_must_check_ int pod_container_snapshot(struct pod_container *container, struct err *err);
uint32_t pod_container_slot(const struct pod_container *container);
/* Does it let go its processes that are held? After each round of events, by pod_container_settle. */
bool pod_container_lets_go(const struct pod_container *container);
void pod_container_settle(struct pod_container *container);
void pod_container_take(struct pod_container *container, const struct source_event *event);
/* Under gVisor: where its messages go; NULL when it is not recorded, or not any more. Borrowed. */
struct gvisor_events *pod_container_gvisor(struct pod_container *container);
/* A few times a second: writes what is due, and ends it when it is time to, or for the reason that is given. */
_must_check_ int pod_container_tick(struct pod_container *container, const char *stop_reason,
				    struct err *err);
/* Its trace is whole under its name, and its files are given away; or it is none to be recorded. */
bool pod_container_is_ended(const struct pod_container *container);
