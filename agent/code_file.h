/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* code_file.h — the file behind a mapping of a process, and which file lies behind an address. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

#include "agent/emit.h"
#include "include/cleanup.h"

/* Part of a file as a process has it in its memory. */
struct code_mapping {
	pid_t pid;
	uint64_t start, end, offset; /* addresses, and the place in the file of the first */
};

/* The regular file that the process has mapped at the address, open for reading; or -errno. */
_must_check_ int code_file_open(struct code_mapping *ret, pid_t pid, uint64_t address);
/*
 * The next file that is mapped executable from *address up to end, in the same way; *address moves behind it. *ret_path is the
 * caller's to free. -ENOENT: there is no other.
 */
_must_check_ int code_file_next(struct code_mapping *ret, char **ret_path, pid_t pid,
				uint64_t *address, uint64_t end);
/* "stack": the addresses as "path+0xoffset", or "0xaddress" where no file is mapped. Nothing when the process has gone. */
void code_file_emit_stack(struct text *out, pid_t pid, const uint64_t *addresses, size_t count);
