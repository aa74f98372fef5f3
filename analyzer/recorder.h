/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* recorder.h — starts vexxy-agent, the only privileged program, and waits for its trace. */
#pragma once

#include <stdbool.h>

#include "include/options.h"

struct recorder_options {
	const char *agent; /* NULL: beside this program, else in PATH */
	const char *image, *rootfs;
	const char *functions;      /* the list of places to watch, or NULL */
	struct option_list forward; /* what the agent is told besides, OPTION_FORWARD */
	bool coverage;              /* the list is for coverage alone: no callers of what ran */
	bool quiet;
	char *const *command; /* the workload's command line, NULL-terminated, or NULL */
};

#define RECORDER_FORWARD(type, at, name, letter, value, help, min, max)                       \
	{                                                                                     \
		name, letter, value, help, OPTION_FORWARD, offsetof(type, at.forward), (min), \
		    (max)                                                                     \
	}

/* The rows of the option table for a command whose options hold a struct recorder_options `at`: the agent's own options, as
 * agent/record_options.c has them. */
#define RECORDER_OPTIONS(type, at)                                                                 \
	RECORDER_FORWARD(type, at, "duration", 0, "S",                                             \
			 "end the recording after that many seconds", 1, 31536000),                \
	    RECORDER_FORWARD(type, at, "window", 0, "S",                                           \
			     "length of a unit of observation (default 5; 0: only the driver's)",  \
			     0, 86400),                                                            \
	    RECORDER_FORWARD(type, at, "driver", 0, "FILE",                                        \
			     "a program on this host that exercises the workload", 0, 0),          \
	    RECORDER_FORWARD(type, at, "until-driver", 0, NULL,                                    \
			     "end the recording when the driver has ended", 0, 0),                 \
	    RECORDER_FORWARD(type, at, "ready-port", 0, "N",                                       \
			     "start the driver when the workload listens there", 1, 65535),        \
	    RECORDER_FORWARD(type, at, "ready-file", 0, "PATH",                                    \
			     "start the driver when the workload has made this file", 0, 0),       \
	    RECORDER_FORWARD(type, at, "ready-timeout", 0, "S",                                    \
			     "give up when it is not ready after that long (default 60)", 1,       \
			     31536000),                                                            \
	    RECORDER_FORWARD(type, at, "env", 'e', "K=V", "add to the workload's environment", 0,  \
			     0),                                                                   \
	    RECORDER_FORWARD(type, at, "runtime", 0, "NAME",                                       \
			     "of the container: runc (default), or runsc: gVisor, which tells of " \
			     "files only",                                                         \
			     0, 0),                                                                \
	    RECORDER_FORWARD(type, at, "network", 0, "MODE",                                       \
			     "of the container: none (default) or host", 0, 0),                    \
	    RECORDER_FORWARD(type, at, "user", 0, "USER",                                          \
			     "of the container: name or number, with :GROUP (default: the "        \
			     "image's)",                                                           \
			     0, 0),                                                                \
	    RECORDER_FORWARD(type, at, "workdir", 0, "DIR", "working directory in the container",  \
			     0, 0),                                                                \
	    RECORDER_FORWARD(type, at, "caps", 0, "SET",                                           \
			     "of the container: baseline (default for root), none", 0, 0),         \
	    RECORDER_FORWARD(type, at, "seccomp", 0, "MODE", "of the container: default or off",   \
			     0, 0),                                                                \
	    RECORDER_FORWARD(type, at, "memory", 0, "MB", "limit of the container (default 4096)", \
			     16, 1u << 24),                                                        \
	    RECORDER_FORWARD(type, at, "pids", 0, "N",                                             \
			     "limit of processes in the container (default 1024)", 4, 1u << 20),   \
	    RECORDER_FORWARD(type, at, "disk", 0, "MB",                                            \
			     "limit of what the container may write (default 1024)", 1, 1u << 20), \
	    RECORDER_FORWARD(type, at, "backend", 0, "NAME", "auto (default), raw or fentry", 0,   \
			     0),                                                                   \
	{                                                                                          \
		"agent", 0, "FILE", "the vexxy-agent to start (default: the one beside vexxy)",    \
		    OPTION_STRING, offsetof(type, at.agent), 0, 0                                  \
	}

/* Is the workload to run under gVisor, where no function can be watched? */
bool recorder_is_gvisor(const struct recorder_options *options);
/* Records one run into `trace`. The agent's own messages go to stderr. SIGINT, SIGTERM and SIGHUP end the recording, not us:
 * the trace is whole and is used, and 1 is returned instead of 0. -EINTR: it was asked to end
 * before it had begun to record; -EIO when the agent failed (it has said why). */
_must_check_ int recorder_run(const struct recorder_options *options, const char *trace,
			      struct err *err);
