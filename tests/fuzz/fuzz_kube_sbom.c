// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_kube_sbom.c — any bytes as an SBOMSyft: read or refused with a reason, and what is read is written as it was. */
#include <stdint.h>

#include "analyzer/json.h"
#include "analyzer/sbom.h"
#include "analyzer/sbom_relevancy.h"
#include "kubescape-compat/syft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* As --sbom has it, Syft's own form included: whatever relationships it tells, following them ends. */
static void follow(const uint8_t *data, size_t size)
{
	static const char *const paths[] = { "/usr/bin/x", "/usr/lib/*", "/etc/\u22ef" };
	_cleanup_(sbom_relevancy_freep) struct sbom_relevancy *relevancy = NULL;
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_free_ char *text = malloc(size + 1);
	struct kube_sbom *sbom = NULL;
	const char *by, *why;
	struct err err = {};
	int r;

	memcpy(text, data, size);
	text[size] = '\0';
	r = sbom_parse_kubescape(&sbom, &text, size, &err);
	if (r < 0 && !err.text[0])
		__builtin_trap();
	if (r == 0 && sbom && sbom_relevancy_new(&relevancy, sbom, paths, 3, &err) < 0)
		__builtin_trap();
	for (size_t i = 0; relevancy && i < sbom->artifact_count; i++)
		if (sbom->artifacts[i].purl &&
		    sbom_relevancy_of(relevancy, sbom->artifacts[i].purl, &by, &why, arena) < 0)
			__builtin_trap();
	sbom_relevancy_free(take_ptr(relevancy));
	kube_sbom_free(sbom);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = NULL;
	_cleanup_(cJSON_Deletep) cJSON *written = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {};
	enum kube_kind kind;
	int r = kube_sbom_read(&sbom, (const char *)data, size, json_parse, &err);

	follow(data, size);
	kube_peek_kind((const char *)data, size, &kind);
	if (r < 0)
		return err.text[0] ? 0 : (__builtin_trap(), 0);
	written = kube_sbom_write(sbom, &err);
	text = written ? json_print(written) : NULL;
	if (!text)
		__builtin_trap();
	kube_sbom_free(take_ptr(sbom));
	if (kube_sbom_read(&sbom, text, strlen(text), json_parse, &err) < 0)
		__builtin_trap();
	return 0;
}
