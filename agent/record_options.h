/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* record_options.h — what `vexxy-agent record` was asked for: one table, checked as a whole before anything is done. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/source.h"
#include "include/err.h"
#include "include/options.h"

enum target_kind {
	TARGET_COMMAND,   /* a program on this host, in a cgroup of its own */
	TARGET_CONTAINER, /* a root directory or an image, under runc */
	TARGET_RUNNING,   /* what already runs in a cgroup */
};

enum container_runtime {
	RUNTIME_HOST,   /* runc or crun: on this machine's kernel */
	RUNTIME_GVISOR, /* runsc: on a kernel of its own, which is asked what happens */
};

struct record_options {
	enum target_kind kind;
	enum container_runtime runtime;
	const char *runtime_name;
	const char *out, *rootfs, *image, *cgroup, *backend, *policy, *functions;
	uint64_t pid, duration_s, window_s;
	bool quiet, progress, coverage;
	char *const *command; /* NULL-terminated; NULL: none was given */
	struct option_list env;
	const char *env_file;
	char *env_text; /* of the file; env points into it */

	/* Exercising the workload. */
	const char *driver, *ready_file;
	uint64_t ready_port, ready_timeout_s;
	bool until_driver;

	/* The container. */
	const char *network, *seccomp, *caps, *user, *workdir;
	uint64_t memory_mb, pids, disk_mb;
};

extern const struct option_def record_option_table[];

/* Fills in the defaults and takes argv (argv[0] is the verb). -EINVAL with what is wrong. Borrows from argv. */
_must_check_ int record_options_parse(struct record_options *ret, int argc, char **argv,
				      struct err *err);
void record_options_done(struct record_options *options);
struct source_options record_source_options(const struct record_options *options);
