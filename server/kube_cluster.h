/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* kube_cluster.h — the cluster that sandboxes are made in: one for all threads. */
#pragma once

#include "server/app.h"
#include "server/kube.h"

struct kube_cluster;

/* Finds which, and whether it lets us in. -ENOENT, -EACCES, -EINVAL …: what is missing. */
_must_check_ int kube_cluster_open(struct kube_cluster **ret, const struct settings *settings,
				   struct err *err);
void kube_cluster_close(struct kube_cluster *cluster);
/* A connection of one's own. */
_must_check_ int kube_cluster_connect(struct kube **ret, struct kube_cluster *cluster,
				      struct err *err);
/* The namespace is there, with its walls: made where it is missing, at the first use. Where we may not make it, it has to be there,
 * as the manifests of deploy/ have it. */
_must_check_ int kube_cluster_prepare(struct kube_cluster *cluster, struct kube *kube,
				      struct err *err);

/* "/apis/batch/v1/namespaces/NS/jobs", "/api/v1/namespaces/NS/pods" …: a collection of the sandbox' namespace; with name: one of it.
 * Freed by the caller; NULL: no memory. */
char *kube_cluster_path(const struct kube_cluster *cluster, const char *collection,
			const char *name);

/*
 * Deletes the sandboxes that nobody works on: all of this server's own (mine true: it has just started), or those whose analysis
 * is, by the store, with somebody else, or over. What the store does not know is left alone. Returns how many.
 */
_must_check_ int kube_cluster_reconcile(struct app *app, bool mine, struct err *err);
