/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* verifier_log.h — why the kernel's verifier has refused a program. */
#pragma once

#include <stddef.h>

/* "load: ERROR: LINE" with the last line of its log that is not statistics, where there is one. code: errno. */
void verifier_log_reason(char *ret, size_t size, const char *log, int code);
