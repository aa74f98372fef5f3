/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * driver.h — a program on the host that exercises the workload, started once that is ready; it is never part of the target.
 *
 * It gets VEXXY_PID (a process of the workload, for nsenter), VEXXY_ROOT (its root directory) and VEXXY_MARKS, a FIFO to
 * which it may write lines "mark NAME": each begins a unit of observation.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "agent/helper.h"
#include "include/err.h"

#define DRIVER_NAME_MAX 128

struct driver {
	const char *path;       /* NULL: there is none */
	const char *ready_file; /* NULL: not asked for */
	uint16_t ready_port;    /* 0: not asked for */
	pid_t target;
	int root_fd; /* borrowed */
	bool started, ended;
	int status; /* when it ended */
	pid_t pid;
	int pid_fd, marks_fd;
	char marks[64]; /* path of the FIFO */
	char line[DRIVER_NAME_MAX + 8];
	size_t line_len;
};

/* Makes the FIFO in dir. */
_must_check_ int driver_prepare(struct driver *driver, const char *dir, struct err *err);
/* Is the workload ready for it? */
bool driver_is_due(const struct driver *driver);
_must_check_ int driver_start(struct driver *driver, const struct helpers *helpers,
			      struct err *err);
/* Calls fn with the name of each mark that was written since. */
typedef int (*driver_mark_fn)(void *ctx, const char *name);
_must_check_ int driver_read_marks(struct driver *driver, driver_mark_fn fn, void *ctx);
/* Takes bytes as they come from the FIFO; for driver_read_marks and its test. */
_must_check_ int driver_take(struct driver *driver, const char *bytes, size_t len,
			     driver_mark_fn fn, void *ctx);
/* Reaps it when it has ended. */
void driver_reap(struct driver *driver);
void driver_done(struct driver *driver);
