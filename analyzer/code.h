/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * code.h — the machine code of one ELF file as it is loaded, cut into functions.
 *
 * Addresses are those the file was linked for (as in its symbol tables); a probe wants the offset in the file. Functions come
 * from the unwind tables, so that a stripped file has them too; parts of one (".cold") count as functions of their own. What no
 * record covers is code without a function: stubs, assembly, padding. Functions do not overlap: where records do, the
 * earlier one ends where the later begins, and both are marked.
 */
#pragma once

#include "analyzer/elf_file.h"

#define CODE_BYTES_MAX (1ull << 30)
#define CODE_FUNCTIONS_MAX 4000000u

struct code_function {
	uint64_t start, end; /* addresses, end excluded */
	bool overlaps;       /* another record claimed a part of it */
};

struct code_segment {
	uint64_t start, end, offset; /* addresses; where in the file */
	bool writable;
	const unsigned char *bytes;
};

struct code {
	struct elf_file file; /* its fd is borrowed and only used by who reads more of the file */
	struct code_segment *segments; /* sorted by address, disjoint */
	size_t segment_count;
	struct code_function *functions; /* sorted by address, disjoint, each within one segment */
	size_t function_count;
	uint64_t refused; /* unwind records that were not understood or lie outside the code */
};

/* Reads the executable segments and the functions of the file behind fd. -ENOEXEC when it is no ELF file, -EBADMSG with a
 * reason when its headers lie, -EFBIG beyond CODE_BYTES_MAX. No functions is no error. Memory is the arena's. */
_must_check_ int code_read(struct code *ret, int fd, struct arena *arena, struct err *err);
/* Replaces the functions by those that another table names (Go's pclntab), in any order; overlaps is ignored. The
 * same care is taken as with unwind records: what lies outside the code is counted in `refused`. A function with end 0 ends
 * where the next one or the segment does. */
_must_check_ int code_set_functions(struct code *code, const struct code_function *functions,
				    size_t count, struct arena *arena, struct err *err);
/* The function that holds the address, or NULL. */
const struct code_function *code_function_at(const struct code *code, uint64_t address);
/* The byte at an executable address and how many follow it in its segment (itself included), or NULL. */
const unsigned char *code_bytes_at(const struct code *code, uint64_t address, size_t *room);
/* Between addresses and offsets in the file, for executable bytes only; -ERANGE. */
_must_check_ int code_offset(const struct code *code, uint64_t address, uint64_t *ret);
_must_check_ int code_address(const struct code *code, uint64_t offset, uint64_t *ret);
