/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * child.h — other programs, started without a shell, watched while they run, and never left behind.
 *
 * A child gets a process group of its own, no descriptors but stdin (empty), stdout and stderr, and a signal when the thread
 * that started it dies: what the server started does not outlive it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"

/* This very program, also when another has been installed in its place since. */
#define CHILD_SELF "/proc/self/exe"

struct child {
	const char *const *argv; /* argv[0] with a slash, or found in PATH */
	const char *const *env;  /* beside the server's own: "NAME=value" */
	const char *const *kept; /* of the server's own only these names, up to NULL; NULL: all */
	const char *dir;
	const char *in;     /* a file that it gets as stdin, opened as who we are; NULL: nothing */
	int out_fd;         /* gets its stdout; 0: nobody does */
	int64_t timeout_ms; /* 0: none */
	int stop_signal;    /* what asks it to end; SIGKILL follows after grace_ms */
	int64_t grace_ms;
	void (*started)(void *ctx, int pid);
	/* Called every second; < 0 ends the child, and is the result. */
	int (*tick)(void *ctx, struct err *err);
	/* Each line that it says on stderr, without the newline. */
	void (*line)(void *ctx, const char *line);
	void *ctx;
};

/* 0 when it ended with 0. -ENOENT: there is no such program. -EIO: it ended with another status, its last line is the reason.
 * -EAGAIN: it was killed by a signal of somebody else, or says so of its own by EX_TEMPFAIL of sysexits.h. -ETIMEDOUT. What tick returned. In every case it has ended. */
_must_check_ int child_run(const struct child *child, struct err *err);
