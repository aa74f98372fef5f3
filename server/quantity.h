/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* quantity.h — amounts of memory and processors, as Kubernetes writes them. */
#pragma once

#include <stdint.h>

#include "include/err.h"

/* "4Gi", "512Mi", "2G", "1073741824". -EINVAL names the text. */
_must_check_ int quantity_memory(uint64_t *ret_mb, const char *text, struct err *err);
/* "2", "0.5", "500m": in thousandths. */
_must_check_ int quantity_cpu(uint64_t *ret_m, const char *text, struct err *err);
