/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* recorder.h — starts vexxy-agent, the only privileged program, and waits for its trace. */
#pragma once

#include <stdbool.h>

#include "include/options.h"

struct recorder_options {
	const char *agent; /* NULL: beside this program, else in PATH */
	const char *image, *rootfs;
	struct option_list env;
	uint64_t duration_s, window_s, ready_port;
	const char *backend, *network, *driver, *ready_file;
	bool until_driver, quiet;
	char *const *command; /* the workload's command line, NULL-terminated, or NULL */
};

/* The rows of the option table for a command whose options hold a struct recorder_options `at`. */
#define RECORDER_OPTIONS(type, at)                                                              \
	{ "duration",                                                                           \
	  0,                                                                                    \
	  "S",                                                                                  \
	  "end the recording after that many seconds",                                          \
	  OPTION_NUMBER,                                                                        \
	  offsetof(type, at.duration_s),                                                        \
	  1,                                                                                    \
	  31536000 },                                                                           \
	    { "window",                                                                         \
	      0,                                                                                \
	      "S",                                                                              \
	      "length of a unit of observation (default 5)",                                    \
	      OPTION_NUMBER,                                                                    \
	      offsetof(type, at.window_s),                                                      \
	      1,                                                                                \
	      86400 },                                                                          \
	    { "driver",                                                                         \
	      0,                                                                                \
	      "FILE",                                                                           \
	      "a program on the host that exercises the workload",                              \
	      OPTION_STRING,                                                                    \
	      offsetof(type, at.driver),                                                        \
	      0,                                                                                \
	      0 },                                                                              \
	    { "until-driver",                                                                   \
	      0,                                                                                \
	      NULL,                                                                             \
	      "end the recording when the driver has ended",                                    \
	      OPTION_FLAG,                                                                      \
	      offsetof(type, at.until_driver),                                                  \
	      0,                                                                                \
	      0 },                                                                              \
	    { "ready-port",                                                                     \
	      0,                                                                                \
	      "N",                                                                              \
	      "start the driver when the workload listens there",                               \
	      OPTION_NUMBER,                                                                    \
	      offsetof(type, at.ready_port),                                                    \
	      1,                                                                                \
	      65535 },                                                                          \
	    { "ready-file",                                                                     \
	      0,                                                                                \
	      "PATH",                                                                           \
	      "start the driver when the workload has made this file",                          \
	      OPTION_STRING,                                                                    \
	      offsetof(type, at.ready_file),                                                    \
	      0,                                                                                \
	      0 },                                                                              \
	    { "env",       'e',                                                                 \
	      "K=V",       "add to the workload's environment",                                 \
	      OPTION_LIST, offsetof(type, at.env),                                              \
	      0,           0 },                                                                 \
	    { "network",                                                                        \
	      0,                                                                                \
	      "MODE",                                                                           \
	      "none (default) or host",                                                         \
	      OPTION_STRING,                                                                    \
	      offsetof(type, at.network),                                                       \
	      0,                                                                                \
	      0 },                                                                              \
	    { "backend",                                                                        \
	      0,                                                                                \
	      "NAME",                                                                           \
	      "auto (default), raw or fentry",                                                  \
	      OPTION_STRING,                                                                    \
	      offsetof(type, at.backend),                                                       \
	      0,                                                                                \
	      0 },                                                                              \
	{                                                                                       \
		"agent", 0, "FILE", "the vexxy-agent to start (default: the one beside vexxy)", \
		    OPTION_STRING, offsetof(type, at.agent), 0, 0                               \
	}

/* Records one run into `trace`. The agent's own messages go to stderr. An interrupt from the terminal ends the recording,
 * not us: the trace is whole and is used. -EIO when the agent failed (it has said why). */
_must_check_ int recorder_run(const struct recorder_options *options, const char *trace,
			      struct err *err);
