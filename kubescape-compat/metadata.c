// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* metadata.c — names, labels and annotations of the objects that are written. */
#include "kubescape-compat/metadata.h"

#include <ctype.h>
#include <string.h>

#include "kubescape-compat/profile.h"

/* Sticky: what could not be put is seen at the end. */
struct putter {
	cJSON *map;
	bool failed;
};

static void put(struct putter *p, const char *key, const char *value)
{
	char full[128];

	if (!value || !*value)
		return;
	snprintf(full, sizeof(full), KUBE_KEY "%s", key);
	p->failed |= kube_put_text(p->map, full, value) < 0;
}

static void put_label(struct putter *p, const char *key, const char *text)
{
	char value[KUBE_LABEL_BYTES];

	kube_label_value(value, text ? text : "");
	put(p, key, value);
}

cJSON *kube_object_new(enum kube_kind kind)
{
	_cleanup_tree_ cJSON *tree = cJSON_CreateObject();

	if (!tree || kube_put_text(tree, "apiVersion", KUBE_API_VERSION) < 0 ||
	    kube_put_text(tree, "kind", kube_kind_name(kind)) < 0 ||
	    !kube_make_map(tree, "metadata") || !kube_make_map(tree, "spec"))
		return NULL;
	return take_ptr(tree);
}

/* The workload at the top, out of its id: "deployment-shop-frontend" → "deployment" and "shop-frontend". */
static const char *top_of(const char *wlid, char kind[128])
{
	const char *last = wlid ? strrchr(wlid, '/') : NULL,
		   *dash = last ? strchr(last, '-') : NULL;

	if (!dash || (size_t)(dash - last) >= 128 || dash == last + 1)
		return NULL;
	snprintf(kind, 128, "%.*s", (int)(dash - last - 1), last + 1);
	return dash + 1;
}

/* "deployment" → "Deployment": the kinds that the id spells in lower case. */
static const char *kind_of_top(const char *lower)
{
	static const char *const kinds[] = { "Deployment", "DaemonSet", "StatefulSet", "ReplicaSet",
					     "CronJob",    "Job",       "Pod" };

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcasecmp(kinds[i], lower))
			return kinds[i];
	return lower;
}

/* What a ReplicaSet's name has behind that of its Deployment. */
static const char *template_hash(const struct kube_instance *i, const char *top)
{
	size_t n = top ? strlen(top) : 0;

	if (strcmp(i->kind, "ReplicaSet") || !n || strncmp(i->name, top, n) || i->name[n] != '-')
		return NULL;
	return i->name + n + 1;
}

static int put_workload(cJSON *meta, const struct kube_instance *i, const char *wlid)
{
	struct putter labels = { .map = kube_make_map(meta, "labels") };
	char kind[128] = "";
	const char *top = top_of(wlid, kind);

	put_label(&labels, "instance-template-hash", template_hash(i, top));
	put_label(&labels, "workload-api-group", i->group);
	put_label(&labels, "workload-api-version", i->version);
	put_label(&labels, "workload-container-name", i->container);
	put_label(&labels, "workload-kind", top ? kind_of_top(kind) : i->kind);
	put_label(&labels, "workload-name", top ? top : i->name);
	put_label(&labels, "workload-namespace", i->namespace);
	return labels.failed ? -ENOMEM : 0;
}

int kube_put_profile_names(cJSON *tree, const struct kube_names *names, struct err *err)
{
	cJSON *meta = kube_make_map(tree, "metadata");
	struct putter annotations = {};
	struct kube_instance i;
	char name[KUBE_NAME_BYTES];
	int r;

	if (!names->instance_id)
		return err_set(
		    err, EINVAL,
		    "a ContainerProfile needs an instance-id: apiVersion-<v>/namespace-<ns>/"
		    "kind-<Kind>/name-<name>/containerName-<container>");
	r = kube_instance_parse(&i, names->instance_id, err);
	if (r == 0)
		r = kube_instance_slug(name, names->instance_id, err);
	if (r < 0)
		return r;
	if (!*i.container)
		return err_set(err, EINVAL,
			       "'%.400s' names no container: /containerName-<container>",
			       names->instance_id);
	if (kube_put_text(meta, "name", name) < 0 ||
	    kube_put_text(meta, "namespace", i.namespace) < 0 ||
	    put_workload(meta, &i, names->wlid) < 0)
		return err_oom(err);
	annotations.map = kube_make_map(meta, "annotations");
	put(&annotations, "instance-id", names->instance_id);
	put(&annotations, "wlid", names->wlid);
	put(&annotations, "workload-container-type", i.container_type);
	return annotations.failed ? err_oom(err) : 0;
}

/* The labels as they are, and what kind of SBOM it is. */
static int put_filtered_labels(cJSON *meta, const struct kube_profile *p, enum kube_kind kind)
{
	const cJSON *from = kube_map(p->object->meta, "labels");
	cJSON *labels = from ? cJSON_Duplicate(from, true) : cJSON_CreateObject();
	struct putter put_to;

	if (kube_put(meta, "labels", labels) < 0)
		return -ENOMEM;
	put_to = (struct putter){ .map = kube_make_map(meta, "labels") };
	put_label(&put_to, "workload-container-name", p->container);
	put(&put_to, "sbom-type", "container");
	if (kind != KUBE_SBOM_FILTERED)
		put(&put_to, "context", "filtered");
	return put_to.failed ? -ENOMEM : 0;
}

/* That of the container: an ApplicationProfile has that of the pod. */
static void put_instance(char *ret, size_t size, const struct kube_profile *p)
{
	const char *type = p->container_type ? p->container_type : "containers";
	bool whole = strstr(p->instance_id, "ontainerName-");

	if (whole)
		snprintf(ret, size, "%s", p->instance_id);
	else /* "initContainers" → "/initContainerName-" */
		snprintf(ret, size, "%s/%.*sName-%s", p->instance_id, (int)strlen(type) - 1, type,
			 p->container);
}

int kube_put_filtered_names(cJSON *tree, const struct kube_profile *p,
			    const struct kube_state *state, struct err *err)
{
	const char *kind = kube_text(tree, "kind");
	cJSON *meta = kube_make_map(tree, "metadata");
	struct putter annotations = {};
	char name[KUBE_NAME_BYTES], id[1024];
	int r;

	if (!p->object || !p->instance_id || !p->container)
		return err_set(
		    err, EINVAL,
		    "the profile tells no instance-id or no container, from which the object "
		    "gets its name");
	put_instance(id, sizeof(id), p);
	r = kube_instance_slug(name, id, err);
	if (r < 0)
		return r;
	if (kube_put_text(meta, "name", name) < 0 ||
	    kube_put_text(meta, "namespace", KUBE_HOME) < 0 ||
	    put_filtered_labels(meta, p,
				kind && !strcmp(kind, kube_kind_name(KUBE_SBOM_FILTERED))
				    ? KUBE_SBOM_FILTERED
				    : KUBE_MANIFEST) < 0)
		return err_oom(err);
	annotations.map = kube_make_map(meta, "annotations");
	put(&annotations, "completion", state->completion);
	put(&annotations, "image-id", p->image_id);
	put(&annotations, "image-tag", p->image_tag);
	put(&annotations, "instance-id", id);
	put(&annotations, "status", "ready");
	put(&annotations, "wlid", p->wlid);
	put(&annotations, "workload-container-name", p->container);
	return annotations.failed ? err_oom(err) : 0;
}
