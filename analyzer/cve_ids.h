/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* cve_ids.h — the CVE ids that a text speaks of. */
#pragma once

#include "analyzer/string_set.h"

/* Adds each, as "CVE-2024-1234": case is ignored, '_' stands for '-', four digits and then four to eight. -ENOMEM. The
 * strings are the set's, which must have an arena. */
_must_check_ int cve_ids_find(struct string_set *set, const char *text, size_t len);
