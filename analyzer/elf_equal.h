/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* elf_equal.h — is a rebuilt ELF file the one that was shipped, so that what is known of one holds for the other? */
#pragma once

#include "analyzer/code.h"

/* X(identifier, name, what it means) */
#define EQUALITIES(X)                                                                          \
	X(IDENTICAL, "identical", "the same build-id: all that is loaded is the same")         \
	X(TEXT, "text", "the same code at the same addresses")                                 \
	X(NEAR, "near", "the same functions, and fewer than 1 in 10,000 bytes of code differ") \
	X(ALIGNED, "aligned", "another version, aligned by the order and content of its functions")

#define EQUALITY_ENUM(id, name, what) EQUALITY_##id,
enum equality { EQUALITIES(EQUALITY_ENUM) EQUALITY_COUNT };
#undef EQUALITY_ENUM

const char *equality_name(enum equality equality);
/* -EINVAL for a name that is none. */
_must_check_ int equality_from_name(const char *name, enum equality *ret);

/* How near they are; never ALIGNED (align.h). -EBADE with the reason when they differ: nothing known of one may be said of the other. The same
 * build-id does not excuse other code. */
_must_check_ int elf_equal(const struct code *shipped, const struct code *rebuilt,
			   enum equality *ret, struct arena *arena, struct err *err);
