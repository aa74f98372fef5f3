/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * signature.h — one function's machine code as it stands in a static library, to be known again where it was linked into.
 *
 * A linker writes into code where relocations tell it to, and rewrites the instruction around some of them (psABI x86-64, "Optimize
 * GOTPCRELX" and the models of thread-local storage): those bytes are holes. All others stay, and so does the length. So equal
 * bytes outside of the holes, over the length of a whole function, are that function, or another one of the same code.
 * That nothing is equal says nothing: another compiler, other options or other links make other bytes.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define SIGNATURE_CODE_MAX (1u << 20) /* of one function */
#define SIGNATURE_HOLES_MAX 65536u
#define SIGNATURE_SOLID_MIN 32u /* bytes outside of holes: with less, unrelated code may be equal */

struct hole {
	uint32_t at, len;
};

struct signature {
	uint32_t size;
	struct hole *holes; /* sorted, disjoint, within the size */
	size_t hole_count;
	const char *sha256; /* of the bytes, holes as zeros */
};

/* Bytes outside of the holes. */
size_t signature_solid(const struct signature *signature);
/* From bytes, and holes that are put in order here. Memory is the arena's. -ERANGE when a hole lies outside, or what is left is less
 * than SIGNATURE_SOLID_MIN; -EFBIG. */
_must_check_ int signature_make(struct signature *ret, const unsigned char *bytes, size_t size,
				const struct hole *holes, size_t hole_count, struct arena *arena);
/* Are these `signature->size` bytes that function's code? -ENOMEM. */
_must_check_ int signature_match(const struct signature *signature, const unsigned char *bytes);
/* "1f:4,30:7": where and how long. The text is the arena's; NULL without memory. "" for none. */
char *signature_format_holes(const struct signature *signature, struct arena *arena);
/* The same back; -EBADMSG when it is not of that form, not sorted, or outside of `size` bytes. */
_must_check_ int signature_parse_holes(struct signature *ret, const char *text, uint32_t size,
				       struct arena *arena);
