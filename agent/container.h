/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * container.h — a root directory or an image as a confined container under runc (or gVisor's runsc), held before its first
 * instruction.
 *
 * Everything that it writes goes to a memory file system of limited size above the root, which is not changed. All mounts
 * are in the mount namespace that guardian_start has made; the working directory and the cgroup are the guardian's to
 * remove.
 */
#pragma once

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "agent/gvisor_sink.h"
#include "agent/guardian.h"
#include "agent/image_cache.h"
#include "agent/record_options.h"
#include "agent/relay.h"
#include "agent/strings.h"

struct container {
	/* Given. */
	const struct record_options *options;
	const struct helpers *helpers;
	struct holdings *holdings;
	const char *cgroup;       /* path in every hierarchy */
	const char *cgroup_dir;   /* of the v2 one; for runsc it has been made */
	struct gvisor_sink *sink; /* where runsc is to send what happens; NULL: another runtime */

	/* Known after container_create. */
	const char *runtime; /* "runc", "crun" or "runsc" */
	char rootfs[PATH_MAX];
	char program[PATH_MAX];    /* of runsc: what args[0] is in the root; "": not found */
	struct cached_image image; /* empty digest: there is none */
	struct strings args, env;
	pid_t pid; /* of its first process; of runsc: of the sandbox that it is in */
	struct relay relay;
	bool is_overlay; /* else the root is read-only */
};

/* Everything up to the point where only the start is missing. */
_must_check_ int container_create(struct container *container, struct err *err);
/* The root as it is on this host, O_PATH; or -errno. Under runsc no process has it as its own. */
_must_check_ int container_open_root(const struct container *container);
_must_check_ int container_start(struct container *container, struct err *err);
void container_done(struct container *container);
