// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* ballast.c — a file that is dropped when the disk is full. */
#include "server/ballast.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>

#include "include/cleanup.h"

#define BALLAST_BYTES (16 << 20)

static void path_of(char ret[PATH_MAX], const char *data_dir)
{
	snprintf(ret, PATH_MAX, "%s/ballast", data_dir);
}

bool ballast_make(const char *data_dir)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];

	path_of(path, data_dir);
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return false;
	if (posix_fallocate(fd, 0, BALLAST_BYTES) == 0)
		return true;
	unlink(path);
	return false;
}

bool ballast_drop(const char *data_dir)
{
	char path[PATH_MAX];

	path_of(path, data_dir);
	return unlink(path) == 0;
}
