// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* settings.c — what the operator chose. */
#include "server/settings.h"

#include <arpa/inet.h>
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "server/address.h"
#include "server/db.h"
#include "server/log.h"
#include "server/quantity.h"

#define AT(member) offsetof(struct settings, member)

const struct option_def settings_table[] = {
	{ "listen", 'l', "ADDR:PORT", "where the API listens (default: 127.0.0.1:8001)",
	  OPTION_STRING, AT(listen), 0, 0 },
	{ "data", 'd', "DIR",
	  "this server's own: database, images, jobs (default: the storage directory, else "
	  "/var/lib/vexxy or ~/.local/share/vexxy)",
	  OPTION_STRING, AT(data), 0, 0 },
	{ "storage", 0, "DIR",
	  "traces, documents, uploads and the signing key; servers on one PostgreSQL share it "
	  "(default: the data directory)",
	  OPTION_STRING, AT(storage), 0, 0 },
	{ "database", 0, "URL",
	  "sqlite:///PATH (default: vexxy.db in the data directory), or postgresql://… for several "
	  "servers; a password is better kept in DATABASE_URL than on the command line",
	  OPTION_STRING, AT(database_url), 0, 0 },
	{ "database-connections", 0, "N", "to PostgreSQL, at most (default 8)", OPTION_NUMBER,
	  AT(database_connections), 1, 256 },
	{ "storage-backend", 0, "NAME",
	  "where traces, documents and uploads are kept: local (default: in files) or s3",
	  OPTION_STRING, AT(storage_backend), 0, 0 },
	{ "s3-endpoint", 0, "URL", "of the object store: https://HOST", OPTION_STRING,
	  AT(s3_endpoint), 0, 0 },
	{ "s3-bucket", 0, "NAME", "a bucket that is there", OPTION_STRING, AT(s3_bucket), 0, 0 },
	{ "s3-region", 0, "NAME", "its region (default: us-east-1)", OPTION_STRING, AT(s3_region),
	  0, 0 },
	{ "s3-prefix", 0, "PATH", "before the names of the objects (default: none)", OPTION_STRING,
	  AT(s3_prefix), 0, 0 },
	{ "s3-credentials", 0, "FILE",
	  "KEY:SECRET on its first line (default: S3_ACCESS_KEY and S3_SECRET_KEY)", OPTION_STRING,
	  AT(s3_credentials), 0, 0 },
	{ "migrate", 0, NULL, "bring the database to this version, and end", OPTION_FLAG,
	  AT(migrate), 0, 0 },
	{ "executor", 0, "NAME", "where analyses run: local (default) or kubernetes", OPTION_STRING,
	  AT(executor), 0, 0 },
	{ "kubeconfig", 0, "FILE",
	  "which cluster (default: the one that it runs in, else ~/.kube/config)", OPTION_STRING,
	  AT(kubeconfig), 0, 0 },
	{ "kube-context", 0, "NAME", "of the kubeconfig (default: its current one)", OPTION_STRING,
	  AT(kube_context), 0, 0 },
	{ "in-cluster", 0, NULL, "the cluster that it runs in, and no kubeconfig", OPTION_FLAG,
	  AT(in_cluster), 0, 0 },
	{ "kube-exec", 0, NULL, "a kubeconfig may have a program run for credentials", OPTION_FLAG,
	  AT(kube_exec), 0, 0 },
	{ "kube-namespace", 0, "NAME", "of the sandboxes (default vexxy-sandbox)", OPTION_STRING,
	  AT(kube_namespace), 0, 0 },
	{ "kube-pods", 0, "N", "sandboxes at once in it (default 32)", OPTION_NUMBER,
	  AT(kube_pods_max), 1, 100000 },
	{ "job-ttl", 0, "S", "a Job that has ended is kept so long at most (default 600)",
	  OPTION_NUMBER, AT(job_ttl_s), 0, 86400 },
	{ "start-timeout", 0, "S", "until a sandbox runs (default 300)", OPTION_NUMBER,
	  AT(start_timeout_s), 5, 3600 },
	{ "gate-image", 0, "IMAGE",
	  "of vexxy-agent: holds a sandbox back until it is watched (a cluster needs it)",
	  OPTION_STRING, AT(gate_image), 0, 0 },
	{ "gate-timeout", 0, "S", "until an agent must watch (default 120)", OPTION_NUMBER,
	  AT(gate_timeout_s), 5, 3600 },
	{ "script-image", 0, "IMAGE", "runs test scripts in a cluster: any with /bin/sh",
	  OPTION_STRING, AT(script_image), 0, 0 },
	{ "runtime-class", 0, "NAME", "of sandboxes in a cluster, as gvisor", OPTION_STRING,
	  AT(runtime_class), 0, 0 },
	{ "pull-secret", 0, "NAME…", "of the sandbox's namespace, for its image", OPTION_LIST,
	  AT(pull_secrets), 0, 0 },
	{ "user-namespaces", 0, NULL, "sandboxes in a cluster have their own (hostUsers: false)",
	  OPTION_FLAG, AT(user_namespaces), 0, 0 },
	{ "kubescape", 0, "MODE",
	  "Kubescape in that cluster: off, read (its profile, SBOM and report of the sandbox), or "
	  "write (default: results go back to it as well)",
	  OPTION_STRING, AT(kubescape), 0, 0 },
	{ "kubescape-wait", 0, "S",
	  "until its profile must be whole, after the observation (default 90)", OPTION_NUMBER,
	  AT(kubescape_wait_s), 0, 3600 },
	{ "kubescape-namespace", 0, "NAME",
	  "where it keeps what is about images (default kubescape)", OPTION_STRING,
	  AT(kubescape_namespace), 0, 0 },
	{ "cpu", 0, "N", "limit of the container in a cluster, as 2 or 500m (default 2)",
	  OPTION_STRING, AT(cpu_limit), 0, 0 },
	{ "cpu-request", 0, "N", "what is set aside for it (default 250m)", OPTION_STRING,
	  AT(cpu_request), 0, 0 },
	{ "memory-request", 0, "SIZE", "what is set aside for it (default 256Mi)", OPTION_STRING,
	  AT(memory_request), 0, 0 },
	{ "workers", 'w', "N", "analyses at once (default 2)", OPTION_NUMBER, AT(workers), 1, 256 },
	{ "no-workers", 0, NULL, "only serve; others do the work", OPTION_FLAG, AT(no_workers), 0,
	  0 },
	{ "attempts", 0, "N",
	  "attempts at an analysis that fails for the server's reasons (default 3)", OPTION_NUMBER,
	  AT(attempts), 1, 1000 },
	{ "retry-after", 0, "S",
	  "wait before the second attempt, doubled for each to 12 times that (default 5)",
	  OPTION_NUMBER, AT(retry_s), 1, 3600 },
	{ "lease", 0, "S", "a worker that is silent for so long has lost its job (default 30)",
	  OPTION_NUMBER, AT(lease_s), 3, 3600 },
	{ "timeout", 0, "S", "longest time of an analysis that asks for nothing else (default 900)",
	  OPTION_NUMBER, AT(timeout_default_s), 60, 86400 },
	{ "timeout-max", 0, "S", "longest time of any analysis (default 7200)", OPTION_NUMBER,
	  AT(timeout_max_s), 60, 604800 },
	{ "min-duration", 0, "S", "shortest observation that may be asked for (default 90)",
	  OPTION_NUMBER, AT(duration_min_s), 1, 3600 },
	{ "memory", 0, "SIZE", "limit of the analysed container, as 4Gi or 512Mi (default 4Gi)",
	  OPTION_STRING, AT(memory_limit), 0, 0 },
	{ "pids", 0, "N", "limit of its processes (default 1024)", OPTION_NUMBER, AT(pids), 4,
	  1u << 20 },
	{ "disk", 0, "MB", "limit of what it may write (default 1024)", OPTION_NUMBER, AT(disk_mb),
	  1, 1u << 20 },
	{ "network", 0, "MODE", "its network: none (default) or host", OPTION_STRING, AT(network),
	  0, 0 },
	{ "vulns", 0, "FILE…", "vulnerabilities for analyses that bring none of their own",
	  OPTION_LIST, AT(vulns), 0, 0 },
	{ "advisories", 0, "FILE…", "CVE → functions, for every analysis", OPTION_LIST,
	  AT(advisories), 0, 0 },
	{ "symbols", 0, "FILE…", "symbol stores, for every analysis", OPTION_LIST, AT(symbols), 0,
	  0 },
	{ "policy", 0, "NAME", "of the verdicts: strict, balanced (default) or kubescape",
	  OPTION_STRING, AT(policy), 0, 0 },
	{ "signing-key", 0, "FILE",
	  "signs the results (default: signing.pem in the data directory, made "
	  "when absent)",
	  OPTION_STRING, AT(signing_key), 0, 0 },
	{ "auth-file", 0, "FILE", "credentials for registries, as skopeo reads them", OPTION_STRING,
	  AT(auth_file), 0, 0 },
	{ "registry", 0, "HOST…",
	  "registries that clients may name, also where they are not public (default: all that are "
	  "public)",
	  OPTION_LIST, AT(registries), 0, 0 },
	{ "image-size", 0, "MB", "largest image, as it is fetched and unpacked (default 16384)",
	  OPTION_NUMBER, AT(image_mb), 1, 1u << 24 },
	{ "insecure-registry", 0, "HOST…", "registries that have no TLS", OPTION_LIST,
	  AT(insecure_registries), 0, 0 },
	{ "analysis-uid", 0, "N",
	  "user of the confined analysis; each worker has three from there (default 64999)",
	  OPTION_NUMBER, AT(analysis_uid), 1, 4294967294 },
	{ "analysis-memory", 0, "MB", "address space of the analysis (default 8192)", OPTION_NUMBER,
	  AT(analysis_memory_mb), 256, 1u << 24 },
	{ "require-landlock", 0, NULL,
	  "do not start where the kernel has no Landlock: the walls around analyses are thinner "
	  "then",
	  OPTION_FLAG, AT(require_landlock), 0, 0 },
	{ "upload-limit", 0, "MB", "largest file that may be uploaded (default 64)", OPTION_NUMBER,
	  AT(upload_mb), 1, 4096 },
	{ "free-space", 0, "MB", "refuse work when less is free (default 1024)", OPTION_NUMBER,
	  AT(disk_free_mb), 0, 1u << 30 },
	{ "threads", 0, "N", "threads for connections (default: processors)", OPTION_NUMBER,
	  AT(threads), 1, 256 },
	{ "connections", 0, "N", "connections at once (default 12000)", OPTION_NUMBER,
	  AT(connections_max), 16, 1000000 },
	{ "connections-per-address", 0, "N", "of one address (default 0: no limit)", OPTION_NUMBER,
	  AT(per_address_max), 0, 1000000 },
	{ "tls-cert", 0, "FILE", "certificate chain (PEM): serve HTTPS", OPTION_STRING,
	  AT(tls_certificate), 0, 0 },
	{ "tls-key", 0, "FILE", "its key (PEM)", OPTION_STRING, AT(tls_key), 0, 0 },
	{ "allow-address", 0, "BLOCK…",
	  "private addresses that clients may have this server connect to, as 10.0.0.0/8 (default: "
	  "none)",
	  OPTION_LIST, AT(allowed_addresses), 0, 0 },
	{ "callback-key", 0, "FILE",
	  "what callbacks are signed by (default: callback.key in the data directory, made when "
	  "absent)",
	  OPTION_STRING, AT(callback_key), 0, 0 },
	{ "callback-retry", 0, "S",
	  "until a callback is tried again, doubled each time (default 10)", OPTION_NUMBER,
	  AT(callback_retry_s), 1, 3600 },
	{ "callback-attempts", 0, "N", "attempts at a callback (default 20)", OPTION_NUMBER,
	  AT(callback_attempts), 1, 1000 },
	{ "jwt-key", 0, "FILE…",
	  "take tokens that these keys have signed: public keys in PEM, or JWK sets", OPTION_LIST,
	  AT(jwt_keys), 0, 0 },
	{ "jwt-issuer", 0, "TEXT", "take them only from this issuer", OPTION_STRING, AT(jwt_issuer),
	  0, 0 },
	{ "jwt-audience", 0, "TEXT", "and for this audience", OPTION_STRING, AT(jwt_audience), 0,
	  0 },
	{ "jwt-algorithm", 0, "NAME", "only of RS256, ES256 or EdDSA (default: as the keys are)",
	  OPTION_STRING, AT(jwt_algorithm), 0, 0 },
	{ "rate", 0, "N",
	  "requests a minute of one key, or of one address without a valid one (default 6000; 0: "
	  "no "
	  "limit)",
	  OPTION_NUMBER, AT(rate), 0, 100000000 },
	{ "request-timeout", 0, "S", "a request's head must have come by then (default 30)",
	  OPTION_NUMBER, AT(request_s), 1, 3600 },
	{ "cors-origin", 0, "ORIGIN…",
	  "sites whose pages may ask, as https://dashboard.example.org (default: none)",
	  OPTION_LIST, AT(cors_origins), 0, 0 },
	{ "keep-images", 0, "DAYS", "images that nobody has used since (default 14; 0: always)",
	  OPTION_NUMBER, AT(keep_images), 0, 36500 },
	{ "keep-jobs", 0, "DAYS", "analyses that have ended, with all they left (default: always)",
	  OPTION_NUMBER, AT(keep_jobs), 0, 36500 },
	{ "keep-traces", 0, "DAYS", "only their traces (default: as long as the analyses)",
	  OPTION_NUMBER, AT(keep_traces), 0, 36500 },
	{ "keep-events", 0, "DAYS", "what was told of their progress (default 30; 0: always)",
	  OPTION_NUMBER, AT(keep_events), 0, 36500 },
	{ "keep-inputs", 0, "DAYS",
	  "SBOMs, reports and advisories that were uploaded (default: always)", OPTION_NUMBER,
	  AT(keep_inputs), 0, 36500 },
	{ "keep-audit", 0, "DAYS", "the audit log (default: always)", OPTION_NUMBER, AT(keep_audit),
	  0, 36500 },
	{ "metrics-port", 0, "N", "Prometheus metrics (default 9090; 0: any free one)",
	  OPTION_NUMBER, AT(metrics_port), 0, 65535 },
	{ "no-metrics", 0, NULL, "no metrics", OPTION_FLAG, AT(no_metrics), 0, 0 },
	{ "agent", 0, "FILE", "vexxy-agent (default: beside this program, else in PATH)",
	  OPTION_STRING, AT(agent), 0, 0 },
	{ "analyzer", 0, "FILE", "vexxy (default: beside this program, else in PATH)",
	  OPTION_STRING, AT(analyzer), 0, 0 },
	{ "log-level", 0, "LEVEL", "error, warning, info (default) or debug", OPTION_STRING,
	  AT(log_level), 0, 0 },
	{ "log-format", 0, "FORMAT", "json (default) or text", OPTION_STRING, AT(log_format), 0,
	  0 },
	{},
};

/* Names that operators have in their files already, and ours for the rest. */
static const struct {
	const char *option, *variable;
} variables[] = {
	{ "data", "VEXXY_DATA" },
	{ "storage", "STORAGE_PATH" },
	{ "database", "DATABASE_URL" },
	{ "database-connections", "DATABASE_POOL_SIZE" },
	{ "storage-backend", "STORAGE_BACKEND" },
	{ "s3-endpoint", "S3_ENDPOINT" },
	{ "s3-bucket", "S3_BUCKET" },
	{ "s3-region", "S3_REGION" },
	{ "s3-prefix", "S3_PREFIX" },
	{ "s3-credentials", "S3_CREDENTIALS_FILE" },
	{ "executor", "VEXXY_EXECUTOR" },
	{ "kubeconfig", "KUBECONFIG" },
	{ "kube-context", "K8S_CONTEXT" },
	{ "kube-exec", "K8S_EXEC" },
	{ "kube-namespace", "K8S_SANDBOX_NAMESPACE" },
	{ "kube-pods", "K8S_SANDBOX_PODS" },
	{ "job-ttl", "K8S_JOB_TTL_SECONDS" },
	{ "start-timeout", "SANDBOX_START_TIMEOUT" },
	{ "gate-image", "SANDBOX_GATE_IMAGE" },
	{ "gate-timeout", "SANDBOX_GATE_TIMEOUT" },
	{ "script-image", "SANDBOX_SCRIPT_IMAGE" },
	{ "runtime-class", "SANDBOX_RUNTIME_CLASS" },
	{ "pull-secret", "SANDBOX_IMAGE_PULL_SECRET" },
	{ "kubescape", "K8S_KUBESCAPE" },
	{ "kubescape-wait", "K8S_KUBESCAPE_WAIT" },
	{ "kubescape-namespace", "K8S_KUBESCAPE_NAMESPACE" },
	{ "cpu", "SANDBOX_CPU_LIMIT" },
	{ "cpu-request", "SANDBOX_CPU_REQUEST" },
	{ "memory-request", "SANDBOX_MEMORY_REQUEST" },
	{ "workers", "VEXXY_WORKERS" },
	{ "attempts", "VEXXY_ATTEMPTS" },
	{ "retry-after", "VEXXY_RETRY_AFTER" },
	{ "lease", "VEXXY_LEASE" },
	{ "timeout", "DEFAULT_ANALYSIS_TIMEOUT" },
	{ "timeout-max", "MAX_ANALYSIS_TIMEOUT" },
	{ "min-duration", "MIN_ANALYSIS_DURATION" },
	{ "memory", "SANDBOX_MEMORY_LIMIT" },
	{ "pids", "SANDBOX_PIDS_LIMIT" },
	{ "disk", "SANDBOX_DISK_LIMIT_MB" },
	{ "network", "SANDBOX_NETWORK" },
	{ "vulns", "VEXXY_VULNS" },
	{ "advisories", "VEXXY_ADVISORIES" },
	{ "symbols", "VEXXY_SYMBOLS" },
	{ "policy", "VEXXY_POLICY" },
	{ "signing-key", "VEXXY_SIGNING_KEY" },
	{ "auth-file", "REGISTRY_AUTH_FILE" },
	{ "registry", "VEXXY_REGISTRY" },
	{ "image-size", "VEXXY_IMAGE_SIZE_MB" },
	{ "insecure-registry", "VEXXY_INSECURE_REGISTRY" },
	{ "analysis-uid", "VEXXY_ANALYSIS_UID" },
	{ "upload-limit", "VEXXY_UPLOAD_LIMIT_MB" },
	{ "free-space", "VEXXY_FREE_SPACE_MB" },
	{ "tls-cert", "VEXXY_TLS_CERT" },
	{ "tls-key", "VEXXY_TLS_KEY" },
	{ "jwt-key", "JWT_PUBLIC_KEY_PATH" },
	{ "jwt-issuer", "JWT_ISSUER" },
	{ "jwt-audience", "JWT_AUDIENCE" },
	{ "jwt-algorithm", "JWT_ALGORITHM" },
	{ "rate", "VEXXY_RATE" },
	{ "request-timeout", "VEXXY_REQUEST_TIMEOUT" },
	{ "cors-origin", "VEXXY_CORS_ORIGIN" },
	{ "keep-images", "VEXXY_KEEP_IMAGES" },
	{ "keep-jobs", "VEXXY_KEEP_JOBS" },
	{ "keep-traces", "VEXXY_KEEP_TRACES" },
	{ "keep-events", "VEXXY_KEEP_EVENTS" },
	{ "keep-inputs", "VEXXY_KEEP_INPUTS" },
	{ "keep-audit", "VEXXY_KEEP_AUDIT" },
	{ "allow-address", "VEXXY_ALLOW_ADDRESS" },
	{ "callback-key", "VEXXY_CALLBACK_KEY" },
	{ "callback-retry", "VEXXY_CALLBACK_RETRY" },
	{ "callback-attempts", "VEXXY_CALLBACK_ATTEMPTS" },
	{ "metrics-port", "METRICS_PORT" },
	{ "log-level", "LOG_LEVEL" },
	{ "log-format", "LOG_FORMAT" },
};

const char *settings_variable(const char *option)
{
	for (size_t i = 0; i < sizeof(variables) / sizeof(*variables); i++)
		if (!strcmp(variables[i].option, option))
			return variables[i].variable;
	return NULL;
}

static bool env_is_false(const char *name)
{
	const char *value = getenv(name);

	return value &&
	       (!strcasecmp(value, "false") || !strcmp(value, "0") || !strcasecmp(value, "no"));
}

/* In the environment a list is one text, its items apart by blanks. */
static int store_words(struct settings *s, const struct option_def *def, const char *value,
		       struct err *err)
{
	int r = 0;

	for (value += strspn(value, " "); r == 0 && *value; value += strspn(value, " ")) {
		char *word = strndup(value, strcspn(value, " "));

		if (!word || option_list_add(&s->owned, word) < 0) {
			free(word);
			return err_oom(err);
		}
		r = option_store(s, def, word, err);
		value += strcspn(value, " ");
	}
	return r;
}

static int load_environment(struct settings *s, struct err *err)
{
	int r = 0;

	for (const struct option_def *def = settings_table; r == 0 && def->name; def++) {
		const char *variable = settings_variable(def->name);
		const char *value = variable ? getenv(variable) : NULL;

		if (value && *value) {
			r = def->type == OPTION_LIST ? store_words(s, def, value, err)
						     : option_store(s, def, value, err);
			if (r < 0)
				err_prefix(err, r, "the variable %s", variable);
		}
	}
	if (getenv("VEXXY_REQUIRE_LANDLOCK") && !env_is_false("VEXXY_REQUIRE_LANDLOCK"))
		s->require_landlock = true;
	if (env_is_false("ENABLE_METRICS"))
		s->no_metrics = true;
	if (env_is_false("K8S_EXEC"))
		s->kube_exec = false;
	s->in_cluster |= getenv("K8S_IN_CLUSTER") && *getenv("K8S_IN_CLUSTER") &&
			 !env_is_false("K8S_IN_CLUSTER");
	s->api_host = getenv("API_HOST");
	s->backend_url = getenv("VEXXY_BACKEND_URL");
	s->backend_key = getenv("VEXXY_API_KEY");
	return r;
}

static int parse_port(uint64_t *ret, const char *text, struct err *err)
{
	char *end;
	unsigned long v = strtoul(text, &end, 10);

	if (*end || end == text || v > 65535 || *text == '-' || *text == '+')
		return err_set(err, EINVAL, "'%s' is no port", text);
	*ret = v;
	return 0;
}

/* "ADDR:PORT", "[V6]:PORT", "ADDR" or ":PORT". */
static int parse_listen(struct settings *s, struct err *err)
{
	const char *text = s->listen, *colon = strrchr(text, ':');
	const char *bracket = strchr(text, ']');
	size_t len;

	if (bracket ? colon < bracket : colon != strchr(text, ':'))
		colon = NULL; /* an address of IPv6 without a port */
	len = colon ? (size_t)(colon - text) : strlen(text);
	if (bracket && *text == '[') {
		text++;
		len = (size_t)(bracket - text);
	}
	if (len >= sizeof(s->host))
		return err_set(err, EINVAL, "'%s' is no address to listen on", s->listen);
	if (len)
		snprintf(s->host, sizeof(s->host), "%.*s", (int)len, text);
	return colon ? parse_port(&s->port, colon + 1, err) : 0;
}

static int find_address(struct settings *s, struct err *err)
{
	const char *port = getenv("API_PORT");
	unsigned char bytes[16];
	int r = 0;

	s->port = 8001;
	snprintf(s->host, sizeof(s->host), "%s",
		 s->api_host && *s->api_host ? s->api_host : "127.0.0.1");
	if (port && *port)
		r = err_prefix(err, parse_port(&s->port, port, err), "the variable API_PORT");
	if (r == 0 && s->listen)
		r = parse_listen(s, err);
	if (r == 0 && !strcmp(s->host, "localhost"))
		snprintf(s->host, sizeof(s->host), "127.0.0.1");
	if (r < 0)
		return r;
	if (inet_pton(AF_INET, s->host, bytes) != 1 && inet_pton(AF_INET6, s->host, bytes) != 1)
		return err_set(err, EINVAL, "'%s' is no numeric address to listen on", s->host);
	s->is_loopback = !strncmp(s->host, "127.", 4) || !strcmp(s->host, "::1");
	return 0;
}

static int make_absolute(char ret[PATH_BYTES], const char *path, struct err *err)
{
	char here[PATH_MAX] = "";
	int n;

	if (*path != '/' && !getcwd(here, sizeof(here)))
		return err_sys(err, errno, "cannot tell the working directory");
	n = snprintf(ret, PATH_BYTES, "%s%s%s", here, *here ? "/" : "", path);
	return n >= PATH_BYTES ? err_set(err, ENAMETOOLONG, "the path '%s' is too long", path) : 0;
}

static int find_database(struct settings *s, struct err *err)
{
	static const char scheme[] = "sqlite:///";
	const char *url = s->database_url;

	if (!url)
		return snprintf(s->database_path, PATH_BYTES, "%.490s/vexxy.db", s->data_dir) < 0
			   ? -EINVAL
			   : 0;
	if (db_postgres_is_url(url))
		return 0;
	/* What was given is not repeated: there may be a password in it. */
	if (strncmp(url, scheme, strlen(scheme)) != 0)
		return err_set(err, EINVAL,
			       "the database's URL begins with sqlite:/// or postgresql://");
	/* sqlite:///x is relative, sqlite:////x absolute: as SQLAlchemy, where these URLs come from, has it. */
	return make_absolute(s->database_path, url + strlen(scheme), err);
}

static int find_data(struct settings *s, struct err *err)
{
	const char *home = getenv("HOME"), *data = s->data ? s->data : s->storage;
	char path[PATH_BYTES];
	int r;

	if (data)
		snprintf(path, sizeof(path), "%s", data);
	else if (geteuid() == 0 || !home)
		snprintf(path, sizeof(path), "/var/lib/vexxy");
	else
		snprintf(path, sizeof(path), "%s/.local/share/vexxy", home);
	r = make_absolute(s->data_dir, path, err);
	r = r ? r : make_absolute(s->storage_dir, s->storage ? s->storage : s->data_dir, err);
	if (r < 0)
		return r;
	snprintf(path, sizeof(path), "%.490s/signing.pem", s->storage_dir);
	r = make_absolute(s->signing_path, s->signing_key ? s->signing_key : path, err);
	return r < 0 ? r : find_database(s, err);
}

static int check_blocks(const struct option_list *blocks, struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < blocks->count; i++)
		r = address_check_block(blocks->items[i], err);
	return r < 0 ? err_prefix(err, r, "--allow-address") : 0;
}

static int check_tokens(const struct settings *s, struct err *err)
{
	const char *name = s->jwt_algorithm;

	if (name && s->jwt_keys.count && strcmp(name, "RS256") != 0 && strcmp(name, "ES256") != 0 &&
	    strcmp(name, "EdDSA") != 0)
		return err_set(err, EINVAL,
			       "--jwt-algorithm: '%s' is none of RS256, ES256 and EdDSA", name);
	return 0;
}

static int check_origins(const struct option_list *origins, struct err *err)
{
	for (size_t i = 0; i < origins->count; i++) {
		const char *text = origins->items[i], *host = strstr(text, "://");

		if (!host || strncmp(text, "http", 4) != 0 || !host[3] || strchr(host + 3, '/'))
			return err_set(err, EINVAL,
				       "--cors-origin: '%s' is no origin, as https://example.org",
				       text);
	}
	return 0;
}

/* A label of DNS (RFC 1123). */
static bool is_label(const char *text)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
	size_t len = strlen(text);

	return len && len <= 63 && strspn(text, letters) == len && *text != '-' &&
	       text[len - 1] != '-';
}

static int check_sandbox(struct settings *s, struct err *err)
{
	int r = quantity_cpu(&s->cpu_limit_m, s->cpu_limit, err);

	r = r ? r : quantity_cpu(&s->cpu_request_m, s->cpu_request, err);
	r = r ? r : quantity_memory(&s->memory_request_mb, s->memory_request, err);
	if (s->cpu_request_m > s->cpu_limit_m)
		s->cpu_request_m = s->cpu_limit_m;
	if (s->memory_request_mb > s->memory_mb)
		s->memory_request_mb = s->memory_mb;
	if (r == 0 && !is_label(s->kube_namespace))
		r = err_set(err, EINVAL, "'%s' is no name of a namespace", s->kube_namespace);
	if (r == 0 && !is_label(s->kubescape_namespace))
		r = err_set(err, EINVAL, "'%s' is no name of a namespace", s->kubescape_namespace);
	if (r == 0 && strcmp(s->kubescape, "off") != 0 && strcmp(s->kubescape, "read") != 0 &&
	    strcmp(s->kubescape, "write") != 0)
		r = err_set(err, EINVAL, "--kubescape: '%s' is none of off, read and write",
			    s->kubescape);
	return r;
}

/* 65534 is nobody's, 65535 and the last are no users. */
static int check_users(const struct settings *s, struct err *err)
{
	uint64_t first = s->analysis_uid, end = first + 3 * s->workers;

	if ((first <= 65535 && end > 65534) || end > UINT32_MAX)
		return err_set(
		    err, EINVAL,
		    "--analysis-uid %llu: the users of %llu workers would be %llu to %llu",
		    (unsigned long long)first, (unsigned long long)s->workers,
		    (unsigned long long)first, (unsigned long long)end - 1);
	return 0;
}

static int check(struct settings *s, struct err *err)
{
	int r = log_configure(s->log_level, s->log_format, err);

	if (r == 0)
		r = quantity_memory(&s->memory_mb, s->memory_limit, err);
	r = r ? r : check_sandbox(s, err);
	if (r == 0 && strcmp(s->executor, "local") != 0 && strcmp(s->executor, "kubernetes") != 0)
		r = err_set(err, EINVAL, "executor '%s' is neither local nor kubernetes",
			    s->executor);
	if (r == 0 && strcmp(s->network, "none") != 0 && strcmp(s->network, "host") != 0)
		r = err_set(err, EINVAL, "network '%s' is neither none nor host", s->network);
	if (r == 0 && !s->tls_certificate != !s->tls_key)
		r = err_set(err, EINVAL, "--tls-cert and --tls-key go together");
	if (r == 0)
		r = check_blocks(&s->allowed_addresses, err);
	r = r ? r : check_tokens(s, err);
	r = r ? r : check_users(s, err);
	r = r ? r : check_origins(&s->cors_origins, err);
	if (r == 0)
		r = find_address(s, err);
	return r < 0 ? r : find_data(s, err);
}

int settings_load(struct settings *ret, int argc, char **argv, struct err *err)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct settings s = {
		.executor = "local",
		.storage_backend = "local",
		.s3_region = "us-east-1",
		.s3_prefix = "",
		.log_level = "info",
		.log_format = "json",
		.memory_limit = "4Gi",
		.network = "none",
		.policy = "balanced",
		.kube_namespace = "vexxy-sandbox",
		.cpu_limit = "2",
		.cpu_request = "250m",
		.memory_request = "256Mi",
		.kube_pods_max = 32,
		.job_ttl_s = 600,
		.start_timeout_s = 300,
		.gate_timeout_s = 120,
		.kubescape = "write",
		.kubescape_wait_s = 90,
		.kubescape_namespace = "kubescape",
		.metrics_port = 9090,
		.workers = 2,
		.threads = processors > 0 ? (uint64_t)processors : 1,
		.attempts = 3,
		.lease_s = 30,
		.retry_s = 5,
		.database_connections = 8,
		.duration_min_s = 90,
		.timeout_default_s = 900,
		.timeout_max_s = 7200,
		.upload_mb = 64,
		.disk_free_mb = 1024,
		.analysis_uid = 64999,
		.pids = 1024,
		.disk_mb = 1024,
		.connections_max = 12000,
		.analysis_memory_mb = 8192,
		.keep_images = 14,
		.keep_events = 30,
		.rate = 6000,
		.image_mb = 16384,
		.request_s = 30,
		.callback_retry_s = 10,
		.callback_attempts = 20,
	};
	struct option_list operands = {};
	int r = load_environment(&s, err);

	if (r == 0)
		r = options_parse(settings_table, &s, argc, argv, &operands, err);
	if (r >= 0 && (operands.count || r < argc))
		r = err_set(err, EINVAL, "unexpected '%s'",
			    operands.count ? operands.items[0] : argv[r]);
	option_list_done(&operands);
	if (r >= 0)
		r = check(&s, err);
	if (r < 0)
		settings_done(&s);
	else
		*ret = s;
	return r < 0 ? r : 0;
}

void settings_done(struct settings *s)
{
	for (size_t i = 0; i < s->owned.count; i++)
		free((char *)s->owned.items[i]);
	option_list_done(&s->owned);
	option_list_done(&s->insecure_registries);
	option_list_done(&s->registries);
	option_list_done(&s->vulns);
	option_list_done(&s->advisories);
	option_list_done(&s->symbols);
	option_list_done(&s->allowed_addresses);
	option_list_done(&s->jwt_keys);
	option_list_done(&s->cors_origins);
	option_list_done(&s->pull_secrets);
}

void settings_log_ignored(void)
{
	extern char **environ;

	for (char **at = environ; *at; at++) {
		char name[64];

		if (strncmp(*at, "REDIS_URL=", 10) != 0 && strncmp(*at, "CELERY_", 7) != 0)
			continue;
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(*at, "="), *at);
		log_event(LOG_INFO, "setting_ignored", log_text("name", name),
			  log_text("reason", "the queue is in the database; no broker is needed"));
	}
}
