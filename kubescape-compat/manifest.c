// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* manifest.c — VulnerabilityManifest and its summary. */
#include "kubescape-compat/manifest.h"

#include <string.h>

#include "include/array.h"
#include "kubescape-compat/metadata.h"

static int read_match(struct kube_manifest *m, const cJSON *item, struct err *err)
{
	const cJSON *vulnerability = kube_map(item, "vulnerability"),
		    *artifact = kube_map(item, "artifact");
	struct kube_match *match = array_add(m->matches, m->match_count, m->match_room);

	if (!match)
		return err_oom(err);
	*match =
	    (struct kube_match){ .id = kube_text(vulnerability, "id"),
				 .purl = kube_text(artifact, "purl"),
				 .name = kube_text(artifact, "name"),
				 .version = kube_text(artifact, "version"),
				 .severity = kube_text(vulnerability, "severity"),
				 .fix_state = kube_text(kube_map(vulnerability, "fix"), "state"),
				 .tree = item };
	return match->id ? 0 : err_set(err, EBADMSG, "has no 'vulnerability.id'");
}

static bool is_filtered(const struct kube_object *object)
{
	const char *context = kube_label(object, "context");

	if (context)
		return !strcmp(context, "filtered");
	return cJSON_IsTrue(kube_get(kube_map(object->spec, "metadata"), "withRelevancy"));
}

static void note_digest(struct kube_manifest *m)
{
	const cJSON *target = kube_map(kube_map(m->payload, "source"), "target");

	if (kube_image_digest(m->digest, kube_annotation(m->object, "image-id")))
		return;
	if (!kube_image_digest(m->digest, kube_text(target, "userInput")))
		kube_image_digest(m->digest, kube_text(target, "manifestDigest"));
}

int kube_manifest_read(struct kube_manifest *ret, const struct kube_object *object, struct err *err)
{
	struct kube_manifest m = { .object = object, .filtered = is_filtered(object) };
	const cJSON *matches = NULL, *item;
	int r;

	m.payload = kube_map(object->spec, "payload");
	note_digest(&m);
	r = kube_list(&matches, m.payload, "matches", err);
	cJSON_ArrayForEach(item, matches)
	{
		r = read_match(&m, item, err);
		if (r < 0) {
			r = err_prefix(err, r, "match %zu", m.match_count);
			break;
		}
	}
	if (r < 0) {
		kube_manifest_done(&m);
		return r;
	}
	*ret = m;
	return 0;
}

void kube_manifest_done(struct kube_manifest *manifest)
{
	free(manifest->matches);
	*manifest = (struct kube_manifest){};
}

static cJSON *kept_matches(const struct kube_manifest *m, const bool *keep)
{
	_cleanup_tree_ cJSON *list = cJSON_CreateArray();

	for (size_t i = 0; list && i < m->match_count; i++) {
		cJSON *item = keep[i] ? cJSON_Duplicate(m->matches[i].tree, true) : NULL;

		if (!keep[i] || (item && cJSON_AddItemToArray(list, item)))
			continue;
		cJSON_Delete(item);
		return NULL;
	}
	return take_ptr(list);
}

int kube_put_scan(cJSON *tree, const struct kube_object *from)
{
	static const char *const keys[] = { "scan-id", "cve-matching-mode" };
	cJSON *annotations = kube_make_map(kube_make_map(tree, "metadata"), "annotations");
	char key[64];

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++) {
		const char *value = kube_annotation(from, keys[i]);

		snprintf(key, sizeof(key), KUBE_KEY "%s", keys[i]);
		if (value && kube_put_text(annotations, key, value) < 0)
			return -ENOMEM;
	}
	return 0;
}

cJSON *kube_manifest_write_filtered(const struct kube_manifest *m,
				    const struct kube_profile *profile, const bool *keep,
				    const struct kube_state *state, struct err *err)
{
	_cleanup_tree_ cJSON *tree = kube_object_new(KUBE_MANIFEST);
	cJSON *spec;

	if (!m->payload) {
		err_set(err, EINVAL,
			"the manifest has no payload: it was read from a list, or its scan failed");
		return NULL;
	}
	if (!tree || kube_put(tree, "spec", cJSON_Duplicate(m->object->spec, true)) < 0 ||
	    kube_put(tree, "status", cJSON_CreateObject()) < 0) {
		err_oom(err);
		return NULL;
	}
	spec = kube_make_map(tree, "spec");
	if (kube_put(kube_make_map(spec, "metadata"), "withRelevancy", cJSON_CreateTrue()) < 0 ||
	    kube_put(kube_make_map(spec, "payload"), "matches", kept_matches(m, keep)) < 0) {
		err_oom(err);
		return NULL;
	}
	if (kube_put_filtered_names(tree, profile, state, err) < 0)
		return NULL;
	if (kube_put_scan(tree, m->object) < 0) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(tree);
}

static int read_count(uint64_t *ret, const cJSON *severity, const char *key, struct err *err)
{
	const cJSON *item = kube_get(severity, key);

	if (!item)
		return 0;
	if (!cJSON_IsNumber(item) || item->valuedouble < 0 || item->valuedouble >= 0x1p53)
		return err_set(err, EBADMSG, "'%s' is no count", key);
	*ret = (uint64_t)item->valuedouble;
	return 0;
}

static struct kube_reference reference_of(const cJSON *refs, const char *key)
{
	const cJSON *ref = kube_map(refs, key);
	const char *name = kube_text(ref, "name");

	return (struct kube_reference){ kube_text(ref, "namespace"), name && *name ? name : NULL };
}

int kube_summary_read(struct kube_summary *ret, const struct kube_object *object, struct err *err)
{
	static const char *const names[] = { "critical", "high",       "medium",
					     "low",      "negligible", "unknown" };
	const cJSON *severities = kube_map(object->spec, "severities");
	const cJSON *refs = kube_map(object->spec, "vulnerabilitiesRef");
	struct kube_summary s = { .object = object, .stub = !severities };
	int r = 0;

	for (size_t i = 0; i < KUBE_SEVERITY_COUNT; i++) {
		const cJSON *severity = kube_map(severities, names[i]);

		r = read_count(&s.all[i], severity, "all", err);
		if (r == 0)
			r = read_count(&s.relevant[i], severity, "relevant", err);
		if (r < 0)
			return err_prefix(err, r, "severity %s", names[i]);
	}
	s.image = reference_of(refs, "all");
	s.filtered = reference_of(refs, "relevant");
	*ret = s;
	return 0;
}
