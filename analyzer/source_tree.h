/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * source_tree.h — the sources of a package as patches leave them, one after the other.
 *
 * The directory is read (never out of it, whatever its links say) and never written: what changes lives in memory.
 */
#pragma once

#include <stdbool.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define SOURCE_TREE_BYTES_MAX ((size_t)1 << 30) /* of all texts that changed */

struct source_tree;

_must_check_ int source_tree_open(struct source_tree **ret, const char *dir, struct err *err);
void source_tree_free(struct source_tree *tree);
DEFINE_CLEANUP(struct source_tree *, source_tree_free)

/* The text as it is now, NUL-terminated, valid while the tree lives, also when it changes later. -ENOENT without a reason
 * when there is no such file. */
_must_check_ int source_tree_read(struct source_tree *tree, const char *path, const char **ret,
				  size_t *ret_len, struct err *err);
/* Gives the file another text, which is the tree's from now on (malloc'ed; also when this fails). */
_must_check_ int source_tree_put(struct source_tree *tree, const char *path, char *text, size_t len,
				 struct err *err);
_must_check_ int source_tree_remove(struct source_tree *tree, const char *path, struct err *err);

/* Calls visit with every source of C and C++ (source_kind_of), as it is now, in the order of the paths. */
typedef int (*source_visit_fn)(void *ctx, const char *path, const char *text, size_t len);
_must_check_ int source_tree_walk(struct source_tree *tree, source_visit_fn visit, void *ctx,
				  struct err *err);
