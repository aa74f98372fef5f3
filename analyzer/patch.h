/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * patch.h — unified diffs, read within limits and applied to texts in memory.
 *
 * The places that a patch names are not believed: a hunk goes where its lines are found (as GNU patch searches, with the
 * same fuzz), and the lines that changed are counted there. Nothing is executed and no file is touched, so that neither
 * the scripts nor the links nor the paths of a hostile patch come to anything.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define PATCH_BYTES_MAX (64u << 20)
#define PATCH_FILES_MAX 20000u
#define PATCH_FUZZ_MAX 2u
#define PATCH_TEXT_BYTES_MAX (32u << 20) /* of a file that is patched */

struct patch_line {
	char kind; /* ' ', '-' or '+' */
	const char *text;
	size_t len; /* with its newline, when it has one */
};

struct patch_hunk {
	size_t at; /* line of the patch */
	size_t old_start, old_count, new_start, new_count;
	struct patch_line *lines;
	size_t line_count;
};

struct patch_file {
	size_t at;
	const char *old_name, *new_name; /* as written; NULL: /dev/null */
	bool renamed; /* by git's "rename from" and "rename to": the names are without prefix */
	bool unread;  /* says that something changes, but not how (binary, mode): no hunks */
	struct patch_hunk *hunks;
	size_t hunk_count;
};

struct patch {
	struct arena *arena;
	const char *text;  /* what was read; NUL-terminated */
	size_t header_len; /* what stands before the first file: the description */
	struct patch_file *files;
	size_t file_count;
};

/* A text without any file is a patch that changes nothing. -EBADMSG with the line for a hunk that is not whole. */
_must_check_ int patch_parse(struct patch **ret, const char *text, size_t len, struct err *err);
void patch_free(struct patch *patch);
DEFINE_CLEANUP(struct patch *, patch_free)

/* The name without its first `strip` directories, in the arena. -EINVAL with a reason when that would leave the tree: an
 * absolute name, "..", nothing left, or bytes below ' '. */
_must_check_ int patch_path(const char **ret, const char *name, unsigned strip, struct arena *arena,
			    struct err *err);

/* Lines that changed, counted from 1 as `diff -U0` does: `old_count` from `old_start` gave way to `new_count` from
 * `new_start`. A count of 0 stands behind the line that it names. */
struct patch_change {
	size_t old_start, old_count, new_start, new_count;
};

struct patched {
	char *text; /* NUL-terminated, malloc'ed */
	size_t len;
	struct patch_change *changes; /* in order, malloc'ed */
	size_t change_count, change_capacity;
	unsigned fuzz; /* the most that a hunk needed */
};

void patched_done(struct patched *patched);

/* Applies all hunks to a text. -EBADMSG naming the line of the hunk that finds no place; *ret is untouched then. */
_must_check_ int patch_apply(struct patched *ret, const struct patch_file *file, const char *old,
			     size_t old_len, unsigned fuzz, struct err *err);
