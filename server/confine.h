/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * confine.h — a program that reads a stranger's data can harm nobody: it gets a user of its own, no network, limits, only the
 * paths that it needs (Landlock), and no system calls beyond those of an ordinary program (seccomp).
 *
 * For the short-lived program that "vexxy-server confine" is: it confines itself, then becomes the other.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/options.h"

struct confinement {
	uint64_t uid, memory_mb, file_mb, processes, cpu_s;
	bool
	    read_all; /* of what may be read, also what belongs to others: keeps CAP_DAC_READ_SEARCH, only under Landlock */
	bool keep_network;                       /* of the namespace that it is in */
	struct option_list read, write, execute; /* paths, with all below them */
};

/* Has this kernel Landlock? Without it only users, namespaces and seccomp are around a program: it reads what everybody may. */
bool confine_has_landlock(void);
_must_check_ int confine_self(const struct confinement *confinement, struct err *err);
