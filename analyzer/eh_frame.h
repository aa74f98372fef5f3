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
	uint64_t lsda;       /* address of the table of landing pads, 0: none */
};

struct frames {
	struct frame *items; /* in the order of the table */
	size_t count;
	uint64_t refused; /* records that could not be understood */
};

/* Where an exception that passes through a function may go on: its < 0 ends the walk. */
typedef int (*landing_fn)(void *ctx, uint64_t address);
/* Calls fn for each landing pad of a frame; parts of a function that only exceptions enter are reached in no other way.
 * `table`: the bytes at its lsda, up to the end of their segment. 0, -EBADMSG when they are not understood, or what fn
 * returned. */
_must_check_ int eh_frame_landings(const struct elf_file *file, const struct frame *frame,
				   const unsigned char *table, size_t room, landing_fn fn,
				   void *ctx);

/* Leaves ret empty when the file has no unwind tables. -EBADMSG with a reason when they cannot be found where the file says,
 * or are too many. Memory is the arena's. */
_must_check_ int eh_frame_read(struct frames *ret, const struct elf_file *file, struct arena *arena,
			       struct err *err);
