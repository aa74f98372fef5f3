// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* syft.c — SBOMSyft and SBOMSyftFiltered: artifacts, files and who belongs to whom. */
#include "kubescape-compat/syft.h"

#include <string.h>

#include "include/array.h"
#include "kubescape-compat/pool.h"

enum list { ARTIFACTS, RELATIONSHIPS, FILES, LISTS };

static const char *const list_names[LISTS] = { "artifacts", "artifactRelationships", "files" };

struct reading {
	struct kube_sbom *sbom;
	kube_parse_fn parse;
	const char *text;
	size_t len;
	struct piece lists[LISTS]; /* where they stand, text NULL when absent */
	uint32_t *by_id;           /* artifacts and files in the order of their ids */
	size_t ids;
	struct err *err;
};

static const char *keep(struct reading *r, const char *text, bool *failed)
{
	const char *kept = text && *text ? kube_pool_keep(r->sbom->pool, text) : NULL;

	*failed |= text && *text && !kept;
	return kept;
}

static int read_artifact(struct reading *r, const cJSON *item, const struct piece *piece)
{
	struct kube_sbom *s = r->sbom;
	struct kube_artifact *a = array_add(s->artifacts, s->artifact_count, s->artifact_room);
	const cJSON *locations = NULL;
	bool failed = !a;
	int error = kube_list(&locations, item, "locations", r->err);

	if (error < 0)
		return error;
	if (failed)
		return err_oom(r->err);
	a->piece = *piece;
	a->id = keep(r, kube_text(item, "id"), &failed);
	a->name = keep(r, kube_text(item, "name"), &failed);
	a->version = keep(r, kube_text(item, "version"), &failed);
	a->type = keep(r, kube_text(item, "type"), &failed);
	a->purl = keep(r, kube_text(item, "purl"), &failed);
	a->location = keep(r, kube_text(cJSON_GetArrayItem(locations, 0), "path"), &failed);
	return failed ? err_oom(r->err) : 0;
}

static int read_file(struct reading *r, const cJSON *item, const struct piece *piece)
{
	struct kube_sbom *s = r->sbom;
	struct kube_sbom_file *f = array_add(s->files, s->file_count, s->file_room);
	const char *path = kube_text(kube_map(item, "location"), "path");
	bool failed = !f;

	if (failed)
		return err_oom(r->err);
	/* Go's structure spells the path of a place as RealPath. */
	if (!path)
		path = kube_text(kube_map(item, "location"), "realPath");
	f->piece = *piece;
	f->id = keep(r, kube_text(item, "id"), &failed);
	f->path = keep(r, path, &failed);
	return failed ? err_oom(r->err) : 0;
}

static const char *id_at(const struct kube_sbom *s, uint32_t at)
{
	const char *id =
	    at < s->artifact_count ? s->artifacts[at].id : s->files[at - s->artifact_count].id;

	return id ? id : "";
}

static int compare_ids(const void *a, const void *b, void *sbom)
{
	return strcmp(id_at(sbom, *(const uint32_t *)a), id_at(sbom, *(const uint32_t *)b));
}

static int order_ids(struct reading *r)
{
	struct kube_sbom *s = r->sbom;

	r->ids = s->artifact_count + s->file_count;
	r->by_id = calloc(r->ids + 1, sizeof(*r->by_id));
	if (!r->by_id)
		return err_oom(r->err);
	for (size_t i = 0; i < r->ids; i++)
		r->by_id[i] = (uint32_t)i;
	array_sort_with(r->by_id, r->ids, sizeof(*r->by_id), compare_ids, s);
	return 0;
}

static uint32_t find_id(const struct reading *r, const char *id)
{
	size_t low = 0, high = r->ids;

	if (!id || !*id)
		return KUBE_SBOM_NONE;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = strcmp(id_at(r->sbom, r->by_id[middle]), id);

		if (!c)
			return r->by_id[middle];
		if (c < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return KUBE_SBOM_NONE;
}

static enum kube_relation relation_of(const char *type)
{
	static const char *const names[] = { "contains", "evident-by", "ownership-by-file-overlap",
					     "dependency-of", "described-by" };
	enum kube_relation relation = KUBE_CONTAINS;

	while (relation < KUBE_OTHER && (!type || strcmp(type, names[relation])))
		relation++;
	return relation;
}

static int read_relationship(struct reading *r, const cJSON *item, const struct piece *piece)
{
	struct kube_sbom *s = r->sbom;
	struct kube_relationship *rel =
	    array_add(s->relationships, s->relationship_count, s->relationship_room);

	if (!rel)
		return err_oom(r->err);
	rel->piece = *piece;
	rel->parent = find_id(r, kube_text(item, "parent"));
	rel->child = find_id(r, kube_text(item, "child"));
	rel->relation = relation_of(kube_text(item, "type"));
	return 0;
}

static int read_piece(struct reading *r, enum list list, const struct piece *piece)
{
	static int (*const readers[])(struct reading *, const cJSON *,
				      const struct piece *) = { read_artifact, read_relationship,
								read_file };
	_cleanup_tree_ cJSON *item = NULL;
	int error = r->parse(&item, piece->text, piece->len, r->err);

	if (error == 0 && !cJSON_IsObject(item))
		error = err_set(r->err, EBADMSG, "is no object");
	return error < 0 ? error : readers[list](r, item, piece);
}

static int read_list(struct reading *r, enum list list)
{
	struct pieces p = pieces_of_list(r->lists[list].text, r->lists[list].len);
	struct piece none, piece;
	const struct kube_sbom *s = r->sbom;
	size_t n = 0;
	int error;

	if (!r->lists[list].text ||
	    (r->lists[list].len == 4 && !memcmp(r->lists[list].text, "null", 4)))
		return 0;
	while (pieces_next(&p, &none, &piece)) {
		if (s->artifact_count + s->file_count + s->relationship_count >=
		    KUBE_SBOM_PIECES_MAX)
			return err_set(r->err, EFBIG,
				       "more than %u artifacts, files and relationships",
				       KUBE_SBOM_PIECES_MAX);
		n++;
		error = read_piece(r, list, &piece);
		if (error < 0)
			return err_prefix(r->err, error, "%s %zu", list_names[list], n);
	}
	return pieces_ended(&p) ? 0 : err_set(r->err, EBADMSG, "'%s' is no list", list_names[list]);
}

/* The value of a member, in any case; false when it has none. */
static bool find_member(const struct piece *object, const char *name, struct piece *ret)
{
	struct pieces p = pieces_of_object(object->text, object->len);
	struct piece key, value;
	bool found = false;

	while (pieces_next(&p, &key, &value)) {
		if (!piece_is(&key, name))
			continue;
		*ret = value; /* twice is refused when what is left is parsed */
		found = true;
	}
	return found;
}

static void find_lists(struct reading *r)
{
	struct piece whole = { r->text, r->len }, spec, syft;

	if (!find_member(&whole, "spec", &spec) || !find_member(&spec, "syft", &syft))
		return;
	for (enum list list = 0; list < LISTS; list++)
		if (!find_member(&syft, list_names[list], &r->lists[list]) ||
		    r->lists[list].text[0] != '[')
			r->lists[list] = (struct piece){};
}

/* The text with the three lists empty. Freed by the caller. */
static char *skeleton(const struct reading *r, size_t *ret_len)
{
	char *out = malloc(r->len + 1), *to = out;
	const char *from = r->text, *end = r->text + r->len;

	while (out && from < end) {
		const struct piece *next = NULL;

		for (enum list list = 0; list < LISTS; list++)
			if (r->lists[list].text && r->lists[list].text >= from &&
			    (!next || r->lists[list].text < next->text))
				next = &r->lists[list];
		to = mempcpy(to, from, (size_t)((next ? next->text : end) - from));
		if (next)
			to = mempcpy(to, "[]", 2);
		from = next ? next->text + next->len : end;
	}
	if (out)
		*to = '\0';
	*ret_len = out ? (size_t)(to - out) : 0;
	return out;
}

static int read_rest(struct reading *r)
{
	struct kube_sbom *s = r->sbom;
	_cleanup_free_ char *text = NULL;
	cJSON *tree = NULL;
	size_t len;
	int error;

	find_lists(r);
	text = skeleton(r, &len);
	if (!text)
		return err_oom(r->err);
	error = r->parse(&tree, text, len, r->err);
	if (error == 0)
		error = kube_objects_add(&s->objects, tree, r->err);
	if (error < 0)
		return error;
	if (s->objects.count != 1 ||
	    (s->objects.items->kind != KUBE_SBOM && s->objects.items->kind != KUBE_SBOM_FILTERED))
		return err_set(r->err, EINVAL, "is no single SBOMSyft or SBOMSyftFiltered");
	s->object = s->objects.items;
	return 0;
}

/* The image's digest, from the annotation, else from what was scanned. */
static void note_digest(struct kube_sbom *s)
{
	const cJSON *source = kube_map(kube_map(s->object->spec, "syft"), "source");
	const cJSON *metadata = kube_map(source, "metadata");

	if (kube_image_digest(s->digest, kube_annotation(s->object, "image-id")) ||
	    kube_image_digest(s->digest, kube_text(source, "version")))
		return;
	if (!kube_image_digest(s->digest, kube_text(metadata, "userInput")))
		kube_image_digest(s->digest, kube_text(metadata, "manifestDigest"));
}

static int read_all(struct reading *r)
{
	int error = read_rest(r);

	if (error == 0)
		error = read_list(r, ARTIFACTS);
	if (error == 0)
		error = read_list(r, FILES);
	if (error == 0)
		error = order_ids(r);
	if (error == 0)
		error = read_list(r, RELATIONSHIPS);
	if (error == 0)
		note_digest(r->sbom);
	free(r->by_id);
	return error;
}

int kube_sbom_read(struct kube_sbom **ret, const char *text, size_t len, kube_parse_fn parse,
		   struct err *err)
{
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = calloc(1, sizeof(*sbom));
	struct reading r = { .sbom = sbom, .parse = parse, .text = text, .len = len, .err = err };
	int error;

	if (!sbom || !(sbom->pool = kube_pool_new()))
		return err_oom(err);
	error = read_all(&r);
	if (error < 0)
		return error;
	*ret = take_ptr(sbom);
	return 0;
}

void kube_sbom_free(struct kube_sbom *sbom)
{
	if (!sbom)
		return;
	kube_objects_done(&sbom->objects);
	free(sbom->artifacts);
	free(sbom->files);
	free(sbom->relationships);
	if (sbom->pool)
		kube_pool_free(sbom->pool);
	free(sbom);
}
