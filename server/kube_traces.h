/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kube_traces.h — the traces of a sandbox's target, as the agent of its node brings them. */
#pragma once

#include "server/digest.h"
#include "server/store_agents.h"

/* As many as the agent makes of one container (TRACES_MAX of agent/pod_container.c). */
#define KUBE_TRACES_MAX 64

struct kube_traces {
	const char *pod_uid; /* whose; borrowed */
	int64_t attempt;
	char digests[KUBE_TRACES_MAX][DIGEST_HEX_BYTES];
	size_t count; /* also of those that there was no place for */
};

/* An agent_upload_fn. Of the pod that we made, and of its target: what another pod claims to be is not this. */
int kube_traces_take(void *ctx, const struct agent_upload *upload);
/* -EIO: there are more than can be taken, and nothing is decided from a part of what was seen. */
_must_check_ int kube_traces_check(const struct kube_traces *traces, struct err *err);

/*
 * Has the agent of the node begun again within the last elapsed_ms, as it says itself? Then what it recorded is in two traces, and the
 * second one comes later. Whose agents: any organisation's; of a node that nothing is known of: no.
 */
_must_check_ int kube_traces_agent_is_new(bool *ret, struct db *db, const char *node,
					  int64_t elapsed_ms, struct err *err);
