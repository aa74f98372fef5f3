/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * rootfs.h — the merged root of an image, read without ever leaving it.
 *
 * Every path is resolved with openat2(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS): "..", absolute links and links to links
 * stay inside. Nothing but regular files is ever opened for reading (a FIFO or device in an image cannot hang us).
 */
#pragma once

#include <stdbool.h>
#include <sys/stat.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define ROOTFS_FILES_MAX 2000000u
#define ROOTFS_DEPTH_MAX 128
#define ROOTFS_READ_MAX (64u << 20)

struct rootfs;

_must_check_ int rootfs_open(struct rootfs **ret, const char *path, struct err *err);
void rootfs_close(struct rootfs *root);
DEFINE_CLEANUP(struct rootfs *, rootfs_close)

/* A read-only descriptor of a regular file, links followed inside the root; -ENOENT, -EINVAL (no regular file), … */
_must_check_ int rootfs_open_file(struct rootfs *root, const char *path);
/* The content (at most max bytes, else -EFBIG), NUL-terminated, from the arena. -ENOENT without a reason when absent. */
_must_check_ int rootfs_read(struct rootfs *root, const char *path, size_t max, struct arena *arena,
			     char **ret, size_t *ret_len, struct err *err);
/* The canonical path inside the root ("/usr/lib/x.so.1.2"), all links resolved; -ENOENT when nothing is there. */
_must_check_ int rootfs_canonical(struct rootfs *root, const char *path, struct arena *arena,
				  char **ret);
/* lstat without following the last component. */
_must_check_ int rootfs_lstat(struct rootfs *root, const char *path, struct stat *ret);

/* What a walk meets. Strings are borrowed for the visit. */
struct rootfs_entry {
	const char *path; /* no link on the way to it */
	struct stat st;
	const char *target; /* text of a symbolic link, NULL for anything else */
	/* Why something is left out, else 0: of a directory its content (ENAMETOOLONG beyond ROOTFS_DEPTH_MAX, EXDEV for a
	 * mounted /proc, /sys or /dev, EACCES …), or the entry itself (then st is all zero: ENOENT when it vanished …). */
	int error;
};

typedef int (*rootfs_visit_fn)(void *ctx, const struct rootfs_entry *entry);
/* Calls visit for everything below the root, sorted by name within each directory; does not follow links nor enter
 * /proc, /sys and /dev when they are mount points. A visit that returns < 0 ends the walk with that value. -E2BIG with
 * a reason beyond ROOTFS_FILES_MAX. */
_must_check_ int rootfs_walk(struct rootfs *root, rootfs_visit_fn visit, void *ctx,
			     struct err *err);
