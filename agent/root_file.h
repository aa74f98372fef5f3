/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* root_file.h — files below a root that somebody else made: resolved inside it by the kernel, and only regular ones opened. */
#pragma once

#include <stddef.h>
#include <sys/stat.h>

#include "include/cleanup.h"

/* O_PATH descriptor of what is at path below root_fd, links followed inside the root; or -errno. */
_must_check_ int root_file_find(int root_fd, const char *path);
/* The same opened for reading, and its state; -EINVAL when it is no regular file, or one of /proc or /sys. */
_must_check_ int root_file_open(int root_fd, const char *path, struct stat *ret);
/* Its content, NUL-terminated; -EFBIG when there is more than max. The caller frees it. */
_must_check_ int root_file_read(char **ret, size_t *ret_len, int root_fd, const char *path,
				size_t max);
