/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * eh_frame.h — where the functions of an ELF file lie, by its unwind tables, which stripping does not remove.
 *
 * Found by PT_GNU_EH_FRAME (the table that the unwinder itself searches), else by the section .eh_frame. Format: LSB Core,
 * "Exception Frames", and DWARF 4 section 6.4. Nothing read here is believed beyond the bytes it stands in: a record that
 * makes no sense is counted and left out.
 */
#pragma once

#include "analyzer/elf_file.h"

#define FRAMES_MAX 4000000u

/* One record (FDE): the unwinder knows how to leave this stretch of code. */
struct frame {
	uint64_t start, end; /* addresses, end excluded, start < end */
};

struct frames {
	struct frame *items; /* in the order of the table */
	size_t count;
	uint64_t refused; /* records that could not be understood */
};

/* Leaves ret empty when the file has no unwind tables. -EBADMSG with a reason when they cannot be found where the file says,
 * or are too many. Memory is the arena's. */
_must_check_ int eh_frame_read(struct frames *ret, const struct elf_file *file, struct arena *arena,
			       struct err *err);
