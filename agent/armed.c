// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* armed.c — one file with probes in it. */
#include "agent/armed.h"

#include <errno.h>
#include <string.h>

#include "agent/build_id.h"
#include "agent/uprobe.h"
#include "include/array.h"

/* Small groups are many links to close, large ones cost much when one site is hit. */
#define GROUP_SITES_MIN 256u
#define GROUPS_AT_FIRST 32u
/* From here on the remains of earlier units are put together again. */
#define GROUPS_MAX 96u

enum site_state { SITE_OUTSIDE, SITE_REFUSED, SITE_WATCHED, SITE_DUE, SITE_AWAY };

struct group {
	int link;
	bool due; /* some of its sites are */
	uint32_t *sites, count;
};

struct armed {
	const struct armed_context *context;
	const struct function_object *object;
	int fd,
	    attempt; /* a link that was for finding out; closed when the probes are in, for it would be in their way */
	uint32_t number, accepted, starts, missing;
	uint8_t *states;    /* enum site_state, per site */
	uint32_t *group_of; /* per site that is attached */
	struct group *groups;
	size_t group_count, group_room;
};

static uint32_t group_size(const struct armed *armed)
{
	uint32_t size = armed->object->site_count / GROUPS_AT_FIRST;

	return size > GROUP_SITES_MIN ? size : GROUP_SITES_MIN;
}

/* What the kernel wants to know of a number of sites. */
static int describe(uint64_t **ret, struct uprobe_sites *ret_sites, const struct armed *armed,
		    const uint32_t *sites, uint32_t count)
{
	const struct function_site *all =
	    armed->context->functions->sites + armed->object->first_site;
	uint64_t *words = calloc(2 * (size_t)count + 1, sizeof(*words));

	if (!words)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		words[i] = all[sites[i]].offset;
		words[count + i] = (uint64_t)armed->number << 32 | sites[i];
	}
	*ret_sites = (struct uprobe_sites){ words, words + count, count };
	*ret = words;
	return 0;
}

static int attach(const struct armed *armed, const uint32_t *sites, uint32_t count)
{
	_cleanup_free_ uint64_t *words = NULL;
	struct uprobe_sites described;
	int r = describe(&words, &described, armed, sites, count);

	return r < 0 ? r : uprobe_attach(armed->context->program_fd, armed->fd, &described);
}

/* A new group of the sites, of which a copy is kept. */
static int group_add(struct armed *armed, const uint32_t *sites, uint32_t count)
{
	_cleanup_free_ uint32_t *copy = malloc(count * sizeof(*copy));
	_cleanup_close_ int link = -1;
	struct group *group;

	if (!copy)
		return -ENOMEM;
	memcpy(copy, sites, count * sizeof(*copy));
	link = attach(armed, sites, count);
	if (link < 0)
		return take_fd(&link);
	group = array_add(armed->groups, armed->group_count, armed->group_room);
	if (!group)
		return -ENOMEM;
	for (uint32_t i = 0; i < count; i++) {
		armed->states[sites[i]] = SITE_WATCHED;
		armed->group_of[sites[i]] = (uint32_t)armed->group_count - 1;
	}
	*group = (struct group){ take_fd(&link), false, take_ptr(copy), count };
	return 0;
}

/* Takes the sites in groups; returns how many could not be attached. */
static uint32_t groups_add(struct armed *armed, const uint32_t *sites, uint32_t count, int *ret)
{
	uint32_t size = group_size(armed), failed = 0, n;
	int r;

	for (uint32_t at = 0; at < count; at += n) {
		n = count - at < size ? count - at : size;
		r = group_add(armed, sites + at, n);
		if (r < 0) {
			failed += n;
			*ret = r;
		}
	}
	return failed;
}

static bool is_code(const struct code_ranges *code, uint64_t offset)
{
	for (unsigned int i = 0; i < code->count; i++)
		if (offset >= code->items[i].begin && offset < code->items[i].end)
			return true;
	return false;
}

static int by_offset(const void *a, const void *b, void *all)
{
	const struct function_site *sites = all;
	uint64_t x = sites[*(const uint32_t *)a].offset, y = sites[*(const uint32_t *)b].offset;

	return (x > y) - (x < y);
}

/* The indexes of the sites that are in a state, in the order of the file; the caller frees them. */
static uint32_t *select_sites(const struct armed *armed, enum site_state state, uint32_t *ret_count)
{
	uint32_t total = armed->object->site_count, n = 0;
	uint32_t *sites = malloc((total + 1) * sizeof(*sites));

	for (uint32_t i = 0; sites && i < total; i++)
		if (armed->states[i] == state)
			sites[n++] = i;
	if (sites)
		array_sort_with(sites, n, sizeof(*sites), by_offset,
				armed->context->functions->sites + armed->object->first_site);
	*ret_count = n;
	return sites;
}

/* Refuses what is not in code; the rest is away. */
static int check_places(struct armed *armed)
{
	const struct function_site *all =
	    armed->context->functions->sites + armed->object->first_site;
	struct code_ranges code;
	int r = code_ranges_read(&code, armed->fd);

	for (uint32_t i = 0; r == 0 && i < armed->object->site_count; i++)
		armed->states[i] = is_code(&code, all[i].offset) ? SITE_AWAY : SITE_OUTSIDE;
	return r;
}

/*
 * Those that are attached, though nobody has seen their breakpoints: a link is only as good as the mappings that there were. What
 * even a mapping of our own does not show is refused; it stays in its group, where it does nothing.
 */
static int confirm_attached(struct armed *armed, const struct code_mapping *mapping)
{
	_cleanup_free_ uint32_t *sites = NULL;
	_cleanup_free_ uint64_t *words = NULL;
	_cleanup_free_ bool *seen = NULL;
	struct uprobe_sites described;
	uint32_t n, missing = 0;
	bool is_read, *lacks;
	int r;

	sites = select_sites(armed, SITE_WATCHED, &n);
	seen = calloc(2 * (size_t)n + 1, sizeof(*seen));
	if (!sites || !seen)
		return -ENOMEM;
	lacks = seen + n;
	r = describe(&words, &described, armed, sites, n);
	if (r < 0)
		return r;
	/* It may have gone, or its memory may not be ours to read: then a mapping of our own. */
	is_read = uprobe_confirm(seen, armed->fd, &described, mapping) == 0;
	for (uint32_t i = 0; i < n; i++) {
		lacks[i] = is_read && !seen[i] && uprobe_is_within(mapping, words[i]);
		missing += !seen[i];
	}
	if (missing)
		r = uprobe_confirm_here(seen, armed->fd, &described);
	for (uint32_t i = 0; r == 0 && i < n; i++)
		if (!seen[i])
			armed->states[sites[i]] = SITE_REFUSED;
		else
			armed->missing += lacks[i];
	return r;
}

uint32_t armed_missing_at_first(const struct armed *armed)
{
	return armed->missing;
}

uint32_t armed_missing(const struct armed *armed, const struct code_mapping *mapping)
{
	_cleanup_free_ uint32_t *sites = NULL;
	_cleanup_free_ uint64_t *words = NULL;
	_cleanup_free_ bool *seen = NULL;
	struct uprobe_sites described;
	uint32_t n, missing = 0;

	sites = select_sites(armed, SITE_WATCHED, &n);
	seen = calloc((size_t)n + 1, sizeof(*seen));
	if (!sites || !seen || describe(&words, &described, armed, sites, n) < 0)
		return armed->accepted;
	if (uprobe_confirm(seen, armed->fd, &described, mapping) < 0)
		return 0;
	for (uint32_t i = 0; i < n; i++)
		missing += !seen[i] && uprobe_is_within(mapping, words[i]);
	return missing;
}

/* Which of them does the kernel take? The others are refused. */
static int check_sites(struct armed *armed, const uint32_t *sites, uint32_t n)
{
	_cleanup_free_ bool *accepted = calloc((size_t)n + 1, sizeof(*accepted));
	_cleanup_free_ uint64_t *words = NULL;
	struct uprobe_sites described;
	int r = accepted ? describe(&words, &described, armed, sites, n) : -ENOMEM;

	if (r == 0)
		r = uprobe_check(accepted, armed->context->program_fd, armed->fd, &described);
	if (r < 0)
		return r;
	closer_add(armed->context->closer, armed->attempt);
	armed->attempt = r;
	for (uint32_t i = 0; i < n; i++)
		if (!accepted[i])
			armed->states[sites[i]] = SITE_REFUSED;
	return 0;
}

/* A link with a refused site in it fails as a whole, and that takes long: those that are likely to be refused are asked for first. */
static int check_doubtful(struct armed *armed)
{
	_cleanup_free_ uint32_t *sites = NULL;
	_cleanup_free_ uint64_t *words = NULL;
	_cleanup_free_ bool *doubtful = NULL;
	struct uprobe_sites described;
	uint32_t n, kept = 0;
	int r;

	sites = select_sites(armed, SITE_AWAY, &n);
	doubtful = calloc((size_t)n + 1, sizeof(*doubtful));
	if (!sites || !doubtful)
		return -ENOMEM;
	r = describe(&words, &described, armed, sites, n);
	if (r < 0)
		return r;
	uprobe_doubt(doubtful, armed->fd, &described);
	for (uint32_t i = 0; i < n; i++)
		if (doubtful[i])
			sites[kept++] = sites[i];
	return kept ? check_sites(armed, sites, kept) : 0;
}

/* Attaches what is away. -errno when something of it could not be. */
static int attach_away(struct armed *armed)
{
	_cleanup_free_ uint32_t *sites = NULL;
	uint32_t n;
	int r = 0;

	sites = select_sites(armed, SITE_AWAY, &n);
	if (!sites)
		return -ENOMEM;
	return groups_add(armed, sites, n, &r) ? r : 0;
}

static int attach_all(struct armed *armed, const struct code_mapping *mapping)
{
	_cleanup_free_ uint32_t *left = NULL;
	uint32_t n;
	int r = check_doubtful(armed);

	if (r < 0)
		return r;
	r = attach_away(armed);
	if (r < 0) {
		left = select_sites(armed, SITE_AWAY, &n);
		r = left ? check_sites(armed, left, n) : -ENOMEM;
		if (r == 0)
			r = attach_away(armed);
	}
	return r < 0 ? r : confirm_attached(armed, mapping);
}

int armed_open(struct armed **ret, const struct armed_context *context,
	       const struct function_object *object, int fd, uint32_t number,
	       const struct code_mapping *mapping)
{
	_cleanup_(armed_freep) struct armed *armed = calloc(1, sizeof(*armed));
	int r;

	if (!armed) {
		close(fd);
		return -ENOMEM;
	}
	*armed = (struct armed){
		.context = context, .object = object, .fd = fd, .attempt = -1, .number = number
	};
	armed->states = calloc(object->site_count + 1, sizeof(*armed->states));
	armed->group_of = calloc(object->site_count + 1, sizeof(*armed->group_of));
	if (!armed->states || !armed->group_of)
		return -ENOMEM;
	r = check_places(armed);
	if (r == 0)
		r = attach_all(armed, mapping);
	closer_add(context->closer, armed->attempt);
	if (r < 0)
		return r;
	for (uint32_t i = 0; i < object->site_count; i++) {
		bool watched = armed->states[i] == SITE_WATCHED;

		armed->accepted += watched;
		armed->starts +=
		    watched && context->functions->sites[object->first_site + i].starts;
	}
	*ret = take_ptr(armed);
	return 0;
}

void armed_free(struct armed *armed)
{
	if (!armed)
		return;
	for (size_t i = 0; i < armed->group_count; i++) {
		closer_add(armed->context->closer, armed->groups[i].link);
		free(armed->groups[i].sites);
	}
	cleanup_close(&armed->fd);
	free(armed->groups);
	free(armed->states);
	free(armed->group_of);
	free(armed);
}

const struct function_object *armed_object(const struct armed *armed)
{
	return armed->object;
}

uint32_t armed_site_count(const struct armed *armed)
{
	return armed->accepted;
}

uint32_t armed_start_count(const struct armed *armed)
{
	return armed->starts;
}

const char *armed_refusal(const struct armed *armed, uint32_t site)
{
	switch (armed->states[site]) {
	case SITE_OUTSIDE:
		return "not in an executable segment of the file";
	case SITE_REFUSED:
		return "the kernel puts no probe on this instruction";
	default:
		return NULL;
	}
}

bool armed_hit(struct armed *armed, uint32_t site)
{
	if (site >= armed->object->site_count || armed->states[site] != SITE_WATCHED)
		return false;
	armed->states[site] = SITE_DUE;
	armed->groups[armed->group_of[site]].due = true;
	return true;
}

/* Drops a group whose sites are all in another one, or away; the last takes its place. */
static void group_drop(struct armed *armed, size_t at)
{
	struct group *group = &armed->groups[at], *last = &armed->groups[armed->group_count - 1];

	closer_add(armed->context->closer, group->link);
	free(group->sites);
	for (uint32_t i = 0; group != last && i < last->count; i++)
		armed->group_of[last->sites[i]] = (uint32_t)at;
	*group = *last;
	armed->group_count--;
}

/* Puts those of a group that were not hit into one of their own. False: it cannot be done, all stay. */
static bool group_shrink(struct armed *armed, struct group *group)
{
	uint32_t kept = 0;
	int link = -1;

	/* Those that stay first; the order of the others does not matter, they leave. */
	for (uint32_t i = 0; i < group->count; i++) {
		uint32_t site = group->sites[i];

		if (armed->states[site] != SITE_WATCHED)
			continue;
		group->sites[i] = group->sites[kept];
		group->sites[kept++] = site;
	}
	if (kept)
		link = attach(armed, group->sites, kept);
	if (kept && link < 0)
		return false;
	/* Those that were refused while they were in stay refused. */
	for (uint32_t i = kept; i < group->count; i++)
		if (armed->states[group->sites[i]] == SITE_DUE)
			armed->states[group->sites[i]] = SITE_AWAY;
	closer_add(armed->context->closer, group->link);
	group->link = link;
	group->count = kept;
	return true;
}

void armed_retire(struct armed *armed)
{
	for (size_t i = armed->group_count; i-- > 0;) {
		struct group *group = &armed->groups[i];

		if (!group->due)
			continue;
		group->due = false;
		if (group_shrink(armed, group) && !group->count)
			group_drop(armed, i);
	}
}

uint32_t armed_renew(struct armed *armed)
{
	_cleanup_free_ uint32_t *sites = NULL;
	size_t old = armed->group_count;
	uint32_t n, failed;
	int r;

	/* What is due was never taken away: it only counts anew. */
	for (uint32_t i = 0; i < armed->object->site_count; i++)
		if (armed->states[i] == SITE_DUE ||
		    (old > GROUPS_MAX && armed->states[i] == SITE_WATCHED))
			armed->states[i] = old > GROUPS_MAX ? SITE_AWAY : SITE_WATCHED;
	sites = select_sites(armed, SITE_AWAY, &n);
	if (!sites)
		return armed->accepted;
	failed = groups_add(armed, sites, n, &r);
	if (old > GROUPS_MAX && !failed)
		for (size_t i = old; i-- > 0;)
			group_drop(armed, i);
	return failed;
}
