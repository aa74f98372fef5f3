// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* object.c — the envelope of Kubescape's objects: kind, name, labels and annotations, alone or in lists. */
#include "kubescape-compat/object.h"

#include <string.h>
#include <strings.h>

#include "include/array.h"
#include "kubescape-compat/pieces.h"

static const char *const names[] = {
	[KUBE_CONTAINER_PROFILE] = "ContainerProfile",
	[KUBE_APPLICATION_PROFILE] = "ApplicationProfile",
	[KUBE_SBOM] = "SBOMSyft",
	[KUBE_SBOM_FILTERED] = "SBOMSyftFiltered",
	[KUBE_MANIFEST] = "VulnerabilityManifest",
	[KUBE_SUMMARY] = "VulnerabilityManifestSummary",
	[KUBE_EXCHANGE] = "OpenVulnerabilityExchangeContainer",
};

const char *kube_kind_name(enum kube_kind kind)
{
	return names[kind];
}

static enum kube_kind kind_of_name(const char *name, size_t len)
{
	enum kube_kind kind = 0;

	while (kind < KUBE_KIND_COUNT &&
	       (strlen(names[kind]) != len || memcmp(names[kind], name, len)))
		kind++;
	return kind;
}

const cJSON *kube_get(const cJSON *obj, const char *key)
{
	const cJSON *item = NULL;

	if (!cJSON_IsObject(obj))
		return NULL;
	item = cJSON_GetObjectItemCaseSensitive(obj, key);
	if (!item)
		item =
		    cJSON_GetObjectItem(obj, key); /* any case: Go's names differ in that alone */
	return cJSON_IsNull(item) ? NULL : item;
}

const char *kube_text(const cJSON *obj, const char *key)
{
	return cJSON_GetStringValue(kube_get(obj, key));
}

const cJSON *kube_map(const cJSON *obj, const char *key)
{
	const cJSON *item = kube_get(obj, key);

	return cJSON_IsObject(item) ? item : NULL;
}

int kube_list(const cJSON **ret, const cJSON *obj, const char *key, struct err *err)
{
	const cJSON *item = kube_get(obj, key);

	if (item && !cJSON_IsArray(item))
		return err_set(err, EBADMSG, "'%s' is no list", key);
	*ret = item;
	return 0;
}

int kube_put(cJSON *obj, const char *key, cJSON *item)
{
	cJSON *before = cJSON_GetObjectItemCaseSensitive(obj, key);
	bool ok;

	if (!before)
		before = cJSON_GetObjectItem(obj, key);
	if (!obj || !item)
		ok = false;
	else if (before)
		ok = cJSON_ReplaceItemInObjectCaseSensitive(obj, before->string, item);
	else
		ok = cJSON_AddItemToObject(obj, key, item);
	if (!ok)
		cJSON_Delete(item);
	return ok ? 0 : -ENOMEM;
}

int kube_put_text(cJSON *obj, const char *key, const char *value)
{
	return kube_put(obj, key, cJSON_CreateString(value));
}

cJSON *kube_make_map(cJSON *obj, const char *key)
{
	cJSON *item = (cJSON *)kube_map(obj, key);

	if (item)
		return item;
	return kube_put(obj, key, cJSON_CreateObject()) < 0 ? NULL : (cJSON *)kube_map(obj, key);
}

static bool is_ours(const char *api_version)
{
	return api_version && !strncmp(api_version, KUBE_GROUP "/", strlen(KUBE_GROUP "/"));
}

/* Storage's own test data names no kind: what the spec holds tells it. */
static enum kube_kind kind_of_spec(const cJSON *spec)
{
	static const struct {
		const char *member;
		enum kube_kind kind;
	} signs[] = {
		{ "Opens", KUBE_CONTAINER_PROFILE },
		{ "Containers", KUBE_APPLICATION_PROFILE },
		{ "Syft", KUBE_SBOM },
		{ "Payload", KUBE_MANIFEST },
		{ "Severities", KUBE_SUMMARY },
		{ "Statements", KUBE_EXCHANGE },
		{ "Execs", KUBE_CONTAINER_PROFILE },
		{ "InitContainers", KUBE_APPLICATION_PROFILE },
		{ "Syscalls", KUBE_CONTAINER_PROFILE },
	};

	for (size_t i = 0; i < sizeof(signs) / sizeof(*signs); i++)
		if (cJSON_GetObjectItemCaseSensitive(spec, signs[i].member))
			return signs[i].kind;
	return KUBE_KIND_COUNT;
}

/* The kind of an object; `of_list` is what its list promises. */
static enum kube_kind kind_of(const cJSON *tree, enum kube_kind of_list)
{
	const char *kind = kube_text(tree, "kind"), *api = kube_text(tree, "apiVersion");

	if (api && *api && !is_ours(api))
		return KUBE_KIND_COUNT;
	if (kind && *kind)
		return kind_of_name(kind, strlen(kind));
	return of_list < KUBE_KIND_COUNT
		   ? of_list
		   : kind_of_spec(cJSON_GetObjectItemCaseSensitive(tree, "Spec"));
}

/* "ContainerProfileList" → ContainerProfile; a plain List promises nothing. */
static bool is_list(const cJSON *tree, enum kube_kind *ret)
{
	const char *kind = kube_text(tree, "kind");
	size_t len = kind ? strlen(kind) : 0;

	if (len < 4 || strcmp(kind + len - 4, "List"))
		return false;
	*ret = kind_of_name(kind, len - 4);
	return true;
}

bool kube_is_document(const cJSON *tree)
{
	const cJSON *item = NULL;
	enum kube_kind of_list;

	if (!cJSON_IsObject(tree))
		return false;
	if (is_ours(kube_text(tree, "apiVersion")) ||
	    kind_of(tree, KUBE_KIND_COUNT) < KUBE_KIND_COUNT)
		return true;
	if (!is_list(tree, &of_list) || of_list < KUBE_KIND_COUNT)
		return of_list < KUBE_KIND_COUNT && is_list(tree, &of_list);
	cJSON_ArrayForEach(item, kube_get(tree, "items"))
	{
		if (kind_of(item, KUBE_KIND_COUNT) < KUBE_KIND_COUNT)
			return true;
	}
	return false;
}

bool kube_peek_kind(const char *text, size_t len, enum kube_kind *ret)
{
	struct pieces p = pieces_of_object(text, len);
	enum kube_kind kind = KUBE_KIND_COUNT;
	struct piece key, value;
	bool ours = false;

	while (pieces_next(&p, &key, &value)) {
		if (piece_is(&key, "kind") && value.len > 2)
			kind = kind_of_name(value.text + 1, value.len - 2);
		else if (piece_is(&key, "apiVersion"))
			ours = value.len > sizeof(KUBE_GROUP) &&
			       !memcmp(value.text + 1, KUBE_GROUP "/", sizeof(KUBE_GROUP));
	}
	if (!ours || kind == KUBE_KIND_COUNT)
		return false;
	*ret = kind;
	return true;
}

static bool is_blank(const cJSON *item)
{
	const cJSON *child;

	if (cJSON_IsString(item))
		return !*item->valuestring;
	if (cJSON_IsNumber(item))
		return item->valuedouble == 0;
	if (cJSON_IsTrue(item) || cJSON_IsRaw(item))
		return false;
	cJSON_ArrayForEach(child, item)
	{
		if (!is_blank(child))
			return false;
	}
	return true;
}

static int add_object(struct kube_objects *ret, const cJSON *tree, enum kube_kind kind,
		      struct err *err)
{
	const cJSON *meta = kube_map(tree, "metadata"), *spec = kube_get(tree, "spec");
	struct kube_object *object;

	if (spec && !cJSON_IsObject(spec))
		return err_set(err, EBADMSG, "the spec of a %s is no object", names[kind]);
	if (ret->count >= KUBE_OBJECTS_MAX)
		return err_set(err, EFBIG, "more than %u objects", KUBE_OBJECTS_MAX);
	object = array_add(ret->items, ret->count, ret->room);
	if (!object)
		return err_oom(err);
	*object = (struct kube_object){ .kind = kind,
					.tree = tree,
					.meta = meta ? meta : tree,
					.spec = spec,
					.is_empty = !spec || is_blank(spec) };
	object->name = kube_text(object->meta, "name");
	object->namespace = kube_text(object->meta, "namespace");
	return 0;
}

static int add_items(struct kube_objects *ret, const cJSON *tree, enum kube_kind of_list,
		     struct err *err)
{
	const cJSON *items = NULL, *item;
	enum kube_kind kind;
	size_t n = 0;
	int r = kube_list(&items, tree, "items", err);

	cJSON_ArrayForEach(item, items)
	{
		n++;
		kind = cJSON_IsObject(item) ? kind_of(item, of_list) : KUBE_KIND_COUNT;
		if (r >= 0 && !cJSON_IsObject(item))
			r = err_set(err, EBADMSG, "is no object");
		if (r >= 0 && kind < KUBE_KIND_COUNT)
			r = add_object(ret, item, kind, err);
		if (r < 0)
			return err_prefix(err, r, "item %zu", n);
		if (kind < KUBE_KIND_COUNT)
			continue;
		if (!ret->others++)
			ret->other = kube_text(item, "kind");
	}
	return r;
}

int kube_objects_add(struct kube_objects *ret, cJSON *tree, struct err *err)
{
	enum kube_kind kind = KUBE_KIND_COUNT;
	const char *name, *api;

	if (array_room((void **)&ret->documents, ret->document_count, &ret->document_room,
		       sizeof(*ret->documents)) < 0) {
		cJSON_Delete(tree);
		return err_oom(err);
	}
	ret->documents[ret->document_count++] = tree;
	if (cJSON_IsObject(tree) && is_list(tree, &kind))
		return add_items(ret, tree, kind, err);
	kind = kind_of(tree, KUBE_KIND_COUNT);
	if (kind < KUBE_KIND_COUNT)
		return add_object(ret, tree, kind, err);
	name = kube_text(tree, "kind");
	api = kube_text(tree, "apiVersion");
	return err_set(err, EINVAL,
		       "kind '%.64s' of '%.64s' is none of Kubescape's objects that are read here",
		       name ? name : "", api ? api : "");
}

void kube_objects_done(struct kube_objects *objects)
{
	for (size_t i = 0; i < objects->document_count; i++)
		cJSON_Delete(objects->documents[i]);
	free(objects->documents);
	free(objects->items);
	*objects = (struct kube_objects){};
}

static const char *keyed(const cJSON *map, const char *key)
{
	char full[128];
	const char *value;

	snprintf(full, sizeof(full), KUBE_KEY "%s", key);
	value = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(map, full));
	return value && *value ? value : NULL;
}

const char *kube_annotation(const struct kube_object *object, const char *key)
{
	return keyed(kube_map(object->meta, "annotations"), key);
}

const char *kube_label(const struct kube_object *object, const char *key)
{
	return keyed(kube_map(object->meta, "labels"), key);
}

const char *kube_object_title(const struct kube_object *object, char *buffer, size_t size)
{
	snprintf(buffer, size, "%s '%.200s%s%.300s'", names[object->kind],
		 object->namespace ? object->namespace : "", object->namespace ? "/" : "",
		 object->name ? object->name : "");
	return buffer;
}
