/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * rebuilt.h — a rebuilt Debian source package beside the packages that were shipped, opened to be asked.
 *
 * The directory holds:
 *   NAME.dsc    what was rebuilt; the files that it names, where its own fixes are asked for
 *   source/     its sources with all patches, as they were compiled
 *   built/      the packages (.deb) that the build made, those with debug data (-dbgsym) among them
 *   shipped/    the packages of the same versions, as the distribution ships them; also those that it built again without
 *               a change of the sources ("1.0-1+b2"): whether that is the same code is asked of each file
 */
#pragma once

#include "analyzer/scratch.h"
#include "analyzer/symbol_sites.h"

#define REBUILT_PACKAGES_MAX 500u
#define REBUILT_FILES_MAX 5000u

struct rebuilt;

/* -ENOENT, -EBADMSG … with a reason. Packages are unpacked by dpkg-deb into a private directory, gone with the object. */
_must_check_ int rebuilt_open(struct rebuilt **ret, const char *dir, struct err *err);
void rebuilt_close(struct rebuilt *rebuilt);
DEFINE_CLEANUP(struct rebuilt *, rebuilt_close)

/* Borrowed. */
const struct site_package *rebuilt_package(const struct rebuilt *rebuilt);
/* Paths of the packages as they are shipped; sorted by package. */
const char *const *rebuilt_shipped(const struct rebuilt *rebuilt, size_t *ret_count);
/* Why nothing is said of a file; sorted by package and file. */
const char *const *rebuilt_notes(const struct rebuilt *rebuilt, size_t *ret_count);
