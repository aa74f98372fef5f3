// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kubescape_write.c — results go back to where users of Kubescape look for them. */
#include <string.h>

#include "kubescape-compat/exchange.h"
#include "kubescape-compat/slug.h"
#include "server/clock.h"
#include "server/json_in.h"
#include "server/kubescape.h"

#define WRITE_MS 60000
#define FILE_BYTES_MAX (50u << 20)
#define TRIES_MAX 5
/* Who made it: what another has made under that name stays as it is. */
#define MANAGED_BY "app.kubernetes.io/managed-by"
#define US "vexxy-server"

struct writing {
	struct kubescape *k;
	enum kube_kind kind;
	char name[KUBE_NAME_BYTES];
	int64_t until_ms;
};

/* What the analysis wrote is a stranger's word: of its metadata only what Kubescape reads is taken, and whose object it is we say. */
static int name_it(cJSON *tree, const struct writing *w)
{
	const cJSON *meta = kube_map(tree, "metadata");
	_cleanup_tree_ cJSON *clean = cJSON_CreateObject();
	static const char *const maps[] = { "labels", "annotations" };
	const cJSON *item;
	int r = clean ? 0 : -ENOMEM;

	for (size_t i = 0; r == 0 && i < sizeof(maps) / sizeof(*maps); i++) {
		cJSON *map = kube_make_map(clean, maps[i]);

		r = map ? 0 : -ENOMEM;
		cJSON_ArrayForEach(
		    item,
		    kube_map(meta, maps[i])) if (r == 0 && cJSON_IsString(item) &&
						 !strncmp(item->string, KUBE_KEY, strlen(KUBE_KEY)))
		    r = kube_put_text(map, item->string, item->valuestring);
	}
	if (r < 0 || kube_put_text(kube_make_map(clean, "labels"), MANAGED_BY, US) < 0 ||
	    kube_put_text(clean, "name", w->name) < 0 ||
	    kube_put_text(clean, "namespace", w->k->settings->kubescape_namespace) < 0 ||
	    kube_put_text(tree, "apiVersion", KUBE_API_VERSION) < 0 ||
	    kube_put_text(tree, "kind", kube_kind_name(w->kind)) < 0)
		return -ENOMEM;
	return kube_put(tree, "metadata", take_ptr(clean));
}

static int send(struct writing *w, const char *method, const cJSON *tree, struct err *err)
{
	_cleanup_free_ char *body = cJSON_PrintUnformatted(tree),
			    *path = kubescape_path(w->k, w->kind,
						   strcmp(method, "PUT") ? NULL : w->name);
	const struct kube_call call = {
		.method = method, .path = path, .body = body, .timeout_ms = WRITE_MS
	};

	return body && path ? kubescape_ask(NULL, NULL, w->k, &call, w->until_ms, err)
			    : err_oom(err);
}

/* -EEXIST: it is another's, and stays. */
static int renew(struct writing *w, cJSON *ours, const struct kube_object *there, struct err *err)
{
	const char *by = json_in_text(kube_map(there->meta, "labels"), MANAGED_BY);
	_cleanup_tree_ cJSON *merged = NULL;

	if (w->kind == KUBE_EXCHANGE) {
		merged = kube_exchange_merge(there, ours, err);
		return merged ? send(w, "PUT", merged, err) : -EINVAL;
	}
	if (!by || strcmp(by, US) != 0)
		return err_set(err, EEXIST,
			       "there is one of that name already, which Kubescape made: it "
			       "stays as it is");
	if (kube_put_text(kube_make_map(ours, "metadata"), "resourceVersion",
			  kube_text(there->meta, "resourceVersion")) < 0)
		return err_oom(err);
	return send(w, "PUT", ours, err);
}

/* What is there has the version that it is to be changed from. */
static int change(struct writing *w, cJSON *ours, struct err *err)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_free_ char *text = NULL;
	struct json_part whole;
	cJSON *tree;
	int r = kubescape_get(&text, w->k, w->kind, w->name, w->until_ms, err);

	r = r ? r : json_in_check(&whole, text, strlen(text), err);
	if (r < 0)
		return r;
	tree = cJSON_Parse(text);
	r = tree ? kube_objects_add(&objects, tree, err) : err_oom(err);
	if (r == 0 && objects.count != 1)
		r = err_set(err, EBADMSG, "what is there is no object");
	return r < 0 ? r : renew(w, ours, &objects.items[0], err);
}

/* A reply that was lost may have been of a success: then it is there, and ours. */
static int put(struct writing *w, cJSON *ours, struct err *err)
{
	int r = -EBUSY;

	for (int n = 0; n < TRIES_MAX && (r == -EBUSY || r == -EIO || r == -ENOENT); n++) {
		r = send(w, "POST", ours, err);
		if (r == -EEXIST)
			r = change(w, ours, err);
	}
	return r;
}

int kubescape_write(struct kubescape *k, enum kube_kind kind, const char *path, struct err *err)
{
	struct writing w = { .k = k, .kind = kind, .until_ms = clock_steady_ms() + WRITE_MS };
	char what[KUBE_NAME_BYTES + 96];
	_cleanup_tree_ cJSON *tree = NULL;
	struct err why = {};
	int r;

	if (!k->instance_id || !k->serves[kind])
		return 0;
	r = kube_instance_slug(w.name, k->instance_id, &why);
	r = r ? r : json_in_load(&tree, path, FILE_BYTES_MAX, &why);
	if (r == 0 && (!cJSON_IsObject(tree) || name_it(tree, &w) < 0))
		r = err_set(&why, ENOMEM, "'%s' cannot be read", path);
	r = r ? r : put(&w, tree, &why);
	snprintf(what, sizeof(what), "%s '%s' was not written", kube_kind_name(kind), w.name);
	return r < 0 ? kubescape_pass_over(k, r, what, &why, err) : 1;
}
