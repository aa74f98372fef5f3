// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_claim.c — what a source says of a package, and which package of the inventory that is. */
#include "analyzer/findings_claim.h"

#include <string.h>

#include "include/array.h"

#include "analyzer/pkgversion.h"

static int compare_keys(const void *a, const void *b)
{
	const struct package_key *x = a, *y = b;
	int order = strcmp(x->type, y->type);

	if (order == 0)
		order = strcmp(x->name, y->name);
	return order ? order : (x->package > y->package) - (x->package < y->package);
}

static bool has_sources(const char *type)
{
	return !strcmp(type, "deb") || !strcmp(type, "apk") || !strcmp(type, "rpm");
}

static int index_package(struct claims *claims, size_t i, struct err *err)
{
	const struct package *p = &claims->inv->packages[i];
	struct package_index *index = &claims->index;
	struct package_key *key = &index->names[index->name_count];
	struct purl purl;

	if (!p->type || !p->name)
		return 0;
	*key = (struct package_key){ p->type, p->name, i };
	if (p->purl && purl_parse(&purl, p->purl, claims->arena, NULL) == 0) {
		key->type = purl.type;
		key->name = findings_purl_name(&purl, claims->arena);
	}
	key->name = key->name ? findings_normal_name(key->type, key->name, claims->arena) : NULL;
	if (!key->name)
		return err_oom(err);
	index->name_count++;
	if (!has_sources(key->type))
		return 0;
	key = &index->sources[index->source_count++];
	*key = index->names[index->name_count - 1];
	if (p->source)
		key->name = findings_normal_name(key->type, p->source, claims->arena);
	return key->name ? 0 : err_oom(err);
}

int claims_init(struct claims *claims, const struct inventory *inv, struct err *err)
{
	size_t bytes = (inv->package_count + 1) * sizeof(struct package_key);
	int r;

	*claims = (struct claims){ .inv = inv, .arena = arena_new() };
	if (!claims->arena)
		return err_oom(err);
	claims->index.names = arena_alloc(claims->arena, bytes);
	claims->index.sources = arena_alloc(claims->arena, bytes);
	if (!claims->index.names || !claims->index.sources)
		return err_oom(err);
	for (size_t i = 0; i < inv->package_count; i++) {
		r = index_package(claims, i, err);
		if (r < 0)
			return r;
	}
	array_sort(claims->index.names, claims->index.name_count, sizeof(struct package_key),
		   compare_keys);
	array_sort(claims->index.sources, claims->index.source_count, sizeof(struct package_key),
		   compare_keys);
	return 0;
}

void claims_done(struct claims *claims)
{
	free(claims->items);
	free(claims->notes);
	free(claims->digests);
	arena_free(claims->arena);
	*claims = (struct claims){};
}

size_t package_index_find(const struct package_key *keys, size_t n, const char *type,
			  const char *name, const struct package_key **ret)
{
	struct package_key wanted = { type, name, 0 };
	size_t low = 0, high = n, count = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (compare_keys(&keys[mid], &wanted) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + count < n && !strcmp(keys[low + count].type, type) &&
	       !strcmp(keys[low + count].name, name))
		count++;
	*ret = keys + low;
	return count;
}

int claims_push(struct claims *claims, const struct claim *claim, struct err *err)
{
	struct claim *slot;

	if (claims->count >= FINDINGS_CLAIMS_MAX)
		return err_set(err, EFBIG, "more than %u pairs of vulnerability and package",
			       FINDINGS_CLAIMS_MAX);
	slot = array_add(claims->items, claims->count, claims->capacity);
	if (!slot)
		return err_oom(err);
	*slot = *claim;
	slot->advisory = claims->advising;
	return 0;
}

/* Every string of `more` that is not in `to`; both NULL-terminated, the result sorted by the caller's reader. */
static int merge_purls(const char ***to, const char **more, struct arena *arena, struct err *err)
{
	size_t m = 0, n = 0;
	const char **all;

	while (*to && (*to)[m])
		m++;
	while (more[n])
		n++;
	all = arena_alloc(arena, (m + n + 1) * sizeof(*all));
	if (!all)
		return err_oom(err);
	if (m)
		memcpy(all, *to, m * sizeof(*all));
	memcpy(all + m, more, n * sizeof(*all));
	*to = all;
	return 0;
}

/* The spellings of a package of the inventory: of its own purl. */
static int add_installed_purls(struct claim *claim, const struct package *p, struct arena *arena,
			       struct err *err)
{
	struct purl purl;
	const char **more;
	int r;

	if (!p->purl || purl_parse(&purl, p->purl, arena, NULL) < 0)
		return 0;
	if (!purl.version)
		purl.version = p->version;
	r = findings_purls(&more, &purl, p->version, arena, err);
	return r < 0 ? r : merge_purls(&claim->purls, more, arena, err);
}

int claims_add_installed(struct claims *claims, const struct claim *base, size_t package,
			 struct err *err)
{
	const struct package *p = &claims->inv->packages[package];
	struct claim claim = *base;
	int r;

	claim.package = package;
	claim.type = p->type;
	claim.key = "";
	claim.name = p->name;
	claim.version = p->version;
	r = add_installed_purls(&claim, p, claims->arena, err);
	return r < 0 ? r : claims_push(claims, &claim, err);
}

/* A report's package with the strings of the report made safe, its purl parsed or made up. */
struct reported {
	struct purl purl;
	bool has_purl;    /* parsed or made up */
	const char *bare; /* of the report's own purl, or NULL */
	const char *type, *name, *version, *epoch, *source_version;
};

static int split_name(struct purl *purl, const char *name, struct arena *arena, struct err *err)
{
	char mark = strcmp(purl->type, "maven") ? '/' : ':';
	const char *at = strrchr(name, mark);

	purl->name = name;
	if (!at || at == name || !at[1])
		return 0;
	purl->name = at + 1;
	purl->namespace = arena_strndup(arena, name, (size_t)(at - name));
	return purl->namespace ? 0 : err_oom(err);
}

/* openvex rule 31: a package without a purl gets one from type, name and version. */
static int make_up_purl(struct reported *to, const struct reported_package *from,
			struct arena *arena, struct err *err)
{
	int r = 0;

	if (!to->type || !to->name || !to->version)
		return 0;
	to->purl.type = to->type;
	to->purl.version = to->version;
	if (has_sources(to->type)) {
		if (!from->os_id)
			return 0;
		to->purl.name = to->name;
		to->purl.namespace = from->os_id;
	} else {
		r = split_name(&to->purl, to->name, arena, err);
	}
	if (r >= 0 && !purl_normalize(&to->purl, arena))
		return err_oom(err);
	to->has_purl = r >= 0;
	return r;
}

static int read_reported(struct reported *to, const struct reported_package *from,
			 struct claims *claims, struct err *err)
{
	struct arena *arena = claims->arena;
	struct err fault = {};

	to->type = from->type;
	to->name = findings_text(from->name, arena);
	to->version = findings_text(from->version, arena);
	to->source_version = findings_text(from->source_version, arena);
	if (!from->purl)
		return make_up_purl(to, from, arena, err);
	if (purl_parse(&to->purl, from->purl, arena, &fault) < 0) {
		int r = claims_note(claims, err, "%s: its name and version are used instead",
				    fault.text);
		return r < 0 ? r : make_up_purl(to, from, arena, err);
	}
	to->has_purl = true;
	to->type = to->purl.type;
	to->purl.version = to->purl.version ? to->purl.version : to->version;
	to->version = to->version ? to->version : to->purl.version;
	to->epoch = purl_qualifier(&to->purl, "epoch");
	to->name = to->name ? to->name : findings_purl_name(&to->purl, arena);
	to->bare = purl_format(&to->purl, true, arena);
	return to->name && to->bare ? 0 : err_oom(err);
}

/* By the ecosystem's order where one version has several spellings, by text elsewhere. A version that the report does not
 * tell contradicts none. */
static bool same_version(const struct reported *r, const char *reported, const char *installed)
{
	char text[PKGVERSION_TEXT_MAX + 32];
	int order;

	if (!reported || !installed)
		return !reported;
	if (!strcmp(reported, installed))
		return true;
	if (!strcmp(r->type, "golang"))
		return !strcmp(reported + (*reported == 'v'), installed + (*installed == 'v'));
	if (strcmp(r->type, "pypi") && strcmp(r->type, "deb") && strcmp(r->type, "rpm"))
		return false;
	if (strcmp(r->type, "pypi") && findings_behind_epoch(reported) == reported) {
		if (r->epoch) {
			snprintf(text, sizeof(text), "%.16s:%.*s", r->epoch, PKGVERSION_TEXT_MAX,
				 reported);
			reported = text;
		} else {
			installed = findings_behind_epoch(installed);
		}
	}
	return pkgversion_compare(&order, r->type, reported, installed) == 0 && order == 0;
}

/* Is the fix at or below every version that its numbering may be of? Distributions number fixes by source package, and a
 * binary package may have quite another version. */
static int fix_is_reached(bool *ret, const char *type, const char *fix,
			  const char *const versions[3])
{
	int order, r;

	*ret = false;
	for (int i = 0; i < 3; i++) {
		if (!versions[i])
			continue;
		r = pkgversion_compare(&order, type, fix, versions[i]);
		if (r < 0)
			return r;
		if (order > 0)
			return 0;
		*ret = true;
	}
	return 0;
}

/* Several fixes are those of several branches: reached is the installed version only when it is behind all of them. */
static int weigh_fixes(struct claim *claim, const char *const *fixes, const char *const versions[3],
		       struct claims *claims, struct err *err)
{
	const char *open = NULL, *reached = NULL, *text;
	int order, r;
	bool is;

	for (; fixes && *fixes; fixes++) {
		text = findings_text(*fixes, claims->arena);
		if (!text)
			continue;
		claim->fix_state_known = true;
		r = claim->type ? fix_is_reached(&is, claim->type, text, versions) : -ENOTSUP;
		if (r < 0) { /* no order: name the fix, decide nothing */
			claim->fixed_version = text;
			return r == -ENOTSUP
				   ? 0
				   : claims_note(
					 claims, err,
					 "%s: cannot compare the fixed version '%s' of %s with "
					 "the installed one, taking it for open",
					 claim->id, text, claim->name);
		}
		if (is && (!reached || pkgversion_compare(&order, claim->type, text, reached) < 0 ||
			   order > 0))
			reached = text;
		if (!is &&
		    (!open || pkgversion_compare(&order, claim->type, text, open) < 0 || order < 0))
			open = text;
	}
	claim->fixed = reached && !open && claim->package != INVENTORY_NONE;
	claim->fixed_version = open ? open : claim->fixed ? reached : NULL;
	return 0;
}

static int push_reported(struct claims *claims, const struct claim *base, struct reported *rep,
			 const char *const *fixes, struct err *err)
{
	const struct package *p =
	    base->package == INVENTORY_NONE ? NULL : &claims->inv->packages[base->package];
	const char *versions[3] = { p ? p->version : rep->version, p ? p->source_version : NULL,
				    rep->source_version };
	struct claim claim = *base;
	const char **purls;
	int r;

	claim.purl = rep->bare;
	claim.type = rep->type;
	claim.name = rep->name ? rep->name : "unknown";
	claim.version = rep->version ? rep->version : p ? p->version : NULL;
	if (rep->has_purl) {
		if (!rep->purl.version && p)
			rep->purl.version = p->version;
		r = findings_purls(&purls, &rep->purl, p ? p->version : NULL, claims->arena, err);
		if (r >= 0)
			r = merge_purls(&claim.purls, purls, claims->arena, err);
		if (r < 0)
			return r;
	}
	r = p ? add_installed_purls(&claim, p, claims->arena, err) : 0;
	if (r >= 0)
		r = weigh_fixes(&claim, fixes, versions, claims, err);
	return r < 0 ? r : claims_push(claims, &claim, err);
}

static int push_missing(struct claims *claims, struct claim *claim, struct reported *rep,
			const char *name, const char *const *fixes, struct err *err)
{
	const char *version = rep->version ? findings_behind_epoch(rep->version) : "";
	int r = 0;

	claim->package = INVENTORY_NONE;
	claim->key = arena_printf(claims->arena, "%s/%s@%s", rep->type ? rep->type : "",
				  name ? name : "", version + (*version == 'v'));
	if (!claim->key)
		return err_oom(err);
	if (claim->version_differs)
		r = claims_note(
		    claims, err,
		    "%s says that %s %s is installed, the inventory has another version of it: "
		    "nothing is concluded from that report",
		    claim->source, rep->name ? rep->name : name,
		    rep->version ? rep->version : "(unknown)");
	return r < 0 ? r : push_reported(claims, claim, rep, fixes, err);
}

int claims_add_reported(struct claims *claims, const struct claim *base,
			const struct reported_package *package, const char *const *fixes,
			struct err *err)
{
	const struct package_key *keys;
	struct claim claim = *base;
	struct reported rep = {};
	const char *name = NULL;
	size_t n = 0, joined = 0;
	int r = read_reported(&rep, package, claims, err);

	if (r < 0)
		return r;
	if (rep.has_purl)
		name = findings_purl_name(&rep.purl, claims->arena);
	else if (rep.type)
		name = rep.name;
	if (name)
		name = findings_normal_name(rep.type, name, claims->arena);
	if (name)
		n = package_index_find(claims->index.names, claims->index.name_count, rep.type,
				       name, &keys);
	for (size_t i = 0; i < n; i++) {
		const struct package *p = &claims->inv->packages[keys[i].package];

		if (!same_version(&rep, rep.version ? rep.version : rep.purl.version, p->version))
			continue;
		claim.package = keys[i].package;
		claim.key = "";
		r = push_reported(claims, &claim, &rep, fixes, err);
		if (r < 0)
			return r;
		joined++;
	}
	if (joined)
		return 0;
	claim.version_differs = n > 0;
	return push_missing(claims, &claim, &rep, name ? name : rep.name, fixes, err);
}

int claims_count_record(struct claims *claims, struct err *err)
{
	if (++claims->records > FINDINGS_RECORDS_MAX)
		return err_set(err, EFBIG, "more than %u records: split the input",
			       FINDINGS_RECORDS_MAX);
	return 0;
}

int claims_note(struct claims *claims, struct err *err, const char *fmt, ...)
{
	char text[FINDINGS_TEXT_MAX];
	const char **slot;
	va_list ap;

	if (claims->note_count >= FINDINGS_NOTES_MAX) {
		claims->notes_dropped++;
		return 0;
	}
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	slot = array_add(claims->notes, claims->note_count, claims->note_capacity);
	if (!slot)
		return err_oom(err);
	*slot = findings_text(text, claims->arena);
	return *slot ? 0 : err_oom(err);
}

int claims_add_digest(struct claims *claims, const char *text, bool first, struct err *err)
{
	const char *at = text ? strstr(text, "sha256:") : NULL, **slot;

	if (!at || (at != text && at[-1] != '@') || strlen(at) != 71 ||
	    strspn(at + 7, "0123456789abcdef") != 64)
		return 0;
	slot = array_add(claims->digests, claims->digest_count, claims->digest_capacity);
	if (!slot)
		return err_oom(err);
	*slot = arena_strdup(claims->arena, at);
	if (!*slot)
		return err_oom(err);
	if (first && !claims->image_digest)
		claims->image_digest = *slot;
	return 0;
}

int claims_set_image(struct claims *claims, const char *ref, const char *path, struct err *err)
{
	const char *safe = findings_text(ref, claims->arena);

	if (!safe)
		return 0;
	if (!claims->image_ref)
		claims->image_ref = safe;
	else if (strcmp(claims->image_ref, safe))
		return claims_note(claims, err, "'%s' is about '%s', another report about '%s'",
				   path, safe, claims->image_ref);
	return 0;
}
