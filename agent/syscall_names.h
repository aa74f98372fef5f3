/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* syscall_names.h — system calls by number, for x86-64, i386 and arm64. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

/* The name of system call nr of the running architecture (its 32-bit ABI with compat), or NULL when it is not known. */
const char *syscall_name(uint32_t nr, bool compat);
