/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * outline.h — where the functions of a C or C++ source begin and end, by universal-ctags.
 *
 * ctags names the line of a function's name and that of its closing brace. The lines above that belong to it (its type, its
 * storage class, attributes) are added. A function whose end ctags does not see lasts until the next one begins. A lambda is
 * part of the function around it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/arena.h"
#include "include/err.h"

struct outline_function {
	const char *name;   /* with its classes and namespaces: "N::C::m" */
	size_t first, last; /* lines, from 1 */
	bool prototype;     /* a declaration without a body */
	bool
	    untyped; /* in C, and nothing stands before its name: perhaps a macro that makes a function */
};

/* What a line holds. */
#define LINE_CODE 1u      /* more than blanks and comments */
#define LINE_DIRECTIVE 2u /* of the preprocessor, also what continues one */
#define LINE_INCLUDE 4u
#define LINE_ENDS 8u /* its last character ends a statement or opens or closes a block */

#define LINE_INSIDE 16u /* part of a function or of a declaration of one */

struct outline {
	struct outline_function *functions; /* by first line */
	size_t count;
	unsigned char *lines; /* LINE_* of line i + 1 */
	size_t line_count;
};

struct outline_source {
	const char *path; /* for its ending */
	const char *text; /* NULL: no such file: an empty outline */
	size_t len;
};

/* Outlines of all sources by one run of ctags; `dir` is a private directory for the while of the call. */
_must_check_ int outline_read(struct outline *ret, const struct outline_source *sources, size_t n,
			      const char *dir, struct arena *arena, struct err *err);

/* The lines of a text: what they hold. For outline.c and tests. */
_must_check_ int outline_lines(struct outline *ret, const char *text, size_t len,
			       struct arena *arena, struct err *err);
/* The functions that ctags printed of one source (`file`: the name that it was given), added to *ret. For outline.c and
 * tests. Lines that are no tags are -EBADMSG. */
_must_check_ int outline_tags(struct outline *outlines, size_t n, const char *tags,
			      struct arena *arena, struct err *err);
