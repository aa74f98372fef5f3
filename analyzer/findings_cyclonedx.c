// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_cyclonedx.c — CycloneDX documents that carry vulnerabilities (VDR and VEX). */
#include <string.h>

#include "analyzer/findings_claim.h"
#include "analyzer/string_set.h"

/* Components by the name that "affects" uses for them. */
struct references {
	struct string_set names;
	const cJSON **components; /* by number */
	size_t count, capacity;
	size_t judged; /* analyses of others, which are not evidence here */
};

static void references_done(struct references *refs)
{
	string_set_done(&refs->names);
	free(refs->components);
}

static int add_component(struct references *refs, const cJSON *component, struct err *err)
{
	const char *ref = json_string(component, "bom-ref");
	const cJSON **slot;
	size_t before = refs->names.count;

	if (!ref || !*ref)
		return 0;
	if (string_set_add(&refs->names, ref, strlen(ref), NULL) < 0)
		return err_oom(err);
	if (refs->names.count == before)
		return 0;
	slot = array_add(refs->components, refs->count, refs->capacity);
	if (!slot)
		return err_oom(err);
	*slot = component;
	return 0;
}

/* Components may nest; the depth is that of the JSON text, which is bounded. */
static int add_components(struct references *refs, const cJSON *parent, struct err *err)
{
	const cJSON *item;
	int r = 0;

	cJSON_ArrayForEach(item, json_array(parent, "components"))
	{
		r = add_component(refs, item, err);
		if (r >= 0)
			r = add_components(refs, item, err);
		if (r < 0)
			return r;
	}
	return r;
}

static const cJSON *find_component(const struct references *refs, const char *ref)
{
	const char *link = !strncmp(ref, "urn:cdx:", 8) ? strchr(ref, '#') : NULL;
	size_t i = string_set_find(&refs->names, ref, strlen(ref));

	if (i == STRING_SET_NONE && link)
		i = string_set_find(&refs->names, link + 1, strlen(link + 1));
	return i == STRING_SET_NONE ? NULL : refs->components[i];
}

/* The version that "affects" itself tells, for components that have none. */
static const char *affected_version(const cJSON *affects)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_array(affects, "versions"))
	{
		const char *status = json_string(item, "status");

		if (!status || strcmp(status, "unaffected"))
			return json_string(item, "version");
	}
	return NULL;
}

static int read_affected(struct claims *claims, const struct references *refs,
			 const struct claim *claim, const cJSON *affects, struct err *err)
{
	const char *ref = json_string(affects, "ref"), *hash = ref ? strchr(ref, '#') : NULL;
	const cJSON *component = ref ? find_component(refs, ref) : NULL;
	const char *group = json_string(component, "group");
	struct reported_package package = {
		.purl = json_string(component, "purl"),
		.name = json_string(component, "name"),
		.version = json_string(component, "version"),
	};

	if (!component && ref && !strncmp(ref, "pkg:", 4))
		package.purl = ref;
	else if (!component && hash && !strncmp(hash + 1, "pkg:", 4))
		package.purl = hash + 1;
	else if (!component)
		package.name = ref;
	if (package.name && group && *group) {
		package.name = arena_printf(claims->arena, "%s/%s", group, package.name);
		if (!package.name)
			return err_oom(err);
	}
	if (!package.version)
		package.version = affected_version(affects);
	return claims_add_reported(claims, claim, &package, NULL, err);
}

static enum severity read_severity(const cJSON *v)
{
	enum severity best = SEVERITY_UNKNOWN, seen;
	const cJSON *item;

	cJSON_ArrayForEach(item, json_array(v, "ratings"))
	{
		seen = severity_from_string(json_string(item, "severity"));
		if (seen == SEVERITY_UNKNOWN)
			seen = severity_from_cvss(json_string(item, "vector"));
		best = seen > best ? seen : best;
	}
	return best;
}

/* What the document itself concludes is its author's: a finding is judged here by evidence. */
static int read_vulnerability(struct claims *claims, struct references *refs, const cJSON *v,
			      struct err *err)
{
	const cJSON *affects = json_array(v, "affects"), *item;
	struct claim claim = { .source = "cyclonedx" };
	int r;

	claim.id = arena_strdup(claims->arena, json_string(v, "id"));
	if (!claim.id)
		return err_oom(err);
	claim.severity = read_severity(v);
	claim.summary = findings_text(json_string(v, "description"), claims->arena);
	claim.url = findings_text(json_string(json_object(v, "source"), "url"), claims->arena);
	refs->judged += json_string(json_object(v, "analysis"), "state") != NULL;
	r = findings_ids(&claim.links, json_array(v, "references"), "id", claims, err);
	if (r >= 0 && !(affects && affects->child))
		return read_affected(claims, refs, &claim, NULL, err);
	cJSON_ArrayForEach(item, affects)
	{
		if (r >= 0)
			r = claims_count_record(claims, err);
		if (r >= 0)
			r = read_affected(claims, refs, &claim, item, err);
	}
	return r;
}

/* The image that the document is about: the purl of its subject names it by digest. */
static int read_subject(struct claims *claims, const cJSON *doc, const char *path, struct err *err)
{
	const cJSON *subject = json_object(json_object(doc, "metadata"), "component"), *item;
	const char *type = json_string(subject, "type"), *purl = json_string(subject, "purl");
	struct purl parsed;
	int r = 0;

	if (!type || strcmp(type, "container"))
		return 0;
	r = claims_set_image(claims, json_string(subject, "name"), path, err);
	cJSON_ArrayForEach(item, json_array(subject, "properties"))
	{
		const char *name = json_string(item, "name");

		if (r >= 0 && name && !strcmp(name, "aquasecurity:trivy:RepoDigest"))
			r = claims_add_digest(claims, json_string(item, "value"), true, err);
	}
	if (r >= 0 && purl && purl_parse(&parsed, purl, claims->arena, NULL) == 0 &&
	    !strcmp(parsed.type, "oci"))
		r = claims_add_digest(claims, parsed.version, true, err);
	return r;
}

int findings_read_cyclonedx(struct claims *claims, const cJSON *doc, const char *path,
			    struct err *err)
{
	_cleanup_(references_done) struct references refs = {};
	const cJSON *vulnerabilities = json_array(doc, "vulnerabilities"), *item;
	const cJSON *subject = json_object(json_object(doc, "metadata"), "component");
	size_t n = 0;
	int r;

	if (!vulnerabilities)
		return err_set(err, EINVAL,
			       "is CycloneDX without a list of vulnerabilities: give it as --sbom");
	r = add_components(&refs, doc, err);
	if (r >= 0)
		r = add_component(&refs, subject, err);
	if (r >= 0)
		r = read_subject(claims, doc, path, err);
	cJSON_ArrayForEach(item, vulnerabilities)
	{
		n++;
		if (r >= 0)
			r = claims_count_record(claims, err);
		if (r < 0)
			return r;
		if (findings_id_is_ok(json_string(item, "id")))
			r = read_vulnerability(claims, &refs, item, err);
		else
			r = claims_note(claims, err,
					"'%s': vulnerability %zu has no usable id, skipping it",
					path, n);
	}
	if (r >= 0 && refs.judged)
		r = claims_note(
		    claims, err,
		    "'%s': %zu vulnerabilities carry somebody's analysis, which is not used", path,
		    refs.judged);
	return r;
}
