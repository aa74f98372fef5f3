/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* closure_graph.h — the closure while it grows; for closure.c and closure_hints.c only. */
#pragma once

#include "analyzer/closure.h"
#include "analyzer/names.h"
#include "analyzer/string_set.h"

enum reach {
	REACH_NOT,
	REACH_RAN,
	REACH_MAPPED,
	REACH_WITNESSED,
	REACH_NEEDED,
	REACH_INTERPRETER,
	REACH_NAMED,
	REACH_DIRECTORY,
	REACH_C_LIBRARY,
	REACH_EXECUTED,
	REACH_SHELL,
};

struct closure {
	struct arena *arena;
	const struct inventory *inv;
	const struct usage *usage;
	enum reach *how; /* per file */
	bool *executed;  /* per file: as a program, not only as a library */
	size_t *parent;  /* per file: who reaches it, INVENTORY_NONE for a root */
	size_t *queue;   /* files in the order in which they were reached */
	size_t queued;
	size_t load_followed, execute_followed; /* how far the strings of the queue were followed */
	bool can_load, can_execute, services;
	struct names objects, programs;
	struct string_set load_hints, execute_hints; /* those that were followed */
	uint64_t pattern_work;
	const char *open;
};

/* It can be started as a program, however it is reached. */
void closure_execute(struct closure *c, size_t file, size_t parent, enum reach how);
/* Adds a file and its copies once; INVENTORY_NONE and links are ignored. */
void closure_reach(struct closure *c, size_t file, size_t parent, enum reach how);
/* The first reason stays. `fmt` has one %s. */
_printf_(2, 0) void closure_set_open(struct closure *c, const char *fmt, const char *what);
bool closure_is_loader(const struct inventory_file *file);
bool closure_is_c_library(const struct inventory_file *file);
/* Follows the strings of what was reached since the last call, as far as loading and executing is possible now. */
_must_check_ int closure_follow_hints(struct closure *c);
/* Shared objects beside a mapped one, in a directory that is none of the loader's. */
void closure_reach_neighbours(struct closure *c, size_t file);
/* The first file whose path begins with the directory and a slash, or what would follow it. */
size_t closure_first_below(const struct inventory *inv, const char *dir, size_t len);
