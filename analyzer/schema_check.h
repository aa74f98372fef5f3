/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* schema_check.h — what reading and applying a schema share. */
#pragma once

#include <stdbool.h>

#include <cjson/cJSON.h>

struct schema {
	cJSON *root;
};

bool schema_type_known(const char *name);
bool schema_format_known(const char *name);
/* "#" or "#/a/b" (RFC 6901) within root; NULL when it leads nowhere. */
const cJSON *schema_resolve(const cJSON *root, const char *reference);
