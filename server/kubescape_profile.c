// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kubescape_profile.c — what Kubescape saw a sandbox' container do, once it has put that together. */
#include <string.h>

#include "kubescape-compat/profile.h"
#include "server/clock.h"
#include "server/json_in.h"
#include "server/json_out.h"
#include "server/kubescape.h"

#define LOOK_MS 10000 /* one look is had also where there is no time to wait */
#define LOOK_AGAIN_MS 3000
#define PARTS_MAX 512

/* What was last seen. */
struct look {
	struct kubescape *k;
	char *text; /* an object or a list */
	int64_t until_ms, ask_until_ms;
	char name[KUBE_NAME_BYTES], pod_name[KUBE_NAME_BYTES]; /* of the two kinds */
	char instance[1024];
};

static void look_done(struct look *l)
{
	free(l->text);
}

/* Of the Job, which is the direct owner of the pod. */
static int name_them(struct look *l, struct err *err)
{
	const struct kubescape *k = l->k;
	char pod[1024];
	int r;

	snprintf(pod, sizeof(pod), "apiVersion-batch/v1/namespace-%s/kind-Job/name-%s",
		 k->settings->kube_namespace, k->job);
	snprintf(l->instance, sizeof(l->instance), "%.900s/containerName-%.100s", pod,
		 k->container);
	r = kube_instance_slug(l->pod_name, pod, err);
	return r ? r : kube_instance_slug(l->name, l->instance, err);
}

/* Nothing is added any more. Of chunks none says that: there may be a next. */
static bool is_settled(const char *text)
{
	static const char *const learning[] = { "\"initializing\"", "\"ready\"" };
	struct json_part object, notes, status;

	if (json_in_check(&object, text, strlen(text), NULL) < 0)
		return false;
	notes = json_in_member(json_in_member(object, "metadata"), "annotations");
	status = json_in_member(notes, KUBE_KEY "status");
	if (!status.at || json_in_member(notes, KUBE_KEY "report-series-id").at)
		return false;
	for (size_t i = 0; i < sizeof(learning) / sizeof(*learning); i++)
		if (!strncmp(status.at, learning[i], strlen(learning[i])))
			return false;
	return true;
}

/* By its name; the older kind, of the whole pod, where the newer is not there. */
static int look_by_name(struct look *l, struct err *err)
{
	static const enum kube_kind kinds[] = { KUBE_CONTAINER_PROFILE, KUBE_APPLICATION_PROFILE };
	int r = -ENOENT;

	for (size_t i = 0; r == -ENOENT && i < sizeof(kinds) / sizeof(*kinds); i++) {
		_cleanup_free_ char *text = NULL;

		if (!l->k->serves[kinds[i]])
			continue;
		r = kubescape_get(&text, l->k, kinds[i], i ? l->pod_name : l->name, l->ask_until_ms,
				  err);
		if (r < 0)
			continue;
		free(l->text);
		l->text = take_ptr(text);
		l->k->is_settled = is_settled(l->text);
	}
	return r;
}

struct names {
	char *items[PARTS_MAX];
	size_t count, left_out;
};

static void names_done(struct names *names)
{
	for (size_t i = 0; i < names->count; i++)
		free(names->items[i]);
}

static int take_name(void *ctx, const cJSON *item, struct err *err)
{
	const char *name = json_in_text(json_in_get(item, "metadata"), "name");
	struct names *names = ctx;

	if (!name)
		return 0;
	if (names->count == PARTS_MAX) {
		names->left_out++;
		return 0;
	}
	names->items[names->count] = strdup(name);
	return names->items[names->count] ? (int)names->count++ * 0 : err_oom(err);
}

static int list_parts(struct names *ret, struct look *l, struct err *err)
{
	_cleanup_free_ char *path = kubescape_path(l->k, KUBE_CONTAINER_PROFILE, NULL),
			    *selector = NULL;
	struct kubescape_bound b;
	int r;

	if (!path ||
	    asprintf(&selector, KUBE_KEY "workload-name=%s," KUBE_KEY "workload-container-name=%s",
		     l->k->job, l->k->container) < 0)
		return err_oom(err);
	kubescape_bound(&b, l->k, l->ask_until_ms);
	r = kube_each(NULL, l->k->kube, path, selector, take_name, ret, err);
	return kubescape_unbound(&b, l->k, r, err);
}

/* What its agent has reported and storage has not put together yet, or has under another name: each part by itself, for a list
 * tells names alone. */
static int look_by_label(struct look *l, struct err *err)
{
	_cleanup_(names_done) struct names names = {};
	struct json_out out = {};
	int r;

	if (!l->k->serves[KUBE_CONTAINER_PROFILE])
		return -ENOENT;
	r = list_parts(&names, l, err);
	if (r == 0 && names.left_out)
		kubescape_say(l->k,
			      "Kubescape: %zu reports of the container more than the %d that can "
			      "be put together: what they saw is not known",
			      names.left_out, PARTS_MAX);
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "apiVersion", KUBE_API_VERSION);
	json_out_text(&out, "kind", "ContainerProfileList");
	json_out_open(&out, "items", '[');
	for (size_t i = 0; r == 0 && i < names.count; i++) {
		_cleanup_free_ char *text = NULL;

		r = kubescape_get(&text, l->k, KUBE_CONTAINER_PROFILE, names.items[i],
				  l->ask_until_ms, err);
		if (r == 0)
			json_out_raw(&out, NULL, text);
	}
	json_out_close(&out, ']');
	json_out_close(&out, '}');
	if (r == 0 && !names.count)
		r = err_set(err, ENOENT, "there is none of Job '%s'", l->k->job);
	if (r < 0) {
		text_done(&out.text);
		return r;
	}
	l->text = text_take(&out.text);
	return l->text ? 0 : err_oom(err);
}

/* Until it is settled, or the time is over. What may come right is tried again, and told only when there is no more time. */
static int look_until(struct look *l, struct err *err)
{
	int64_t now;
	int r;

	do {
		struct err why = {};

		r = look_by_name(l, &why);
		now = clock_steady_ms();
		if ((r == 0 && l->k->is_settled) || (r < 0 && r != -ENOENT && r != -EAGAIN))
			return r < 0 ? err_set(err, -r, "%s", why.text) : 0;
		if (now + LOOK_AGAIN_MS > l->until_ms)
			break;
		r = kube_pause(l->k->kube, LOOK_AGAIN_MS, err);
	} while (r == 0);
	if (r < 0 && r != -ENOENT && r != -EAGAIN)
		return r;
	return l->text ? 0 : look_by_label(l, err);
}

static char *copy(const char *text)
{
	return text ? strdup(text) : NULL;
}

/* That of a whole pod has the container's behind it, in an object of one container. */
static char *of_container(const struct kube_profile *p)
{
	char *whole;

	if (strstr(p->instance_id, "ontainerName-"))
		return strdup(p->instance_id);
	return asprintf(&whole, "%s/containerName-%s", p->instance_id, p->container) < 0 ? NULL
											 : whole;
}

/* Which profile it is, and of which image. 0: it is of no use, which was said. */
static int take(struct kubescape *k, const char *path, struct err *err)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	_cleanup_(kube_profiles_done) struct kube_profiles profiles = {};
	const struct kube_profile *p = NULL;
	struct err why = {};
	cJSON *tree = NULL;
	int r = json_in_load(&tree, path, SIZE_MAX >> 1, &why);

	r = r ? r : kube_objects_add(&objects, tree, &why);
	r = r ? r : kube_profiles_read(&profiles, &objects, &why);
	for (size_t i = 0; r == 0 && i < profiles.count && !p; i++)
		if (profiles.items[i].container && profiles.items[i].instance_id &&
		    !strcmp(profiles.items[i].container, k->container))
			p = &profiles.items[i];
	if (r == 0 && !p)
		r = err_set(&why, ENOENT, "it is not of the container '%s'", k->container);
	if (r < 0)
		return kubescape_pass_over(k, r, "its profile is of no use", &why, err);
	k->instance_id = of_container(p);
	k->tag = copy(p->image_tag);
	k->id = copy(p->image_id);
	if (p->doubt)
		kubescape_say(k, "Kubescape: what its profile does not have proves nothing: %s",
			      p->doubt);
	return k->instance_id ? 1 : err_oom(err);
}

int kubescape_await_profile(struct kubescape *k, const char *path, int64_t until_ms,
			    struct err *err)
{
	int64_t first_ms = clock_steady_ms() + LOOK_MS;
	_cleanup_(look_done) struct look l = { .k = k,
					       .until_ms = until_ms,
					       .ask_until_ms =
						   until_ms > first_ms ? until_ms : first_ms };
	struct err why = {};
	int r = name_them(&l, err);

	if (r < 0 || !(k->serves[KUBE_CONTAINER_PROFILE] || k->serves[KUBE_APPLICATION_PROFILE]))
		return r;
	r = look_until(&l, &why);
	if (r == -ENOENT)
		return kubescape_pass_over(k, r,
					   "no profile of the container, so there is no second "
					   "observer",
					   &why, err);
	if (r < 0)
		return kubescape_pass_over(k, r,
					   "its profile cannot be read, so there is no second "
					   "observer",
					   &why, err);
	r = kubescape_save(path, l.text, err);
	return r < 0 ? r : take(k, path, err);
}
