// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* witness_spread.c — from the file that an observer names to those that were used with it, as usage.c does with ours. */
#include <stdlib.h>

#include "analyzer/witness_parts.h"

/* The code of one of them ran, so that of its copies did. An open that our traces saw, too, is none that only Kubescape knows of: they
 * have told whether it was mapped. */
static bool is_code_of_theirs(const struct comparing *c, size_t file)
{
	const struct file_usage *ours = &c->usage->files[file];

	if (c->witness->classes[file] != USE_CLASS_CODE || c->inv->files[file].kind != FILE_ELF)
		return false;
	return c->witness->executed[file] || ours->class != USE_CLASS_CODE || ours->copied ||
	       use_runs(ours->use->kind) || c->witness->choice->other_start;
}

static bool is_code_of_ours(const struct comparing *c, size_t file)
{
	const struct file_usage *ours = &c->usage->files[file];

	return c->witness->shown[file] == USE_CLASS_CODE && ours->class == USE_CLASS_CODE &&
	       use_runs(ours->use->kind);
}

/* Every ring of copies once. */
static int spread_over_copies(struct comparing *c, enum use_class *classes,
			      bool (*is_code)(const struct comparing *, size_t))
{
	_cleanup_free_ bool *done = calloc(c->inv->file_count + 1, sizeof(*done));
	const size_t *next = c->usage->copies;

	for (size_t i = 0; done && i < c->inv->file_count; i++) {
		bool any = false;
		size_t k = i;

		if (next[i] == i || done[i])
			continue;
		do {
			any |= is_code(c, k);
			done[k] = true;
		} while ((k = next[k]) != i);
		if (!any)
			continue;
		do {
			classes[k] = USE_CLASS_CODE;
		} while ((k = next[k]) != i);
	}
	return done ? 0 : -ENOMEM;
}

/* The kernel tells what a link leads to, not the link (usage.h). */
static void spread_over_links(struct comparing *c, enum use_class *classes, const bool *ran)
{
	const struct inventory *inv = c->inv;

	for (size_t i = 0; i < inv->file_count; i++) {
		size_t to = inv->files[i].kind == FILE_LINK && inv->files[i].target
				? inventory_find_exact(inv, inv->files[i].target)
				: INVENTORY_NONE;

		if (to == INVENTORY_NONE || classes[to] != USE_CLASS_CODE ||
		    (!ran[to] && inv->files[to].owner_count))
			continue;
		if (classes[i] < USE_CLASS_TOUCHED)
			classes[i] = USE_CLASS_TOUCHED;
	}
}

int witness_spread(struct comparing *c)
{
	struct witness *w = c->witness;

	if (spread_over_copies(c, w->classes, is_code_of_theirs) < 0 ||
	    spread_over_copies(c, w->shown, is_code_of_ours) < 0)
		return -ENOMEM;
	spread_over_links(c, w->classes, w->executed);
	spread_over_links(c, w->shown, c->ran);
	return 0;
}
