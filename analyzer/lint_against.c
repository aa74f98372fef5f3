// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint_against.c — rules 20 and 24: the document held against what scanners report. */
#include <stdlib.h>

#include "include/array.h"

#include "analyzer/json.h"
#include "analyzer/lint_rules.h"

#define NEEDS_REPORT "needs a report of grype or trivy: --against"

static const char *text_of(const cJSON *obj, const char *key)
{
	const char *text = json_string(obj, key);

	return text ? text : "";
}

/* Statements by one of their names. */
struct named {
	const char *name;
	const cJSON *statement;
	size_t index;
};

struct names {
	struct named *items;
	size_t count;
};

static int compare_named(const void *pa, const void *pb)
{
	const struct named *a = pa, *b = pb;
	int r = strcmp(a->name, b->name);

	return r ? r : (a->index > b->index) - (a->index < b->index);
}

static bool collect_names(struct names *names, const cJSON *document)
{
	const cJSON *statements = json_array(document, "statements"), *statement;
	size_t index = 0;

	names->items = calloc((size_t)cJSON_GetArraySize(statements) + 1, sizeof(*names->items));
	if (!names->items)
		return false;
	cJSON_ArrayForEach(statement, statements)
	{
		const char *name = json_string(json_object(statement, "vulnerability"), "name");

		if (name)
			names->items[names->count++] = (struct named){ name, statement, index };
		index++;
	}
	array_sort(names->items, names->count, sizeof(*names->items), compare_named);
	return true;
}

/* The first statement of that name, or NULL. The others follow it. */
static const struct named *find_name(const struct names *names, const char *name)
{
	size_t low = 0, high = names->count, mid;

	while (low < high) {
		mid = low + (high - low) / 2;
		if (strcmp(names->items[mid].name, name) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low < names->count && !strcmp(names->items[low].name, name) ? &names->items[low]
									   : NULL;
}

static bool has_id(const cJSON *statement, const char *id)
{
	const cJSON *vulnerability = json_object(statement, "vulnerability"), *alias;

	if (!strcmp(text_of(vulnerability, "name"), id) ||
	    !strcmp(text_of(vulnerability, "@id"), id))
		return true;
	cJSON_ArrayForEach(alias, json_array(vulnerability, "aliases"))
	{
		if (cJSON_IsString(alias) && !strcmp(alias->valuestring, id))
			return true;
	}
	return false;
}

static bool speaks_of(const cJSON *statement, const struct purl *package, struct arena *arena)
{
	const cJSON *product, *sub;
	struct purl purl;

	cJSON_ArrayForEach(product, json_array(statement, "products"))
	{
		cJSON_ArrayForEach(sub, json_array(product, "subcomponents"))
		{
			if (purl_parse(&purl, text_of(sub, "@id"), arena, NULL) == 0 &&
			    purl_matches(&purl, package))
				return true;
		}
	}
	return false;
}

/* A finding under `id`, also known as `cve`, in a package: will the scanner find our statement by the id it uses? */
static void check_id(struct lint *lint, const struct names *names, const char *id, const char *cve,
		     const char *package)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	const struct named *at = find_name(names, cve), *end = names->items + names->count;
	struct purl purl;

	if (!arena) {
		lint->out_of_memory = true;
		return;
	}
	if (!at || purl_parse(&purl, package, arena, NULL) < 0)
		return;
	for (; at < end && !strcmp(at->name, cve); at++)
		if (!has_id(at->statement, id) && speaks_of(at->statement, &purl, arena))
			lint_error(lint, 20, at->index,
				   "the scanner calls it '%.64s', which is neither name nor alias",
				   id);
}

/* The one CVE id among the other ids of a finding: with two of them nothing follows for either. */
static const char *only_cve(const cJSON *ids, const char *key)
{
	const char *found = NULL, *id;
	const cJSON *item;

	cJSON_ArrayForEach(item, ids)
	{
		id = key ? text_of(item, key) : cJSON_IsString(item) ? item->valuestring : "";
		if (strncmp(id, "CVE-", 4) != 0)
			continue;
		if (found && strcmp(found, id) != 0)
			return NULL;
		found = id;
	}
	return found;
}

static void check_grype(struct lint *lint, const struct names *names, const cJSON *report)
{
	const cJSON *match;

	cJSON_ArrayForEach(match, json_array(report, "matches"))
	{
		const char *id = text_of(json_object(match, "vulnerability"), "id");
		const char *cve = only_cve(json_array(match, "relatedVulnerabilities"), "id");

		if (cve && *id && strncmp(id, "CVE-", 4) != 0)
			check_id(lint, names, id, cve,
				 text_of(json_object(match, "artifact"), "purl"));
	}
}

static void check_trivy(struct lint *lint, const struct names *names, const cJSON *report)
{
	const cJSON *result, *found;

	cJSON_ArrayForEach(result, json_array(report, "Results"))
	{
		cJSON_ArrayForEach(found, json_array(result, "Vulnerabilities"))
		{
			const char *id = text_of(found, "VulnerabilityID");
			const char *cve = only_cve(json_array(found, "VendorIDs"), NULL);

			if (cve && *id && strncmp(id, "CVE-", 4) != 0)
				check_id(lint, names, id, cve,
					 text_of(json_object(found, "PkgIdentifier"), "PURL"));
		}
	}
}

void lint_rule_20(struct lint *lint)
{
	struct names names = {};

	if (!lint->against_count) {
		lint_gap(lint, 20, NEEDS_REPORT);
		return;
	}
	if (!collect_names(&names, lint->document))
		lint->out_of_memory = true;
	for (size_t i = 0; i < lint->against_count && names.items; i++) {
		check_grype(lint, &names, lint->against[i].report);
		check_trivy(lint, &names, lint->against[i].report);
	}
	free(names.items);
}

#define DIGESTS_MAX 64

/* What a report says of the image it scanned: digests of manifests, and of the configuration ("image id"). */
struct scanned {
	const char *manifests[DIGESTS_MAX];
	size_t count;
	const char *image_id;
};

static void add_manifest(struct scanned *s, const char *reference)
{
	const char *digest = strstr(reference, "sha256:");

	if (!digest || s->count == DIGESTS_MAX)
		return;
	for (size_t i = 0; i < s->count; i++)
		if (!strcmp(s->manifests[i], digest))
			return;
	s->manifests[s->count++] = digest;
}

static void add_manifests(struct scanned *s, const cJSON *references)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, references)
	{
		if (cJSON_IsString(item))
			add_manifest(s, item->valuestring);
	}
}

static void read_scanned(struct scanned *s, const cJSON *report)
{
	const cJSON *target = json_object(json_object(report, "source"), "target");
	const cJSON *metadata = json_object(report, "Metadata");

	*s = (struct scanned){};
	add_manifest(s, text_of(target, "manifestDigest"));
	add_manifests(s, json_array(target, "repoDigests"));
	add_manifests(s, json_array(metadata, "RepoDigests"));
	s->image_id = text_of(metadata ? metadata : target, metadata ? "ImageID" : "imageID");
}

static bool lists(const cJSON *products, const char *digest)
{
	const cJSON *product;

	cJSON_ArrayForEach(product, products)
	{
		const char *id = text_of(product, "@id");
		size_t n = strlen(id), len = strlen(digest);

		if (len && n > len && !strcmp(id + n - len, digest))
			return true;
	}
	return false;
}

static void check_products(struct lint *lint, const cJSON *products, size_t index,
			   const struct scanned *s)
{
	bool about = false, config = false;

	for (size_t i = 0; i < s->count; i++) {
		about |= lists(products, s->manifests[i]);
		config |= !strcmp(s->image_id, s->manifests[i]);
	}
	if (!config && lists(products, s->image_id))
		lint_error(lint, 24, index,
			   "names the image by its image id, which no scanner asks for");
	for (size_t i = 0; about && i < s->count; i++)
		if (!lists(products, s->manifests[i]))
			lint_warning(lint, 24, index,
				     "the image is also known as %.80s, which is not listed",
				     s->manifests[i]);
}

void lint_rule_24(struct lint *lint)
{
	const cJSON *statement;
	struct scanned scanned;
	size_t index;

	if (!lint->against_count)
		lint_gap(lint, 24, NEEDS_REPORT);
	for (size_t i = 0; i < lint->against_count; i++) {
		read_scanned(&scanned, lint->against[i].report);
		index = 0;
		cJSON_ArrayForEach(statement, json_array(lint->document, "statements"))
		{
			check_products(lint, json_array(statement, "products"), index++, &scanned);
		}
	}
}
