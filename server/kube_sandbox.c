// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_sandbox.c — one image in one pod: made, watched until its time is over, and taken away again. */
#include "server/kube_sandbox.h"

#include <string.h>

#include "server/clock.h"
#include "server/kube_watch.h"
#include "server/port_ask.h"

#define LOG_BYTES_MAX (4u << 20)
#define ASK_MS 700
#define LOOK_AGAIN_MS 500
/* What may come right by itself is waited for so long: a Secret that is made later, a registry that is away for a moment. */
#define STUCK_MS 45000
#define MADE_AGAIN_MAX 3
/* As long as the pod tolerates it (kube_objects.c): who sees it first, the server or the cluster, makes no difference. */
#define NODE_SILENT_MS 30000

static int read_job(struct sandbox *s, const char *path, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *job = NULL;
	const char *server;
	int r = kube_read(&job, s->kube, path, err);

	if (r < 0)
		return r;
	server =
	    json_in_text(json_in_get(json_in_get(job, "metadata"), "labels"), KUBE_LABEL_SERVER);
	return server && !strcmp(server, s->spec.server_id)
		   ? 0
		   : err_set(err, EAGAIN, "the Job '%s' is another server's", s->name);
}

/* A reply that was lost may have been of a success: then it is there, and ours. */
int sandbox_make(struct sandbox *s, struct err *err)
{
	_cleanup_free_ char *jobs = kube_cluster_path(s->cluster, "jobs", NULL),
			    *path = kube_cluster_path(s->cluster, "jobs", s->name),
			    *body = kube_object_job(&s->spec);
	int r = -EIO;

	if (!jobs || !path || !body)
		return err_oom(err);
	r = kube_cluster_prepare(s->cluster, s->kube, err);
	if (r < 0)
		return r;
	s->was_made = true;
	r = -EIO;
	for (int n = 0; n < MADE_AGAIN_MAX && r == -EIO; n++)
		r = kube_create(NULL, s->kube, jobs, body, err);
	if (r == -EIO)
		return -EAGAIN;
	return r == -EEXIST ? read_job(s, path, err) : r;
}

/* "…: Back-off pulling image … (image_pull)": the last warning of the pod says more than its state. */
static void add_event(struct sandbox *s, struct err *err)
{
	_cleanup_free_ char *events = kube_cluster_path(s->cluster, "events", NULL), *path = NULL;
	_cleanup_(cJSON_Deletep) cJSON *list = NULL;
	const char *name = s->pod.name[0] ? s->pod.name : s->name, *message = NULL;
	const cJSON *item;
	size_t len = strlen(err->text);

	/* Without a pod the Job says why it could not make one. */
	if (!events ||
	    asprintf(&path,
		     "%s?limit=100&fieldSelector=type%%3DWarning%%2CinvolvedObject.name%%3D%s",
		     events, name) < 0 ||
	    kube_read(&list, s->kube, path, NULL) < 0)
		return;
	cJSON_ArrayForEach(item, json_in_get(list, "items")) message =
	    json_in_text(item, "message") ? json_in_text(item, "message") : message;
	if (message && !strstr(err->text, message))
		snprintf(err->text + len, sizeof(err->text) - len, "; last event: %.400s", message);
}

/* The deadline deletes the pod, and only the Job tells that it was that. */
static int look_who(struct sandbox *s)
{
	_cleanup_free_ char *path = kube_cluster_path(s->cluster, "jobs", s->name);
	_cleanup_(cJSON_Deletep) cJSON *job = NULL;
	const cJSON *item;

	if (!path || kube_read(&job, s->kube, path, NULL) < 0)
		return EAGAIN;
	cJSON_ArrayForEach(item, json_in_get(json_in_get(job, "status"), "conditions"))
	{
		const char *reason = json_in_text(item, "reason");

		if (reason && !strcmp(reason, "DeadlineExceeded")) {
			s->pod.fate = POD_DEADLINE;
			return ETIMEDOUT;
		}
	}
	return EAGAIN;
}

/* The rest is asked once the watch has ended: it has the connection. */
static int fail(struct sandbox *s, int code)
{
	s->has_failed = true;
	return -code;
}

static int explain(struct sandbox *s, int r, struct err *err)
{
	char why[768];

	if (s->pod.fate == POD_GONE)
		r = -look_who(s);
	pod_explain(why, sizeof(why), &s->pod);
	err_set(err, -r, "%s (%s)", why, pod_fate_names[s->pod.fate]);
	if (err && (s->pod.fate == POD_WAITING || s->pod.fate == POD_CONFIG ||
		    s->pod.fate == POD_IMAGE_LATER))
		add_event(s, err);
	return r;
}

/* What is not final is given a while: < 0 once that is over. */
static int bear(struct sandbox *s, int code, int64_t ms)
{
	int64_t now = clock_steady_ms();

	if (!s->stuck_ms || s->stuck_as != s->pod.fate) {
		s->stuck_ms = now;
		s->stuck_as = s->pod.fate;
	}
	return now - s->stuck_ms > ms ? fail(s, code) : 0;
}

/* The cluster has waited by then (--node-monitor-grace-period), and the node may come back. */
static int bear_silence(struct sandbox *s)
{
	int r;

	if (!s->pod.node_is_silent) {
		s->stuck_ms = 0;
		return 0;
	}
	r = bear(s, EAGAIN, NODE_SILENT_MS);
	if (r < 0)
		pod_lose(&s->pod);
	return r;
}

/* 1: its command has ended. */
static int judge(struct sandbox *s)
{
	int64_t patience_ms = (int64_t)s->spec.settings->start_timeout_s * 1000;

	switch (s->pod.fate) {
	case POD_WAITING:
		return bear(s, EAGAIN, patience_ms);
	case POD_UNSCHEDULABLE:
		return bear(s, EAGAIN, patience_ms);
	case POD_IMAGE_LATER:
		return bear(s, EAGAIN, STUCK_MS);
	case POD_CONFIG:
		return bear(s, EIO, STUCK_MS);
	case POD_RUNNING:
		return bear_silence(s);
	case POD_ENDED:
	case POD_EXIT_CODE:
	case POD_OUT_OF_MEMORY:
		return 1;
	case POD_IMAGE:
	case POD_START_ERROR:
	case POD_OUT_OF_DISK:
		return fail(s, EIO);
	case POD_DEADLINE:
		return fail(s, ETIMEDOUT);
	default: /* the cluster's doing, and not the image's */
		return fail(s, EAGAIN);
	}
}

static void note_start(struct sandbox *s)
{
	if (pod_has_started(&s->pod) && !s->started_ms) {
		s->started_ms = clock_steady_ms();
		s->stuck_ms = 0;
	}
}

/*
 * While it is followed nothing of ours deletes it. What was asked to end and has ended by now, as a new list may tell at once, did not
 * end by itself, whatever its status says; what the pod as a whole says (evicted …) names the cause better.
 */
static bool was_stopped(const struct pod *pod)
{
	return pod->being_deleted && pod_has_started(pod) && pod->fate <= POD_OUT_OF_MEMORY;
}

static int hear(void *ctx, enum kube_event event, const cJSON *object, struct err *err)
{
	struct sandbox *s = ctx;
	bool is_gone = event == KUBE_DELETED;

	(void)err;
	if (event == KUBE_LISTING)
		s->was_listed = false;
	if (object) {
		s->was_listed = true;
		pod_read(&s->pod, object);
		is_gone |= was_stopped(&s->pod);
	}
	is_gone |= event == KUBE_LISTED && s->pod.name[0] && !s->was_listed;
	/* Who lost its node is deleted for that. */
	if (is_gone && s->pod.fate != POD_NODE_LOST) {
		s->pod.fate = POD_GONE;
		s->pod.reason[0] = '\0';
	}
	note_start(s);
	if (s->told)
		s->told(s->ctx, s);
	return object || is_gone ? judge(s) : 0;
}

static bool is_over(const struct sandbox *s)
{
	return s->started_ms && clock_steady_ms() > s->started_ms + s->spec.plan->duration_s * 1000;
}

/* Those that said nothing yet are asked again, each for a moment. */
static int ask_ports(struct sandbox *s, struct err *err)
{
	int64_t now = clock_steady_ms();
	int64_t until = s->started_ms + s->spec.plan->health_timeout_s * 1000;
	const char *path = json_in_text(s->spec.config, "health_check_path");
	bool last = now > until;

	for (size_t i = 0; i < s->port_count && s->pod.ip[0] && now < until + 1000; i++)
		if (strcmp(s->ports[i].state, "answers") != 0)
			s->ports[i].state = port_ask(s->pod.ip, s->ports[i].port, path ? path : "/",
						     clock_steady_ms() + ASK_MS);
	/* As on this machine: a service that never comes up was not observed. */
	if (last && s->port_count && !strcmp(s->ports[0].state, "silent"))
		return err_set(err, EIO,
			       "the workload was not ready: nothing listens on port %u "
			       "after %lld s",
			       s->ports[0].port, (long long)s->spec.plan->health_timeout_s);
	return 0;
}

/* Between what the owner's tick says: whether its time is over, and how its ports are. */
struct following {
	struct sandbox *sandbox;
	kube_tick_fn outer;
	void *outer_ctx;
	bool asked; /* for the last time */
};

/* Ends the watch: no error, and nothing that the API server could answer. */
#define ITS_TIME_IS_OVER ENOTUNIQ

static int tick(void *ctx, struct err *err)
{
	struct following *f = ctx;
	struct sandbox *s = f->sandbox;
	int r = f->outer ? f->outer(f->outer_ctx, err) : 0;

	if (r == 0 && (!s->started_ms || s->pod.node_is_silent))
		r = judge(s);
	if (r == 0 && s->started_ms && !f->asked && s->pod.fate == POD_RUNNING) {
		r = ask_ports(s, err);
		f->asked =
		    clock_steady_ms() > s->started_ms + s->spec.plan->health_timeout_s * 1000;
	}
	if (r == 0 && s->told)
		s->told(s->ctx, s);
	return r == 0 && is_over(s) ? -ITS_TIME_IS_OVER : r;
}

static void take_ports(struct sandbox *s)
{
	const cJSON *port;

	cJSON_ArrayForEach(port, json_in_get(s->spec.config, "ports"))
	{
		if (s->port_count < SANDBOX_PORTS_MAX)
			s->ports[s->port_count++] =
			    (struct sandbox_port){ (uint16_t)port->valueint, "silent" };
	}
}

int sandbox_follow(struct sandbox *s, struct err *err)
{
	struct following f = { .sandbox = s };
	_cleanup_free_ char *pods = kube_cluster_path(s->cluster, "pods", NULL), *selector = NULL;
	struct kube_watch watch = { .path = pods, .event = hear, .ctx = s };
	int r;

	if (!pods || asprintf(&selector, POD_LABEL_ANALYSIS "=%s," POD_LABEL_ATTEMPT "=%lld",
			      s->spec.job->id, (long long)s->spec.job->fence) < 0)
		return err_oom(err);
	watch.selector = selector;
	take_ports(s);
	kube_get_tick(s->kube, &f.outer, &f.outer_ctx);
	kube_set_tick(s->kube, tick, &f);
	r = kube_watch(s->kube, &watch, err);
	kube_set_tick(s->kube, f.outer, f.outer_ctx);
	if (r < 0 && s->has_failed)
		return explain(s, r, err);
	return r == -ITS_TIME_IS_OVER ? 0 : r;
}

int sandbox_logs(char **ret, struct sandbox *s, const char *container, struct err *err)
{
	_cleanup_free_ char *pod = NULL, *path = NULL;

	if (!s->pod.name[0])
		return err_set(err, ENOENT, "there is no pod");
	pod = kube_cluster_path(s->cluster, "pods", s->pod.name);
	if (!pod ||
	    asprintf(&path, "%s/log?container=%s&limitBytes=%u", pod, container, LOG_BYTES_MAX) < 0)
		return err_oom(err);
	return kube_ask(
	    NULL, ret, s->kube,
	    &(struct kube_call){ .path = path, .is_text = true, .reply_max = LOG_BYTES_MAX + 4096 },
	    err);
}

static int take_pod(void *ctx, const cJSON *item, struct err *err)
{
	struct sandbox *s = ctx;

	(void)err;
	s->was_listed = true;
	pod_read(&s->pod, item);
	return 0;
}

/* Its pods; each: is called for them. */
static int each_pod(struct sandbox *s, int (*each)(void *, const cJSON *, struct err *), void *ctx,
		    struct err *err)
{
	_cleanup_free_ char *pods = kube_cluster_path(s->cluster, "pods", NULL), *selector = NULL;

	if (!pods || asprintf(&selector, POD_LABEL_ANALYSIS "=%s," POD_LABEL_ATTEMPT "=%lld",
			      s->spec.job->id, (long long)s->spec.job->fence) < 0)
		return err_oom(err);
	return kube_each(NULL, s->kube, pods, selector, each, ctx, err);
}

int sandbox_look_again(struct sandbox *s, struct err *err)
{
	int r;

	if (s->pod.fate != POD_RUNNING)
		return 0;
	s->was_listed = false;
	r = each_pod(s, take_pod, s, err);
	if (r < 0)
		return r;
	if (s->was_listed && !was_stopped(&s->pod))
		return 0;
	s->pod.fate = POD_GONE;
	s->pod.reason[0] = '\0';
	return explain(s, -EAGAIN, err);
}

bool sandbox_has_lost_node(struct sandbox *s, struct err *err)
{
	if (each_pod(s, take_pod, s, NULL) < 0)
		return false;
	if (s->pod.node_is_silent)
		pod_lose(&s->pod);
	if (s->pod.fate != POD_NODE_LOST)
		return false;
	(void)!explain(s, -EAGAIN, err);
	return true;
}

static int count_one(void *ctx, const cJSON *item, struct err *err)
{
	(void)item;
	(void)err;
	(*(int *)ctx)++;
	return 0;
}

/* 1: neither Job nor pod is there. */
static int is_gone(struct sandbox *s, const char *job, struct err *err)
{
	int r = kube_read(NULL, s->kube, job, err), count = 0;

	if (r != -ENOENT)
		return r;
	r = each_pod(s, count_one, &count, err);
	return r < 0 ? r : count == 0;
}

int sandbox_end(struct sandbox *s, int64_t timeout_ms, struct err *err)
{
	_cleanup_free_ char *job = kube_cluster_path(s->cluster, "jobs", s->name);
	int64_t until = clock_steady_ms() + timeout_ms;
	struct err why = {};
	int r;

	if (!s->was_made)
		return 0;
	if (!job)
		return err_oom(err);
	/* Foreground: the Job is there until its pod is gone, so that who finds the Job finds what it stands for. */
	r = kube_delete(s->kube, job, NULL, true, -1, &why);
	while (r >= 0 || r == -EAGAIN || r == -EBUSY) {
		r = is_gone(s, job, &why);
		if (r == 1) {
			s->was_made = false;
			return 0;
		}
		if (clock_steady_ms() > until)
			return err_set(
			    err, EBUSY,
			    "the sandbox '%s' is still there after %lld s, on node '%s'%s%s",
			    s->name, (long long)timeout_ms / 1000, s->pod.node, r < 0 ? ": " : "",
			    r < 0 ? why.text : "");
		r = kube_pause(s->kube, LOOK_AGAIN_MS, &why);
		if (r == 0 && clock_steady_ms() > until - timeout_ms / 2)
			r = kube_delete(s->kube, job, NULL, true, 0, &why);
	}
	return err_set(err, -r, "%s", why.text);
}
