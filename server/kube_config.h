/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kube_config.h — which API server, and as whom: from kubeconfig files, or from what Kubernetes mounts into every pod.
 *
 * The fields are those of kubeconfig (client.authentication and the v1 Config): of several files the first definition of a name
 * wins, as with kubectl, and paths in a file are relative to it. Files that are named are read here once, but for those whose
 * content is renewed while we run (token files): these are named on.
 */
#pragma once

#include "include/options.h"
#include "server/json_in.h"

#define KUBE_SERVICE_ACCOUNT "/var/run/secrets/kubernetes.io/serviceaccount"

#define KUBE_GROUPS_MAX 6 /* to act as: each is a header of every request */

/* A program that is asked for credentials. */
struct kube_exec_plugin {
	char *command, *api_version;
	char **args; /* NULL-terminated */
	char **env;  /* "NAME=value", NULL-terminated */
	bool provide_cluster_info, always_interactive;
};

struct kube_config {
	char *server;  /* URL without a slash at its end */
	char *ca;      /* PEM; NULL: what the system trusts */
	char *ca_path; /* in a cluster: read again with the token; NULL: fixed */
	char *tls_server_name, *proxy_url;
	bool insecure;
	char *certificate, *key; /* PEM, of the client */
	char *token, *token_path, *username, *password;
	char *as_user, *as_uid;
	char **as_groups; /* NULL-terminated */
	char *namespace;
	struct kube_exec_plugin exec; /* command NULL: none */
};

struct kube_config_source {
	const char *
	    paths; /* as in KUBECONFIG: separated by colons; files that are absent are passed over */
	const char *context; /* NULL: the current one */
	bool allow_exec;     /* may the file have a program run? */
};

/* -ENOENT: none of the files is there. -EINVAL, -EBADMSG: what is wrong, and in which file. */
_must_check_ int kube_config_load(struct kube_config *ret, const struct kube_config_source *source,
				  struct err *err);
/* Of the pod that we run in. dir: KUBE_SERVICE_ACCOUNT; host, port: KUBERNETES_SERVICE_HOST and _PORT. -ENOENT: we run in none. */
_must_check_ int kube_config_in_cluster(struct kube_config *ret, const char *dir, const char *host,
					const char *port, struct err *err);
void kube_config_done(struct kube_config *config);

/* The whole of a file of at most max bytes, NUL-terminated; freed by the caller. */
_must_check_ int kube_file_read(char **ret, const char *path, size_t max, struct err *err);
