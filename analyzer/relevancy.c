// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* relevancy.c — from the files that were seen to the packages that Kubescape calls relevant. */
#include "analyzer/relevancy.h"

#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#define CHAIN_SHOWN 8u

int relevancy_new(struct relevancy **ret, size_t packages, size_t files, struct err *err)
{
	struct relevancy *r = calloc(1, sizeof(*r));

	if (!r)
		return err_oom(err);
	r->package_count = packages;
	r->node_count = packages + files;
	r->nodes = calloc(r->node_count + 1, sizeof(*r->nodes));
	if (!r->nodes) {
		free(r);
		return err_oom(err);
	}
	*ret = r;
	return 0;
}

void relevancy_free(struct relevancy *r)
{
	if (!r)
		return;
	free(r->nodes);
	free(r->relations);
	free(r);
}

int relevancy_relate(struct relevancy *r, size_t parent, size_t child, enum relevancy_edge edge)
{
	struct relevancy_relation *relation;

	if (parent >= r->node_count || child >= r->node_count || parent == child)
		return 0;
	relation = array_add(r->relations, r->relation_count, r->relation_room);
	if (!relation)
		return -ENOMEM;
	*relation = (struct relevancy_relation){ parent, child, edge };
	return 0;
}

void relevancy_touch(struct relevancy *r, size_t file, const char *path)
{
	struct relevancy_node *node = &r->nodes[file];

	if (file >= r->node_count || node->kept)
		return;
	node->kept = true;
	node->path = path;
}

static int compare_relations(const void *pa, const void *pb)
{
	const struct relevancy_relation *a = pa, *b = pb;

	if (a->child != b->child)
		return a->child < b->child ? -1 : 1;
	if (a->edge != b->edge)
		return a->edge < b->edge ? -1 : 1;
	return (a->parent > b->parent) - (a->parent < b->parent);
}

static size_t first_of_child(const struct relevancy *r, size_t child)
{
	size_t low = 0, high = r->relation_count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (r->relations[mid].child < child)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

int relevancy_spread(struct relevancy *r)
{
	_cleanup_free_ size_t *queue = calloc(r->node_count + 1, sizeof(*queue));
	size_t count = 0;

	if (!queue)
		return -ENOMEM;
	array_sort(r->relations, r->relation_count, sizeof(*r->relations), compare_relations);
	for (size_t i = 0; i < r->node_count; i++)
		if (r->nodes[i].kept)
			queue[count++] = i;
	for (size_t at = 0; at < count; at++) {
		size_t i = first_of_child(r, queue[at]);

		for (; i < r->relation_count && r->relations[i].child == queue[at]; i++) {
			struct relevancy_node *parent = &r->nodes[r->relations[i].parent];

			if (parent->kept)
				continue;
			parent->kept = true;
			parent->from = queue[at];
			parent->edge = r->relations[i].edge;
			queue[count++] = r->relations[i].parent;
		}
	}
	return 0;
}

const char *relevancy_ground(const struct relevancy *r, size_t package)
{
	static const char *const grounds[] = { [RELEVANCY_CONTAINS] = "file",
					       [RELEVANCY_EVIDENT] = "database",
					       [RELEVANCY_DEPENDENCY] = "dependency",
					       [RELEVANCY_OTHER] = "overlap" };

	return r->nodes[package].kept ? grounds[r->nodes[package].edge] : NULL;
}

/* "nginx → adduser → passwd", from the package whose file was seen to the one that is asked for. */
static const char *chain_of(const size_t *way, size_t n, relevancy_name_fn name, const void *ctx,
			    struct arena *arena)
{
	const char *text = name(ctx, way[n - 1]);

	for (size_t i = n - 1; text && i-- > 0;) {
		if (i && n - i > CHAIN_SHOWN)
			continue;
		text = arena_printf(arena, "%s%s → %s", text,
				    !i && n > CHAIN_SHOWN + 1 ? " → …" : "", name(ctx, way[i]));
	}
	return text;
}

const char *relevancy_why(const struct relevancy *r, size_t package, relevancy_name_fn name,
			  const void *ctx, struct arena *arena)
{
	const struct relevancy_node *node = &r->nodes[package];
	_cleanup_free_ size_t *way = calloc(r->node_count + 1, sizeof(*way));
	bool depends = false;
	const char *chain;
	size_t n = 0;

	if (!node->kept || !way)
		return NULL;
	for (size_t at = package; !r->nodes[at].path; at = node->from) {
		node = &r->nodes[at];
		depends |= node->edge == RELEVANCY_DEPENDENCY;
		if (at < r->package_count)
			way[n++] = at;
	}
	/* `node` is the last package on the way, which was reached from the file. */
	if (node->edge == RELEVANCY_EVIDENT)
		chain = arena_printf(arena, "%s was opened, by which %s is evident",
				     r->nodes[node->from].path, name(ctx, way[n - 1]));
	else
		chain = arena_printf(arena, "%s of %s was opened or executed",
				     r->nodes[node->from].path, name(ctx, way[n - 1]));
	if (n < 2 || !chain)
		return chain;
	return arena_printf(arena, "%s, and %s: %s", chain,
			    depends ? "who depends on whom leads to it" : "one lies in the other",
			    chain_of(way, n, name, ctx, arena));
}
