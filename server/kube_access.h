/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kube_access.h — what goes with every request to the API server: addresses, certificates, tokens. One for all threads.
 *
 * Tokens of a pod are renewed in their file by the kubelet: it is read again every minute, and at once when the API server refuses
 * one, or is not whom the authority's certificate vouches for, which is read again with it. A program that gives credentials is run again shortly before they expire, and
 * once when they are refused.
 */
#pragma once

#include "server/kube_config.h"

struct kube_access;

/* Takes over the config, whatever it returns. */
_must_check_ int kube_access_new(struct kube_access **ret, struct kube_config *config,
				 struct err *err);
void kube_access_free(struct kube_access *access);
/* Does not change: server, names, proxy. */
const struct kube_config *kube_access_config(const struct kube_access *access);

/* Copies, for one request. */
struct kube_pass {
	char *ca, *certificate, *key, *token;
};
/* refused: the API server did not take what was given last. -EIO, -ENOENT …: there is nothing to be had. */
_must_check_ int kube_access_pass(struct kube_pass *ret, struct kube_access *access, bool refused,
				  struct err *err);
void kube_pass_done(struct kube_pass *pass);
