/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gvisor_message.h — one message of gVisor's remote sink (pkg/sentry/seccheck of gVisor: sinks/remote/wire, points/…proto).
 *
 * A packet is a header of 8 bytes, little endian (its own size, the type of the message, how many were dropped up to now), and a
 * protocol buffer. The sentry that sends it shares its process with whatever the workload may have done to it: nothing in it is
 * to be trusted.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/err.h"
#include "include/options.h"
#include "include/trace_format.h"

/* The protocol's version, which both sides tell each other first. */
#define GVISOR_VERSION 1
#define GVISOR_PACKET_BYTES_MAX (256u * 1024)
#define GVISOR_PATH_BYTES_MAX TRACE_PATH_BYTES_MAX
#define GVISOR_ARGS 6

enum gvisor_type {
	GVISOR_CONTAINER_START = 1,
	GVISOR_CLONE = 2,
	GVISOR_EXEC = 3,
	GVISOR_TASK_EXIT = 5,
	GVISOR_SYSCALL = 6, /* any, by number */
	GVISOR_OPEN = 7,
	GVISOR_CLOSE = 8,
	GVISOR_CONNECT = 10,
	GVISOR_EXECVE = 11,
	GVISOR_FCNTL = 18,
	GVISOR_DUP = 19,
	GVISOR_BIND = 24,
};

/* Borrowed from the packet; not ended by NUL, and without any. */
struct gvisor_text {
	const char *bytes;
	size_t len;
};

/* Members that a message has not are 0. */
struct gvisor_message {
	uint16_t type; /* also one that is not in the list above: then nothing else is told */
	uint32_t dropped;

	/* Whose it is. */
	int64_t time_ns, tid,
	    tgid; /* since 1970; numbers of the sandbox's outermost PID namespace */
	struct gvisor_text container, cwd, comm;

	/* Of a call. Without `returned` it has only begun. */
	bool returned;
	int64_t result, error, number;
	int64_t args[GVISOR_ARGS]; /* GVISOR_SYSCALL */
	int64_t fd, new_fd, flags;
	struct gvisor_text
	    fd_path; /* what gVisor's kernel has fd open on, from the root of the container's mounts */
	struct gvisor_text
	    path; /* what the program passed; of GVISOR_EXEC: what gVisor's kernel opened */
	struct gvisor_text address; /* struct sockaddr */

	int64_t created_tgid, exit_status; /* the latter as from wait() */
};

/* What a container begins with. */
struct gvisor_start {
	char *bytes; /* of all the others; owned */
	const char *cwd;
	struct option_list args, env; /* each ended by NULL, which does not count */
	size_t env_len; /* of the variables, which follow each other, each with its NUL */
};
/* Of the packet of a GVISOR_CONTAINER_START. -EBADMSG with what is wrong, -ENOMEM; then gvisor_start_done. */
_must_check_ int gvisor_start_parse(struct gvisor_start *ret, const void *packet, size_t size,
				    struct err *err);
void gvisor_start_done(struct gvisor_start *start);

/* -EBADMSG with what is wrong. */
_must_check_ int gvisor_message_parse(struct gvisor_message *ret, const void *packet, size_t size,
				      struct err *err);
/* The first packet of either side. */
_must_check_ int gvisor_handshake_parse(uint32_t *ret_version, const void *packet, size_t size,
					struct err *err);
