/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* journal.h — what the daemon says, a line each on stderr: time, how grave, what. */
#pragma once

#include "include/cleanup.h"

_printf_(1, 2) void journal_info(const char *fmt, ...);
_printf_(1, 2) void journal_warning(const char *fmt, ...);
_printf_(1, 2) void journal_error(const char *fmt, ...);
