/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * agent_tokens.h — agents that show the token of their service account, as the kubelet projects it into their pod.
 *
 * Whether a token is good the cluster says (TokenReview, authentication.k8s.io/v1), and what it said is kept for a minute, by the
 * SHA-256 of the token, which itself is kept nowhere. Good is one of the account that the operator named, for the audience that he
 * named. From Kubernetes 1.30 on it also tells the node that its pod is bound to. What does not even claim to be of that account is
 * never sent to the cluster.
 */
#pragma once

#include "server/kube_cluster.h"
#include "server/request.h"

struct agent_tokens;

/* account ("NAMESPACE/NAME") and audience are borrowed, as the cluster is. */
_must_check_ int agent_tokens_new(struct agent_tokens **ret, struct kube_cluster *cluster,
				  const char *account, const char *audience, struct err *err);
void agent_tokens_free(struct agent_tokens *tokens);
DEFINE_CLEANUP(struct agent_tokens *, agent_tokens_free)

/* Does it say that it is of our agents' account? Nothing of that is checked. tokens NULL: no. */
bool agent_tokens_is_meant(const struct agent_tokens *tokens, const char *token);
/* What is known of it. now_ms: of the steady clock. 0; -EACCES: it is not good; -EINPROGRESS: nothing, so that it is to be reviewed. */
_must_check_ int agent_tokens_find(struct principal *ret, struct agent_tokens *tokens,
				   const char *token, int64_t now_ms, struct err *err);
/* Asks the cluster, which takes as long as that does, some seconds at most. 0; -EACCES; -EAGAIN: it cannot be said now. */
_must_check_ int agent_tokens_review(struct principal *ret, struct agent_tokens *tokens,
				     const char *token, int64_t now_ms, struct err *err);
