// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_trivy.c — reports of trivy (`trivy image -f json`, schema 2). */
#include <string.h>

#include "analyzer/findings_claim.h"

/* trivy's names of result types, for packages that have no purl. */
static const char *purl_type(const char *type)
{
	static const char *const names[][2] = {
		{ "debian", "deb" },        { "ubuntu", "deb" },        { "alpine", "apk" },
		{ "wolfi", "apk" },         { "chainguard", "apk" },    { "redhat", "rpm" },
		{ "centos", "rpm" },        { "rocky", "rpm" },         { "alma", "rpm" },
		{ "fedora", "rpm" },        { "oracle", "rpm" },        { "amazon", "rpm" },
		{ "photon", "rpm" },        { "cbl-mariner", "rpm" },   { "azurelinux", "rpm" },
		{ "python-pkg", "pypi" },   { "pip", "pypi" },          { "pipenv", "pypi" },
		{ "poetry", "pypi" },       { "node-pkg", "npm" },      { "npm", "npm" },
		{ "yarn", "npm" },          { "pnpm", "npm" },          { "gobinary", "golang" },
		{ "gomod", "golang" },      { "jar", "maven" },         { "pom", "maven" },
		{ "gemspec", "gem" },       { "bundler", "gem" },       { "rustbinary", "cargo" },
		{ "cargo", "cargo" },       { "composer", "composer" }, { "nuget", "nuget" },
		{ "dotnet-core", "nuget" },
	};

	for (size_t i = 0; type && i < sizeof(names) / sizeof(*names); i++)
		if (!strcmp(type, names[i][0]))
			return names[i][1];
	return type && !strncmp(type, "suse", 4) ? "rpm" : NULL;
}

/* "1.2.3, 1.3.1": one fix for each branch. */
static int split_fixes(const char ***fixes, const char *text, struct arena *arena, struct err *err)
{
	size_t len;
	int r = 0;

	for (; text && *text && r >= 0; text += len) {
		const char *fix;

		text += strspn(text, ", ");
		len = strcspn(text, ", ");
		fix = len ? arena_strndup(arena, text, len) : NULL;
		if (fix)
			r = findings_add_id(fixes, fix, arena, err);
	}
	return r;
}

/* Every status of trivy but these says whether there is a fix. */
static bool state_is_known(const char *status)
{
	return status && *status && strcmp(status, "unknown") && strcmp(status, "fixed") &&
	       strcmp(status, "under_investigation");
}

static int read_vulnerability(struct claims *claims, const cJSON *v, const char *type,
			      const char *os_id, struct err *err)
{
	struct reported_package package = {
		.purl = json_string(json_object(v, "PkgIdentifier"), "PURL"),
		.type = purl_type(type),
		.name = json_string(v, "PkgName"),
		.version = json_string(v, "InstalledVersion"),
		.os_id = os_id,
	};
	struct claim claim = { .source = "trivy" };
	const char **fixes = NULL, *summary = json_string(v, "Title");
	int r;

	if (package.purl && !*package.purl)
		package.purl = NULL;
	claim.id = arena_strdup(claims->arena, json_string(v, "VulnerabilityID"));
	if (!claim.id)
		return err_oom(err);
	claim.severity = severity_from_string(json_string(v, "Severity"));
	claim.summary =
	    findings_text(summary ? summary : json_string(v, "Description"), claims->arena);
	claim.url = findings_text(json_string(v, "PrimaryURL"), claims->arena);
	claim.fix_state_known = state_is_known(json_string(v, "Status"));
	r = findings_ids(&claim.links, json_array(v, "VendorIDs"), NULL, claims, err);
	if (r >= 0)
		r = split_fixes(&fixes, json_string(v, "FixedVersion"), claims->arena, err);
	return r < 0 ? r : claims_add_reported(claims, &claim, &package, fixes, err);
}

static int read_result(struct claims *claims, const cJSON *result, const char *os_id,
		       const char *path, struct err *err)
{
	const char *type = json_string(result, "Type");
	int hidden = cJSON_GetArraySize(json_array(result, "ExperimentalModifiedFindings"));
	const cJSON *item;
	size_t n = 0;
	int r = 0;

	cJSON_ArrayForEach(item, json_array(result, "Vulnerabilities"))
	{
		n++;
		r = claims_count_record(claims, err);
		if (r < 0)
			return r;
		if (findings_id_is_ok(json_string(item, "VulnerabilityID")))
			r = read_vulnerability(claims, item, type, os_id, err);
		else
			r = claims_note(
			    claims, err,
			    "'%s': vulnerability %zu of a result has no usable id, skipping it",
			    path, n);
		if (r < 0)
			return r;
	}
	if (hidden)
		r = claims_note(
		    claims, err,
		    "'%s': %d findings are suppressed in the report itself, skipping them", path,
		    hidden);
	return r;
}

int findings_read_trivy(struct claims *claims, const cJSON *doc, const char *path, struct err *err)
{
	const cJSON *metadata = json_object(doc, "Metadata"), *item;
	const char *os_id = json_string(json_object(metadata, "OS"), "Family");
	const char *what = json_string(doc, "ArtifactType");
	int r = 0;

	/* Of a directory or a file the name is a path. */
	if (!what || !strcmp(what, "container_image"))
		r = claims_set_image(claims, json_string(doc, "ArtifactName"), path, err);

	cJSON_ArrayForEach(item, json_array(metadata, "RepoDigests"))
	{
		if (r >= 0)
			r = claims_add_digest(claims, cJSON_GetStringValue(item), true, err);
	}
	cJSON_ArrayForEach(item, json_array(doc, "Results"))
	{
		if (r >= 0)
			r = read_result(claims, item, os_id && *os_id ? os_id : NULL, path, err);
	}
	return r;
}
