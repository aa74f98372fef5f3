/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* series_state.h — what series*.c share; private to them. */
#pragma once

#include "analyzer/outline.h"
#include "analyzer/scratch.h"
#include "analyzer/series.h"
#include "analyzer/source_tree.h"

/* A source as a wanted patch left it, and where its lines are now. */
struct track {
	const char *path; /* now */
	struct outline after;
	size_t *now; /* of line i + 1: its line now, 0 when it is gone; malloc'ed */
	size_t line_count;
};

/* A source that the wanted patch at hand changed. */
struct touched {
	const char *path;
	struct outline_source before, after;
	struct patch_change *changes; /* malloc'ed */
	size_t change_count, track;
};

struct series {
	struct arena *arena;
	struct source_tree *tree;
	struct scratch scratch; /* for ctags */
	struct fix **fixes;
	size_t fix_count, fix_capacity;
	struct track *tracks;
	size_t track_count, track_capacity;
	struct touched *touched;
	size_t touched_count, touched_capacity;
	unsigned fuzz; /* of the patch at hand */
};

/* The functions of what was touched, and how much lies outside of any, into *fix. */
_must_check_ int series_map(struct series *series, struct fix *fix, struct err *err);
