/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * leftovers.h — processes of a job that are still there: known by a variable in their environment, which the server gives to all
 * that it starts. The workload itself has another environment; it lives as long as the agent's guardian, which has the
 * variable.
 */
#pragma once

#include <stdint.h>

#include "include/err.h"

/* Asks them to end, kills those that do not, and waits: -EBUSY when some are there after timeout_ms. */
_must_check_ int leftovers_end(const char *name, const char *value, int64_t timeout_ms,
			       struct err *err);
