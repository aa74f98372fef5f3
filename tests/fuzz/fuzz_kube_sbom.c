// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_kube_sbom.c — any bytes as an SBOMSyft: read or refused with a reason, and what is read is written as it was. */
#include <stdint.h>

#include "analyzer/json.h"
#include "kubescape-compat/syft.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_(kube_sbom_freep) struct kube_sbom *sbom = NULL;
	_cleanup_(cJSON_Deletep) cJSON *written = NULL;
	_cleanup_free_ char *text = NULL;
	struct err err = {};
	enum kube_kind kind;
	int r = kube_sbom_read(&sbom, (const char *)data, size, json_parse, &err);

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
