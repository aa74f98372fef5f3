/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * slug.h — how Kubescape names the things of a workload: instance-ids, workload ids, and the object names made of them.
 *
 *   instance-id  apiVersion-<group/version>/namespace-<ns>/kind-<Kind>/name-<name>/<T>Name-<container>, T one of container,
 *                initContainer, ephemeralContainer; of the direct owner (ReplicaSet)
 *   wlid         wlid://cluster-<c>/namespace-<ns>/<kind>-<name>, of the top of the workload (Deployment)
 *
 * A name that does not agree with its instance-id is no fault: there are such objects.
 */
#pragma once

#include <stdbool.h>

#include "include/err.h"

#define KUBE_NAME_BYTES 254u /* an object's name with its NUL */
#define KUBE_LABEL_BYTES 64u
#define KUBE_DIGEST_BYTES 72u /* "sha256:", 64 digits, NUL */

/* The parts of an instance-id. */
struct kube_instance {
	char group[128], version[64], namespace[254], kind[128], name[254];
	char container_type
	    [32]; /* "containers", "initContainers", "ephemeralContainers", or empty: of the whole pod */
	char container[254];
};

/* -EINVAL with the reason for what is no instance-id. */
_must_check_ int kube_instance_parse(struct kube_instance *ret, const char *instance_id,
				     struct err *err);

/* The name of what belongs to one container: "<kind>-<name>-<container>-<hash>", lower case. */
_must_check_ int kube_instance_slug(char ret[KUBE_NAME_BYTES], const char *instance_id,
				    struct err *err);
/* The name of what belongs to an image: of its tag, and the end of its id. */
void kube_image_slug(char ret[KUBE_NAME_BYTES], const char *image_tag, const char *image_id);
/* A text as the value of a label; empty when none can be made of it. */
void kube_label_value(char ret[KUBE_LABEL_BYTES], const char *text);

/* "sha256:…" out of "docker.io/library/x@sha256:…"; false when there is none. */
bool kube_image_digest(char ret[KUBE_DIGEST_BYTES], const char *image_id);
