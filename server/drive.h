/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * drive.h — exercises a workload from beside it: asks its ports for their health, then runs the client's test script.
 *
 * The agent starts "vexxy-server drive DIR" on the host, as root, when the workload is ready. It enters the workload's network and
 * nothing else of it. The script is a stranger's: it runs as a user of its own, in a process namespace of its own, within the
 * walls of confine.h and in a cgroup of its own, and sees of the host only programs and libraries. What it does is never counted
 * as the workload's.
 *
 * DIR holds plan.json (what to do), script (the test script) and work/ (which is the script's); result.json and script.log appear
 * in it.
 */
#pragma once

#include <stdint.h>

#include "include/err.h"
#include "server/json_in.h"
#include "server/text.h"

#define DRIVE_PLAN "plan.json"
#define DRIVE_SCRIPT "script"
#define DRIVE_WORK "work"
#define DRIVE_RESULT "result.json"
#define DRIVE_LOG "script.log"

struct drive_target {
	int network;       /* of the workload: a descriptor of /proc/PID/ns/net */
	const char *marks; /* the agent's FIFO, or NULL */
};

/* Does what DIR/plan.json says; 0 also when the script failed, which result.json tells. */
_must_check_ int drive(const char *dir, const struct drive_target *target, struct err *err);

/* Does something answer on that port, on either loopback address? "answers" (any byte came), "accepts" or "silent". */
const char *drive_ask(uint16_t port, const char *path, int64_t timeout_ms);
