/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* rung.h — how near to the vulnerable function an observation can come: the ladder, from the best rung down. */
#pragma once

/* X(identifier, name, what stands on it) */
#define RUNGS(X)                                                                      \
	X(EXPORTED, "exported", "an exported symbol of the file")                     \
	X(LOCAL_DEBUG, "local", "a local symbol: its own, or of separate debug data") \
	X(STORE, "store", "an address of the symbol store")                           \
	X(SIGNATURE, "signature", "code equal to that of a static library")           \
	X(INLINED, "inlined", "ranges of inlined copies")                             \
	X(ANCESTOR, "ancestor", "exported functions that can lead to it")             \
	X(OBJECT, "object", "the object that has it: no function is known")           \
	X(PACKAGE, "package", "the package that has it: no object is known")

#define RUNG_ENUM(id, name, what) RUNG_##id,
enum rung { RUNGS(RUNG_ENUM) RUNG_COUNT };
#undef RUNG_ENUM

/* "exported", "local", … */
const char *rung_name(enum rung rung);
