// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_kube_manifest.c — any document as VulnerabilityManifests, their summaries, or the OpenVEX that Kubescape keeps. */
#include <stdint.h>

#include "analyzer/json.h"
#include "kubescape-compat/exchange.h"
#include "kubescape-compat/manifest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int read_one(const struct kube_object *object, struct err *err)
{
	struct kube_manifest manifest = {};
	struct kube_exchange exchange = {};
	struct kube_summary summary;
	const cJSON *item;
	int r = kube_summary_read(&summary, object, err);

	if (r == 0)
		r = kube_manifest_read(&manifest, object, err);
	kube_manifest_done(&manifest);
	if (r == 0)
		r = kube_exchange_read(&exchange, object, err);
	if (r < 0)
		return r;
	cJSON_ArrayForEach(item, kube_get(exchange.document, "statements"))
	    kube_statement_vulnerability(item);
	return 0;
}

/* What is there and what is added may both be anything. */
static void merge(const struct kube_object *object)
{
	_cleanup_tree_ cJSON *merged = NULL;
	struct err err = {};

	merged = kube_exchange_merge(object, object->tree, &err);
	if (!merged && !err.text[0])
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(kube_objects_done) struct kube_objects objects = {};
	struct err err = {};
	cJSON *tree = NULL;
	int r = json_parse(&tree, (const char *)data, size, &err);

	if (r == 0)
		r = kube_objects_add(&objects, tree, &err);
	for (size_t i = 0; i < objects.count && r == 0; i++)
		merge(&objects.items[i]);
	for (size_t i = 0; i < objects.count && r == 0; i++)
		r = read_one(&objects.items[i], &err);
	if (r < 0 && !err.text[0])
		__builtin_trap();
	return 0;
}
