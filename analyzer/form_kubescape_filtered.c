// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * form_kubescape_filtered.c — what one container used of an image, as Kubescape keeps it: its SBOM and its report without the rest.
 *
 * Kubescape's filter drops what it has not seen. Here nothing is dropped that may be used still: a match is left out when it is stated not
 * to affect the image, or to be fixed, and a package when it was not used and each of its matches is left out. What the analysis does
 * not know stays.
 */
#include "analyzer/form.h"

#include <stdlib.h>
#include <string.h>

#include "analyzer/json.h"
#include "analyzer/manifests.h"
#include "analyzer/profiles.h"
#include "analyzer/purl.h"
#include "analyzer/rfc3339.h"
#include "analyzer/usage.h"
#include "include/array.h"
#include "kubescape-compat/syft.h"

const char *form_kubescape_sbom_refusal(const struct analysis *a)
{
	const char *refusal = form_kubescape_refusal(a);

	if (refusal)
		return refusal;
	return a->sbom && a->sbom->object->name
		   ? NULL
		   : "there is no SBOMSyft of the image to filter: give it by --sbom";
}

const char *form_kubescape_manifest_refusal(const struct analysis *a)
{
	const char *refusal = form_kubescape_refusal(a);

	if (refusal)
		return refusal;
	return a->manifest && a->manifest->found ? NULL
						 : "there is no VulnerabilityManifest of the image "
						   "to filter: give it, as a file, "
						   "by --vulns";
}

/* A name with what has it: the name in a package's purl, or an id of a finding. */
struct entry {
	const char *key;
	size_t index;
};

struct filter {
	const struct analysis *analysis;
	struct arena *arena;
	struct entry *packages, *ids;
	size_t package_count, id_count, id_room;
	struct purl *purls; /* of the packages */
	bool *keep;         /* per package of the inventory */
};

static int compare_entries(const void *pa, const void *pb)
{
	const struct entry *a = pa, *b = pb;
	int r = strcmp(a->key, b->key);

	return r ? r : (a->index > b->index) - (a->index < b->index);
}

static size_t first_entry(const struct entry *entries, size_t count, const char *key)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(entries[mid].key, key) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static bool is_open(const struct verdict *v)
{
	return v->status != STATUS_NOT_AFFECTED && v->status != STATUS_FIXED;
}

/* In use, or of an unsettled verdict. */
static int judge_packages(struct filter *f)
{
	const struct inventory *inv = f->analysis->inventory;
	const struct verdicts *verdicts = f->analysis->verdicts;
	size_t n = inv->package_count, file;

	f->keep = arena_alloc(f->arena, (n + 1) * sizeof(*f->keep));
	f->purls = arena_alloc(f->arena, (n + 1) * sizeof(*f->purls));
	f->packages = arena_alloc(f->arena, (n + 1) * sizeof(*f->packages));
	if (!f->keep || !f->purls || !f->packages)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct package *p = &inv->packages[i];

		f->keep[i] = usage_of_package(verdicts->usage, p, &file) >= USE_CLASS_TOUCHED;
		if (!p->purl || purl_parse(&f->purls[i], p->purl, f->arena, NULL) < 0)
			continue;
		f->packages[f->package_count++] = (struct entry){ f->purls[i].name, i };
	}
	array_sort(f->packages, f->package_count, sizeof(*f->packages), compare_entries);
	for (size_t i = 0; i < verdicts->count; i++) {
		size_t package = f->analysis->findings->items[verdicts->items[i].finding].package;

		if (package != INVENTORY_NONE)
			f->keep[package] |= is_open(&verdicts->items[i]);
	}
	return 0;
}

static int add_id(struct filter *f, const char *id, size_t verdict)
{
	struct entry *entry = array_add(f->ids, f->id_count, f->id_room);

	if (!entry)
		return -ENOMEM;
	*entry = (struct entry){ id, verdict };
	return 0;
}

static int list_ids(struct filter *f)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < f->analysis->verdicts->count; i++) {
		const struct finding *finding =
		    &f->analysis->findings->items[f->analysis->verdicts->items[i].finding];

		r = add_id(f, finding->id, i);
		for (size_t k = 0; r == 0 && k < finding->alias_count; k++)
			r = add_id(f, finding->aliases[k], i);
	}
	array_sort(f->ids, f->id_count, sizeof(*f->ids), compare_entries);
	return r;
}

static int filter_init(struct filter *f, const struct form *form)
{
	*f = (struct filter){ .analysis = form->analysis, .arena = form->arena };
	return judge_packages(f) < 0 || list_ids(f) < 0 ? -ENOMEM : 0;
}

static void filter_done(struct filter *f)
{
	free(f->ids);
}

/* A package that the inventory does not know may be anything. */
static bool keeps_artifact(const struct filter *f, const struct kube_artifact *artifact)
{
	const struct inventory *inv = f->analysis->inventory;
	bool known = false;
	struct purl purl;

	if (!artifact->purl || purl_parse(&purl, artifact->purl, f->arena, NULL) < 0)
		return true;
	for (size_t i = first_entry(f->packages, f->package_count, purl.name);
	     i < f->package_count && !strcmp(f->packages[i].key, purl.name); i++) {
		size_t at = f->packages[i].index;

		if (!purl_same_package(&purl, &f->purls[at], inv->packages[at].arch))
			continue;
		if (f->keep[at])
			return true;
		known = true;
	}
	return !known;
}

static bool keeps_file(const struct filter *f, const struct kube_sbom_file *file)
{
	size_t at =
	    file->path ? inventory_find(f->analysis->inventory, file->path) : INVENTORY_NONE;

	return at != INVENTORY_NONE &&
	       f->analysis->verdicts->usage->files[at].class >= USE_CLASS_TOUCHED;
}

/* Is the finding of that package, in whichever spelling? */
static bool is_of(const struct filter *f, const struct finding *finding, const struct purl *purl)
{
	size_t package = finding->package;
	const char *arch =
	    package == INVENTORY_NONE ? NULL : f->analysis->inventory->packages[package].arch;
	struct purl ours;

	for (size_t i = 0; i < finding->purl_count; i++)
		if (purl_parse(&ours, finding->purls[i], f->arena, NULL) == 0 &&
		    purl_same_package(purl, &ours, arch))
			return true;
	return false;
}

static bool keeps_match(const struct filter *f, const struct kube_match *match)
{
	const struct verdicts *verdicts = f->analysis->verdicts;
	bool known = false;
	struct purl purl;

	if (!match->purl || purl_parse(&purl, match->purl, f->arena, NULL) < 0)
		return true;
	for (size_t i = first_entry(f->ids, f->id_count, match->id);
	     i < f->id_count && !strcmp(f->ids[i].key, match->id); i++) {
		const struct verdict *v = &verdicts->items[f->ids[i].index];

		if (!is_of(f, &f->analysis->findings->items[v->finding], &purl))
			continue;
		if (is_open(v))
			return true;
		known = true;
	}
	return !known;
}

static struct kube_state state_of(const struct form *form)
{
	return (struct kube_state){
		.completion = form->analysis->verdicts->gate_count ? "partial" : "complete",
		.created_at = form->timestamp,
	};
}

cJSON *form_kubescape_sbom(const struct form *form, struct err *err)
{
	const struct kube_sbom *sbom = form->analysis->sbom;
	const struct kube_state state = state_of(form);
	bool *artifacts = arena_alloc(form->arena, sbom->artifact_count + 1);
	bool *files = arena_alloc(form->arena, sbom->file_count + 1);
	_cleanup_(filter_done) struct filter f;

	if (filter_init(&f, form) < 0 || !artifacts || !files) {
		err_oom(err);
		return NULL;
	}
	for (size_t i = 0; i < sbom->artifact_count; i++)
		artifacts[i] = keeps_artifact(&f, &sbom->artifacts[i]);
	for (size_t i = 0; i < sbom->file_count; i++)
		files[i] = keeps_file(&f, &sbom->files[i]);
	return kube_sbom_write_filtered(sbom, form->analysis->options.profiles->items[0],
					&(struct kube_kept){ artifacts, files }, &state, err);
}

cJSON *form_kubescape_manifest(const struct form *form, struct err *err)
{
	const struct kube_manifest *manifest = &form->analysis->manifest->manifest;
	const struct kube_state state = state_of(form);
	bool *keep = arena_alloc(form->arena, manifest->match_count + 1);
	_cleanup_(filter_done) struct filter f;

	if (filter_init(&f, form) < 0 || !keep) {
		err_oom(err);
		return NULL;
	}
	for (size_t i = 0; i < manifest->match_count; i++)
		keep[i] = keeps_match(&f, &manifest->matches[i]);
	return kube_manifest_write_filtered(manifest, form->analysis->options.profiles->items[0],
					    keep, &state, err);
}
