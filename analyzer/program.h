/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* program.h — the other programs of ours. */
#pragma once

#include <limits.h>

/* The one that was installed or built together with this program, else whatever PATH finds. Returns path or name. */
const char *program_find(char path[PATH_MAX], const char *name);
