/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * shipper.h — the process that has the network: it gets descriptors, asks the server what it lacks, and sends that.
 *
 * It runs as a user without any right, so that what a network peer does to it is not done to the processes that watch. What it holds
 * while the server is away is open files, a bounded number; traces wait on the disk of those who wrote them.
 */
#pragma once

#include "agent/upload.h"

struct shipper_options {
	struct upload_options upload;
	const char *node;  /* the node's name */
	const char *about; /* members of the heartbeat that never change, as JSON without braces */
	unsigned uid, gid; /* who it becomes; 0: who it is already, which must not be root */
};

/* Forks it. *ret_socket is for messages to it (ship.h), and *ret_pid is to be reaped. */
_must_check_ int shipper_start(int *ret_socket, pid_t *ret_pid,
			       const struct shipper_options *options, struct err *err);
