/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * daemon.h — sandbox pods of this node are recorded, and what comes of it gets to the server.
 *
 *   daemon ──┬─ one pod_recorder for each pod that waits at its gate ── traces on the disk, files as descriptors
 *            └─ one shipper, without any right, which has the network
 *
 * The daemon itself looks at cgroups a few times a second, starts and reaps, hands ended traces to the shipper, and removes them when
 * the server has them. It has no port open and reads nothing from the network. When the disk buffer is full no gate is opened: the
 * analysis fails, which is better than one that lacks what it should rest on.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "include/options.h"

struct daemon_options {
	const char *server, *key_file, *ca, *certificate, *certificate_key;
	const char *node, *state, *cgroup, *user;
	const char *gvisor; /* directory of the socket to which gVisor connects; NULL: none */
	uint64_t pods, spool_mb;
};

extern const struct option_def daemon_option_table[];

/* -EINVAL with what is wrong. */
_must_check_ int daemon_options_parse(struct daemon_options *ret, int argc, char **argv,
				      struct err *err);

/* Until SIGTERM or SIGINT. */
_must_check_ int daemon_run(const struct daemon_options *options, struct err *err);

/* What it last said of itself, at most DAEMON_SILENT_S old: for `vexxy-agent status`; that it could not
 * write it, where the disk is full. -ETIMEDOUT: it is silent; the text is the caller's. */
#define DAEMON_SILENT_S 30
_must_check_ int daemon_status(char **ret, const char *state_dir, struct err *err);
