/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * exchange.h — OpenVulnerabilityExchangeContainer: an OpenVEX document as Kubescape keeps it, its members right in the spec.
 *
 * Kubescape rewrites every statement whose @id begins with its own prefix, and keeps all others untouched; one with an empty @id may be
 * taken for its own. So what is written under another authority has @ids of that authority, all of them.
 */
#pragma once

#include "kubescape-compat/metadata.h"
#include "kubescape-compat/object.h"
#include "kubescape-compat/profile.h"

#define KUBE_STATEMENT_PREFIX "https://kubescape.io/vex/statement/"
#define KUBE_EXCHANGE_BYTES_MAX 500000u /* storage answers 413 above */

struct kube_exchange {
	const struct kube_object *object;
	const cJSON *document;             /* the OpenVEX document; NULL: metadata only */
	size_t statement_count, own_count; /* own: Kubescape's */
};

_must_check_ int kube_exchange_read(struct kube_exchange *ret, const struct kube_object *object,
				    struct err *err);

/* The vulnerability's name: also where an older Kubescape has swapped @id and name. NULL when there is none. */
const char *kube_statement_vulnerability(const cJSON *statement);
/* Is it a statement that Kubescape made, and will make anew? */
bool kube_statement_is_own(const cJSON *statement);

/*
 * An OpenVEX document as the object of one container. -EINVAL when a statement has no @id or one of Kubescape's, -EFBIG when storage would
 * not take it. The caller deletes it; NULL with the reason.
 */
cJSON *kube_exchange_write(const cJSON *document, const struct kube_profile *profile,
			   const struct kube_state *state, struct err *err);

/*
 * What is there once ours is written to it: all statements that are there but those that were ours (by their @id, or its namespace), then
 * ours; the rest of the document as it is there, a version further. Metadata is that of what is there, so that a change in between is seen. -EBADMSG, -EFBIG;
 * the caller deletes it, NULL with the reason.
 */
cJSON *kube_exchange_merge(const struct kube_object *there, const cJSON *ours, struct err *err);
