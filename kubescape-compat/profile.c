// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* profile.c — what Kubescape saw one container do. */
#include "kubescape-compat/profile.h"

#include <string.h>

#include "include/array.h"
#include "kubescape-compat/profile_merge.h"

int kube_texts_add(struct kube_texts *texts, const char *text)
{
	const char **slot = array_add(texts->items, texts->count, texts->room);

	if (!slot)
		return -ENOMEM;
	*slot = text;
	return 0;
}

static int add_texts(struct kube_texts *ret, const char *const *items, size_t n)
{
	int r = 0;

	for (size_t i = 0; i < n && r >= 0; i++)
		r = kube_texts_add(ret, items[i]);
	return r;
}

int kube_profile_add_open(struct kube_profile *p, const char *path, const char *const *flags,
			  size_t n)
{
	struct kube_open *open = array_add(p->opens, p->open_count, p->open_room);

	if (!open)
		return -ENOMEM;
	open->path = path;
	return add_texts(&open->flags, flags, n);
}

int kube_profile_add_exec(struct kube_profile *p, const char *path, const char *const *args,
			  size_t n)
{
	struct kube_exec *exec = array_add(p->execs, p->exec_count, p->exec_room);

	if (!exec)
		return -ENOMEM;
	exec->path = path;
	return add_texts(&exec->args, args, n);
}

int kube_profile_paths(struct kube_texts *ret, const struct kube_profile *p)
{
	int r = 0;

	for (size_t i = 0; i < p->open_count && r >= 0; i++)
		r = kube_texts_add(ret, p->opens[i].path);
	for (size_t i = 0; i < p->exec_count && r >= 0; i++)
		if (*p->execs[i].path)
			r = kube_texts_add(ret, p->execs[i].path);
	return r;
}

void kube_profile_done(struct kube_profile *p)
{
	for (size_t i = 0; i < p->open_count; i++)
		free(p->opens[i].flags.items);
	for (size_t i = 0; i < p->exec_count; i++)
		free(p->execs[i].args.items);
	free(p->opens);
	free(p->execs);
	free(p->architectures.items);
	free(p->capabilities.items);
	free(p->syscalls.items);
	*p = (struct kube_profile){};
}

void kube_profiles_done(struct kube_profiles *profiles)
{
	for (size_t i = 0; i < profiles->count; i++)
		kube_profile_done(&profiles->items[i]);
	free(profiles->items);
	*profiles = (struct kube_profiles){};
}

static int read_texts(struct kube_texts *ret, const cJSON *obj, const char *key, struct err *err)
{
	const cJSON *list = NULL, *item;
	int r = kube_list(&list, obj, key, err);

	cJSON_ArrayForEach(item, list)
	{
		if (r >= 0 && !cJSON_IsString(item))
			r = err_set(err, EBADMSG, "'%s' holds something that is no text", key);
		if (r >= 0 && kube_texts_add(ret, item->valuestring) < 0)
			r = err_oom(err);
		if (r < 0)
			return r;
	}
	return r;
}

static int read_open(struct kube_profile *p, const cJSON *item, struct err *err)
{
	const char *path = kube_text(item, "path");

	if (!path)
		return err_set(err, EBADMSG, "no 'path'");
	if (kube_profile_add_open(p, path, NULL, 0) < 0)
		return err_oom(err);
	p->opens[p->open_count - 1].origin = item;
	return read_texts(&p->opens[p->open_count - 1].flags, item, "flags", err);
}

/* An exec whose path could not be told has its arguments alone. */
static int read_exec(struct kube_profile *p, const cJSON *item, struct err *err)
{
	const char *path = kube_text(item, "path");

	if (!cJSON_IsObject(item))
		return err_set(err, EBADMSG, "no object");
	if (kube_profile_add_exec(p, path ? path : "", NULL, 0) < 0)
		return err_oom(err);
	p->execs[p->exec_count - 1].origin = item;
	return read_texts(&p->execs[p->exec_count - 1].args, item, "args", err);
}

static int read_items(struct kube_profile *p, const cJSON *entry, const char *key,
		      int (*read)(struct kube_profile *, const cJSON *, struct err *),
		      struct err *err)
{
	const cJSON *list = NULL, *item;
	size_t n = 0;
	int r = kube_list(&list, entry, key, err);

	cJSON_ArrayForEach(item, list)
	{
		n++;
		r = read(p, item, err);
		if (r < 0)
			return err_prefix(err, r, "%s %zu", key, n);
	}
	return r;
}

static int read_lists(struct kube_profile *p, const cJSON *entry, struct err *err)
{
	int r = read_items(p, entry, "opens", read_open, err);

	if (r >= 0)
		r = read_items(p, entry, "execs", read_exec, err);
	if (r >= 0)
		r = read_texts(&p->syscalls, entry, "syscalls", err);
	if (r >= 0)
		r = read_texts(&p->capabilities, entry, "capabilities", err);
	return r;
}

/* The last element of the instance-id, behind "containerName-" of one of three types. */
static const char *container_of(const struct kube_profile *p)
{
	const char *name = kube_label(p->object, "workload-container-name"), *at;

	if (!name)
		name = kube_annotation(p->object, "workload-container-name");
	at = !name && p->instance_id ? strstr(p->instance_id, "ontainerName-") : NULL;
	return at ? at + strlen("ontainerName-") : name;
}

static const char *or_empty(const char *text)
{
	return text ? text : "";
}

/* Why silence in it says nothing (reference: kubevuln takes only complete ones, too). */
static const char *doubt_of(const struct kube_profile *p)
{
	const char *completion = or_empty(p->completion), *status = or_empty(p->status);

	if (!strcmp(status, "too-large"))
		return "it became too large, so Kubescape keeps nothing of it";
	if (p->object->is_empty)
		return "it has no content: it was read from a list, or nothing was recorded";
	if (!strcmp(completion, "partial"))
		return "it is partial: the container ran before Kubescape watched it, or events "
		       "were lost";
	if (strcmp(completion, "complete"))
		return "it does not say that it is complete";
	if (!strcmp(status, "ready") || !strcmp(status, "initializing"))
		return "Kubescape is still learning it";
	if (strcmp(status, "completed"))
		return "its status is not 'completed'";
	return NULL;
}

static int read_entry(struct kube_profiles *ret, const struct kube_object *object,
		      const cJSON *entry, const char *type, struct err *err)
{
	struct kube_profile *p = array_add(ret->items, ret->count, ret->room);
	int r;

	if (!p)
		return err_oom(err);
	p->object = object;
	p->entry = entry;
	p->instance_id = kube_annotation(object, "instance-id");
	p->wlid = kube_annotation(object, "wlid");
	p->completion = kube_annotation(object, "completion");
	p->status = kube_annotation(object, "status");
	p->created = kube_text(object->meta, "creationTimestamp");
	p->first_report = p->last_report = kube_annotation(object, "report-timestamp");
	p->container = type ? kube_text(entry, "name") : container_of(p);
	p->container_type = type ? type : kube_annotation(object, "workload-container-type");
	p->image_id = kube_text(entry, "imageID");
	p->image_tag = kube_text(entry, "imageTag");
	kube_image_digest(p->digest, p->image_id);
	p->doubt = doubt_of(p);
	r = read_texts(&p->architectures, object->spec, "architectures", err);
	return r < 0 ? r : read_lists(p, entry, err);
}

static int read_application(struct kube_profiles *ret, const struct kube_object *object,
			    struct err *err)
{
	static const char *const types[] = { "containers", "initContainers",
					     "ephemeralContainers" };
	const cJSON *list = NULL, *entry;
	int r = 0;

	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		r = kube_list(&list, object->spec, types[i], err);
		if (r < 0)
			return r;
		cJSON_ArrayForEach(entry, list)
		{
			r = read_entry(ret, object, entry, types[i], err);
			if (r < 0)
				return err_prefix(err, r, "%s", types[i]);
		}
	}
	return r;
}

/* What a user wrote down as allowed was not seen by anybody. */
static bool is_of_user(const struct kube_object *object)
{
	const char *by = kube_annotation(object, "managed-by");

	return by && !strcmp(by, "User");
}

static int read_object(struct kube_profiles *ret, const struct kube_object *object, struct err *err)
{
	if (is_of_user(object))
		return err_set(
		    err, EINVAL,
		    "a user wrote it (managed-by: User), so it tells what is allowed, not "
		    "what was seen: give the profile that Kubescape learned");
	if (object->kind == KUBE_CONTAINER_PROFILE)
		return read_entry(ret, object, object->spec, NULL, err);
	return read_application(ret, object, err);
}

int kube_profiles_read(struct kube_profiles *ret, const struct kube_objects *objects,
		       struct err *err)
{
	struct kube_profiles found = {};
	char title[640];
	int r = 0;

	for (size_t i = 0; i < objects->count && r >= 0; i++) {
		const struct kube_object *object = &objects->items[i];

		if (object->kind != KUBE_CONTAINER_PROFILE &&
		    object->kind != KUBE_APPLICATION_PROFILE)
			continue;
		r = read_object(&found, object, err);
		if (r < 0)
			err_prefix(err, r, "%s", kube_object_title(object, title, sizeof(title)));
	}
	for (size_t i = 0; i < found.count; i++)
		kube_profile_settle(&found.items[i]);
	if (r >= 0)
		r = profiles_merge_chunks(&found, err);
	if (r < 0) {
		kube_profiles_done(&found);
		return r;
	}
	*ret = found;
	return 0;
}
