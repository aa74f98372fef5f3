/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* tree.h — directories with all that is in them: on one file system, without following links. */
#pragma once

#include <stdint.h>

#include "include/err.h"

struct tree_size {
	uint64_t bytes, entries; /* as they take room on the disk */
};

/* What can be seen of it; 0 of everything where there is nothing. Stops when it is over the limit of bytes. */
void tree_measure(struct tree_size *ret, const char *dir, uint64_t bytes_max);
/* What cannot be removed stays. */
void tree_remove(const char *dir);
