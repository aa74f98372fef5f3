// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kubescape.c — what Kubescape saw and knows of a sandbox' container. */
#include "server/kubescape.h"

#include <fcntl.h>
#include <string.h>

#include "kubescape-compat/slug.h"
#include "server/clock.h"
#include "server/json_in.h"

#define DISCOVER_MS 15000
#define READ_MS 60000
#define PROFILE_BYTES_MAX (24u << 20) /* storage takes 20 MB of an ApplicationProfile */
#define SBOM_BYTES_MAX (100u << 20)
#define MANIFEST_BYTES_MAX (50u << 20)

static const char *const plurals[KUBE_KIND_COUNT] = {
	[KUBE_CONTAINER_PROFILE] = "containerprofiles",
	[KUBE_APPLICATION_PROFILE] = "applicationprofiles",
	[KUBE_SBOM] = "sbomsyfts",
	[KUBE_SBOM_FILTERED] = "sbomsyftfiltereds",
	[KUBE_MANIFEST] = "vulnerabilitymanifests",
	[KUBE_SUMMARY] = "vulnerabilitymanifestsummaries",
	[KUBE_EXCHANGE] = "openvulnerabilityexchangecontainers",
};

const char *kubescape_plural(enum kube_kind kind)
{
	return plurals[kind];
}

void kubescape_done(struct kubescape *k)
{
	free(k->instance_id);
	free(k->tag);
	free(k->id);
	k->instance_id = k->tag = k->id = NULL;
}

void kubescape_say(struct kubescape *k, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		text = NULL;
	else if (k->say)
		k->say(k->ctx, text);
}

/* kube.h lists what an API server's answer becomes; these it is never. */
static bool is_ours(int r)
{
	return r == -ECANCELED || r == -ETIMEDOUT || r == -ESTALE || r == -EINTR || r == -ENOMEM;
}

static bool is_profile(enum kube_kind kind)
{
	return kind == KUBE_CONTAINER_PROFILE || kind == KUBE_APPLICATION_PROFILE;
}

char *kubescape_path(const struct kubescape *k, enum kube_kind kind, const char *name)
{
	const struct settings *s = k->settings;
	char *path;

	return asprintf(&path, "/apis/" KUBE_API_VERSION "/namespaces/%s/%s%s%s",
			is_profile(kind) ? s->kube_namespace : s->kubescape_namespace,
			plurals[kind], name ? "/" : "", name ? name : "") < 0
		   ? NULL
		   : path;
}

static int tick(void *ctx, struct err *err)
{
	struct kubescape_bound *b = ctx;
	int r = b->outer ? b->outer(b->outer_ctx, err) : 0;

	return r == 0 && clock_steady_ms() > b->until_ms ? -ETIME : r;
}

void kubescape_bound(struct kubescape_bound *b, struct kubescape *k, int64_t until_ms)
{
	b->until_ms = until_ms;
	kube_get_tick(k->kube, &b->outer, &b->outer_ctx);
	kube_set_tick(k->kube, tick, b);
}

int kubescape_unbound(const struct kubescape_bound *b, struct kubescape *k, int r, struct err *err)
{
	kube_set_tick(k->kube, b->outer, b->outer_ctx);
	return r == -ETIME ? err_set(err, EAGAIN, "it does not answer in time") : r;
}

int kubescape_ask(cJSON **ret, char **ret_text, struct kubescape *k, const struct kube_call *call,
		  int64_t until_ms, struct err *err)
{
	struct kubescape_bound b;

	kubescape_bound(&b, k, until_ms);
	return kubescape_unbound(&b, k, kube_ask(ret, ret_text, k->kube, call, err), err);
}

int kubescape_pass_over(struct kubescape *k, int r, const char *what, const struct err *why,
			struct err *err)
{
	if (is_ours(r))
		return err_set(err, -r, "%s", why->text);
	kubescape_say(k, "Kubescape: %s: %.300s%s", what, why->text,
		      r == -EACCES ? " (deploy/kubernetes/overlays/kubescape has the rights)" : "");
	return 0;
}

static void take_kinds(struct kubescape *k, const cJSON *list)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_in_get(list, "resources"))
	{
		const char *name = json_in_text(item, "name");

		for (size_t i = 0; name && i < KUBE_KIND_COUNT; i++)
			k->serves[i] |= !strcmp(name, plurals[i]);
	}
	for (size_t i = 0; i < KUBE_KIND_COUNT; i++)
		k->is_there |= k->serves[i];
}

int kubescape_discover(struct kubescape *k, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *list = NULL;
	struct err why = {};
	int r =
	    kubescape_ask(&list, NULL, k, &(struct kube_call){ .path = "/apis/" KUBE_API_VERSION },
			  clock_steady_ms() + DISCOVER_MS, &why);

	if (r == 0)
		take_kinds(k, list);
	if (r == -ENOENT || (r == 0 && !k->is_there)) {
		kubescape_say(k, "Kubescape: the cluster does not serve " KUBE_API_VERSION
				 ": there is no second observer, and nobody to write results to");
		return 0;
	}
	return r < 0 ? kubescape_pass_over(
			   k, r,
			   "its API is there and does not answer, so there is no second "
			   "observer",
			   &why, err)
		     : 0;
}

int kubescape_get(char **ret, struct kubescape *k, enum kube_kind kind, const char *name,
		  int64_t until_ms, struct err *err)
{
	_cleanup_free_ char *path = kubescape_path(k, kind, name);
	const struct kube_call call = { .path = path,
					.is_text = true,
					.timeout_ms = READ_MS,
					.reply_max = kind == KUBE_SBOM       ? SBOM_BYTES_MAX
						     : kind == KUBE_MANIFEST ? MANIFEST_BYTES_MAX
									     : PROFILE_BYTES_MAX };

	return path ? kubescape_ask(NULL, ret, k, &call, until_ms, err) : err_oom(err);
}

int kubescape_save(const char *path, const char *text, struct err *err)
{
	_cleanup_close_ int fd =
	    open(path, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	size_t len = strlen(text), done = 0;
	ssize_t n = 0;

	while (fd >= 0 && done < len && (n = write(fd, text + done, len - done)) > 0)
		done += (size_t)n;
	return fd < 0 || done < len ? err_sys(err, errno, "cannot write '%s'", path) : 0;
}

/* A stub of a scan that failed, or one that is still made, has nothing in it. */
static const char *emptiness(enum kube_kind kind, const char *text)
{
	struct json_part object, spec, list;

	if (json_in_check(&object, text, strlen(text), NULL) < 0)
		return "it is no JSON";
	spec = json_in_member(object, "spec");
	list = kind == KUBE_SBOM ? json_in_member(json_in_member(spec, "syft"), "artifacts")
				 : json_in_member(json_in_member(spec, "payload"), "matches");
	return list.at && *list.at == '[' ? NULL : "it has no content (yet)";
}

int kubescape_read(struct kubescape *k, enum kube_kind kind, const char *path, struct err *err)
{
	const char *image = k->tag ? k->tag : k->image, *id = k->id ? k->id : k->image, *empty;
	_cleanup_free_ char *text = NULL;
	char name[KUBE_NAME_BYTES], what[KUBE_NAME_BYTES + 64];
	struct err why = {};
	int r;

	if (!k->serves[kind])
		return 0;
	kube_image_slug(name, image, id);
	snprintf(what, sizeof(what), "%s '%s' is not used", kube_kind_name(kind), name);
	r = kubescape_get(&text, k, kind, name, clock_steady_ms() + READ_MS, &why);
	empty = r == 0 ? emptiness(kind, text) : NULL;
	if (empty)
		r = err_set(&why, ENOENT, "%s", empty);
	if (r < 0)
		return kubescape_pass_over(k, r, what, &why, err);
	r = kubescape_save(path, text, err);
	return r < 0 ? r : 1;
}
