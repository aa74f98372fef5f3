// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_grype.c — reports of grype (`grype -o json`). */
#include <string.h>

#include "analyzer/findings_claim.h"

/* syft's names of package types, for the artifacts that have no purl. */
static const char *purl_type(const char *type)
{
	static const char *const names[][2] = {
		{ "deb", "deb" },          { "apk", "apk" },
		{ "rpm", "rpm" },          { "python", "pypi" },
		{ "npm", "npm" },          { "gem", "gem" },
		{ "go-module", "golang" }, { "java-archive", "maven" },
		{ "dotnet", "nuget" },     { "php-composer", "composer" },
		{ "rust-crate", "cargo" }, { "hex", "hex" },
	};

	for (size_t i = 0; type && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(type, names[i][0]))
			return names[i][1];
	return NULL;
}

/* "first" of an image: the digest by which the registry knows it, else the one that the scanner worked out. */
static int read_source(struct claims *claims, const cJSON *doc, const char *path, struct err *err)
{
	const cJSON *target = json_object(json_object(doc, "source"), "target"), *item;
	int r = claims_set_image(claims, json_string(target, "userInput"), path, err);

	cJSON_ArrayForEach(item, json_array(target, "repoDigests"))
	{
		if (r >= 0)
			r = claims_add_digest(claims, cJSON_GetStringValue(item), true, err);
	}
	if (r >= 0)
		r = claims_add_digest(claims, json_string(target, "manifestDigest"), true, err);
	return r;
}

static int read_fixes(struct claim *claim, const char ***fixes, const cJSON *vulnerability,
		      struct claims *claims, struct err *err)
{
	const cJSON *fix = json_object(vulnerability, "fix"), *item;
	const char *state = json_string(fix, "state");
	int r = 0;

	claim->fix_state_known =
	    state && (!strcmp(state, "not-fixed") || !strcmp(state, "wont-fix"));
	cJSON_ArrayForEach(item, json_array(fix, "versions"))
	{
		const char *text = findings_text(cJSON_GetStringValue(item), claims->arena);

		if (text && r >= 0)
			r = findings_add_id(fixes, text, claims->arena, err);
	}
	return r;
}

static enum severity read_severity(const cJSON *match)
{
	const cJSON *vulnerability = json_object(match, "vulnerability"), *item;
	enum severity best = severity_from_string(json_string(vulnerability, "severity")), seen;

	if (best != SEVERITY_UNKNOWN)
		return best;
	cJSON_ArrayForEach(item, json_array(match, "relatedVulnerabilities"))
	{
		seen = severity_from_string(json_string(item, "severity"));
		best = seen > best ? seen : best;
	}
	return best;
}

static const char *read_summary(const cJSON *match)
{
	const cJSON *item;
	const char *text = json_string(json_object(match, "vulnerability"), "description");

	if (text && *text)
		return text;
	cJSON_ArrayForEach(item, json_array(match, "relatedVulnerabilities"))
	{
		text = json_string(item, "description");
		if (text && *text)
			return text;
	}
	return NULL;
}

static int read_match(struct claims *claims, const cJSON *match, const char *os_id, struct err *err)
{
	const cJSON *vulnerability = json_object(match, "vulnerability");
	const cJSON *artifact = json_object(match, "artifact");
	const cJSON *upstream = cJSON_GetArrayItem(json_array(artifact, "upstreams"), 0);
	struct reported_package package = {
		.purl = json_string(artifact, "purl"),
		.type = purl_type(json_string(artifact, "type")),
		.name = json_string(artifact, "name"),
		.version = json_string(artifact, "version"),
		.source_version = json_string(upstream, "version"),
		.os_id = os_id,
	};
	struct claim claim = { .source = "grype" };
	const char **fixes = NULL, *url = json_string(vulnerability, "dataSource");
	int r;

	if (package.purl && !*package.purl)
		package.purl = NULL;
	if (!url || !*url)
		url =
		    cJSON_GetStringValue(cJSON_GetArrayItem(json_array(vulnerability, "urls"), 0));
	claim.id = arena_strdup(claims->arena, json_string(vulnerability, "id"));
	if (!claim.id)
		return err_oom(err);
	claim.severity = read_severity(match);
	claim.summary = findings_text(read_summary(match), claims->arena);
	claim.url = findings_text(url, claims->arena);
	r = findings_ids(&claim.links, json_array(match, "relatedVulnerabilities"), "id", claims,
			 err);
	if (r >= 0)
		r = read_fixes(&claim, &fixes, vulnerability, claims, err);
	return r < 0 ? r : claims_add_reported(claims, &claim, &package, fixes, err);
}

int findings_read_grype(struct claims *claims, const cJSON *doc, const char *path, struct err *err)
{
	const char *os_id = json_string(json_object(doc, "distro"), "name");
	int ignored = cJSON_GetArraySize(json_array(doc, "ignoredMatches"));
	const cJSON *match;
	size_t n = 0;
	int r = read_source(claims, doc, path, err);

	os_id = os_id && *os_id ? os_id : NULL;
	cJSON_ArrayForEach(match, json_array(doc, "matches"))
	{
		n++;
		if (r >= 0)
			r = claims_count_record(claims, err);
		if (r < 0)
			return r;
		if (findings_id_is_ok(json_string(json_object(match, "vulnerability"), "id")))
			r = read_match(claims, match, os_id, err);
		else
			r = claims_note(
			    claims, err,
			    "'%s': match %zu has no usable vulnerability id, skipping it", path, n);
	}
	if (r >= 0 && ignored)
		r = claims_note(
		    claims, err,
		    "'%s': %d matches are suppressed in the report itself, skipping them", path,
		    ignored);
	return r;
}
