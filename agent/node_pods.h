/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* node_pods.h — the pods of this node that wait at a gate or are recorded, and the processes that record them. */
#pragma once

#include <sys/types.h>

#include "agent/spool.h"

struct node_pods;

/* root: the cgroup below which they are. at_once: how many are recorded at a time. */
_must_check_ int node_pods_open(struct node_pods **ret, const char *root, const struct spool *spool,
				size_t at_once, struct err *err);
void node_pods_close(struct node_pods *pods);

/* Finds new pods, and starts recorders for those that wait. room_bytes: what their traces may take, all together; 0: none begins. */
void node_pods_look(struct node_pods *pods, int ship_socket, uint64_t room_bytes);
/*
 * A sandbox of gVisor has connected: a process of its own records it, among those that node_pods_look counts. Takes the descriptor, and
 * closes it when there is no room: then the sandbox does not begin.
 */
void node_pods_connect(struct node_pods *pods, int connection);
/* What the shipper answers to ids from here on is for the pods. */
#define NODE_PODS_ASKS (1ull << 63)
void node_pods_answered(struct node_pods *pods, uint64_t id, int result);
/* A child has ended, as wait() says. */
void node_pods_ended(struct node_pods *pods, pid_t pid, int status);
/* Tells every recorder to end. */
void node_pods_stop(struct node_pods *pods);

struct node_pods_counts {
	size_t recording, waiting;
	uint64_t recorded, failed; /* since the start */
};
struct node_pods_counts node_pods_counts(const struct node_pods *pods);
