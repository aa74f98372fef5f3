// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_osv.c — records of vulnerability databases (OSV), as far as they concern what is installed. */
#include <string.h>

#include "include/array.h"

#include "analyzer/findings_claim.h"
#include "analyzer/findings_osv.h"

#define AFFECTED_MAX 200000u

/* An answer of one entry of "affected" about one package of the inventory. */
struct hit {
	size_t package;
	struct osv_weight weight;
	const char *type;
	const cJSON *entry;
};

struct hits {
	struct hit *items;
	size_t count, capacity;
};

static void hits_done(struct hits *hits)
{
	free(hits->items);
}

bool findings_is_osv(const cJSON *doc)
{
	return json_string(doc, "id") &&
	       (json_array(doc, "affected") || json_string(doc, "modified") ||
		json_string(doc, "schema_version") || json_string(doc, "withdrawn"));
}

/* The packages that an entry names. A distribution counts its versions by source package, so `by_source` says which of a
 * package's two versions the ranges are about. */
struct named {
	const cJSON *entry;
	const char *type, *name;
	bool unsure; /* the entry may be about another release: nothing can be concluded */
	const struct package_key *keys;
	size_t count;
	bool by_source;
};

static int add_hit(struct hits *hits, size_t package, const struct named *named,
		   struct osv_weight weight, struct err *err)
{
	struct hit *hit = array_add(hits->items, hits->count, hits->capacity);

	if (!hit)
		return err_oom(err);
	*hit = (struct hit){ package, weight, named->type, named->entry };
	return 0;
}

static void find_sources(struct named *named, const struct package_index *index)
{
	named->by_source = true;
	named->count = package_index_find(index->sources, index->source_count, named->type,
					  named->name, &named->keys);
}

static void find_names(struct named *named, const struct package_index *index)
{
	named->by_source = false;
	named->count = package_index_find(index->names, index->name_count, named->type, named->name,
					  &named->keys);
}

static const char *entry_name(const cJSON *package, const struct purl *purl, bool has_purl,
			      const char *type, struct arena *arena)
{
	const char *name = json_string(package, "name");
	char *copy;

	if (has_purl)
		name = findings_purl_name(purl, arena);
	copy = name ? arena_strdup(arena, name) : NULL;
	/* Maven alone writes "group:artifact"; purls have a slash there. */
	if (copy && !strcmp(type, "maven") && strchr(copy, ':'))
		*strchr(copy, ':') = '/';
	return copy ? findings_normal_name(type, copy, arena) : NULL;
}

/* Both versions where they differ and the entry does not say which it counts by: the more cautious answer. */
static struct osv_weight weigh_package(const struct named *named, const struct package *p)
{
	const char *source = p->source_version ? p->source_version : p->version;
	struct osv_weight weight, other;

	weight = osv_weigh(named->entry, named->type, named->by_source ? source : p->version);
	if (named->by_source || !source || !p->version || !strcmp(source, p->version))
		return weight;
	other = osv_weigh(named->entry, named->type, source);
	osv_weight_merge(&weight, &other, named->type);
	return weight;
}

static int add_hits(struct hits *hits, const struct named *named, const struct claims *claims,
		    struct err *err)
{
	int r = 0;

	for (size_t i = 0; i < named->count && r == 0; i++) {
		size_t package = named->keys[i].package;
		struct osv_weight weight = { OSV_UNDECIDED, NULL };

		if (!named->unsure)
			weight = weigh_package(named, &claims->inv->packages[package]);
		r = add_hit(hits, package, named, weight, err);
	}
	return r;
}

/* Which index a distribution's entry speaks of. Their databases name source packages; a purl without "arch" may name
 * either, and then both are asked: too many findings are better than a missing one. Of rpm each database has its way. */
static int add_distribution(struct hits *hits, struct named *named, const char *arch,
			    const struct claims *claims, struct err *err)
{
	bool binary = arch && strcmp(arch, "source");
	int r = 0;

	if (!binary) {
		find_sources(named, &claims->index);
		r = add_hits(hits, named, claims, err);
	}
	if (r == 0 && (!arch || binary)) {
		find_names(named, &claims->index);
		r = add_hits(hits, named, claims, err);
	}
	return r;
}

/* An entry without an ecosystem that is known here. */
static struct osv_place place_of_purl(const struct purl *purl, const struct inventory *inv)
{
	bool system =
	    !strcmp(purl->type, "deb") || !strcmp(purl->type, "apk") || !strcmp(purl->type, "rpm");
	bool same = inv->os_id && purl->namespace && !strcmp(inv->os_id, purl->namespace);

	return (struct osv_place){ .type = purl->type,
				   .distribution = system,
				   .system = same ? OSV_SYSTEM_THIS : OSV_SYSTEM_UNSURE };
}

/* One entry of "affected". Scratch memory is the caller's, because most entries concern nothing that is installed. */
static int read_entry(struct hits *hits, const cJSON *entry, const struct claims *claims,
		      struct arena *scratch, struct err *err)
{
	const cJSON *package = json_object(entry, "package");
	const char *ecosystem = json_string(package, "ecosystem");
	const char *text = json_string(package, "purl"), *arch = "source";
	struct osv_place place = {};
	struct purl purl = {};
	bool has_purl = text && purl_parse(&purl, text, scratch, NULL) == 0;
	struct named named;

	if (ecosystem)
		place = osv_place_of(ecosystem, claims->inv);
	if (!place.type && has_purl)
		place = place_of_purl(&purl, claims->inv);
	if (!place.type || (place.distribution && place.system == OSV_SYSTEM_OTHER))
		return 0;
	if (has_purl && strcmp(purl.type, place.type))
		has_purl = false;
	named = (struct named){
		.entry = entry,
		.type = place.type,
		.name = entry_name(package, &purl, has_purl, place.type, scratch),
		.unsure = place.distribution && place.system == OSV_SYSTEM_UNSURE,
	};
	if (!named.name)
		return 0;
	if (has_purl || !strcmp(place.type, "rpm"))
		arch = has_purl ? purl_qualifier(&purl, "arch") : NULL;
	if (place.distribution)
		return add_distribution(hits, &named, arch, claims, err);
	find_names(&named, &claims->index);
	return add_hits(hits, &named, claims, err);
}

static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;

	return (x->package > y->package) - (x->package < y->package);
}

static enum severity entry_severity(const cJSON *entry)
{
	const char *urgency = json_string(json_object(entry, "ecosystem_specific"), "urgency");
	enum severity own =
	    severity_from_string(json_string(json_object(entry, "database_specific"), "severity"));
	enum severity other = severity_from_string(
	    urgency ? urgency : json_string(json_object(entry, "ecosystem_specific"), "severity"));

	return own > other ? own : other;
}

static enum severity scores_severity(const cJSON *holder)
{
	enum severity best = SEVERITY_UNKNOWN, seen;
	const cJSON *item;

	cJSON_ArrayForEach(item, json_array(holder, "severity"))
	{
		const char *score = json_string(item, "score");

		seen = severity_from_cvss(score);
		if (seen == SEVERITY_UNKNOWN)
			seen = severity_from_string(score);
		best = seen > best ? seen : best;
	}
	return best;
}

static enum severity record_severity(const cJSON *record)
{
	enum severity best = entry_severity(record), seen;
	const cJSON *entry;

	seen = scores_severity(record);
	best = seen > best ? seen : best;
	cJSON_ArrayForEach(entry, json_array(record, "affected"))
	{
		seen = entry_severity(entry);
		best = seen > best ? seen : best;
		seen = scores_severity(entry);
		best = seen > best ? seen : best;
	}
	return best;
}

/* The page that speaks of the vulnerability itself; of several the first. */
static const char *record_url(const cJSON *record)
{
	static const char *const wanted[] = { "ADVISORY", "WEB", "REPORT" };
	const cJSON *item;

	for (size_t i = 0; i < sizeof(wanted) / sizeof(*wanted); i++)
		cJSON_ArrayForEach(item, json_array(record, "references"))
		{
			const char *type = json_string(item, "type");

			if (type && !strcmp(type, wanted[i]) && json_string(item, "url"))
				return json_string(item, "url");
		}
	return NULL;
}

static int push_hit(struct claims *claims, const struct claim *base, const struct hit *hit,
		    struct osv_counts *counts, struct err *err)
{
	struct claim claim = *base;

	if (hit->weight.state == OSV_OUTSIDE) {
		counts->outside++;
		return 0;
	}
	counts->undecided += hit->weight.state == OSV_UNDECIDED;
	claim.fixed = hit->weight.state == OSV_FIXED;
	claim.fixed_version = findings_text(hit->weight.fix, claims->arena);
	claim.fix_state_known = hit->weight.fix != NULL;
	return claims_add_installed(claims, &claim, hit->package, err);
}

/* Of the entries that the installed version lies in, and of those behind whose fix it is. */
static int read_functions(struct claim *claim, const struct hit *hits, size_t n, const char *record,
			  struct arena *arena, struct err *err)
{
	_cleanup_(function_set_done) struct function_set set = {};
	struct finding_function *functions;
	int r = 0;

	for (size_t i = 0; i < n && r == 0; i++)
		if (hits[i].weight.state != OSV_OUTSIDE)
			r = function_set_read(&set, hits[i].entry, record, arena, err);
	if (r == 0)
		r = function_set_take(&set, &functions, &claim->function_count, arena, err);
	if (r < 0)
		return r;
	claim->functions = functions;
	claim->functions_partial = set.partial;
	return 0;
}

static int push_hits(struct claims *claims, const struct claim *base, const char *record,
		     struct hits *hits, struct osv_counts *counts, struct err *err)
{
	int r;

	array_sort(hits->items, hits->count, sizeof(*hits->items), compare_hits);
	for (size_t i = 0, next; i < hits->count; i = next) {
		struct hit hit = hits->items[i];
		struct claim claim = *base;

		for (next = i + 1; next < hits->count && hits->items[next].package == hit.package;
		     next++)
			osv_weight_merge(&hit.weight, &hits->items[next].weight, hit.type);
		r = read_functions(&claim, &hits->items[i], next - i, record, claims->arena, err);
		if (r == 0)
			r = push_hit(claims, &claim, &hit, counts, err);
		if (r < 0)
			return r;
	}
	return 0;
}

/* An advisory of a distribution stands for its upstream vulnerabilities: a claim on each. Otherwise "upstream" is one more
 * name, because a record like UBUNTU-CVE-… has but one. */
static int push_record(struct claims *claims, const cJSON *record, struct hits *hits,
		       struct osv_counts *counts, struct err *err)
{
	struct claim base = { .source = "osv" };
	const char **upstream = NULL, *id;
	size_t n = 0;
	int r = findings_ids(&base.links, json_array(record, "aliases"), NULL, claims, err);

	if (r >= 0)
		r = findings_ids(&upstream, json_array(record, "upstream"), NULL, claims, err);
	if (r < 0)
		return r;
	base.id = id = arena_strdup(claims->arena, json_string(record, "id"));
	base.severity = record_severity(record);
	base.summary = findings_text(json_string(record, "summary"), claims->arena);
	if (!base.summary)
		base.summary = findings_text(json_string(record, "details"), claims->arena);
	base.url = findings_text(record_url(record), claims->arena);
	if (!base.id)
		return err_oom(err);
	while (upstream[n])
		n++;
	if (n == 1 && !findings_id_is_bundle(base.id)) {
		r = findings_add_id(&base.links, upstream[0], claims->arena, err);
		n = 0;
	}
	if (r >= 0 && (n == 0 || base.links[0]))
		r = push_hits(claims, &base, id, hits, counts, err);
	for (size_t i = 0; i < n && r == 0; i++) {
		base.id = upstream[i];
		base.links = NULL;
		r = push_hits(claims, &base, id, hits, counts, err);
	}
	return r;
}

int findings_read_osv(struct claims *claims, const cJSON *record, struct osv_counts *counts,
		      struct err *err)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new();
	_cleanup_(hits_done) struct hits hits = {};
	const char *id = json_string(record, "id");
	const cJSON *entry;
	size_t entries = 0;
	int r = claims_count_record(claims, err);

	if (r < 0)
		return r;
	if (!scratch)
		return err_oom(err);
	if (!findings_id_is_ok(id) || !json_array(record, "affected")) {
		/* A withdrawn record may have nothing but its id. */
		*(json_string(record, "withdrawn") ? &counts->withdrawn : &counts->broken) += 1;
		return 0;
	}
	if (json_string(record, "withdrawn")) {
		counts->withdrawn++;
		return 0;
	}
	cJSON_ArrayForEach(entry, json_array(record, "affected"))
	{
		if (++entries > AFFECTED_MAX)
			return err_set(err, EFBIG, "record '%s' has more than %u affected entries",
				       id, AFFECTED_MAX);
		r = read_entry(&hits, entry, claims, scratch, err);
		if (r < 0)
			return r;
	}
	counts->elsewhere += hits.count == 0;
	return hits.count == 0 ? 0 : push_record(claims, record, &hits, counts, err);
}

int findings_note_osv(struct claims *claims, const struct osv_counts *counts, const char *path,
		      struct err *err)
{
	const struct {
		size_t count;
		const char *what;
	} lines[] = {
		{ counts->withdrawn, "withdrawn, skipping them" },
		{ counts->elsewhere, "about no package of this inventory and release" },
		{ counts->outside, "packages in versions that are not affected" },
		{ counts->undecided, "versions that cannot be compared, taking them for open" },
		{ counts->broken,
		  "without a usable id or list of what is affected, skipping them" },
	};
	int r = 0;

	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines) && r == 0; i++)
		if (lines[i].count)
			r = claims_note(claims, err, "'%s': OSV records: %zu %s", path,
					lines[i].count, lines[i].what);
	return r;
}
