/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * ship.h — what the processes of the daemon say to the one that has the network (shipper.h), and what that one answers.
 *
 * Both are this very program, so a message is a structure. It goes over a SOCK_SEQPACKET pair, whole or not at all, and carries the
 * file that it is about as a descriptor: the shipper opens nothing of the host by itself, and whoever has privileges reads of it
 * nothing but this answer, and the list of functions, which is checked by its digest.
 */
#pragma once

#include <limits.h>

#include "agent/pod.h"

enum ship_kind {
	SHIP_TRACE,     /* a trace that is ended, with its descriptor; it is answered */
	SHIP_FILE,      /* a file of the container, with its descriptor */
	SHIP_FILES_END, /* no more files of it will come */
	SHIP_STATUS,    /* text: what the next heartbeats say */
	SHIP_FUNCTIONS, /* the list for a pod is to be fetched, into the descriptor; it is answered */
};

struct ship_message {
	enum ship_kind kind;
	uint64_t id; /* of what is answered */
	struct pod_member member;
	uint64_t skipped;    /* FILES_END: files that there was no room or no right for */
	char text[PATH_MAX]; /* FILE: its path in the container; STATUS: JSON */
};

struct ship_answer {
	uint64_t id;
	int result; /* 0: the server has it, or has given it; -ECANCELED: it wants it no more, or does not give it */
};

/* fd -1: none. Waits until there is room. */
_must_check_ int ship_send(int socket, const struct ship_message *message, int fd);
/* The next one; *ret_fd is the caller's. 1, or 0 when the other side is gone. */
_must_check_ int ship_receive(struct ship_message *ret, int *ret_fd, int socket);
