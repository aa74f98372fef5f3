/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * findings_alias.h — which ids are one vulnerability, and under which name.
 *
 * Private to findings*.c. Ids other than CVE's that sources call aliases are one group, transitively. A group that leads to one
 * CVE id belongs to it; one that leads to several is each of them and alias of none; one that leads to none is named by the
 * least id that a source reports. CVE ids are never merged, and advisories of distributions (findings_id_is_bundle) join nothing.
 */
#pragma once

#include "analyzer/findings_claim.h"
#include "analyzer/string_set.h"

/* id belongs to the vulnerability `name`. */
struct alias {
	const char *name, *id;
};

/* A group (by any of its ids, later by its root) and a CVE id that it leads to. */
struct alias_pair {
	size_t group, cve;
};

struct aliases {
	struct string_set ids;
	size_t *parents; /* by number of the id: a forest, whose roots are the groups */
	bool *reported;  /* by number: some source reports it, not only names it */
	struct alias_pair *pairs;
	size_t pair_count, pair_capacity;
	const char ***names; /* by number: what the id stands for */
	size_t *name_counts;
	struct alias *list; /* by name, then id */
	size_t list_count;
	const char **listed; /* the ids of the list, to be handed out */
};

/* All strings are borrowed from the claims. The caller calls aliases_done in any case. */
_must_check_ int aliases_init(struct aliases *aliases, struct claims *claims, struct err *err);
void aliases_done(struct aliases *aliases);

/* The names of what an id stands for: at least one. */
size_t aliases_names(const struct aliases *aliases, const char *id, const char *const **ret);
/* The other ids of a vulnerability, sorted, in the arena of the claims. */
size_t aliases_of(const struct aliases *aliases, const char *name, const char ***ret);
