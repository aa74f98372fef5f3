/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* witness_parts.h — a comparison while it is made; for witness*.c only. */
#pragma once

#include "analyzer/string_set.h"
#include "analyzer/witness.h"

/* Paths are those of the image's files where there is one, else as they are told. Index: WITNESS_OPENS, WITNESS_EXECS. */
struct comparing {
	struct witness *witness;
	const struct inventory *inv;
	const struct usage *usage;
	struct trace *const *traces;
	size_t trace_count;
	struct string_set ours[2];         /* by whatever way */
	struct string_set ours_visible[2]; /* in a way that Kubescape can see */
	struct string_set theirs[2];
	struct string_set runtimes[2]; /* that the runtime opened or ran in our traces */
	struct string_set failed;      /* what programs of ours tried to open and could not */
	struct string_set
	    known; /* every path that ours tells of, by whatever way, also of what failed */
	struct string_set patterns, read_patterns;
	bool *seen, *visible, *ran; /* per file: in ours, in ours_visible, there as a program */
};

size_t witness_file(struct comparing *c, const char *path);
const char *witness_path(struct comparing *c, const char *path);
bool witness_is_kernels(const char *path);
bool witness_is_harmless(const struct inventory_file *file);
bool witness_is_shared_object(const struct inventory_file *file);
_must_check_ int witness_add(struct string_set *set, const char *text);
bool witness_has(const struct string_set *set, const char *text);
_must_check_ int witness_keep(struct witness_list *list, struct string_set *set,
			      struct arena *arena);

/* What leads to a program was touched with it, and code that was seen ran under every path that is a copy of it. */
_must_check_ int witness_spread(struct comparing *c);
/* Fills the sets and the classes. */
_must_check_ int witness_collect(struct comparing *c);
_must_check_ int witness_compare_files(struct comparing *c);
_must_check_ int witness_compare_syscalls(struct comparing *c);
