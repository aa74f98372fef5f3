/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * debug_link.h — what a stripped file says of the file that has its debug data.
 *
 * Section .gnu_debuglink: a file's name, NUL bytes up to a multiple of four, its CRC-32 (GDB, "Separate Debug Files").
 */
#pragma once

#include "analyzer/elf_file.h"

#define DEBUG_LINK_MAX 4096u

/* False when there is none that makes sense. */
bool debug_link_read(const struct elf_file *file, char name[DEBUG_LINK_MAX], uint32_t *ret_crc);
/* Of a whole file, of at most 4 GiB. -EFBIG, or why it cannot be read. */
_must_check_ int debug_link_crc(uint32_t *ret, int fd);
