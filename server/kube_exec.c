// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_exec.c — asks a program for credentials. */
#include "server/kube_exec.h"

#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include "server/base64.h"
#include "server/child.h"
#include "server/json_out.h"

/* Whoever needs the credentials waits, and holds a lease meanwhile, which by default lasts longer (--lease). */
#define EXEC_MS 20000
#define REPLY_BYTES_MAX (1u << 20)

void kube_login_done(struct kube_login *login)
{
	free(login->token);
	free(login->certificate);
	free(login->key);
	*login = (struct kube_login){};
}

/* What the program is told of the cluster, where it asks for that. */
static char *format_info(const struct kube_config *c)
{
	_cleanup_free_ char *ca = c->ca ? base64_encode(c->ca, strlen(c->ca)) : NULL;
	struct json_out out = {};

	if (c->ca && !ca)
		return NULL;
	json_out_open(&out, NULL, '{');
	json_out_text(&out, "apiVersion", c->exec.api_version);
	json_out_text(&out, "kind", "ExecCredential");
	json_out_open(&out, "spec", '{');
	if (c->exec.provide_cluster_info) {
		json_out_open(&out, "cluster", '{');
		json_out_text(&out, "server", c->server);
		json_out_optional(&out, "tls-server-name", c->tls_server_name);
		json_out_optional(&out, "certificate-authority-data", ca);
		json_out_optional(&out, "proxy-url", c->proxy_url);
		if (c->insecure)
			json_out_bool(&out, "insecure-skip-tls-verify", true);
		json_out_close(&out, '}');
	}
	json_out_bool(&out, "interactive", false);
	json_out_close(&out, '}');
	json_out_close(&out, '}');
	return text_take(&out.text);
}

static int copy(char **to, const cJSON *status, const char *key, struct err *err)
{
	const char *text = json_in_text(status, key);

	if (!text || !*text)
		return 0;
	*to = strdup(text);
	return *to ? 0 : err_oom(err);
}

/* "2025-01-31T12:00:00Z"; what is behind the seconds is zero or UTC with all programs that there are. */
static int64_t parse_time(const char *text)
{
	struct tm tm = {};

	return text && strptime(text, "%Y-%m-%dT%H:%M:%S", &tm) ? (int64_t)timegm(&tm) * 1000 : 0;
}

int kube_exec_parse(struct kube_login *ret, const char *text, size_t len, const char *api_version,
		    struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *tree = NULL;
	struct kube_login login = {};
	const char *kind, *version;
	const cJSON *status;
	size_t offset;
	int r = json_in_parse(&tree, text, len, &offset, err);

	if (r < 0)
		return r;
	kind = json_in_text(tree, "kind");
	version = json_in_text(tree, "apiVersion");
	status = json_in_get(tree, "status");
	if (!kind || strcmp(kind, "ExecCredential") != 0 || !version ||
	    strcmp(version, api_version) != 0)
		return err_set(err, EBADMSG, "it printed no ExecCredential of %s", api_version);
	r = copy(&login.token, status, "token", err);
	r = r ? r : copy(&login.certificate, status, "clientCertificateData", err);
	r = r ? r : copy(&login.key, status, "clientKeyData", err);
	login.expires_ms = parse_time(json_in_text(status, "expirationTimestamp"));
	if (r == 0 && !login.token && !(login.certificate && login.key))
		r = err_set(err, EBADMSG, "it gave neither a token nor a certificate with its key");
	if (r < 0)
		kube_login_done(&login);
	else
		*ret = login;
	return r;
}

static int read_reply(struct kube_login *ret, int fd, const char *api_version, struct err *err)
{
	_cleanup_free_ char *text = malloc(REPLY_BYTES_MAX + 2);
	ssize_t n = text ? pread(fd, text, REPLY_BYTES_MAX + 1, 0) : -1;

	if (!text)
		return err_oom(err);
	if (n < 0 || n > (ssize_t)REPLY_BYTES_MAX)
		return err_set(err, EBADMSG, "it printed more than %u bytes", REPLY_BYTES_MAX);
	text[n] = '\0';
	return kube_exec_parse(ret, text, (size_t)n, api_version, err);
}

static int run(struct kube_login *ret, const struct kube_config *c, const char *const *argv,
	       const char *const *env, struct err *err)
{
	_cleanup_close_ int out = memfd_create("credentials", MFD_CLOEXEC);
	const struct child child = {
		.argv = argv, .env = env, .timeout_ms = EXEC_MS, .out_fd = out
	};
	int r;

	if (out < 0)
		return err_sys(err, errno, "cannot keep what it prints");
	r = child_run(&child, err);
	return r < 0 ? r : read_reply(ret, out, c->exec.api_version, err);
}

static size_t count(char **words)
{
	size_t n = 0;

	while (words && words[n])
		n++;
	return n;
}

int kube_exec_run(struct kube_login *ret, const struct kube_config *c, struct err *err)
{
	size_t args = count(c->exec.args), variables = count(c->exec.env);
	_cleanup_free_ const char **argv = calloc(args + 2, sizeof(*argv));
	_cleanup_free_ const char **env = calloc(variables + 2, sizeof(*env));
	_cleanup_free_ char *info = format_info(c), *info_variable = NULL;

	if (!argv || !env || !info || asprintf(&info_variable, "KUBERNETES_EXEC_INFO=%s", info) < 0)
		return err_oom(err);
	argv[0] = c->exec.command;
	for (size_t i = 0; i < args; i++)
		argv[i + 1] = c->exec.args[i];
	env[0] = info_variable;
	for (size_t i = 0; i < variables; i++)
		env[i + 1] = c->exec.env[i];
	return err_prefix(err, run(ret, c, argv, env, err), "credentials by '%s'", c->exec.command);
}
