/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * oci_config.h — the configuration of the container (OCI runtime specification 1.0.2), by which it is confined.
 *
 * No new privileges; no capability but the few that images of root need; every namespace but that of users; no network
 * unless asked for; no device; kernel interfaces masked; system calls by a list. It shares the host's kernel: for an image
 * that is expected to attack that, use a virtual machine.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/emit.h"
#include "agent/strings.h"
#include "agent/users.h"

/* A file of ours in place of the image's. */
struct oci_bind {
	const char *source, *target;
};

struct oci_config {
	char *const *args; /* NULL-terminated, as is env */
	char *const *env;
	const char *cwd, *cgroup; /* cgroup: path in every hierarchy */
	const struct user *user;
	bool capabilities; /* the baseline, else none */
	bool host_network, seccomp, readonly, limit_swap;
	uint64_t memory_bytes, pids, files, file_bytes; /* files: open ones per process */
	const struct oci_bind *binds;
	size_t bind_count;
	const char *const *scratch; /* directories that become empty and writable; with readonly */
	size_t scratch_count;
};

/* Emits config.json for a bundle whose root is "rootfs". */
void oci_config_emit(struct text *out, const struct oci_config *config);
/* Emits the member "seccomp": what is known and not denied is allowed, what is denied fails with EPERM, all else with ENOSYS. */
void oci_seccomp_emit(struct text *out);
