// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* program.c — the other programs of ours. */
#include "analyzer/program.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

const char *program_find(char path[PATH_MAX], const char *name)
{
	ssize_t n = readlink("/proc/self/exe", path, PATH_MAX - 32);
	char *slash;

	if (n > 0) {
		path[n] = '\0';
		slash = strrchr(path, '/');
		snprintf(slash + 1, (size_t)(path + PATH_MAX - slash - 1), "%s", name);
		if (access(path, X_OK) == 0)
			return path;
	}
	return name;
}
