/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * build_id.h — the GNU build-id of a file as seen from a root, and where its code is; read without trusting either.
 *
 * The path is resolved inside the root by the kernel (openat2), only regular files are opened, only a few bounded pieces
 * of them are read. When the file found is not the one that was seen (inode), there is no answer rather than a
 * wrong one.
 */
#pragma once

#include <stdint.h>

#include "include/cleanup.h"

#define BUILD_ID_BYTES_MAX 32
#define BUILD_ID_TEXT_MAX (2 * BUILD_ID_BYTES_MAX + 1)

/* Of an open file, as hex. 0, or -ENODATA when it has none, or another -errno. */
_must_check_ int build_id_read(char ret[BUILD_ID_TEXT_MAX], int fd);

struct build_id_file {
	const char *path; /* absolute, from the root */
	uint64_t ino;
};

/* Of the file at that path below the root (an O_PATH descriptor). -ESTALE when another file is there. */
_must_check_ int build_id_find(char ret[BUILD_ID_TEXT_MAX], int root_fd,
			       const struct build_id_file *file);

/* The parts of an ELF file that it wants mapped executable, as file offsets from begin up to, not including, end. */
#define CODE_RANGES_MAX 16
struct code_ranges {
	struct code_range {
		uint64_t begin, end;
	} items[CODE_RANGES_MAX];
	unsigned int count;
};

/* Of an open file. 0, or -errno: -ENODATA when it is no ELF file of this machine's byte order. */
_must_check_ int code_ranges_read(struct code_ranges *ret, int fd);
