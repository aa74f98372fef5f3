/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * series.h — patches applied one after the other, and what those that matter changed, as functions.
 *
 * A changed line belongs to the functions around it: lines that went to those of the text before, lines that came to those of
 * the text after (outline.h). Neither the heading of a hunk nor the line numbers in the patch are believed. What changes
 * outside of any function is counted, save blank lines, comments, includes and declarations of functions.
 *
 * Names are those of the tree in which the patch stands. series_finish says what became of each in the final tree: a function
 * that was renamed is followed by its lines.
 */
#pragma once

#include "analyzer/digest.h"
#include "analyzer/patch.h"

enum fix_change {
	FIX_MODIFIED,
	FIX_ADDED,   /* not there before: cannot be at fault */
	FIX_REMOVED, /* not there any more */
};

struct fix_function {
	const char *file, *name; /* file as it was called then */
	enum fix_change change;
	/* Set by series_finish: */
	const char *now;   /* its name in the final tree, when that is another */
	bool gone;         /* it is not in the final tree */
	bool macro;        /* no name but a macro, which makes functions of other names */
	const char *alias; /* a macro in its file may give it this name; or NULL */
	/* For series*.c: */
	size_t track;
	bool untyped;
};

struct fix {
	const char *name; /* of the patch */
	char sha256[DIGEST_HEX_BYTES];
	unsigned fuzz;              /* the most lines of context that a hunk had to do without */
	size_t changes, outside;    /* of C and C++: all, and those outside of any function */
	const char **outside_files; /* in which those stand: sorted, unique */
	size_t outside_file_count;
	const char **others,
	    **idle; /* files that are no C; tests and documentation: sorted, unique */
	size_t other_count, idle_count;
	struct fix_function *functions; /* sorted by file and name, unique */
	size_t function_count;
};

struct series_step {
	const char *name; /* of the patch, for messages */
	unsigned strip, fuzz;
	bool wanted; /* say what it changes */
};

struct series;

/* `dir` is only read. */
_must_check_ int series_open(struct series **ret, const char *dir, struct err *err);
void series_free(struct series *series);
DEFINE_CLEANUP(struct series *, series_free)

/* Applies one patch; when it is wanted, *ret says what it changed, borrowed from the series. Errors name patch and file. */
_must_check_ int series_apply(struct series *series, const struct series_step *step,
			      const char *text, size_t len, const struct fix **ret,
			      struct err *err);
/* A file as the patches have left it so far; as source_tree_read. */
_must_check_ int series_read(struct series *series, const char *path, const char **ret,
			     size_t *ret_len, struct err *err);
/* Holds every fix against the final tree. No patch can follow. */
_must_check_ int series_finish(struct series *series, struct err *err);
