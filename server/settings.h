/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* settings.h — what the operator chose: flags beat the environment, that beats the default. Fixed before anything starts. */
#pragma once

#include "include/options.h"

#define PATH_BYTES 512

struct settings {
	/* As given. */
	const char *listen, *api_host, *data, *storage, *database_url, *executor, *log_level,
	    *log_format;
	const char *tls_certificate, *tls_key, *memory_limit, *agent, *analyzer, *auth_file,
	    *network;
	const char *storage_backend, *s3_bucket, *s3_endpoint, *s3_region, *s3_prefix,
	    *s3_credentials;
	const char *backend_url, *backend_key, *policy, *signing_key, *callback_key;
	const char *kubeconfig, *kube_context, *kube_namespace, *cpu_limit, *cpu_request,
	    *memory_request, *runtime_class, *gate_image, *script_image, *kubescape,
	    *kubescape_namespace;
	struct option_list owned; /* words of lists that came from the environment */
	const char *jwt_issuer, *jwt_audience, *jwt_algorithm;
	const char *tls_client_ca, *agent_account, *agent_audience;
	struct option_list jwt_keys, cors_origins;
	struct option_list registries, insecure_registries, vulns, advisories, symbols,
	    allowed_addresses, pull_secrets;
	uint64_t api_port, metrics_port, workers, threads, attempts, lease_s, duration_min_s;
	uint64_t timeout_default_s, timeout_max_s, upload_mb, disk_free_mb, analysis_uid, pids,
	    disk_mb;
	uint64_t connections_max, per_address_max, analysis_memory_mb, callback_retry_s,
	    callback_attempts;
	uint64_t rate, request_s, image_mb, database_connections, retry_s;
	uint64_t job_ttl_s, start_timeout_s, gate_timeout_s, kube_pods_max, kubescape_wait_s;
	uint64_t keep_images, keep_traces, keep_events, keep_jobs, keep_inputs,
	    keep_audit; /* days */
	bool require_landlock;
	bool migrate, no_metrics, no_workers, in_cluster, kube_exec, user_namespaces;

	/* Derived. */
	char host[64]; /* numeric */
	uint64_t port, memory_mb, memory_request_mb, cpu_limit_m, cpu_request_m;
	bool is_loopback;
	char signing_path
	    [PATH_BYTES]; /* of the private key; made at the first start where none is named */
	char data_dir[PATH_BYTES],
	    storage_dir[PATH_BYTES];    /* absolute; the latter may be shared with other servers */
	char database_path[PATH_BYTES]; /* absolute; "": database_url is of another kind */
};

/* settings_table.c. */
extern const struct option_def settings_table[];
/* The environment's name for an option, or NULL. */
const char *settings_variable(const char *option);
/* -EINVAL with what is wrong. The texts live as long as argv and the environment. */
_must_check_ int settings_load(struct settings *ret, int argc, char **argv, struct err *err);
void settings_done(struct settings *settings);
/* Logs which names of old are set and mean nothing here. */
void settings_log_ignored(void);
