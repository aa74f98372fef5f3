// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* slug.c — how Kubescape names the things of a workload. */
#include "kubescape-compat/slug.h"

#include <ctype.h>
#include <string.h>

#include <openssl/sha.h>

#define SLUG_LONG 243u /* from here on a name is cut and gets its hash anew */
#define NAME_MAX_LEN (KUBE_NAME_BYTES - 1)
#define TAIL_LEN 10u /* "-f9c2-5136" */

static bool copy(char *ret, size_t size, const char *text, size_t len)
{
	if (!len || len >= size)
		return false;
	memcpy(ret, text, len);
	ret[len] = '\0';
	return true;
}

/* What stands between `prefix` and `end`, or the end of the text; moves behind it. */
static bool take(const char **at, const char *prefix, const char *end, char *ret, size_t size)
{
	size_t len;
	const char *stop;

	if (strncmp(*at, prefix, strlen(prefix)))
		return false;
	*at += strlen(prefix);
	stop = strstr(*at, end);
	len = stop ? (size_t)(stop - *at) : strlen(*at);
	if (!copy(ret, size, *at, len))
		return false;
	*at += len;
	return true;
}

static bool take_container(const char *at, struct kube_instance *ret)
{
	static const char *const types[][2] = {
		{ "/containerName-", "containers" },
		{ "/initContainerName-", "initContainers" },
		{ "/ephemeralContainerName-", "ephemeralContainers" },
	};

	if (!*at)
		return true;
	for (size_t i = 0; i < sizeof(types) / sizeof(*types); i++) {
		size_t n = strlen(types[i][0]);

		if (strncmp(at, types[i][0], n))
			continue;
		snprintf(ret->container_type, sizeof(ret->container_type), "%s", types[i][1]);
		return copy(ret->container, sizeof(ret->container), at + n, strlen(at + n));
	}
	return false;
}

int kube_instance_parse(struct kube_instance *ret, const char *instance_id, struct err *err)
{
	const char *at = instance_id;
	char api[sizeof(ret->group) + sizeof(ret->version)], *slash;
	struct kube_instance i = {};

	if (!take(&at, "apiVersion-", "/namespace-", api, sizeof(api)) ||
	    !take(&at, "/namespace-", "/kind-", i.namespace, sizeof(i.namespace)) ||
	    !take(&at, "/kind-", "/name-", i.kind, sizeof(i.kind)) ||
	    !take(&at, "/name-", "/", i.name, sizeof(i.name)) || !take_container(at, &i))
		return err_set(err, EINVAL,
			       "'%.400s' is no instance-id: expected apiVersion-<v>/namespace-<ns>/"
			       "kind-<Kind>/name-<name>/containerName-<container>",
			       instance_id);
	slash = strrchr(api, '/');
	if (slash)
		*slash = '\0';
	snprintf(i.group, sizeof(i.group), "%.*s", (int)sizeof(i.group) - 1, slash ? api : "");
	snprintf(i.version, sizeof(i.version), "%.*s", (int)sizeof(i.version) - 1,
		 slash ? slash + 1 : api);
	*ret = i;
	return 0;
}

static void lower(char *text)
{
	for (; *text; text++)
		*text = (char)tolower((unsigned char)*text);
}

/* The first and the last two bytes of the SHA-256 of the whole instance-id: "-f9c2-5136". */
static void hash_tail(char ret[TAIL_LEN + 1], const char *instance_id)
{
	unsigned char h[SHA256_DIGEST_LENGTH];

	SHA256((const unsigned char *)instance_id, strlen(instance_id), h);
	snprintf(ret, TAIL_LEN + 1, "-%02x%02x-%02x%02x", h[0], h[1], h[30], h[31]);
}

int kube_instance_slug(char ret[KUBE_NAME_BYTES], const char *instance_id, struct err *err)
{
	struct kube_instance i;
	char text[sizeof(i.kind) + sizeof(i.name) + sizeof(i.container) + TAIL_LEN + 4];
	char tail[TAIL_LEN + 1];
	int r = kube_instance_parse(&i, instance_id, err);

	if (r < 0)
		return r;
	hash_tail(tail, instance_id);
	if (*i.container)
		snprintf(text, sizeof(text), "%s-%s-%s%s", i.kind, i.name, i.container, tail);
	else
		snprintf(text, sizeof(text), "%s-%s", i.kind, i.name);
	lower(text);
	if (strlen(text) >= SLUG_LONG)
		snprintf(ret, KUBE_NAME_BYTES, "%.*s%s", (int)SLUG_LONG, text, tail);
	else
		snprintf(ret, KUBE_NAME_BYTES, "%.*s", (int)NAME_MAX_LEN, text);
	return 0;
}

void kube_image_slug(char ret[KUBE_NAME_BYTES], const char *image_tag, const char *image_id)
{
	size_t n = 0, len = strlen(image_id);

	for (const char *c = image_tag; *c && n < NAME_MAX_LEN - 7; c++) {
		bool scheme = !strncmp(c, "://", 3);

		ret[n++] = strchr(":/_@", *c) ? '-' : *c;
		c += scheme ? 2 : 0;
	}
	snprintf(ret + n, KUBE_NAME_BYTES - n, "-%s", image_id + (len > 6 ? len - 6 : 0));
	lower(ret);
}

/* A Kubernetes label: letters, digits, '-', '_' and '.', the first and the last a letter or digit. */
void kube_label_value(char ret[KUBE_LABEL_BYTES], const char *text)
{
	size_t n = 0;

	for (; *text && n < KUBE_LABEL_BYTES - 1; text++)
		ret[n++] = strchr("@:/ ._", *text) ? '-' : *text;
	while (n && !isalnum((unsigned char)ret[n - 1]))
		n--;
	ret[n] = '\0';
	for (size_t i = 0; i < n; i++)
		if (!isalnum((unsigned char)ret[i]) && (i == 0 || ret[i] != '-')) {
			ret[0] = '\0';
			return;
		}
}

bool kube_image_digest(char ret[KUBE_DIGEST_BYTES], const char *image_id)
{
	const char *at = image_id ? strstr(image_id, "sha256:") : NULL;

	if (!at || strspn(at + 7, "0123456789abcdef") != 64 || at[71])
		return false;
	memcpy(ret, at, KUBE_DIGEST_BYTES);
	return true;
}
