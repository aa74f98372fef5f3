/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* helper.h — running other programs (runc, skopeo, umoci, the driver) in a cgroup of their own, never beyond our end. */
#pragma once

#include <stdbool.h>
#include <sys/types.h>

#include "include/cleanup.h"
#include "include/err.h"

struct helpers {
	const char *cgroup; /* directory of the cgroup in which they run, or NULL */
	int stop_fd;        /* readable when somebody wants us to end */
};

/* -1: /dev/null. */
struct helper_stdio {
	int in, out, err;
};

/* Is there such a program in PATH? */
bool helper_is_installed(const char *name);

/* A program that is in its cgroup and waits for permission to begin. */
struct held {
	pid_t pid;
	int go, answer;
};

/* Forks argv[0] (found by PATH) into the cgroup; env holds more "K=V", NULL-terminated, or is NULL. */
_must_check_ int helper_hold(struct held *ret, const struct helpers *helpers,
			     const char *const *argv, const char *const *env,
			     const struct helper_stdio *stdio, struct err *err);
/* Lets it begin and returns when it has become the program, or with the reason why it could not; it is reaped then. */
_must_check_ int helper_let_go(struct held *held, const char *name, struct err *err);
/* For one that is never let go: it ends without having become anything. */
void helper_drop(struct held *held);
/* Both at once. */
_must_check_ int helper_start(pid_t *ret, const struct helpers *helpers, const char *const *argv,
			      const char *const *env, const struct helper_stdio *stdio,
			      struct err *err);
/* Waits for it. 0 when it exited with 0; -EINTR, and it is killed, when we are to end; -EAGAIN when somebody else killed it; else
 * -EIO. */
_must_check_ int helper_wait(const struct helpers *helpers, pid_t pid, const char *name,
			     struct err *err);
/* Both, with its stdout into `out` (NULL: nowhere) and the last line that it says on stderr as the reason of a failure. */
_must_check_ int helper_run(const struct helpers *helpers, const char *const *argv, char *out,
			    size_t out_size, struct err *err);
/* The last line of what a program said, or what follows msg= in it; without control characters: it goes to a terminal. Works
 * in place. */
const char *helper_message(char *log);
