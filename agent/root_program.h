/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* root_program.h — which file below a root a name means, for one who runs programs in that root. */
#pragma once

#include <limits.h>

#include "include/cleanup.h"

/* The path without links of what is at `path` now; or -errno. */
_must_check_ int root_path(char ret[PATH_MAX], int root_fd, const char *path);
/* The program that a command's first word means: by PATH of env ("K=V", NULL-terminated) when it has no slash, else from cwd. */
_must_check_ int root_program(char ret[PATH_MAX], int root_fd, const char *word, const char *cwd,
			      char *const *env);
/* 1, and the interpreter that its first line names, when it is a script; 0 when it is none; or -errno. */
_must_check_ int root_script(char ret[PATH_MAX], int root_fd, const char *path);
