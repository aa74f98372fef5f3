// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* sbom.c — what somebody else says is in the image. */
#include "analyzer/sbom.h"

#include "analyzer/json.h"
#include "include/array.h"
#include "kubescape-compat/syft.h"

struct builder {
	struct sbom *sbom;
	struct sbom_component *found;
	size_t count, capacity;
	struct err *err;
};

static const char *keep(struct builder *b, const char *text)
{
	return text && *text ? arena_strdup(b->sbom->arena, text) : NULL;
}

static int add(struct builder *b, const struct sbom_component *seen)
{
	struct sbom_component *c;

	if (b->count >= SBOM_COMPONENTS_MAX)
		return err_set(b->err, EFBIG, "more than %u components", SBOM_COMPONENTS_MAX);
	c = array_add(b->found, b->count, b->capacity);
	if (!c)
		return err_oom(b->err);
	c->name = keep(b, seen->name);
	c->version = keep(b, seen->version);
	c->purl = keep(b, seen->purl);
	c->location = keep(b, seen->location);
	return c->name ? 0 : err_oom(b->err);
}

static int read_syft(struct builder *b, const cJSON *root)
{
	const cJSON *item;
	int r;

	cJSON_ArrayForEach(item, json_array(root, "artifacts"))
	{
		const cJSON *place = cJSON_GetArrayItem(json_array(item, "locations"), 0);
		struct sbom_component c = { json_string(item, "name"), json_string(item, "version"),
					    json_string(item, "purl"), json_string(place, "path") };

		r = c.name && *c.name ? add(b, &c) : 0;
		if (r < 0)
			return r;
	}
	return 0;
}

/* Syft and trivy note where they looked in properties of their own. */
static const char *cyclonedx_location(const cJSON *component)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_array(component, "properties"))
	{
		const char *name = json_string(item, "name");

		if (name && (!strcmp(name, "syft:location:0:path") ||
			     !strcmp(name, "aquasecurity:trivy:FilePath")))
			return json_string(item, "value");
	}
	item = cJSON_GetArrayItem(json_array(json_object(component, "evidence"), "occurrences"), 0);
	return json_string(item, "location");
}

/* Components may nest; the depth is that of the JSON text, which is bounded. */
static int read_cyclonedx(struct builder *b, const cJSON *parent)
{
	const cJSON *item;
	int r;

	cJSON_ArrayForEach(item, json_array(parent, "components"))
	{
		const char *type = json_string(item, "type"), *name = json_string(item, "name");
		const char *group = json_string(item, "group");
		struct sbom_component c = { name, json_string(item, "version"),
					    json_string(item, "purl"), cyclonedx_location(item) };

		if (group && *group && name)
			c.name = arena_printf(b->sbom->arena, "%s/%s", group, name);
		r = 0;
		if (c.name && *c.name && type && strcmp(type, "file") &&
		    strcmp(type, "operating-system"))
			r = add(b, &c);
		if (r == 0)
			r = read_cyclonedx(b, item);
		if (r < 0)
			return r;
	}
	return 0;
}

static const char *spdx_purl(const cJSON *package)
{
	const cJSON *ref;

	cJSON_ArrayForEach(ref, json_array(package, "externalRefs"))
	{
		const char *type = json_string(ref, "referenceType");

		if (type && !strcmp(type, "purl"))
			return json_string(ref, "referenceLocator");
	}
	return NULL;
}

static int read_spdx(struct builder *b, const cJSON *root)
{
	const cJSON *item;
	int r;

	cJSON_ArrayForEach(item, json_array(root, "packages"))
	{
		const char *purpose = json_string(item, "primaryPackagePurpose");
		struct sbom_component c = { json_string(item, "name"),
					    json_string(item, "versionInfo"), spdx_purl(item),
					    NULL };

		if (!c.name || !*c.name || (c.purl && !strncmp(c.purl, "pkg:oci/", 8)))
			continue;
		if (purpose &&
		    (!strcmp(purpose, "OPERATING-SYSTEM") || !strcmp(purpose, "CONTAINER")))
			continue;
		r = add(b, &c);
		if (r < 0)
			return r;
	}
	return 0;
}

static int compare_texts(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "");
}

static int compare_components(const void *a, const void *b)
{
	const struct sbom_component *x = a, *y = b;
	int r = compare_texts(x->name, y->name);

	r = r ? r : compare_texts(x->version, y->version);
	r = r ? r : compare_texts(x->purl, y->purl);
	return r ? r : compare_texts(x->location, y->location);
}

/* Sorts, drops repeats, and moves the list into the arena. */
static int settle(struct builder *b)
{
	struct sbom *sbom = b->sbom;
	size_t n = 0;

	if (!b->count)
		return 0;
	array_sort(b->found, b->count, sizeof(*b->found), compare_components);
	sbom->components = arena_alloc(sbom->arena, b->count * sizeof(*b->found));
	if (!sbom->components)
		return err_oom(b->err);
	for (size_t i = 0; i < b->count; i++)
		if (!n || compare_components(&sbom->components[n - 1], &b->found[i]))
			sbom->components[n++] = b->found[i];
	sbom->component_count = n;
	return 0;
}

/* Another of Kubescape's objects, or a list of SBOMs that one does not choose from. */
static int refuse_kubescape(struct builder *b, const cJSON *root)
{
	const char *kind = json_string(root, "kind");

	return err_set(b->err, EINVAL,
		       "is a %.64s of Kubescape's: expected one SBOMSyft or SBOMSyftFiltered",
		       kind ? kind : "document");
}

static int read_any(struct builder *b, const cJSON *root)
{
	const char *schema = json_string(json_object(root, "schema"), "url");
	const char *bom = json_string(root, "bomFormat"), *spdx = json_string(root, "spdxVersion");

	if (bom && !strcmp(bom, "CycloneDX")) {
		b->sbom->format = "cyclonedx";
		return read_cyclonedx(b, root);
	}
	if (spdx && !strncmp(spdx, "SPDX-2.", 7)) {
		b->sbom->format = "spdx";
		return read_spdx(b, root);
	}
	if (kube_is_document(root))
		return refuse_kubescape(b, root);
	if (json_array(root, "artifacts") && (!schema || strstr(schema, "syft"))) {
		b->sbom->format = "syft";
		return read_syft(b, root);
	}
	return err_set(b->err, EINVAL,
		       "is no SBOM known here: expected Syft, CycloneDX or SPDX 2 as JSON");
}

static int take_kubescape(struct builder *b, const struct kube_sbom *sbom)
{
	int r = 0;

	b->sbom->format = "sbomsyft";
	if (!sbom->artifact_count && sbom->object->is_empty)
		return err_set(b->err, EINVAL,
			       "the SBOM has no content: ask for it with resourceVersion=fullSpec");
	if (*sbom->digest && !(b->sbom->image_digest = keep(b, sbom->digest)))
		return err_oom(b->err);
	for (size_t i = 0; i < sbom->artifact_count && r == 0; i++) {
		const struct kube_artifact *a = &sbom->artifacts[i];
		struct sbom_component c = { a->name, a->version, a->purl, a->location };

		r = c.name ? add(b, &c) : 0;
	}
	return r;
}

/* SBOMSyft of Kubescape: in pieces, because it may have 100 MB. */
static int read_kubescape(struct builder *b, const char *text, size_t len)
{
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = NULL;
	int r = kube_sbom_read(&sbom, text, len, json_parse, b->err);

	return r < 0 ? r : take_kubescape(b, sbom);
}

static bool is_kubescape(const char *text, size_t len)
{
	enum kube_kind kind;

	return kube_peek_kind(text, len, &kind) &&
	       (kind == KUBE_SBOM || kind == KUBE_SBOM_FILTERED);
}

static int read_text(struct builder *b, const char *text, size_t len)
{
	_cleanup_(cJSON_Deletep) cJSON *root = NULL;
	int r;

	if (is_kubescape(text, len))
		return read_kubescape(b, text, len);
	r = json_parse(&root, text, len, b->err);
	return r < 0 ? r : read_any(b, root);
}

/* From a text, or from what was read of one. */
static int make(struct sbom **ret, const char *text, size_t len, const struct kube_sbom *read,
		struct err *err)
{
	_cleanup_(sbom_freep) struct sbom *sbom = calloc(1, sizeof(*sbom));
	struct builder b = { .sbom = sbom, .err = err };
	int r;

	if (!sbom || !(sbom->arena = arena_new()))
		return err_oom(err);
	r = read ? take_kubescape(&b, read) : read_text(&b, text, len);
	if (r == 0)
		r = settle(&b);
	free(b.found);
	if (r < 0)
		return r;
	*ret = take_ptr(sbom);
	return 0;
}

int sbom_parse(struct sbom **ret, const char *text, size_t len, struct err *err)
{
	return make(ret, text, len, NULL, err);
}

int sbom_of_kubescape(struct sbom **ret, const struct kube_sbom *read, const char *path,
		      struct err *err)
{
	int r = make(ret, NULL, 0, read, err);

	return r < 0 ? err_prefix(err, r, "sbom '%s'", path) : 0;
}

int sbom_load(struct sbom **ret, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, JSON_BYTES_MAX, err);

	if (r < 0)
		return err_prefix(err, r, "sbom");
	r = sbom_parse(ret, text, len, err);
	return r < 0 ? err_prefix(err, r, "sbom '%s'", path) : 0;
}

/* Syft's document, told by its members without parsing them. */
static bool is_syft(const char *text, size_t len)
{
	struct pieces p = pieces_of_object(text, len);
	struct piece key, value;
	bool artifacts = false, schema = false;

	while (pieces_next(&p, &key, &value)) {
		artifacts |= piece_is(&key, "artifacts");
		schema |=
		    piece_is(&key, "schema") && memmem(value.text, value.len, "syft", 4) != NULL;
	}
	return pieces_ended(&p) && artifacts && schema;
}

/* In the envelope that Kubescape puts it into. */
static char *enveloped(const char *text, size_t len, size_t *ret_len)
{
	static const char head[] = "{\"apiVersion\":\"" KUBE_API_VERSION
				   "\",\"kind\":\"SBOMSyft\",\"metadata\":{},\"spec\":{"
				   "\"metadata\":{\"report\":{}},\"syft\":";
	char *whole = malloc(sizeof(head) + len + 2);

	if (!whole)
		return NULL;
	memcpy(whole, head, sizeof(head) - 1);
	memcpy(whole + sizeof(head) - 1, text, len);
	memcpy(whole + sizeof(head) - 1 + len, "}}", 3);
	*ret_len = sizeof(head) - 1 + len + 2;
	return whole;
}

int sbom_parse_kubescape(struct kube_sbom **ret, char **text, size_t len, struct err *err)
{
	_cleanup_free_ char *whole = NULL;
	enum kube_kind kind = KUBE_KIND_COUNT;
	bool known = kube_peek_kind(*text, len, &kind), plain = !known && is_syft(*text, len);
	int r;

	*ret = NULL;
	if (!plain && kind != KUBE_SBOM)
		return 0;
	whole = plain ? enveloped(*text, len, &len) : take_ptr(*text);
	if (!whole)
		return err_oom(err);
	r = kube_sbom_read(ret, whole, len, json_parse, err);
	free(*text);
	*text = take_ptr(whole);
	return r;
}

int sbom_load_kubescape(struct kube_sbom **ret, char **ret_text, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = file_read(&text, &len, path, JSON_BYTES_MAX, err);

	if (r < 0)
		return err_prefix(err, r, "sbom");
	r = sbom_parse_kubescape(ret, &text, len, err);
	if (r < 0)
		return err_prefix(err, r, "sbom '%s'", path);
	*ret_text = take_ptr(text);
	return 0;
}

void sbom_free(struct sbom *sbom)
{
	if (!sbom)
		return;
	arena_free(sbom->arena);
	free(sbom);
}
