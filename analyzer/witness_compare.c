// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* witness_compare.c — what both saw, and what only one did. */
#include <string.h>

#include "analyzer/nature.h"
#include "analyzer/witness_parts.h"
#include "kubescape-compat/pattern.h"

#define PATTERN_WORK_MAX \
	20000000u /* comparisons of patterns with paths; beyond, every path below one is "perhaps" */

/* The runtime reads these to find the user that the container runs as. */
static bool is_of_start(const char *path)
{
	return !strcmp(path, "/etc/passwd") || !strcmp(path, "/etc/group");
}

struct matcher {
	struct comparing *c;
	const char **paths; /* of ours alone, sorted */
	bool *matched;
	size_t count;
	uint64_t work;
};

static bool matches(struct matcher *m, const char *pattern, const char *path)
{
	return ++m->work > PATTERN_WORK_MAX || kube_path_matches(pattern, path);
}

/* The first of ours that is not before the pattern's literal beginning. */
static size_t first_of_ours(const struct matcher *m, const char *pattern, size_t len)
{
	size_t low = 0, high = m->count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(m->paths[middle], pattern, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static size_t first_of_image(const struct inventory *inv, const char *pattern, size_t len)
{
	size_t low = 0, high = inv->file_count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (strncmp(inv->files[middle].path, pattern, len) < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Is there anything in the traces that it may stand for? Beyond the bound that is not taken for granted. */
static bool is_explained(struct matcher *known, const char *pattern)
{
	size_t len = kube_path_literal(pattern);

	for (size_t i = first_of_ours(known, pattern, len);
	     i < known->count && !strncmp(known->paths[i], pattern, len); i++)
		if (++known->work > PATTERN_WORK_MAX)
			return false;
		else if (kube_path_matches(pattern, known->paths[i]))
			return true;
	return false;
}

static void match_pattern(struct matcher *m, const char *pattern, bool missed)
{
	const struct inventory *inv = m->c->inv;
	size_t len = kube_path_literal(pattern);

	for (size_t i = first_of_ours(m, pattern, len);
	     i < m->count && !strncmp(m->paths[i], pattern, len); i++)
		m->matched[i] = m->matched[i] || matches(m, pattern, m->paths[i]);
	for (size_t i = first_of_image(inv, pattern, len);
	     i < inv->file_count && !strncmp(inv->files[i].path, pattern, len); i++) {
		bool *perhaps = &m->c->witness->perhaps[i];

		if (*perhaps && !missed)
			continue;
		if (!matches(m, pattern, inv->files[i].path))
			continue;
		*perhaps = true;
		if (missed && !m->c->witness->missed[i] && !witness_is_harmless(&inv->files[i]))
			m->c->witness->missed[i] = pattern;
	}
}

static int match_patterns(struct matcher *m)
{
	struct comparing *c = m->c;
	struct matcher known = { .c = c };

	if (string_set_sorted(&c->known, c->witness->arena, &known.paths, &known.count) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < c->patterns.count; i++) {
		const char *pattern = c->patterns.items[i];

		match_pattern(m, pattern,
			      witness_has(&c->read_patterns, pattern) &&
				  !is_explained(&known, pattern));
	}
	return 0;
}

/* Ours that they have not: unknown where a pattern may stand for it. */
static int split_ours(struct comparing *c, enum witness_channel channel)
{
	struct witness_agreement *a = &c->witness->channels[channel];
	_cleanup_(string_set_donep) struct string_set alone = {}, rest = {};
	struct matcher m = { .c = c };
	int r = 0;

	for (size_t i = 0; i < c->ours_visible[channel].count && r >= 0; i++)
		if (!witness_has(&c->theirs[channel], c->ours_visible[channel].items[i]))
			r = witness_add(&alone, c->ours_visible[channel].items[i]);
	if (r >= 0)
		r = string_set_sorted(&alone, c->witness->arena, &m.paths, &m.count);
	m.matched = arena_alloc(c->witness->arena, m.count + 1);
	if (r < 0 || !m.matched)
		return -ENOMEM;
	if (channel == WITNESS_OPENS && match_patterns(&m) < 0)
		return -ENOMEM;
	for (size_t i = 0; i < m.count && r >= 0; i++) {
		if (m.matched[i])
			a->unknown++;
		else
			r = witness_add(&rest, m.paths[i]);
	}
	return r < 0 ? r : witness_keep(&a->only_trace, &rest, c->witness->arena);
}

/* May their open be one that failed, or one of the runtime's? Of a file of the image neither is taken for granted. */
static bool is_excused(struct comparing *c, const char *path)
{
	if (is_of_start(path))
		return true;
	return inventory_find(c->inv, path) == INVENTORY_NONE && witness_has(&c->failed, path);
}

static int split_theirs(struct comparing *c, enum witness_channel channel)
{
	struct witness_agreement *a = &c->witness->channels[channel];
	_cleanup_(string_set_donep) struct string_set rest = {};

	for (size_t i = 0; i < c->theirs[channel].count; i++) {
		const char *path = c->theirs[channel].items[i];

		if (witness_has(&c->ours[channel], path))
			a->both++;
		else if (witness_has(&c->runtimes[channel], path) ||
			 (channel == WITNESS_OPENS && is_excused(c, path)))
			a->apart++;
		else if (witness_add(&rest, path) < 0)
			return -ENOMEM;
	}
	return witness_keep(&a->only_profile, &rest, c->witness->arena);
}

/* A program by its name alone, where Kubescape could not tell more. */
static bool ran_by_name(const struct comparing *c, const char *name)
{
	for (size_t i = 0; i < c->ours[WITNESS_EXECS].count; i++)
		if (!strcmp(path_name(c->ours[WITNESS_EXECS].items[i]), name))
			return true;
	return false;
}

/* "libx.so", "libx.so.1"; the loader's cache is called so, and is none. */
static bool is_object_name(const char *path)
{
	const char *so = strstr(path_name(path), ".so");

	return so && (!so[3] || so[3] == '.') && strcmp(path, "/etc/ld.so.cache") != 0;
}

/* By its name: where it lies is made up for names that are not whole, and many places are tried in vain. */
static int find_strange_object(struct comparing *c)
{
	const struct witness_list *only = &c->witness->channels[WITNESS_OPENS].only_profile;
	_cleanup_(string_set_donep) struct string_set names = {};

	for (size_t i = 0; i < c->known.count; i++)
		if (strstr(path_name(c->known.items[i]), ".so") &&
		    witness_add(&names, path_name(c->known.items[i])) < 0)
			return -ENOMEM;
	for (size_t i = 0; i < only->all && !c->witness->strange; i++) {
		const char *path = only->items[i];

		if (!is_object_name(path) || witness_file(c, path) != INVENTORY_NONE ||
		    witness_has(&names, path_name(path)))
			continue;
		c->witness->strange = path;
		c->witness->strange_opened = true;
	}
	return 0;
}

/* The first program, in the order of paths, that is none of the image's and that we did not see. */
static void find_strange(struct comparing *c)
{
	const struct witness_list *only = &c->witness->channels[WITNESS_EXECS].only_profile;

	for (size_t i = 0; i < only->all; i++) {
		const char *path = only->items[i];

		if (witness_file(c, path) != INVENTORY_NONE ||
		    (*path != '/' && ran_by_name(c, path_name(path))))
			continue;
		c->witness->strange = path;
		return;
	}
}

int witness_compare_files(struct comparing *c)
{
	for (enum witness_channel channel = WITNESS_OPENS; channel <= WITNESS_EXECS; channel++)
		if (split_ours(c, channel) < 0 || split_theirs(c, channel) < 0)
			return -ENOMEM;
	find_strange(c);
	return find_strange_object(c);
}

/* What runc calls between the container's cgroup and its first instruction, and a program seldom does. */
static bool is_runtimes_call(const char *name)
{
	static const char *const calls[] = {
		"capget",     "capset",    "chdir",     "close_range", "execve",    "fchdir",
		"fchown",     "fstatfs",   "getppid",   "keyctl",      "mount",     "openat2",
		"pivot_root", "prctl",     "seccomp",   "setgid",      "setgroups", "sethostname",
		"setns",      "setresgid", "setresuid", "setrlimit",   "setsid",    "setuid",
		"statfs",     "tgkill",    "umask",     "umount2",     "unshare",
	};

	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++)
		if (!strcmp(name, calls[i]))
			return true;
	return false;
}

static int collect_calls(struct comparing *c, struct string_set *ours, struct string_set *theirs)
{
	const struct profile_choice *choice = c->witness->choice;

	for (size_t i = 0; i < c->trace_count; i++)
		for (size_t k = 0; k < c->traces[i]->syscall_count; k++) {
			const char *name = c->traces[i]->syscalls[k];

			if (!strncmp(name, "compat:", 7))
				c->witness->channels[WITNESS_SYSCALLS].apart++;
			else if (witness_add(ours, name) < 0)
				return -ENOMEM;
		}
	for (size_t i = 0; i < choice->count; i++)
		for (size_t k = 0; k < choice->items[i]->syscalls.count; k++)
			if (witness_add(theirs, choice->items[i]->syscalls.items[k]) < 0)
				return -ENOMEM;
	return 0;
}

static const char *why_no_calls(const struct comparing *c, const struct string_set *theirs)
{
	for (size_t i = 0; i < c->trace_count; i++)
		if (!c->traces[i]->watched[TRACE_SYSCALLS])
			return "a trace did not watch system calls";
	return theirs->count ? NULL : "the profile has no system calls";
}

static int split_calls(struct comparing *c, const struct string_set *ours,
		       const struct string_set *theirs)
{
	struct witness_agreement *a = &c->witness->channels[WITNESS_SYSCALLS];
	_cleanup_(string_set_donep) struct string_set mine = {}, others = {};
	int r = 0;

	for (size_t i = 0; i < ours->count && r >= 0; i++) {
		if (witness_has(theirs, ours->items[i]))
			a->both++;
		else
			r = witness_add(&mine, ours->items[i]);
	}
	for (size_t i = 0; i < theirs->count && r >= 0; i++) {
		if (witness_has(ours, theirs->items[i]))
			continue;
		if (is_runtimes_call(theirs->items[i]))
			a->apart++;
		else
			r = witness_add(&others, theirs->items[i]);
	}
	if (r >= 0)
		r = witness_keep(&a->only_trace, &mine, c->witness->arena);
	return r < 0 ? r : witness_keep(&a->only_profile, &others, c->witness->arena);
}

int witness_compare_syscalls(struct comparing *c)
{
	_cleanup_(string_set_donep) struct string_set ours = {}, theirs = {};
	struct witness_agreement *a = &c->witness->channels[WITNESS_SYSCALLS];

	if (collect_calls(c, &ours, &theirs) < 0)
		return -ENOMEM;
	a->not_compared = why_no_calls(c, &theirs);
	return a->not_compared ? 0 : split_calls(c, &ours, &theirs);
}
