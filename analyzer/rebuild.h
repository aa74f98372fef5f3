/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * rebuild.h — Debian source packages rebuilt as the distribution built them, each in a chroot of its own.
 *
 * What makes the result equal to what is shipped (reachability.md §2.3): a clean chroot that takes build dependencies from the
 * release alone (not from its security updates), the place /build/reproducible-path, no tests, only the packages of this
 * architecture, debug data left to the automatic -dbgsym packages. The build runs without network, as nobody, in namespaces of
 * mounts and processes that end with it: nothing stays mounted and nothing goes on running. Needs root.
 */
#pragma once

#include <stdbool.h>

#include "include/err.h"

#define REBUILD_SECONDS_MAX 7200u

struct rebuild;

struct rebuild_options {
	const char *suite;  /* "bookworm" */
	const char *chroot; /* a clean one, which is only copied; NULL: made by mmdebstrap */
	unsigned seconds;   /* of one build */
	int stop_fd;        /* ends everything when it is readable: -EINTR; 0: none */
};

_must_check_ int rebuild_open(struct rebuild **ret, const struct rebuild_options *options,
			      struct err *err);
/* Removes everything that was made. */
void rebuild_close(struct rebuild *rebuild);
DEFINE_CLEANUP(struct rebuild *, rebuild_close)

/* Rebuilds the newest version of the source package that can be fetched (an index may list what is there no more), and fetches
 * the packages that are shipped of it. *ret: a directory as rebuilt.h wants it, removed by the next call. */
_must_check_ int rebuild_package(struct rebuild *rebuild, const char *source, const char **ret,
				 struct err *err);
