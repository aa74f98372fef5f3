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

#define ACCOUNT_NAME_MAX 253

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

/* Labels with dots between them: names of objects. */
static bool is_subdomain(const char *text)
{
	char label[64];
	size_t len;

	for (;; text += len + 1) {
		len = strcspn(text, ".");
		if (len > 63)
			return false;
		snprintf(label, sizeof(label), "%.*s", (int)len, text);
		if (!is_label(label))
			return false;
		if (!text[len])
			return true;
	}
}

/* "NAMESPACE/NAME" of a cluster that we talk to. */
static int check_agents(const struct settings *s, struct err *err)
{
	const char *account = s->agent_account, *slash = account ? strchr(account, '/') : NULL;
	char namespace[64];

	if (s->tls_client_ca && !s->tls_certificate)
		return err_set(err, EINVAL, "--tls-client-ca needs --tls-cert and --tls-key");
	if (!account)
		return 0;
	snprintf(namespace, sizeof(namespace), "%.*s", slash ? (int)(slash - account) : 0, account);
	if (!slash || slash - account > 63 || !is_label(namespace) ||
	    strlen(slash + 1) > ACCOUNT_NAME_MAX || !is_subdomain(slash + 1))
		return err_set(err, EINVAL,
			       "--agent-account: '%s' is no service account, as vexxy/vexxy-agent",
			       account);
	if (strcmp(s->executor, "kubernetes") != 0)
		return err_set(err, EINVAL,
			       "--agent-account needs --executor kubernetes: the cluster reviews "
			       "the tokens");
	if (!*s->agent_audience)
		return err_set(err, EINVAL, "--agent-audience: a name is needed");
	return 0;
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
	if (r == 0 && strcmp(s->policy, "strict") != 0 && strcmp(s->policy, "balanced") != 0 &&
	    strcmp(s->policy, "kubescape") != 0)
		r = err_set(err, EINVAL, "policy '%s' is none of strict, balanced and kubescape",
			    s->policy);
	if (r == 0 && !s->tls_certificate != !s->tls_key)
		r = err_set(err, EINVAL, "--tls-cert and --tls-key go together");
	if (r == 0)
		r = check_blocks(&s->allowed_addresses, err);
	r = r ? r : check_tokens(s, err);
	r = r ? r : check_agents(s, err);
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
		.agent_audience = "vexxy",
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
