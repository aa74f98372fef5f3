// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_cluster.c — the cluster that sandboxes are made in. */
#include "server/kube_cluster.h"

#include <limits.h>
#include <pthread.h>
#include <string.h>

#include "include/sandbox_pod.h"
#include "server/kube_objects.h"
#include "server/log.h"
#include "server/store.h"

struct kube_cluster {
	const struct settings *settings;
	struct kube_access *access;
	bool is_inside; /* we are a pod of it */
	pthread_mutex_t lock;
	bool is_prepared;
};

/* What the operator chose; else the cluster that we run in; else the file that kubectl reads. */
static int find_config(struct kube_config *ret, bool *ret_inside, const struct settings *s,
		       struct err *err)
{
	const char *host = getenv("KUBERNETES_SERVICE_HOST"), *home = getenv("HOME");
	struct kube_config_source source = { s->kubeconfig, s->kube_context, s->kube_exec };
	char path[PATH_MAX];

	*ret_inside = s->in_cluster || (!s->kubeconfig && host);
	if (*ret_inside)
		return kube_config_in_cluster(ret, KUBE_SERVICE_ACCOUNT, host,
					      getenv("KUBERNETES_SERVICE_PORT"), err);
	snprintf(path, sizeof(path), "%s/.kube/config", home ? home : "/root");
	if (!source.paths)
		source.paths = path;
	return kube_config_load(ret, &source, err);
}

/* The first thing that is asked tells whether we are let in at all. */
static int say_version(struct kube_cluster *c, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *version = NULL;
	_cleanup_(kube_closep) struct kube *kube = NULL;
	int r = kube_cluster_connect(&kube, c, err);

	r = r ? r : kube_read(&version, kube, "/version", err);
	if (r == 0)
		log_event(LOG_INFO, "cluster",
			  log_text("server", kube_access_config(c->access)->server),
			  log_text("version", json_in_text(version, "gitVersion")),
			  log_text("namespace", c->settings->kube_namespace));
	return err_prefix(err, r, "the cluster at '%s'", kube_access_config(c->access)->server);
}

int kube_cluster_open(struct kube_cluster **ret, const struct settings *settings, struct err *err)
{
	struct kube_cluster *c = calloc(1, sizeof(*c));
	struct kube_config config = {};
	int r;

	if (!c)
		return err_oom(err);
	c->settings = settings;
	pthread_mutex_init(&c->lock, NULL);
	r = find_config(&config, &c->is_inside, settings, err);
	r = r ? r : kube_access_new(&c->access, &config, err);
	r = r ? r : say_version(c, err);
	if (r < 0)
		kube_cluster_close(c);
	else
		*ret = c;
	return r;
}

void kube_cluster_close(struct kube_cluster *c)
{
	if (!c)
		return;
	kube_access_free(c->access);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

int kube_cluster_connect(struct kube **ret, struct kube_cluster *c, struct err *err)
{
	return kube_open(ret, c->access, err);
}

char *kube_cluster_path(const struct kube_cluster *c, const char *collection, const char *name)
{
	static const struct {
		const char *name, *group;
	} groups[] = { { "jobs", "apis/batch/v1" },
		       { "networkpolicies", "apis/networking.k8s.io/v1" },
		       { "", "api/v1" } };
	size_t i = 0;
	char *path;

	while (*groups[i].name && strcmp(groups[i].name, collection) != 0)
		i++;
	return asprintf(&path, "/%s/namespaces/%s/%s%s%s", groups[i].group,
			c->settings->kube_namespace, collection, name ? "/" : "",
			name ? name : "") < 0
		   ? NULL
		   : path;
}

/* path and body are freed. */
static int apply(struct kube *kube, char *path, char *body, struct err *err)
{
	_cleanup_free_ char *owned_path = path, *owned_body = body;

	return path && body ? kube_apply(kube, path, body, err) : err_oom(err);
}

/* 1: it was made or is as it should be. 0: we may not, and it is there. */
static int make_namespace(struct kube_cluster *c, struct kube *kube, struct err *err)
{
	_cleanup_free_ char *path = NULL, *pods = kube_cluster_path(c, "pods", NULL);
	struct err why = {};
	int r;

	if (asprintf(&path, "/api/v1/namespaces/%s", c->settings->kube_namespace) < 0 || !pods)
		return err_oom(err);
	r = apply(kube, strdup(path), kube_object_namespace(c->settings), &why);
	if (r != -EACCES)
		return r < 0 ? err_set(err, -r, "namespace: %s", why.text) : 1;
	return kube_read(NULL, kube, pods, err);
}

static int make_walls(struct kube_cluster *c, struct kube *kube, struct err *err)
{
	const struct settings *s = c->settings;
	const char *ours = kube_access_config(c->access)->namespace;
	int r = apply(kube, kube_cluster_path(c, "networkpolicies", "vexxy-deny"),
		      kube_object_deny(s), err);

	r = r ? r
	      : apply(kube, kube_cluster_path(c, "resourcequotas", "vexxy-sandbox"),
		      kube_object_quota(s), err);
	r = r ? r
	      : apply(kube, kube_cluster_path(c, "limitranges", "vexxy-sandbox"),
		      kube_object_limits(s), err);
	if (r == 0 && c->is_inside && ours)
		r = apply(kube, kube_cluster_path(c, "networkpolicies", "vexxy-driver"),
			  kube_object_admit(s, ours), err);
	return r;
}

static int prepare(struct kube_cluster *c, struct kube *kube, struct err *err)
{
	_cleanup_free_ char *deny = kube_cluster_path(c, "networkpolicies", "vexxy-deny");
	struct err why = {};
	int r = make_namespace(c, kube, err);

	if (r < 0)
		return r;
	r = make_walls(c, kube, &why);
	if (r != -EACCES)
		return r < 0 ? err_set(err, -r, "%s", why.text) : 0;
	/* Whoever gave us these rights has made the walls, or else nothing of a stranger's is let in here. */
	r = deny ? kube_read(NULL, kube, deny, err) : err_oom(err);
	if (r == -ENOENT)
		return err_set(
		    err, EACCES,
		    "namespace '%s' has no NetworkPolicy 'vexxy-deny', and the server may "
		    "not make it: apply the manifests of deploy/",
		    c->settings->kube_namespace);
	if (r == 0 || r == -EACCES)
		log_event(LOG_WARNING, "sandbox_walls_not_checked", log_text("reason", why.text));
	return r == -EACCES ? 0 : r;
}

int kube_cluster_prepare(struct kube_cluster *c, struct kube *kube, struct err *err)
{
	int r = 0;

	pthread_mutex_lock(&c->lock);
	if (!c->is_prepared)
		r = prepare(c, kube, err);
	c->is_prepared |= r == 0;
	pthread_mutex_unlock(&c->lock);
	return r;
}

struct reconciling {
	struct app *app;
	struct kube *kube;
	bool mine;
	int count;
};

/* By the store: does somebody work on this attempt? What the store does not know is another's. */
static bool is_worked_on(struct reconciling *c, const char *id, const char *attempt)
{
	_cleanup_job_ struct job job = {};
	int r;

	if (!id || !attempt || !id_is_valid(id))
		return true;
	r = store_job(&job, c->app->db, NULL, id, NULL);
	if (r < 0)
		return true;
	return (job.state == JOB_RUNNING || job.state == JOB_ANALYZING) &&
	       job.fence == strtoll(attempt, NULL, 10);
}

static int consider(void *ctx, const cJSON *item, struct err *err)
{
	struct reconciling *c = ctx;
	const cJSON *meta = json_in_get(item, "metadata"), *labels = json_in_get(meta, "labels");
	const char *name = json_in_text(meta, "name"), *uid = json_in_text(meta, "uid");
	const char *server = json_in_text(labels, KUBE_LABEL_SERVER);
	bool is_mine = server && !strcmp(server, c->app->server_id);
	_cleanup_free_ char *path = NULL;

	if (!name || json_in_text(meta, "deletionTimestamp") ||
	    (c->mine ? !is_mine
		     : is_worked_on(c, json_in_text(labels, POD_LABEL_ANALYSIS),
				    json_in_text(labels, POD_LABEL_ATTEMPT))))
		return 0;
	path = kube_cluster_path(c->app->cluster, "jobs", name);
	if (!path)
		return err_oom(err);
	log_event(LOG_WARNING, "orphan_deleted", log_text("sandbox", name));
	c->count++;
	return kube_delete(c->kube, path, uid, false, -1, err);
}

int kube_cluster_reconcile(struct app *app, bool mine, struct err *err)
{
	_cleanup_(kube_closep) struct kube *kube = NULL;
	_cleanup_free_ char *jobs = kube_cluster_path(app->cluster, "jobs", NULL);
	struct reconciling c = { .app = app, .mine = mine };
	int r = jobs ? kube_cluster_connect(&kube, app->cluster, err) : err_oom(err);

	c.kube = kube;
	r = r ? r : kube_each(NULL, kube, jobs, KUBE_MANAGED_BY, consider, &c, err);
	return r == -ENOENT ? 0 : r < 0 ? r : c.count;
}
