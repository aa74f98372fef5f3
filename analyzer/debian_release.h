/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* debian_release.h — the releases of Debian by number, by name, and as OSV calls them. */
#pragma once

#include "analyzer/changelog.h"

/* "bookworm" for "Debian:12"; NULL for what is no release of Debian known here. */
const char *debian_release_suite(const char *ecosystem);

/* "Debian:12" for an upload to "bookworm", "bookworm-security" and the like, or for a version that ends with "+deb12u1" or
 * "~deb12u1"; NULL when neither tells. Static. */
const char *debian_release_of(const struct changelog_entry *entry);
/* The same for a suite. */
const char *debian_release_of_suite(const char *suite);
