// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* syft_write.c — an SBOM as it was read, or what of it one container used. */
#include "kubescape-compat/metadata.h"
#include "kubescape-compat/syft.h"

#include <string.h>

static int push_piece(cJSON *list, const struct piece *piece)
{
	_cleanup_free_ char *text = strndup(piece->text, piece->len);
	cJSON *raw = text ? cJSON_CreateRaw(text) : NULL;

	if (raw && cJSON_AddItemToArray(list, raw))
		return 0;
	cJSON_Delete(raw);
	return -ENOMEM;
}

static bool keeps(const struct kube_sbom *s, uint32_t end, const bool *artifacts, const bool *files)
{
	if (end == KUBE_SBOM_NONE)
		return false;
	return end < s->artifact_count ? artifacts[end] : files[end - s->artifact_count];
}

/* NULL for `artifacts` and `files`: everything. */
struct choice {
	const struct kube_sbom *sbom;
	const bool *artifacts, *files;
};

static cJSON *chosen_artifacts(const struct choice *c)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; list && i < c->sbom->artifact_count; i++)
		if ((!c->artifacts || c->artifacts[i]) &&
		    push_piece(list, &c->sbom->artifacts[i].piece) < 0)
			return NULL;
	return take_ptr(list);
}

static cJSON *chosen_files(const struct choice *c)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; list && i < c->sbom->file_count; i++)
		if ((!c->files || c->files[i]) && push_piece(list, &c->sbom->files[i].piece) < 0)
			return NULL;
	return take_ptr(list);
}

/* Also that the image contains an artifact: its parent is none of the lists. */
static bool is_chosen(const struct choice *c, const struct kube_relationship *rel)
{
	if (!c->artifacts)
		return true;
	return keeps(c->sbom, rel->child, c->artifacts, c->files) &&
	       (rel->parent == KUBE_SBOM_NONE ||
		keeps(c->sbom, rel->parent, c->artifacts, c->files));
}

static cJSON *chosen_relationships(const struct choice *c)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; list && i < c->sbom->relationship_count; i++) {
		const struct kube_relationship *rel = &c->sbom->relationships[i];

		if (is_chosen(c, rel) && push_piece(list, &rel->piece) < 0)
			return NULL;
	}
	return take_ptr(list);
}

/* A list that was absent or null stays so while it is empty. */
static int put_pieces(cJSON *syft, const char *key, cJSON *list)
{
	bool keep = list && !list->child && !cJSON_IsArray(kube_get(syft, key));

	if (!keep)
		return kube_put(syft, key, list);
	cJSON_Delete(list);
	return 0;
}

static int put_lists(cJSON *tree, const struct choice *c)
{
	cJSON *syft = (cJSON *)kube_map(kube_map(tree, "spec"), "syft");

	if (!syft)
		return 0; /* there were none to begin with */
	if (put_pieces(syft, "artifacts", chosen_artifacts(c)) < 0 ||
	    put_pieces(syft, "artifactRelationships", chosen_relationships(c)) < 0 ||
	    put_pieces(syft, "files", chosen_files(c)) < 0)
		return -ENOMEM;
	return 0;
}

cJSON *kube_sbom_write(const struct kube_sbom *sbom, struct err *err)
{
	_cleanup_tree_ cJSON *tree = cJSON_Duplicate(sbom->object->tree, true);
	const struct choice all = { .sbom = sbom };

	if (!tree || put_lists(tree, &all) < 0) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(tree);
}

cJSON *kube_sbom_write_filtered(const struct kube_sbom *sbom, const struct kube_profile *profile,
				const struct kube_kept *kept, const struct kube_state *state,
				struct err *err)
{
	_cleanup_tree_ cJSON *tree = kube_object_new(KUBE_SBOM_FILTERED);
	const struct choice some = { sbom, kept->artifacts, kept->files };
	cJSON *report = NULL;

	if (!tree || kube_put(tree, "spec", cJSON_Duplicate(sbom->object->spec, true)) < 0 ||
	    kube_put(tree, "status", cJSON_CreateObject()) < 0 || put_lists(tree, &some) < 0) {
		err_oom(err);
		return NULL;
	}
	report = (cJSON *)kube_map(kube_map(kube_map(tree, "spec"), "metadata"), "report");
	if (state->created_at && report &&
	    kube_put_text(report, "createdAt", state->created_at) < 0) {
		err_oom(err);
		return NULL;
	}
	return kube_put_filtered_names(tree, profile, state, err) < 0 ? NULL : take_ptr(tree);
}
