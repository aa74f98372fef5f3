/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * syscall_numbers.h — an object imports syscall(), the door to all system calls: can it execute a program by it?
 *
 * Not when every use of the door is a call whose number stands in the code before it, a constant, and none of them is that of execve
 * or execveat: as in libraries that sleep on a futex or ask for random bytes. In all other cases it can: the number comes from
 * elsewhere, the address of the function is kept, the code is not understood, or is not of x86-64.
 */
#pragma once

#include "analyzer/elf_dynamic.h"

/* Borrows the file and its dynamic section. *ret is true when in doubt. -ENOMEM only. */
_must_check_ int syscall_may_execute(bool *ret, int fd, const struct elf_file *file,
				     const struct elf_dynamic *dyn);
