// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_config.c — which API server, and as whom. */
#include "server/kube_config.h"

#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>

#include "server/base64.h"
#include "server/kube_yaml.h"

#define PEM_BYTES_MAX (1u << 20)
#define FILES_MAX 16

struct kube_file {
	char *dir; /* of the file: what its paths are relative to */
	cJSON *tree;
};

/* All files, in their order. */
struct merged {
	struct kube_file files[FILES_MAX];
	size_t count;
};

/* An entry of clusters, users or contexts, and the file that it stands in. */
struct entry {
	const cJSON *fields;
	const struct kube_file *file;
};

static void merged_done(struct merged *m)
{
	for (size_t i = 0; i < m->count; i++) {
		free(m->files[i].dir);
		cJSON_Delete(m->files[i].tree);
	}
}

static void free_words(char **words)
{
	for (size_t i = 0; words && words[i]; i++)
		free(words[i]);
	free(words);
}

void kube_config_done(struct kube_config *c)
{
	char **const texts[] = {
		&c->server,     &c->ca,          &c->ca_path,      &c->tls_server_name,
		&c->proxy_url,  &c->certificate, &c->key,          &c->token,
		&c->token_path, &c->username,    &c->password,     &c->as_user,
		&c->as_uid,     &c->namespace,   &c->exec.command, &c->exec.api_version
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		free(*texts[i]);
	free_words(c->as_groups);
	free_words(c->exec.args);
	free_words(c->exec.env);
	*c = (struct kube_config){};
}

int kube_file_read(char **ret, const char *path, size_t max, struct err *err)
{
	_cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	_cleanup_free_ char *text = NULL;
	struct stat st;
	size_t len = 0;
	ssize_t n = 1;

	if (fd < 0 || fstat(fd, &st) < 0)
		return err_sys(err, errno, "'%s'", path);
	if (!S_ISREG(st.st_mode) || (size_t)st.st_size > max)
		return err_set(err, EFBIG, "'%s' is no file of at most %zu bytes", path, max);
	text = malloc(max + 1);
	if (!text)
		return err_oom(err);
	while (len < max && (n = read(fd, text + len, max - len)) > 0)
		len += (size_t)n;
	if (n < 0)
		return err_sys(err, errno, "'%s'", path);
	text[len] = '\0';
	if (strlen(text) != len)
		return err_set(err, EBADMSG, "'%s' has a NUL in it", path);
	*ret = take_ptr(text);
	return 0;
}

static int copy_text(char **to, const cJSON *fields, const char *key, struct err *err)
{
	const cJSON *item = json_in_get(fields, key);

	if (!item || cJSON_IsNull(item))
		return 0;
	if (!cJSON_IsString(item))
		return err_set(err, EINVAL, "'%s' is no text", key);
	if (!*item->valuestring)
		return 0;
	*to = strdup(item->valuestring);
	return *to ? 0 : err_oom(err);
}

static char *join_path(const struct kube_file *file, const char *path)
{
	char joined[PATH_MAX];

	if (*path == '/')
		return strdup(path);
	return snprintf(joined, sizeof(joined), "%s/%s", file->dir, path) < PATH_MAX
		   ? strdup(joined)
		   : NULL;
}

/* "x-data" (base64) or "x" (a path): the first wins, as the documentation of the fields says. */
static int copy_blob(char **to, const struct entry *e, const char *key, struct err *err)
{
	_cleanup_free_ char *data = NULL, *path = NULL, *full = NULL;
	char data_key[64];
	size_t len;
	int r;

	snprintf(data_key, sizeof(data_key), "%s-data", key);
	r = copy_text(&data, e->fields, data_key, err);
	r = r ? r : copy_text(&path, e->fields, key, err);
	if (r < 0 || (!data && !path))
		return r;
	if (!data) {
		full = join_path(e->file, path);
		return full ? kube_file_read(to, full, PEM_BYTES_MAX, err) : err_oom(err);
	}
	r = base64_decode((unsigned char **)to, &len, data, strlen(data), err);
	return err_prefix(err, r, "'%s'", data_key);
}

static int copy_words(char ***to, const cJSON *list, const char *key, struct err *err)
{
	char **words = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*words));
	const cJSON *item;
	size_t n = 0;

	if (!words)
		return err_oom(err);
	*to = words;
	cJSON_ArrayForEach(item, list)
	{
		if (!cJSON_IsString(item))
			return err_set(err, EINVAL, "'%s' is no list of texts", key);
		words[n] = strdup(item->valuestring);
		if (!words[n++])
			return err_oom(err);
	}
	return 0;
}

static int copy_exec_env(struct kube_exec_plugin *exec, const cJSON *list, struct err *err)
{
	const cJSON *item;
	size_t n = 0;

	exec->env = calloc((size_t)cJSON_GetArraySize(list) + 1, sizeof(*exec->env));
	if (!exec->env)
		return err_oom(err);
	cJSON_ArrayForEach(item, list)
	{
		const char *name = json_in_text(item, "name"), *value = json_in_text(item, "value");

		if (!name || !*name || strchr(name, '=') || !value)
			return err_set(err, EINVAL,
				       "'exec.env' has an entry without name and value");
		if (asprintf(&exec->env[n], "%s=%s", name, value) < 0) {
			exec->env[n] = NULL;
			return err_oom(err);
		}
		n++;
	}
	return 0;
}

static int take_exec(struct kube_config *c, const struct entry *user, const cJSON *fields,
		     bool allow, struct err *err)
{
	static const char *const versions[] = { "client.authentication.k8s.io/v1",
						"client.authentication.k8s.io/v1beta1" };
	const char *command = json_in_text(fields, "command"),
		   *version = json_in_text(fields, "apiVersion"),
		   *mode = json_in_text(fields, "interactiveMode");
	int r;

	if (!command || !*command)
		return err_set(err, EINVAL, "'exec' names no command");
	if (!allow)
		return err_set(err, EACCES,
			       "it wants to run '%s' for credentials: allow that with --kube-exec",
			       command);
	if (!version || (strcmp(version, versions[0]) != 0 && strcmp(version, versions[1]) != 0))
		return err_set(err, EINVAL, "'exec.apiVersion' is '%s', neither %s nor v1beta1",
			       version ? version : "", versions[0]);
	c->exec.provide_cluster_info = json_in_bool(fields, "provideClusterInfo", false);
	c->exec.always_interactive = mode && !strcmp(mode, "Always");
	if (c->exec.always_interactive)
		return err_set(err, EINVAL, "'%s' wants a terminal, and a server has none",
			       command);
	/* With a slash in it it is a path, relative to the file; without, it is found in PATH. */
	c->exec.command = strchr(command, '/') ? join_path(user->file, command) : strdup(command);
	c->exec.api_version = strdup(version);
	r = c->exec.command && c->exec.api_version ? 0 : err_oom(err);
	r = r ? r : copy_words(&c->exec.args, json_in_get(fields, "args"), "exec.args", err);
	return r ? r : copy_exec_env(&c->exec, json_in_get(fields, "env"), err);
}

static int take_user(struct kube_config *c, const struct entry *user, bool allow_exec,
		     struct err *err)
{
	const cJSON *fields = user->fields, *exec = json_in_get(fields, "exec");
	_cleanup_free_ char *token_path = NULL;
	size_t groups = 0;
	int r = copy_blob(&c->certificate, user, "client-certificate", err);

	if (cJSON_IsObject(json_in_get(fields, "auth-provider")))
		return err_set(err, EINVAL,
			       "'auth-provider' is no longer a way to log in: use an exec plugin");
	r = r ? r : copy_blob(&c->key, user, "client-key", err);
	r = r ? r : copy_text(&c->token, fields, "token", err);
	r = r ? r : copy_text(&token_path, fields, "tokenFile", err);
	r = r ? r : copy_text(&c->username, fields, "username", err);
	r = r ? r : copy_text(&c->password, fields, "password", err);
	r = r ? r : copy_text(&c->as_user, fields, "as", err);
	r = r ? r : copy_text(&c->as_uid, fields, "as-uid", err);
	r = r ? r : copy_words(&c->as_groups, json_in_get(fields, "as-groups"), "as-groups", err);
	while (r == 0 && c->as_groups && c->as_groups[groups])
		groups++;
	if (groups > KUBE_GROUPS_MAX)
		return err_set(err, EINVAL, "'as-groups' has more than %d entries",
			       KUBE_GROUPS_MAX);
	if (r == 0 && token_path && !(c->token_path = join_path(user->file, token_path)))
		r = err_oom(err);
	if (r == 0 && cJSON_IsObject(exec))
		r = take_exec(c, user, exec, allow_exec, err);
	if (r == 0 && !c->certificate != !c->key && !c->exec.command)
		r = err_set(err, EINVAL, "client-certificate and client-key go together");
	return r;
}

static int take_cluster(struct kube_config *c, const struct entry *cluster, struct err *err)
{
	const cJSON *fields = cluster->fields;
	int r = copy_text(&c->server, fields, "server", err);
	size_t len;

	r = r ? r : copy_blob(&c->ca, cluster, "certificate-authority", err);
	r = r ? r : copy_text(&c->tls_server_name, fields, "tls-server-name", err);
	r = r ? r : copy_text(&c->proxy_url, fields, "proxy-url", err);
	c->insecure = json_in_bool(fields, "insecure-skip-tls-verify", false);
	if (r < 0)
		return r;
	if (!c->server ||
	    (strncmp(c->server, "https://", 8) != 0 && strncmp(c->server, "http://", 7) != 0))
		return err_set(err, EINVAL, "'server' is '%s', no URL of https or http",
			       c->server ? c->server : "");
	for (len = strlen(c->server); len > 8 && c->server[len - 1] == '/'; len--)
		c->server[len - 1] = '\0';
	return 0;
}

/* The first entry of that name, in the order of the files: {"name": …, "cluster": {…}}. */
static int find_entry(struct entry *ret, const struct merged *m, const char *list, const char *kind,
		      const char *name, struct err *err)
{
	for (size_t i = 0; i < m->count; i++) {
		const cJSON *item;

		cJSON_ArrayForEach(item, json_in_get(m->files[i].tree, list))
		{
			const char *its = json_in_text(item, "name");

			if (its && !strcmp(its, name)) {
				*ret = (struct entry){ json_in_get(item, kind), &m->files[i] };
				return 0;
			}
		}
	}
	return err_set(err, EINVAL, "there is no %s '%s'", kind, name);
}

static const char *current_context(const struct merged *m)
{
	for (size_t i = 0; i < m->count; i++) {
		const char *name = json_in_text(m->files[i].tree, "current-context");

		if (name && *name)
			return name;
	}
	return NULL;
}

static int resolve(struct kube_config *c, const struct merged *m,
		   const struct kube_config_source *source, struct err *err)
{
	const char *name = source->context ? source->context : current_context(m);
	const char *cluster_name, *user_name;
	struct entry context = {}, cluster = {}, user = {};
	int r;

	if (!name)
		return err_set(err, EINVAL,
			       "there is no current-context: choose one with --kube-context");
	r = find_entry(&context, m, "contexts", "context", name, err);
	if (r < 0)
		return r;
	cluster_name = json_in_text(context.fields, "cluster");
	user_name = json_in_text(context.fields, "user");
	r = find_entry(&cluster, m, "clusters", "cluster", cluster_name ? cluster_name : "", err);
	if (r == 0 && user_name && *user_name)
		r = find_entry(&user, m, "users", "user", user_name, err);
	r = r ? r : copy_text(&c->namespace, context.fields, "namespace", err);
	r = r ? r : err_prefix(err, take_cluster(c, &cluster, err), "cluster '%s'", cluster_name);
	if (r == 0 && user.fields)
		r = err_prefix(err, take_user(c, &user, source->allow_exec, err), "user '%s'",
			       user_name);
	return r;
}

static int read_one(struct merged *m, const char *path, struct err *err)
{
	_cleanup_free_ char *text = NULL;
	const char *slash = strrchr(path, '/');
	struct kube_file *file;
	int r;

	if (m->count == FILES_MAX)
		return err_set(err, E2BIG, "more than %d kubeconfig files", FILES_MAX);
	r = kube_file_read(&text, path, KUBE_YAML_BYTES_MAX, err);
	if (r < 0)
		return r;
	file = &m->files[m->count++];
	file->dir = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
	if (!file->dir)
		return err_oom(err);
	return err_prefix(err, kube_yaml_parse(&file->tree, text, strlen(text), err), "'%s'", path);
}

static int read_all(struct merged *m, const char *paths, struct err *err)
{
	int r = 0;

	while (r == 0 && *paths) {
		size_t n = strcspn(paths, ":");
		_cleanup_free_ char *path = strndup(paths, n);

		if (!path)
			return err_oom(err);
		r = *path ? read_one(m, path, err) : 0;
		if (r == -ENOENT)
			r = 0;
		paths += n + (paths[n] == ':');
	}
	return r;
}

int kube_config_load(struct kube_config *ret, const struct kube_config_source *source,
		     struct err *err)
{
	_cleanup_(merged_done) struct merged m = {};
	struct kube_config c = {};
	int r = read_all(&m, source->paths, err);

	if (r == 0 && !m.count)
		return err_set(err, ENOENT, "no kubeconfig at '%s'", source->paths);
	r = r ? r : err_prefix(err, resolve(&c, &m, source, err), "kubeconfig '%s'", source->paths);
	if (r < 0)
		kube_config_done(&c);
	else
		*ret = c;
	return r;
}

int kube_config_in_cluster(struct kube_config *ret, const char *dir, const char *host,
			   const char *port, struct err *err)
{
	struct kube_config c = {};
	char path[PATH_MAX];
	int r = 0;

	if (!host || !*host || !port || !*port)
		return err_set(err, ENOENT, "this is no pod: KUBERNETES_SERVICE_HOST is not set");
	if (asprintf(&c.server, strchr(host, ':') ? "https://[%s]:%s" : "https://%s:%s", host,
		     port) < 0)
		c.server = NULL;
	if (asprintf(&c.token_path, "%s/token", dir) < 0)
		c.token_path = NULL;
	if (asprintf(&c.ca_path, "%s/ca.crt", dir) < 0)
		c.ca_path = NULL;
	if (!c.server || !c.token_path || !c.ca_path)
		r = err_oom(err);
	r = r ? r : kube_file_read(&c.ca, c.ca_path, PEM_BYTES_MAX, err);
	snprintf(path, sizeof(path), "%s/namespace", dir);
	r = r ? r : kube_file_read(&c.namespace, path, 4096, err);
	if (r == 0)
		c.namespace[strcspn(c.namespace, "\n")] = '\0';
	if (r < 0)
		kube_config_done(&c);
	else
		*ret = c;
	return err_prefix(err, r, "service account");
}
