/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * relevancy.h — Kubescape's relevancy, step by step as its scanner does it: for comparison, never for a verdict of ours.
 *
 * Nodes are the packages of an SBOM, then its files; a relationship has a parent and a child. A file is kept when one of the paths
 * that were seen is its path. From what is kept every relationship, of every type, is followed from child to parent, to the end;
 * a package that is reached is relevant. So a package is relevant when a file of it was opened, by whom and for what ever; when the
 * package database was, since every package is evident by it; and when a relevant package depends on it, however far away.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "analyzer/arena.h"
#include "include/err.h"

enum relevancy_edge {
	RELEVANCY_CONTAINS,   /* package → file it owns */
	RELEVANCY_EVIDENT,    /* package → file that tells of it */
	RELEVANCY_DEPENDENCY, /* dependency → who depends on it */
	RELEVANCY_OTHER
};

struct relevancy_relation {
	size_t parent, child;
	enum relevancy_edge edge;
};

struct relevancy_node {
	bool kept;
	const char *path;         /* a file that was seen: under this path */
	size_t from;              /* else the child it was reached from, */
	enum relevancy_edge edge; /* and by what */
};

struct relevancy {
	size_t package_count, node_count; /* node i < package_count: a package; else a file */
	struct relevancy_node *nodes;
	struct relevancy_relation *relations;
	size_t relation_count, relation_room;
};

_must_check_ int relevancy_new(struct relevancy **ret, size_t packages, size_t files,
			       struct err *err);
void relevancy_free(struct relevancy *relevancy);
DEFINE_CLEANUP(struct relevancy *, relevancy_free)

_must_check_ int relevancy_relate(struct relevancy *relevancy, size_t parent, size_t child,
				  enum relevancy_edge edge);
/* The file was seen under that path, which is borrowed. */
void relevancy_touch(struct relevancy *relevancy, size_t file, const char *path);
/* Follows the relationships, shortest ways first. Once, at the end. -ENOMEM. */
_must_check_ int relevancy_spread(struct relevancy *relevancy);

/* By what a package is relevant: "file" (of its own), "database" (that tells of it), "dependency" or "overlap" (another package
 * leads to it); NULL when it is not. */
const char *relevancy_ground(const struct relevancy *relevancy, size_t package);
/* Why a package is relevant, in one sentence; `name` gives the names of packages. NULL when it is not, or there is no memory. */
typedef const char *(*relevancy_name_fn)(const void *ctx, size_t package);
const char *relevancy_why(const struct relevancy *relevancy, size_t package, relevancy_name_fn name,
			  const void *ctx, struct arena *arena);
