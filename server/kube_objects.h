/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kube_objects.h — what the server makes in the cluster, as JSON: the sandbox' namespace with its walls, and a Job for each analysis.
 *
 * Only fields that are GA in every Kubernetes from 1.21 on are used, but for hostUsers, which has to be asked for.
 */
#pragma once

#include "server/job.h"
#include "server/json_in.h"
#include "server/plan.h"
#include "server/settings.h"

#define KUBE_LABEL_SERVER "vexxy.dev/server" /* whose sandbox it is */
#define KUBE_MANAGED_BY "app.kubernetes.io/managed-by=vexxy-server"

/* Freed by the caller; NULL: no memory. */
char *kube_object_namespace(const struct settings *settings);
char *kube_object_quota(const struct settings *settings);
char *kube_object_limits(const struct settings *settings);
/* Nothing in, nothing out. */
char *kube_object_deny(const struct settings *settings);
/* From the server's pods in that namespace to the sandboxes: the workload's ports are asked for their health. */
char *kube_object_admit(const struct settings *settings, const char *server_namespace);

/* What is between a sandbox and the kernel of its node, by the name of its runtime class: ISOLATION_GVISOR; NULL: nothing. */
const char *kube_isolation(const struct settings *settings);

struct kube_sandbox {
	const struct settings *settings;
	const char *server_id;
	const struct job *job;
	const struct plan *plan;
	const cJSON *config;
	const char *name;  /* of the Job */
	const char *image; /* repository@sha256:… */
	bool exercised;    /* the client's script runs beside it */
	int64_t linger_s;  /* it may be there for so long behind its time */
	bool is_profiled;  /* by Kubescape, which is told how long that will be */
	const char
	    *functions; /* SHA-256 of the list of those that are to be watched; "": there is none */
};
char *kube_object_job(const struct kube_sandbox *sandbox);

/* "vexxy-ID-aFENCE". */
#define SANDBOX_NAME_BYTES 64
void kube_sandbox_name(char ret[SANDBOX_NAME_BYTES], const struct job *job);
