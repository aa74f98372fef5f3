/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * apt_source.h — source packages fetched by apt, whatever the machine's own apt is set up for.
 *
 * apt gets a configuration of its own in a private directory: source packages of one suite of Debian, its updates and its
 * security archive, from the mirrors that the machine's apt uses (DEBIAN_MIRROR: another one). The machine's own lists and
 * configuration stay as they are. apt verifies the archive's signature and with it the sums of every file.
 */
#pragma once

#include <limits.h>

#include "include/err.h"

#define APT_URI_BYTES 512

struct apt_source {
	char dir[PATH_MAX / 2];
	char suite[64];
};

/* Sets it up in `dir`, an existing private directory, and fetches the lists. */
_must_check_ int apt_source_open(struct apt_source *ret, const char *dir, const char *suite,
				 struct err *err);
struct apt_fetched {
	char dsc[PATH_MAX];
	size_t passed_over; /* newer versions, which the lists name but the mirror does not have */
};

/* Fetches the newest version of a source package whose files the mirror really has. */
_must_check_ int apt_source_fetch(const struct apt_source *apt, struct apt_fetched *ret,
				  const char *package, struct err *err);
