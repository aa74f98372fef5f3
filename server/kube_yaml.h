/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kube_yaml.h — a YAML document, as kubeconfig files are, becomes a tree of cJSON. JSON is YAML.
 *
 * Refused, with the line: anchors, aliases and tags of one's own (they make small files large), keys that are no text, a key twice in
 * one mapping, more than one document, nesting over KUBE_YAML_DEPTH_MAX, more than KUBE_YAML_NODES_MAX values, files over
 * KUBE_YAML_BYTES_MAX.
 */
#pragma once

#include "server/json_in.h"

#define KUBE_YAML_BYTES_MAX (1u << 20)
#define KUBE_YAML_DEPTH_MAX 32
#define KUBE_YAML_NODES_MAX 20000

/* Plain true and false are booleans, plain null, ~ and nothing are null, everything else is text: also what looks like a number, for a
 * password may. An empty document is null. -EBADMSG with the reason. Freed by cJSON_Delete. */
_must_check_ int kube_yaml_parse(cJSON **ret, const char *text, size_t len, struct err *err);
