// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_server_kubeconfig.c — any bytes as a kubeconfig, as a reply of the API server, and as what a login program prints. */
#include <stdint.h>

#include "server/kube_exec.h"
#include "server/kube_pod.h"
#include "server/kube_status.h"
#include "server/kube_yaml.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void read_pod(const cJSON *tree)
{
	struct pod pod;
	char why[256];

	pod_read(&pod, tree);
	pod_explain(why, sizeof(why), &pod);
	if (pod.fate >= POD_FATE_COUNT || !why[0])
		__builtin_trap();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = malloc(size + 1);
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct kube_login login = {};
	struct err err = {};

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (kube_yaml_parse(&tree, text, size, &err) < 0 && !err.text[0])
		__builtin_trap();
	if (tree)
		read_pod(tree);
	if (kube_status_refusal(500, text, size, &err) >= 0)
		__builtin_trap();
	if (kube_exec_parse(&login, text, size, "client.authentication.k8s.io/v1", &err) == 0)
		kube_login_done(&login);
	return 0;
}
