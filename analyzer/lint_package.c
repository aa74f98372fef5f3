// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint_package.c — rules 28 to 30: how the packages are spelled, so that both scanners find them. */
#include <ctype.h>

#include "analyzer/lint_rules.h"

/* Looking for twins compares every package of a product with every other. */
#define PACKAGES_MAX 4096u

typedef void (*package_fn)(struct lint *lint, const struct lint_statement *s,
			   const struct lint_component *product, const struct lint_component *sub);

static void each_package(struct lint *lint, unsigned rule, const struct lint_statement *s,
			 package_fn fn)
{
	for (size_t i = 0; i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		if (p->sub_count > PACKAGES_MAX)
			lint_gap(lint, rule, "products that list more than 4096 packages");
		for (size_t n = 0; p->sub_count <= PACKAGES_MAX && n < p->sub_count; n++)
			fn(lint, s, p, &p->subs[n]);
	}
}

static bool is_type(const struct lint_component *c, const char *type)
{
	return c->purl && !strcmp(c->purl->type, type);
}

static bool same(const char *a, const char *b)
{
	return (!a && !b) || (a && b && !strcmp(a, b));
}

/* Is the package also listed under this namespace, name and version? */
static bool has_twin(const struct lint_component *product, const struct purl *like,
		     const char *namespace, const char *name, const char *version)
{
	for (size_t i = 0; i < product->sub_count; i++) {
		const struct purl *p = product->subs[i].purl;

		if (p && same(p->type, like->type) && same(p->namespace, namespace) &&
		    same(p->name, name) && same(p->version, version))
			return true;
	}
	return false;
}

static void check_28(struct lint *lint, const struct lint_statement *s,
		     const struct lint_component *product, const struct lint_component *sub)
{
	(void)product;
	if (!sub->id) {
		lint_warning(lint, 28, s->index, "a subcomponent has no @id");
	} else if (!sub->purl) {
		lint_error(lint, 28, s->index, "subcomponent '%.128s' is no package URL: %s",
			   sub->id,
			   sub->purl_fault ? sub->purl_fault : "it does not begin with pkg:");
	} else {
		if (!sub->purl->version)
			lint_error(lint, 28, s->index,
				   "subcomponent '%.128s' has no version: it matches every one",
				   sub->id);
		if (sub->purl->qualifier_count || sub->purl->subpath)
			lint_warning(lint, 28, s->index,
				     "subcomponent '%.128s' has qualifiers or a subpath: it "
				     "matches only where the scanner writes the same",
				     sub->id);
	}
}

void lint_rule_28(struct lint *lint, const struct lint_statement *s)
{
	each_package(lint, 28, s, check_28);
}

static size_t epoch_length(const char *version)
{
	size_t n = version ? strspn(version, "0123456789") : 0;

	return n && version[n] == ':' ? n + 1 : 0;
}

static void check_deb(struct lint *lint, const struct lint_statement *s,
		      const struct lint_component *product, const struct lint_component *sub)
{
	const struct purl *p = sub->purl;
	size_t epoch = epoch_length(p->version);

	if (epoch && !has_twin(product, p, p->namespace, p->name, p->version + epoch))
		lint_warning(lint, 29, s->index,
			     "'%.128s' is not listed without its epoch: trivy writes it so",
			     sub->id);
}

static void check_rpm(struct lint *lint, const struct lint_statement *s,
		      const struct lint_component *product, const struct lint_component *sub)
{
	/* grype takes the namespace from os-release, trivy from its own list of families. */
	static const char *const twins[][2] = {
		{ "almalinux", "alma" },      { "alma", "almalinux" },      { "ol", "oracle" },
		{ "oracle", "ol" },           { "amzn", "amazon" },         { "amazon", "amzn" },
		{ "mariner", "cbl-mariner" }, { "cbl-mariner", "mariner" },
	};
	const struct purl *p = sub->purl;

	if (epoch_length(p->version))
		lint_error(lint, 29, s->index,
			   "'%.128s': the epoch of an rpm stands in no purl version", sub->id);
	for (size_t i = 0; p->namespace && i < sizeof(twins) / sizeof(*twins); i++)
		if (!strcmp(p->namespace, twins[i][0]) &&
		    !has_twin(product, p, twins[i][1], p->name, p->version))
			lint_warning(lint, 29, s->index,
				     "'%.128s' is not also listed under the namespace %s", sub->id,
				     twins[i][1]);
}

static void check_29(struct lint *lint, const struct lint_statement *s,
		     const struct lint_component *product, const struct lint_component *sub)
{
	if (is_type(sub, "deb"))
		check_deb(lint, s, product, sub);
	if (is_type(sub, "rpm"))
		check_rpm(lint, s, product, sub);
}

void lint_rule_29(struct lint *lint, const struct lint_statement *s)
{
	each_package(lint, 29, s, check_29);
}

static void check_golang(struct lint *lint, const struct lint_statement *s,
			 const struct lint_component *product, const struct lint_component *sub)
{
	const struct purl *p = sub->purl;
	char twin[PURL_TEXT_MAX + 2];

	if (strcasestr(sub->id, "%2f"))
		lint_error(lint, 30, s->index,
			   "'%.128s': the slashes of a module path are written as they are",
			   sub->id);
	if (p->namespace || strcmp(p->name, "stdlib") != 0 || !p->version)
		return;
	snprintf(twin, sizeof(twin), "v%s", p->version);
	if (!has_twin(product, p, NULL, p->name, *p->version == 'v' ? p->version + 1 : twin))
		lint_warning(lint, 30, s->index,
			     "'%.128s' is not listed both with and without 'v': grype writes it "
			     "without, trivy with",
			     sub->id);
}

static void check_pypi(struct lint *lint, const struct lint_statement *s,
		       const struct lint_component *product, const struct lint_component *sub)
{
	const struct purl *p = sub->purl;
	char twin[PURL_TEXT_MAX];

	snprintf(twin, sizeof(twin), "%s", p->name);
	for (char *c = twin; *c; c++)
		*c = *c == '.' ? '-' : *c;
	if (!has_twin(product, p, p->namespace, twin, p->version))
		lint_warning(lint, 30, s->index,
			     "'%.128s' is not listed with '-' for '.': grype writes it so",
			     sub->id);
}

static void check_30(struct lint *lint, const struct lint_statement *s,
		     const struct lint_component *product, const struct lint_component *sub)
{
	const char *version;

	if (!sub->purl)
		return;
	if (!strncmp(sub->id, "pkg:npm/@", 9))
		lint_error(lint, 30, s->index, "'%.128s': the '@' of a scope is written %%40",
			   sub->id);
	version = strrchr(sub->id, '@');
	if (version && memchr(version, '+', strcspn(version, "?#")))
		lint_warning(lint, 30, s->index, "'%.128s': a '+' in a version is written %%2B",
			     sub->id);
	if (is_type(sub, "golang"))
		check_golang(lint, s, product, sub);
	if (is_type(sub, "pypi"))
		check_pypi(lint, s, product, sub);
}

void lint_rule_30(struct lint *lint, const struct lint_statement *s)
{
	each_package(lint, 30, s, check_30);
}
