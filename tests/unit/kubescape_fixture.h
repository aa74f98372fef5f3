/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kubescape_fixture.h — sample objects of tests/kubescape, and objects that stand in a test. */
#pragma once

#include "analyzer/json.h"
#include "kubescape-compat/object.h"

#define SAMPLES "tests/kubescape/"
#define SLUG "replicaset-shop-frontend-6d4f9c7b5d-nginx-91ae-9f13"
#define DIGEST "sha256:df14a594c8eddab1d9346a162ad84a5a42f145aa3a836c280fd36321d61f92fa"

static inline cJSON *sample_tree(const char *name)
{
	struct err err = {};
	cJSON *tree = NULL;
	char path[256];

	snprintf(path, sizeof(path), SAMPLES "%s.json", name);
	if (json_load(&tree, path, &err) < 0)
		fail_msg("%s", err.text);
	return tree;
}

static inline void add_text(struct kube_objects *objects, const char *text)
{
	struct err err = {};
	cJSON *tree = NULL;

	if (json_parse(&tree, text, strlen(text), &err) < 0 ||
	    kube_objects_add(objects, tree, &err) < 0)
		fail_msg("%s", err.text);
}

static inline void add_sample(struct kube_objects *objects, const char *name)
{
	struct err err = {};

	if (kube_objects_add(objects, sample_tree(name), &err) < 0)
		fail_msg("%s", err.text);
}

/* As JSON, not as text: the order of members does not matter, that of lists does. */
static inline void assert_same_json(const cJSON *a, const cJSON *b)
{
	_cleanup_free_ char *text = cJSON_PrintUnformatted(a);
	_cleanup_(cJSON_Deletep) cJSON *again = NULL;
	struct err err = {};

	if (json_parse(&again, text, strlen(text), &err) < 0)
		fail_msg("%s", err.text);
	if (!cJSON_Compare(again, b, true)) {
		_cleanup_free_ char *want = cJSON_PrintUnformatted(b);

		fail_msg("%s\nis not\n%s", text, want);
	}
}
