/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * static_library.h — the functions of a static library (lib*.a) and how their code is known again (signature.h).
 *
 * Members are relocatable objects of x86-64 or arm64; other members are left out. A function is what a symbol with a size says it
 * is. One whose code stands twice in the library under different names is marked, and so is one whose relocations are not
 * understood: neither can be told.
 */
#pragma once

#include "analyzer/signature.h"

#define LIBRARY_FUNCTIONS_MAX 500000u

struct library_function {
	const char *name, *member;
	struct signature code;
};

struct static_library {
	const char *arch; /* "amd64", "arm64": of the first member that is code; NULL: none is */
	struct library_function *functions; /* sorted by name, member; malloc'ed */
	size_t count, capacity;
	size_t ambiguous;  /* functions left out because another one has the same code */
	size_t short_ones; /* … because too little of their code stays as it is */
	size_t unknown;    /* … because a relocation is not understood */
};

/* Parses text in memory, which is not needed afterwards. Memory but the array is the arena's. *ret is to be given to
 * static_library_done also on failure. */
_must_check_ int static_library_read(struct static_library *ret, const char *text, size_t len,
				     struct arena *arena, struct err *err);
void static_library_done(struct static_library *library);
