// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* scanner.c — what grype and trivy would suppress, given an OpenVEX document. */
#include "analyzer/scanner.h"

#include <string.h>

#include "analyzer/findings_claim.h"
#include "analyzer/scanner_vex.h"

struct simulation {
	struct suppressions *to;
	struct arena *arena;
	struct vex vex;
	struct asked_list image; /* names of the image */
	bool newest;        /* of several statements the newest decides (trivy), not the oldest */
	bool package_first; /* the package is asked for before the image (trivy) */
	size_t capacity, note_capacity;
};

static void simulation_done(struct simulation *sim)
{
	free(sim->image.items);
}

/* The statement that decides when the scanner asks for that product. */
struct decision {
	const struct vex_statement *statement;
	const struct vex_product *product;
	const struct asked *asked;
	bool as_package;
};

static bool decide(struct decision *ret, const struct simulation *sim, const char *id,
		   const struct asked *product, const struct asked *package)
{
	const struct vex_key *keys;
	size_t n = vex_find(&sim->vex, id, &keys);

	for (size_t i = 0; i < n; i++) {
		size_t at = sim->newest ? n - 1 - i : i;
		const struct vex_statement *s = &sim->vex.statements[keys[at].statement];
		const struct vex_product *p = vex_statement_matches(s, product, package);

		if (p) {
			*ret = (struct decision){ s, p, product, false };
			return true;
		}
	}
	return false;
}

static bool suppresses(const char *status)
{
	return !strcmp(status, "not_affected") || !strcmp(status, "fixed");
}

static bool decide_image(struct decision *ret, const struct simulation *sim, const char *id,
			 const struct asked *package)
{
	for (size_t i = 0; i < sim->image.count; i++)
		if (decide(ret, sim, id, &sim->image.items[i], package))
			return true;
	return false;
}

static bool decide_package(struct decision *ret, const struct simulation *sim, const char *id,
			   const struct asked *package)
{
	if (!package || !decide(ret, sim, id, package, NULL))
		return false;
	ret->as_package = true;
	return true;
}

/* grype asks for the image, then for the package. trivy walks up from the package: what does not suppress there may do so at
 * the image. */
static bool decide_match(struct decision *ret, const struct simulation *sim, const char *id,
			 const struct asked *package)
{
	struct decision image;
	bool found;

	if (!sim->package_first)
		return decide_image(ret, sim, id, package) || decide_package(ret, sim, id, package);
	found = decide_package(ret, sim, id, package);
	if (found && suppresses(ret->statement->status))
		return true;
	if (!decide_image(&image, sim, id, package))
		return found;
	if (!found || suppresses(image.statement->status))
		*ret = image;
	return true;
}

/* Why nothing matched: the first of id, product and package at which it failed. */
static const char *why_not(const struct simulation *sim, const char *id,
			   const struct asked *package)
{
	const struct vex_key *keys;
	size_t n = vex_find(&sim->vex, id, &keys);

	if (!n)
		return "no statement has that id as @id, name or alias";
	for (size_t k = 0; k < n; k++)
		for (size_t i = 0; i < sim->image.count; i++)
			if (vex_statement_matches(&sim->vex.statements[keys[k].statement],
						  &sim->image.items[i], NULL))
				return "a statement names the image, but no subcomponent of it is "
				       "the package";
	if (!sim->image.count && !package)
		return "the report names neither the image nor the package by anything to match";
	if (!sim->image.count)
		return "the report has no name for its image, and no statement has the package as "
		       "product";
	return "no product of the statements with that id is the scanned image or the package";
}

static const char *why(const struct simulation *sim, const struct decision *d,
		       const struct asked *package)
{
	const char *what = "it names the image";
	bool listed = d->product->subcomponent_count && package && !d->as_package;

	if (d->as_package)
		what = "its product is the package itself";
	else if (listed)
		what = "it names the image and lists the package";
	else if (!package)
		what = "it names the image, and the package has no purl to be told apart by";
	else if (!d->product->subcomponent_count)
		what = "it names the image without subcomponents, so every package is meant";
	return arena_printf(sim->arena, "statement %zu decides (%.32s%s): %s",
			    d->statement->index + 1, d->statement->status,
			    suppresses(d->statement->status) ? "" : ", which suppresses nothing",
			    what);
}

/* Takes over id, package and purl, which live in the arena. */
static int judge(struct simulation *sim, const struct suppression *match, struct err *err)
{
	struct suppression *item = array_add(sim->to->items, sim->to->count, sim->capacity);
	struct asked asked, *package = NULL;
	struct decision d;

	if (!item)
		return err_oom(err);
	*item = *match;
	item->statement = SCANNER_NO_STATEMENT;
	if (item->purl && asked_init(&asked, item->purl, sim->arena) < 0)
		return err_oom(err);
	if (item->purl)
		package = &asked;
	if (decide_match(&d, sim, item->id, package)) {
		item->statement = d.statement->index;
		item->status = arena_strdup(sim->arena, d.statement->status);
		item->suppressed = suppresses(d.statement->status);
		item->product = arena_strdup(sim->arena, d.asked->text);
		item->vex_product = arena_strdup(sim->arena, d.product->component.id);
		item->why = why(sim, &d, package);
		if (!item->status || !item->product || !item->vex_product)
			return err_oom(err);
	} else {
		item->why = why_not(sim, item->id, package);
	}
	sim->to->suppressed_count += item->suppressed;
	return item->why ? 0 : err_oom(err);
}

static int judge_reported(struct simulation *sim, const char *id, const char *name,
			  const char *version, const char *purl, struct err *err)
{
	struct suppression match = { .id = findings_text(id, sim->arena) };
	const char *safe_name = findings_text(name, sim->arena);
	const char *safe_version = findings_text(version, sim->arena);

	if (!match.id)
		match.id = "(no id)";
	match.package = arena_printf(sim->arena, "%s%s%s", safe_name ? safe_name : "(unknown)",
				     safe_version ? " " : "", safe_version ? safe_version : "");
	match.purl = purl && *purl ? arena_strdup(sim->arena, purl) : NULL;
	if (!match.package || (purl && *purl && !match.purl))
		return err_oom(err);
	return judge(sim, &match, err);
}

static int add_note(struct simulation *sim, const char *text, struct err *err)
{
	const char **slot = array_add(sim->to->notes, sim->to->note_count, sim->note_capacity);

	if (!slot)
		return err_oom(err);
	*slot = text;
	return 0;
}

static int simulate_grype(struct simulation *sim, const cJSON *report, struct err *err)
{
	const cJSON *source = json_object(report, "source"), *match;
	const char *type = json_string(source, "type");
	int r = 0;

	sim->to->scanner = "grype";
	if (scanner_ask_grype(&sim->image, report, sim->arena) < 0)
		return err_oom(err);
	if (type && strcmp(type, "image"))
		r = add_note(sim,
			     "the report is not about an image: only the package itself can match "
			     "as product",
			     err);
	else if (!json_array(json_object(source, "target"), "repoDigests") ||
		 !cJSON_GetArraySize(json_array(json_object(source, "target"), "repoDigests")))
		r = add_note(sim,
			     "the report names no digest of a registry: an image product with a "
			     "digest cannot match",
			     err);
	cJSON_ArrayForEach(match, json_array(report, "matches"))
	{
		const cJSON *artifact = json_object(match, "artifact");

		if (r >= 0)
			r = judge_reported(
			    sim, json_string(json_object(match, "vulnerability"), "id"),
			    json_string(artifact, "name"), json_string(artifact, "version"),
			    json_string(artifact, "purl"), err);
	}
	return r;
}

static int simulate_trivy(struct simulation *sim, const cJSON *report, struct err *err)
{
	const cJSON *result, *v;
	int r = 0;

	sim->to->scanner = "trivy";
	sim->newest = true;
	sim->package_first = true;
	if (scanner_ask_trivy(&sim->image, report, sim->arena) < 0)
		return err_oom(err);
	if (!sim->image.count)
		r = add_note(
		    sim,
		    "the report names no image by a digest of a registry: only the package "
		    "itself can match as product",
		    err);
	cJSON_ArrayForEach(result, json_array(report, "Results"))
	{
		cJSON_ArrayForEach(v, json_array(result, "Vulnerabilities"))
		{
			if (r >= 0)
				r = judge_reported(
				    sim, json_string(v, "VulnerabilityID"),
				    json_string(v, "PkgName"), json_string(v, "InstalledVersion"),
				    json_string(json_object(v, "PkgIdentifier"), "PURL"), err);
		}
	}
	return r;
}

static int simulate(struct simulation *sim, const cJSON *report, struct err *err)
{
	const char *name = json_string(json_object(report, "descriptor"), "name");
	int r;

	if (json_array(report, "matches") && name && !strcmp(name, "grype"))
		r = simulate_grype(sim, report, err);
	else if (cJSON_IsNumber(json_get(report, "SchemaVersion")) &&
		 json_string(report, "ArtifactName"))
		r = simulate_trivy(sim, report, err);
	else
		r = err_set(err, EINVAL, "is no JSON report of grype or trivy");
	if (r < 0)
		return r;
	sim->to->product_ids =
	    arena_alloc(sim->arena, (sim->image.count + 1) * sizeof(*sim->to->product_ids));
	if (!sim->to->product_ids)
		return err_oom(err);
	for (size_t i = 0; i < sim->image.count; i++) {
		sim->to->product_ids[i] = arena_strdup(sim->arena, sim->image.items[i].text);
		if (!sim->to->product_ids[i])
			return err_oom(err);
		sim->to->product_id_count++;
	}
	return 0;
}

int scanner_simulate(struct suppressions **ret, const cJSON *openvex, const cJSON *report,
		     struct err *err)
{
	_cleanup_(suppressions_freep) struct suppressions *to = calloc(1, sizeof(*to));
	_cleanup_(simulation_done) struct simulation sim = { .to = to };
	int r;

	if (!to || !(to->arena = arena_new()))
		return err_oom(err);
	sim.arena = to->arena;
	r = vex_read(&sim.vex, openvex, sim.arena, err);
	if (r >= 0)
		r = simulate(&sim, report, err);
	if (r < 0)
		return r;
	*ret = take_ptr(to);
	return 0;
}

void suppressions_free(struct suppressions *suppressions)
{
	if (!suppressions)
		return;
	free(suppressions->items);
	free(suppressions->notes);
	arena_free(suppressions->arena);
	free(suppressions);
}
