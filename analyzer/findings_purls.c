// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* findings_purls.c — the spellings under which grype and trivy know one package (openvex reference 2.5). */
#include <ctype.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/findings_claim.h"

/* Sorted, unique, NULL-terminated. 16 is more than any type has spellings: at most 2 versions × 2 names × 2 namespaces. */
#define SPELLINGS_MAX 16

struct spellings {
	struct arena *arena;
	const char **items;
	size_t count;
};

static int add(struct spellings *to, const struct purl *purl, struct err *err)
{
	struct purl copy = *purl;
	const char *text;

	if (!purl_normalize(&copy, to->arena))
		return err_oom(err);
	text = purl_format(&copy, true, to->arena);
	if (!text)
		return err_oom(err);
	for (size_t i = 0; i < to->count; i++)
		if (!strcmp(to->items[i], text))
			return 0;
	if (to->count < SPELLINGS_MAX)
		to->items[to->count++] = text;
	return 0;
}

static const char *lower(const char *text, struct arena *arena)
{
	char *ret = text ? arena_strdup(arena, text) : NULL;

	for (char *c = ret; c && *c; c++)
		*c = (char)tolower((unsigned char)*c);
	return ret;
}

/* syft writes the epoch into the version, trivy into a qualifier: both forms, whichever the input has. */
static int add_deb(struct spellings *to, const struct purl *purl, const char *installed,
		   struct err *err)
{
	const char *epoch = purl_qualifier(purl, "epoch"),
		   *plain = findings_behind_epoch(purl->version);
	struct purl twin = *purl;
	int r = add(to, purl, err);

	twin.version = plain;
	if (r >= 0)
		r = add(to, &twin, err);
	if (r < 0 || plain != purl->version)
		return r;
	if (epoch && strcmp(epoch, "0"))
		twin.version = arena_printf(to->arena, "%s:%s", epoch, plain);
	else if (installed && installed[0] != '0' &&
		 !strcmp(findings_behind_epoch(installed), plain))
		twin.version = installed;
	return twin.version ? add(to, &twin, err) : err_oom(err);
}

static const char *rpm_twin(const char *namespace)
{
	static const char *const twins[][2] = {
		{ "almalinux", "alma" },      { "ol", "oracle" },
		{ "amzn", "amazon" },         { "sles", "suse" },
		{ "mariner", "cbl-mariner" }, { "opensuse-leap", "opensuse" },
		{ "rhel", "redhat" },         { "opensuse-tumbleweed", "opensuse" },
	};

	for (size_t i = 0; namespace && i < sizeof(twins) / sizeof(*twins); i++)
		for (int k = 0; k < 2; k++)
			if (!strcmp(namespace, twins[i][k]))
				return twins[i][!k];
	return NULL;
}

/* Never an epoch in the version; both tools' names of the distribution. */
static int add_rpm(struct spellings *to, const struct purl *purl, struct err *err)
{
	struct purl twin = *purl;
	int r;

	twin.version = findings_behind_epoch(purl->version);
	r = add(to, &twin, err);
	twin.namespace = rpm_twin(purl->namespace);
	return r < 0 || !twin.namespace ? r : add(to, &twin, err);
}

/* syft turns runs of [-_.] into one dash, trivy keeps dots. */
static int add_pypi(struct spellings *to, const struct purl *purl, struct err *err)
{
	struct purl twin = *purl;
	int r = add(to, purl, err);

	twin.name = findings_normal_name("pypi", purl->name, to->arena);
	return r < 0 ? r : twin.name ? add(to, &twin, err) : err_oom(err);
}

/* syft keeps the case, trivy does not. */
static int add_npm(struct spellings *to, const struct purl *purl, struct err *err)
{
	struct purl twin = *purl;
	int r = add(to, purl, err);

	twin.name = lower(purl->name, to->arena);
	twin.namespace = lower(purl->namespace, to->arena);
	if (r < 0)
		return r;
	return twin.name && (twin.namespace || !purl->namespace) ? add(to, &twin, err)
								 : err_oom(err);
}

/* Modules have a leading v everywhere; the standard library has one in trivy's reports only. */
static int add_golang(struct spellings *to, const struct purl *purl, struct err *err)
{
	bool stdlib = !purl->namespace && !strcmp(purl->name, "stdlib");
	const char *plain = purl->version + (*purl->version == 'v');
	struct purl twin = *purl;
	int r = add(to, purl, err);

	twin.version =
	    isdigit((unsigned char)*plain) ? arena_printf(to->arena, "v%s", plain) : purl->version;
	if (r >= 0)
		r = twin.version ? add(to, &twin, err) : err_oom(err);
	if (r < 0 || !stdlib)
		return r;
	twin.version = plain;
	return add(to, &twin, err);
}

static int compare_strings(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

int findings_purls(const char ***ret, const struct purl *purl, const char *installed,
		   struct arena *arena, struct err *err)
{
	struct spellings to = { .arena = arena };
	int r = 0;

	to.items = arena_alloc(arena, (SPELLINGS_MAX + 1) * sizeof(*to.items));
	if (!to.items)
		return err_oom(err);
	if (!purl->version) /* would match every version: never */
		r = 0;
	else if (!strcmp(purl->type, "deb"))
		r = add_deb(&to, purl, installed, err);
	else if (!strcmp(purl->type, "rpm"))
		r = add_rpm(&to, purl, err);
	else if (!strcmp(purl->type, "pypi"))
		r = add_pypi(&to, purl, err);
	else if (!strcmp(purl->type, "npm"))
		r = add_npm(&to, purl, err);
	else if (!strcmp(purl->type, "golang"))
		r = add_golang(&to, purl, err);
	else
		r = add(&to, purl, err);
	if (r < 0)
		return r;
	array_sort(to.items, to.count, sizeof(*to.items), compare_strings);
	*ret = to.items;
	return 0;
}
