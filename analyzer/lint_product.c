// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint_product.c — rules 23, 25 to 27 and 31: what a statement is applied to. */
#include <ctype.h>

#include "analyzer/json.h"
#include "analyzer/lint_rules.h"

static bool is_type(const struct lint_component *c, const char *type)
{
	return c->purl && !strcmp(c->purl->type, type);
}

/* The 64 digits of a version "sha256:…", or NULL. */
static const char *digest_of(const struct purl *purl)
{
	const char *v = purl->version;

	if (!v || strncmp(v, "sha256:", 7) != 0 || strlen(v) != 71 ||
	    strspn(v + 7, "0123456789abcdef") != 64)
		return NULL;
	return v + 7;
}

/* An image, or the stand-in for one that has no digest: not the package itself. */
static bool is_image(const struct lint_component *c)
{
	return is_type(c, "oci") || is_type(c, "docker") ||
	       (is_type(c, "generic") && digest_of(c->purl));
}

static bool has_upper(const char *text, const char *end)
{
	for (; text < end; text++)
		if (isupper((unsigned char)*text))
			return true;
	return false;
}

void lint_rule_23(struct lint *lint, const struct lint_statement *s)
{
	for (size_t i = 0; i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		if (p->purl_fault)
			lint_error(lint, 23, s->index, "product '%.128s': %s", p->id,
				   p->purl_fault);
		if (!is_type(p, "oci"))
			continue;
		if (p->purl->qualifier_count || p->purl->subpath)
			lint_error(lint, 23, s->index,
				   "product '%.128s' has qualifiers: each scanner spells them "
				   "otherwise, so one of them will not match",
				   p->id);
		if (p->purl->version && !digest_of(p->purl))
			lint_error(lint, 23, s->index,
				   "product '%.128s' is not pinned by sha256: and 64 lower-case "
				   "hex digits",
				   p->id);
		if (has_upper(p->id, p->id + strcspn(p->id, "@?#")))
			lint_error(lint, 23, s->index, "product '%.128s' is not in lower case",
				   p->id);
	}
}

void lint_rule_25(struct lint *lint, const struct lint_statement *s)
{
	for (size_t i = 0; i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		if (p->purl && !p->purl->version)
			lint_error(lint, 25, s->index,
				   "product '%.128s' has no version: it matches every one that "
				   "will ever be made",
				   p->id);
	}
}

void lint_rule_26(struct lint *lint, const struct lint_statement *s)
{
	for (size_t i = 0; i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		if (is_type(p, "oci") && (p->purl->namespace || strpbrk(p->purl->name, ":/@")))
			lint_error(lint, 26, s->index,
				   "product '%.128s' holds more of the reference than its last "
				   "path element: nothing matches that",
				   p->id);
	}
}

static void check_hash(struct lint *lint, const struct lint_statement *s,
		       const struct lint_component *p)
{
	const cJSON *hashes = json_object(p->item, "hashes");
	const char *digest = digest_of(p->purl), *hash = json_string(hashes, "sha-256");

	if (!is_type(p, "oci") || !digest)
		return;
	if (!hash)
		lint_warning(lint, 27, s->index,
			     "product '%.128s' has no hashes.sha-256: a copy of the image under "
			     "another name will not match in grype",
			     p->id);
	else if (strcmp(hash, digest) != 0)
		lint_error(lint, 27, s->index,
			   "product '%.128s': hashes.sha-256 is of something else", p->id);
}

static void check_identifiers(struct lint *lint, const struct lint_statement *s,
			      const struct lint_component *p)
{
	const cJSON *identifiers = json_object(p->item, "identifiers");
	const char *purl = json_string(identifiers, "purl");

	if (cJSON_GetArraySize(json_object(p->item, "hashes")) > 1 ||
	    cJSON_GetArraySize(identifiers) > 1)
		lint_warning(lint, 27, s->index,
			     "component '%.128s' has several hashes or identifiers: go-vex up to "
			     "0.2.8 then computes another document hash each time",
			     p->id ? p->id : "");
	if (purl && p->purl && strcmp(purl, p->id) != 0)
		lint_error(lint, 27, s->index,
			   "component '%.128s': identifiers.purl names something else", p->id);
}

void lint_rule_27(struct lint *lint, const struct lint_statement *s)
{
	for (size_t i = 0; i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		if (p->purl)
			check_hash(lint, s, p);
		check_identifiers(lint, s, p);
		for (size_t n = 0; n < p->sub_count; n++)
			check_identifiers(lint, s, &p->subs[n]);
	}
}

void lint_rule_31(struct lint *lint, const struct lint_statement *s)
{
	for (size_t i = 0; i < s->product_count; i++) {
		const struct lint_component *p = &s->products[i];

		if (p->sub_count)
			continue;
		if (!p->purl || is_image(p))
			lint_error(lint, 31, s->index,
				   "product '%.128s' has no subcomponents: the statement speaks "
				   "of every package in it",
				   p->id ? p->id : "");
		else
			lint_warning(lint, 31, s->index,
				     "the package '%.128s' is the product itself: the statement "
				     "holds wherever the document is applied",
				     p->id);
	}
}
