/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* loop.h — waits for whatever ends a recording, and keeps it going until then. */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/driver.h"
#include "agent/progress.h"
#include "agent/record_options.h"
#include "agent/recording.h"

struct loop {
	const struct record_options *options;
	struct recording *recording;
	struct driver *driver;
	struct progress *progress;
	struct helpers helpers;
	const char *cgroup_dir; /* of what is recorded */
	pid_t pid;              /* of the command or the container's first process; 0: not ours */
	int signal_fd;

	/* What it found. */
	const char *reason;
	bool ended; /* the process did, by itself */
	int status; /* then: as from wait() */
	long max_rss_kb;

	int epoll_fd, timer_fd, pid_fd;
	uint64_t next_second_ns, next_window_ns;
};

/* Returns when it is over, with the reason; < 0 when the recording itself failed. */
_must_check_ int loop_run(struct loop *loop, struct err *err);
