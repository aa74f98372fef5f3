/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* clock.h — points in time are milliseconds since 1970, UTC; texts are RFC 3339. */
#pragma once

#include <stdint.h>

#define CLOCK_TEXT_BYTES 32

int64_t clock_ms(void);
/* For durations: never set back. */
int64_t clock_steady_ms(void);
/* "2025-01-31T12:00:00.000Z"; returns ret. */
const char *clock_text(char ret[CLOCK_TEXT_BYTES], int64_t ms);
