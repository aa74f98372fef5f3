// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* profile_write.c — a profile as Kubescape's ContainerProfile. */
#include "kubescape-compat/metadata.h"
#include "kubescape-compat/profile.h"

#include <string.h>

static cJSON *texts_of(const struct kube_texts *texts)
{
	cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; i < texts->count && list; i++) {
		cJSON *item = cJSON_CreateString(texts->items[i]);

		if (item && cJSON_AddItemToArray(list, item))
			continue;
		cJSON_Delete(item);
		cJSON_Delete(list);
		return NULL;
	}
	return list;
}

/* An empty list stays what it was: null, [] and absent say the same, and nobody's document is rewritten for that. */
static int put_list(cJSON *obj, const char *key, cJSON *list, size_t count)
{
	if (!count && obj->child && !kube_get(obj, key)) {
		cJSON_Delete(list);
		return 0;
	}
	return kube_put(obj, key, list);
}

static int put_texts(cJSON *obj, const char *key, const struct kube_texts *texts)
{
	return put_list(obj, key, texts_of(texts), texts->count);
}

/* The item it was read from with its unknown members, or a new one. */
static cJSON *item_of(const cJSON *origin)
{
	return origin ? cJSON_Duplicate(origin, true) : cJSON_CreateObject();
}

static int push(cJSON *list, cJSON *item, int r)
{
	if (r >= 0 && item && cJSON_AddItemToArray(list, item))
		return 0;
	cJSON_Delete(item);
	return -ENOMEM;
}

static int put_opens(cJSON *entry, const struct kube_profile *p)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; i < p->open_count && r >= 0; i++) {
		const struct kube_open *open = &p->opens[i];
		cJSON *item = item_of(open->origin);

		r = item ? kube_put_text(item, "path", open->path) : -ENOMEM;
		if (r >= 0)
			r = put_list(item, "flags", texts_of(&open->flags), open->flags.count);
		r = push(list, item, r);
	}
	return r < 0 ? r : put_list(entry, "opens", take_ptr(list), p->open_count);
}

static int put_execs(cJSON *entry, const struct kube_profile *p)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();
	int r = list ? 0 : -ENOMEM;

	for (size_t i = 0; i < p->exec_count && r >= 0; i++) {
		const struct kube_exec *exec = &p->execs[i];
		cJSON *item = item_of(exec->origin);

		r = item ? 0 : -ENOMEM;
		if (r >= 0 && *exec->path)
			r = kube_put_text(item, "path", exec->path);
		if (r >= 0 && exec->args.count)
			r = kube_put(item, "args", texts_of(&exec->args));
		r = push(list, item, r);
	}
	return r < 0 ? r : put_list(entry, "execs", take_ptr(list), p->exec_count);
}

int kube_profile_put(cJSON *entry, const struct kube_profile *p)
{
	int r = put_texts(entry, "capabilities", &p->capabilities);

	if (r >= 0)
		r = put_execs(entry, p);
	if (r >= 0)
		r = put_opens(entry, p);
	return r < 0 ? r : put_texts(entry, "syscalls", &p->syscalls);
}

static size_t item_count(const struct kube_profile *p, const cJSON *spec)
{
	static const char *const others[] = { "endpoints", "ingress", "egress" };
	size_t n = p->capabilities.count + p->exec_count + p->open_count + p->syscalls.count;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		n += (size_t)cJSON_GetArraySize(kube_get(spec, others[i]));
	return n;
}

/* What an agent writes besides the lists, empty as an agent leaves it. */
static int put_blanks(cJSON *spec, const struct kube_profile *p)
{
	static const char *const nulls[] = { "endpoints", "identifiedCallStacks", "ingress",
					     "egress" };
	cJSON *seccomp = kube_make_map(spec, "seccompProfile");
	int r = kube_put_text(kube_make_map(seccomp, "spec"), "defaultAction", "");

	for (size_t i = 0; i < sizeof(nulls) / sizeof(*nulls) && r >= 0; i++)
		r = kube_put(spec, nulls[i], cJSON_CreateNull());
	if (r >= 0)
		r = kube_put(spec, "rulePolicies", cJSON_CreateObject());
	if (r >= 0)
		r = kube_put_text(spec, "imageID", p->image_id ? p->image_id : "");
	return r < 0 ? r : kube_put_text(spec, "imageTag", p->image_tag ? p->image_tag : "");
}

static int put_state(cJSON *tree, const struct kube_profile *p, const cJSON *spec, struct err *err)
{
	cJSON *annotations = kube_make_map(kube_make_map(tree, "metadata"), "annotations");
	char size[32];

	snprintf(size, sizeof(size), "%zu", item_count(p, spec));
	if (kube_put_text(annotations, KUBE_KEY "completion",
			  p->completion ? p->completion : "partial") < 0 ||
	    kube_put_text(annotations, KUBE_KEY "status", p->status ? p->status : "completed") <
		0 ||
	    kube_put_text(annotations, KUBE_KEY "resource-size", size) < 0)
		return err_oom(err);
	return 0;
}

static cJSON *write_new(const struct kube_profile *p, struct err *err)
{
	_cleanup_tree_ cJSON *tree = kube_object_new(KUBE_CONTAINER_PROFILE);
	struct kube_names names = { .instance_id = p->instance_id,
				    .wlid = p->wlid,
				    .image_id = p->image_id,
				    .image_tag = p->image_tag };
	cJSON *spec = kube_make_map(tree, "spec");
	int r = tree ? kube_put_profile_names(tree, &names, err) : err_oom(err);

	if (r < 0)
		return NULL;
	if (kube_put(spec, "architectures", texts_of(&p->architectures)) < 0 ||
	    kube_profile_put(spec, p) < 0 || put_blanks(spec, p) < 0 ||
	    kube_put(tree, "status", cJSON_CreateObject()) < 0) {
		err_oom(err);
		return NULL;
	}
	return put_state(tree, p, spec, err) < 0 ? NULL : take_ptr(tree);
}

/* A series becomes the object that storage would make of it: its own name, and no report any more. */
static int settle_series(cJSON *tree, const struct kube_profile *p, struct err *err)
{
	static const char *const keys[] = { "report-series-id", "report-timestamp",
					    "previous-report-timestamp", "otel-span-id",
					    "otel-traceparent" };
	cJSON *meta = kube_make_map(tree, "metadata");
	cJSON *annotations = kube_make_map(meta, "annotations");
	char name[KUBE_NAME_BYTES], key[64];
	int r;

	if (!annotations)
		return err_oom(err);
	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		snprintf(key, sizeof(key), KUBE_KEY "%s", keys[i]);
		cJSON_DeleteItemFromObjectCaseSensitive(annotations, key);
	}
	if (p->doubt && kube_put_text(annotations, KUBE_KEY "completion", "partial") < 0)
		return err_oom(err);
	if (!p->instance_id)
		return 0;
	r = kube_instance_slug(name, p->instance_id, err);
	if (r < 0)
		return r;
	return kube_put_text(meta, "name", name) < 0 ? err_oom(err) : 0;
}

static cJSON *write_read(const struct kube_profile *p, struct err *err)
{
	_cleanup_tree_ cJSON *tree = cJSON_Duplicate(p->object->tree, true);
	cJSON *spec = kube_make_map(tree, "spec");
	int r = 0;

	if (!spec ||
	    (p->architectures.count && put_texts(spec, "architectures", &p->architectures) < 0) ||
	    kube_profile_put(spec, p) < 0) {
		err_oom(err);
		return NULL;
	}
	if (p->chunks)
		r = settle_series(tree, p, err);
	return r < 0 ? NULL : take_ptr(tree);
}

cJSON *kube_profile_write(const struct kube_profile *p, struct err *err)
{
	if (!p->object)
		return write_new(p, err);
	if (p->object->kind == KUBE_CONTAINER_PROFILE)
		return write_read(p, err);
	err_set(err, EINVAL,
		"an ApplicationProfile is put together by Kubescape's storage and is not written");
	return NULL;
}
