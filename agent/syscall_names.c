// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* syscall_names.c — system calls by number, from the kernel headers of the machine that built us. */
#include "agent/syscall_names.h"

#include <stddef.h>

#include "syscall_table.h"

const char *syscall_name(uint32_t nr, bool compat)
{
	size_t count = compat ? sizeof(compat_names) / sizeof(*compat_names)
			      : sizeof(native_names) / sizeof(*native_names);

	return nr < count ? (compat ? compat_names : native_names)[nr] : NULL;
}
