/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* json_canonical.h — values as texts that are equal exactly when the values are. */
#pragma once

#include <cjson/cJSON.h>

#include "include/cleanup.h"

/* Members sorted by key, numbers by value (1 and 1.0 alike). Freed by the caller; NULL: no memory. The tree must come from
 * json_parse, which bounds its depth. */
char *json_canonical(const cJSON *tree);

/* Finds two equal items: 1 and their positions (a < b), 0 when there are none, -ENOMEM. */
_must_check_ int json_find_twins(const cJSON *array, size_t *a, size_t *b);
