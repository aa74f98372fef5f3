// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_join.c — claims of all sources become one finding per vulnerability and package. */
#include <string.h>

#include "include/array.h"

#include "analyzer/findings_alias.h"
#include "analyzer/pkgversion.h"
#include "analyzer/string_set.h"

/* One claim under one name of its vulnerability. */
struct entry {
	const char *id;
	const struct claim *claim;
	bool shared; /* the claim is on other CVEs as well */
};

struct entries {
	struct entry *items;
	size_t count, capacity;
};

static void entries_done(struct entries *entries)
{
	free(entries->items);
}

static int compare_texts(const char *a, const char *b)
{
	if (!a || !b)
		return (a != NULL) - (b != NULL);
	return strcmp(a, b);
}

static int compare_sizes(size_t a, size_t b)
{
	return (a > b) - (a < b);
}

/* What makes one finding, then everything that a finding may take from a claim: the order of the inputs is forgotten. */
static int compare_entries(const void *a, const void *b)
{
	const struct entry *left = a, *right = b;
	const struct claim *x = left->claim, *y = right->claim;
	int r = strcmp(left->id, right->id);

	r = r ? r : compare_sizes(x->package, y->package);
	r = r ? r : strcmp(x->key, y->key);
	r = r ? r : strcmp(x->source, y->source);
	r = r ? r : strcmp(x->id, y->id);
	r = r ? r : compare_texts(x->purl, y->purl);
	r = r ? r : compare_texts(x->name, y->name);
	r = r ? r : compare_texts(x->version, y->version);
	r = r ? r : compare_texts(x->summary, y->summary);
	r = r ? r : compare_texts(x->url, y->url);
	return r ? r : compare_texts(x->fixed_version, y->fixed_version);
}

static bool same_finding(const struct entry *a, const struct entry *b)
{
	return !strcmp(a->id, b->id) && a->claim->package == b->claim->package &&
	       !strcmp(a->claim->key, b->claim->key);
}

static int add_entry(struct entries *entries, const char *id, const struct claim *claim,
		     bool shared, struct err *err)
{
	struct entry *entry = array_add(entries->items, entries->count, entries->capacity);

	if (!entry)
		return err_oom(err);
	*entry = (struct entry){ id, claim, shared };
	return 0;
}

static int add_names(struct entries *entries, const struct aliases *aliases, const char *id,
		     const struct claim *claim, bool shared, struct err *err)
{
	const char *const *names;
	size_t n = aliases_names(aliases, id, &names);
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = add_entry(entries, names[i], claim, shared || n > 1, err);
	return r;
}

/* An advisory of a distribution is a claim on each vulnerability that it stands for. */
static int add_claim(struct entries *entries, const struct aliases *aliases,
		     const struct claim *claim, struct err *err)
{
	size_t before = entries->count;
	bool shared = claim->links && claim->links[0] && claim->links[1];
	int r = 0;

	if (!findings_id_is_bundle(claim->id))
		return add_names(entries, aliases, claim->id, claim, false, err);
	for (const char **link = claim->links; link && *link && r == 0; link++)
		if (!findings_id_is_bundle(*link))
			r = add_names(entries, aliases, *link, claim, shared, err);
	if (r == 0 && entries->count == before)
		r = add_entry(entries, claim->id, claim, false, err);
	return r;
}

static int merge_purls(struct finding *f, const struct entry *first, size_t n, struct arena *arena,
		       struct err *err)
{
	_cleanup_(string_set_donep) struct string_set set = {};

	for (size_t i = 0; i < n; i++)
		for (const char **purl = first[i].claim->purls; purl && *purl; purl++)
			if (string_set_add(&set, *purl, strlen(*purl), NULL) < 0)
				return err_oom(err);
	if (string_set_sorted(&set, arena, &f->purls, &f->purl_count) < 0)
		return err_oom(err);
	return 0;
}

static int merge_sources(struct finding *f, const struct entry *first, size_t n,
			 struct arena *arena, struct err *err)
{
	f->sources = first[0].claim->source;
	for (size_t i = 1; i < n && f->sources; i++)
		if (strcmp(first[i].claim->source, first[i - 1].claim->source))
			f->sources =
			    arena_printf(arena, "%s, %s", f->sources, first[i].claim->source);
	return f->sources ? 0 : err_oom(err);
}

/* Of several fixes the greatest: it satisfies every source. */
static bool is_greater(const char *type, const char *a, const char *b)
{
	int order;

	if (!b || !type || pkgversion_compare(&order, type, a, b) < 0)
		return !b || strcmp(a, b) > 0;
	return order > 0;
}

/* A database tells ranges, and the version was held against them. A report tells what its scanner calls vulnerable: when the
 * fix that it names is below what is installed, it contradicts itself (another branch, a wrong match), and proves nothing. */
static bool weighs_versions(const struct claim *claim)
{
	return !strcmp(claim->source, "osv");
}

/* A fix that is not above what is installed is one of the source package, numbered otherwise: no version to go to. */
static void merge_fixes(struct finding *f, const struct entry *first, size_t n,
			const struct inventory *inv)
{
	const struct package *p = f->package == INVENTORY_NONE ? NULL : &inv->packages[f->package];
	const char *type = first[0].claim->type;
	bool weighed = false;
	int order;

	f->installed_is_fixed = p != NULL;
	for (size_t i = 0; i < n; i++) {
		if (first[i].claim->advisory)
			continue;
		f->installed_is_fixed &= first[i].claim->fixed;
		weighed |= weighs_versions(first[i].claim);
		f->fix_state_known |= first[i].claim->fix_state_known;
	}
	f->installed_is_fixed &= weighed;
	for (size_t i = 0; i < n; i++) {
		const struct claim *c = first[i].claim;

		if (!c->advisory && c->fixed_version && c->fixed == f->installed_is_fixed &&
		    is_greater(type, c->fixed_version, f->fixed_version))
			f->fixed_version = c->fixed_version;
	}
	if (f->fixed_version && !f->installed_is_fixed && p && type &&
	    pkgversion_compare(&order, type, f->fixed_version, p->version) == 0 && order <= 0)
		f->fixed_version = NULL;
}

static void merge_texts(struct finding *f, const struct entry *first, size_t n)
{
	enum severity severity = SEVERITY_UNKNOWN;

	for (size_t i = 0; i < n; i++) {
		const struct claim *c = first[i].claim;
		bool names = strcmp(c->source, "osv") != 0;

		severity = c->severity > severity ? c->severity : severity;
		f->version_differs |= c->version_differs;
		f->summary = f->summary ? f->summary : c->summary;
		f->url = f->url ? f->url : c->url;
		if (c->purl && (!f->report_purl || strcmp(c->purl, f->report_purl) < 0))
			f->report_purl = c->purl;
		if (names && !f->package_name)
			f->package_name = c->name;
		if (names && !f->package_version)
			f->package_version = c->version;
	}
	f->severity = severity_name(severity);
	f->package_name = f->package_name ? f->package_name : first[0].claim->name;
	f->package_version = f->package_version ? f->package_version : first[0].claim->version;
}

static int merge_functions(struct finding *f, const struct entry *first, size_t n,
			   struct arena *arena, struct err *err)
{
	_cleanup_(function_set_done) struct function_set set = {};
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		r = function_set_merge(&set, first[i].claim, first[i].shared, arena, err);
	if (r == 0)
		r = function_set_take(&set, &f->functions, &f->function_count, arena, err);
	f->functions_partial = set.partial;
	return r;
}

static int note_contradiction(struct claims *claims, const struct finding *f,
			      const struct entry *first, size_t n, struct err *err)
{
	const char *fixed = NULL, *open = NULL;

	for (size_t i = 0; i < n; i++)
		if (first[i].claim->advisory)
			continue;
		else if (first[i].claim->fixed)
			fixed = fixed ? fixed : first[i].claim->source;
		else
			open = open ? open : first[i].claim->source;
	if (fixed && !open && !f->installed_is_fixed && f->package != INVENTORY_NONE)
		return claims_note(claims, err,
				   "%s: %s calls %s %s vulnerable, and fixed by a version below "
				   "that: taking it for open",
				   f->id, fixed, f->package_name,
				   f->package_version ? f->package_version : "(unknown)");
	if (!fixed || !open)
		return 0;
	return claims_note(claims, err,
			   "%s: %s has %s %s for fixed, %s has it for open: taking it for open",
			   f->id, fixed, f->package_name,
			   f->package_version ? f->package_version : "(unknown)", open);
}

static int merge_group(struct finding *f, const struct entry *first, size_t n,
		       struct claims *claims, struct err *err)
{
	int r;

	f->id = first[0].id;
	f->package = first[0].claim->package;
	merge_texts(f, first, n);
	merge_fixes(f, first, n, claims->inv);
	r = merge_purls(f, first, n, claims->arena, err);
	if (r == 0)
		r = merge_sources(f, first, n, claims->arena, err);
	if (r == 0)
		r = merge_functions(f, first, n, claims->arena, err);
	return r < 0 ? r : note_contradiction(claims, f, first, n, err);
}

static int compare_findings(const void *a, const void *b)
{
	const struct finding *x = a, *y = b;
	int r = strcmp(x->id, y->id);

	r = r ? r : compare_sizes(x->package, y->package);
	r = r ? r : compare_texts(x->report_purl, y->report_purl);
	r = r ? r : compare_texts(x->package_name, y->package_name);
	return r ? r : compare_texts(x->package_version, y->package_version);
}

static bool is_reported(const struct entry *first, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!first[i].claim->advisory)
			return true;
	return false;
}

static int merge_entries(struct findings *ret, struct entries *entries,
			 const struct aliases *aliases, struct claims *claims, struct err *err)
{
	const struct entry *items = entries->items;
	size_t count = 0, next;
	int r;

	for (size_t i = 0; i < entries->count; i++)
		count += i == 0 || !same_finding(&items[i - 1], &items[i]);
	ret->items = arena_alloc(claims->arena, (count + 1) * sizeof(*ret->items));
	if (!ret->items)
		return err_oom(err);
	for (size_t i = 0; i < entries->count; i = next) {
		struct finding *f = &ret->items[ret->count];

		for (next = i + 1; next < entries->count && same_finding(&items[i], &items[next]);)
			next++;
		if (!is_reported(&items[i], next - i))
			continue;
		ret->count++;
		r = merge_group(f, &items[i], next - i, claims, err);
		if (r < 0)
			return r;
		f->alias_count = aliases_of(aliases, f->id, &f->aliases);
	}
	array_sort(ret->items, ret->count, sizeof(*ret->items), compare_findings);
	return 0;
}

static int settle_strings(const char ***ret, size_t *ret_count, const char *const *items, size_t n,
			  struct arena *arena)
{
	_cleanup_(string_set_donep) struct string_set set = {};

	for (size_t i = 0; i < n; i++)
		if (string_set_add(&set, items[i], strlen(items[i]), NULL) < 0)
			return -ENOMEM;
	return string_set_sorted(&set, arena, ret, ret_count);
}

static int settle(struct findings *ret, struct claims *claims, struct err *err)
{
	const char *dropped;
	int r = 0;

	if (claims->notes_dropped) {
		dropped = arena_printf(claims->arena, "%zu more notes are left out",
				       claims->notes_dropped);
		if (!dropped)
			return err_oom(err);
		claims->notes[claims->note_count - 1] = dropped;
	}
	ret->image_ref = claims->image_ref;
	ret->image_digest = claims->image_digest;
	r = settle_strings(&ret->notes, &ret->note_count, claims->notes, claims->note_count,
			   claims->arena);
	if (r == 0)
		r = settle_strings(&ret->image_digests, &ret->image_digest_count, claims->digests,
				   claims->digest_count, claims->arena);
	return r < 0 ? err_oom(err) : 0;
}

int findings_join(struct findings *ret, struct claims *claims, struct err *err)
{
	_cleanup_(aliases_done) struct aliases aliases = {};
	_cleanup_(entries_done) struct entries entries = {};
	int r = aliases_init(&aliases, claims, err);

	for (size_t i = 0; i < claims->count && r == 0; i++)
		r = add_claim(&entries, &aliases, &claims->items[i], err);
	if (r < 0)
		return r;
	array_sort(entries.items, entries.count, sizeof(*entries.items), compare_entries);
	r = merge_entries(ret, &entries, &aliases, claims, err);
	if (r == 0)
		r = settle(ret, claims, err);
	if (r < 0)
		return r;
	ret->arena = take_ptr(claims->arena);
	return 0;
}
