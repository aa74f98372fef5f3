// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_objects.c — what the server makes in the cluster, as JSON. */
#include "server/kube_objects.h"

#include <string.h>

#include "include/sandbox_pod.h"
#include "server/json_out.h"
#include "server/kube_pod.h"

/* Beside the observation: the agent's last words, and the end of the container. */
#define DEADLINE_EXTRA_S 300
/* Kubescape watches a container for a day, unless its pod says how long. */
#define KUBESCAPE_LABEL_TIME "kubescape.io/max-sniffing-time"
#define GRACE_S 10
/* A node that has stopped reporting is waited for so long (kube_sandbox.c waits as long): Kubernetes by itself would wait for five minutes
 * (its admission plug-in DefaultTolerationSeconds), longer than most observations. */
#define NODE_SILENT_S 30
#define NOBODY 65534
/* As the local executor gives them (agent/oci_config.c): verdicts do not depend on where it ran. */
static const char *const capabilities[] = { "CHOWN",  "DAC_OVERRIDE",     "FOWNER", "SETUID",
					    "SETGID", "NET_BIND_SERVICE", "KILL",   NULL };

/* Kubescape takes a Job whose name ends in a number for a CronJob's, and keeps what it sees under a name that cannot be foreseen. */
void kube_sandbox_name(char ret[SANDBOX_NAME_BYTES], const struct job *job)
{
	snprintf(ret, SANDBOX_NAME_BYTES, "vexxy-%s-a%lld", job->id, (long long)job->fence);
}

static void put_texts(struct json_out *o, const char *key, const char *const *texts)
{
	json_out_open(o, key, '[');
	for (; *texts; texts++)
		json_out_text(o, NULL, *texts);
	json_out_close(o, ']');
}

/* Of what a container is given Kubernetes replaces $(NAME) by a variable, and $$ by $: doubled, each $ arrives as it is (API reference,
 * "Container": command, args; "EnvVar": value). */
static void put_given(struct json_out *o, const char *key, const char *given)
{
	struct text text = {};
	_cleanup_free_ char *doubled = NULL;

	text_put(&text, "");
	for (; *given; given++) {
		text_put_n(&text, given, 1);
		if (*given == '$')
			text_put(&text, "$");
	}
	doubled = text_take(&text);
	if (doubled)
		json_out_text(o, key, doubled);
	else
		o->text.failed = true;
}

_printf_(3, 4) static void put_printf(struct json_out *o, const char *key, const char *fmt, ...)
{
	_cleanup_free_ char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		text = NULL;
	va_end(ap);
	if (text)
		json_out_text(o, key, text);
	else
		o->text.failed = true;
}

static void open_object(struct json_out *o, const char *version, const char *kind)
{
	json_out_open(o, NULL, '{');
	json_out_text(o, "apiVersion", version);
	json_out_text(o, "kind", kind);
}

static void put_own_labels(struct json_out *o)
{
	json_out_text(o, "app.kubernetes.io/name", "vexxy-sandbox");
	json_out_text(o, "app.kubernetes.io/part-of", "vexxy");
	json_out_text(o, "app.kubernetes.io/managed-by", "vexxy-server");
}

static void put_metadata(struct json_out *o, const char *name)
{
	json_out_open(o, "metadata", '{');
	json_out_text(o, "name", name);
	json_out_open(o, "labels", '{');
	put_own_labels(o);
	json_out_close(o, '}');
	json_out_close(o, '}');
}

static char *end_object(struct json_out *o)
{
	json_out_close(o, '}');
	return text_take(&o->text);
}

/* restricted is only warned of: it would refuse every image that runs as root. */
char *kube_object_namespace(const struct settings *s)
{
	struct json_out o = {};

	open_object(&o, "v1", "Namespace");
	json_out_open(&o, "metadata", '{');
	json_out_text(&o, "name", s->kube_namespace);
	json_out_open(&o, "labels", '{');
	put_own_labels(&o);
	json_out_text(&o, "pod-security.kubernetes.io/enforce", "baseline");
	json_out_text(&o, "pod-security.kubernetes.io/warn", "restricted");
	json_out_text(&o, "pod-security.kubernetes.io/audit", "restricted");
	json_out_close(&o, '}');
	json_out_close(&o, '}');
	return end_object(&o);
}

char *kube_object_quota(const struct settings *s)
{
	struct json_out o = {};

	open_object(&o, "v1", "ResourceQuota");
	put_metadata(&o, "vexxy-sandbox");
	json_out_open(&o, "spec", '{');
	json_out_open(&o, "hard", '{');
	put_printf(&o, "pods", "%llu", (unsigned long long)s->kube_pods_max);
	put_printf(&o, "count/jobs.batch", "%llu", (unsigned long long)s->kube_pods_max * 8);
	/* A sandbox has the target, at times the script, which has as much; the gate is before them. */
	put_printf(&o, "limits.cpu", "%llum",
		   (unsigned long long)(s->kube_pods_max * s->cpu_limit_m * 2));
	put_printf(&o, "limits.memory", "%lluMi",
		   (unsigned long long)(s->kube_pods_max * s->memory_mb * 2));
	json_out_text(&o, "services", "0");
	json_out_text(&o, "persistentvolumeclaims", "0");
	json_out_close(&o, '}');
	json_out_close(&o, '}');
	return end_object(&o);
}

static uint64_t smaller(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static void put_amounts(struct json_out *o, const char *key, uint64_t cpu_m, uint64_t memory_mb,
			uint64_t disk_mb)
{
	json_out_open(o, key, '{');
	put_printf(o, "cpu", "%llum", (unsigned long long)cpu_m);
	put_printf(o, "memory", "%lluMi", (unsigned long long)memory_mb);
	put_printf(o, "ephemeral-storage", "%lluMi", (unsigned long long)disk_mb);
	json_out_close(o, '}');
}

char *kube_object_limits(const struct settings *s)
{
	struct json_out o = {};

	open_object(&o, "v1", "LimitRange");
	put_metadata(&o, "vexxy-sandbox");
	json_out_open(&o, "spec", '{');
	json_out_open(&o, "limits", '[');
	json_out_open(&o, NULL, '{');
	json_out_text(&o, "type", "Container");
	put_amounts(&o, "max", s->cpu_limit_m, s->memory_mb, s->disk_mb);
	put_amounts(&o, "default", s->cpu_limit_m, s->memory_mb, s->disk_mb);
	put_amounts(&o, "defaultRequest", s->cpu_request_m, s->memory_request_mb,
		    smaller(s->disk_mb, 64));
	json_out_close(&o, '}');
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	return end_object(&o);
}

static void open_policy(struct json_out *o, const char *name)
{
	open_object(o, "networking.k8s.io/v1", "NetworkPolicy");
	put_metadata(o, name);
	json_out_open(o, "spec", '{');
	json_out_open(o, "podSelector", '{');
	json_out_close(o, '}');
}

char *kube_object_deny(const struct settings *s)
{
	static const char *const both[] = { "Ingress", "Egress", NULL };
	struct json_out o = {};

	(void)s;
	open_policy(&o, "vexxy-deny");
	put_texts(&o, "policyTypes", both);
	json_out_close(&o, '}');
	return end_object(&o);
}

static void put_selector(struct json_out *o, const char *key, const char *label, const char *value)
{
	json_out_open(o, key, '{');
	json_out_open(o, "matchLabels", '{');
	json_out_text(o, label, value);
	json_out_close(o, '}');
	json_out_close(o, '}');
}

char *kube_object_admit(const struct settings *s, const char *server_namespace)
{
	static const char *const ingress[] = { "Ingress", NULL };
	struct json_out o = {};

	(void)s;
	open_policy(&o, "vexxy-driver");
	put_texts(&o, "policyTypes", ingress);
	json_out_open(&o, "ingress", '[');
	json_out_open(&o, NULL, '{');
	json_out_open(&o, "from", '[');
	json_out_open(&o, NULL, '{');
	put_selector(&o, "namespaceSelector", "kubernetes.io/metadata.name", server_namespace);
	put_selector(&o, "podSelector", "app.kubernetes.io/name", "vexxy-server");
	json_out_close(&o, '}');
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	json_out_close(&o, ']');
	json_out_close(&o, '}');
	return end_object(&o);
}

static void put_labels(struct json_out *o, const struct kube_sandbox *b, bool is_pod)
{
	json_out_open(o, "labels", '{');
	put_own_labels(o);
	json_out_text(o, POD_LABEL_ANALYSIS, b->job->id);
	put_printf(o, POD_LABEL_ATTEMPT, "%lld", (long long)b->job->fence);
	json_out_text(o, KUBE_LABEL_SERVER, b->server_id);
	if (is_pod && b->is_profiled)
		put_printf(o, KUBESCAPE_LABEL_TIME, "%llds", (long long)b->plan->duration_s);
	json_out_close(o, '}');
}

static void put_walls(struct json_out *o, bool is_ours)
{
	static const char *const all[] = { "ALL", NULL };

	json_out_open(o, "securityContext", '{');
	json_out_bool(o, "allowPrivilegeEscalation", false);
	json_out_bool(o, "privileged", false);
	json_out_open(o, "capabilities", '{');
	put_texts(o, "drop", all);
	if (!is_ours)
		put_texts(o, "add", capabilities);
	json_out_close(o, '}');
	if (is_ours) {
		json_out_int(o, "runAsUser", NOBODY);
		json_out_int(o, "runAsGroup", NOBODY);
		json_out_bool(o, "runAsNonRoot", true);
		json_out_bool(o, "readOnlyRootFilesystem", true);
	}
	json_out_close(o, '}');
}

static void put_pair(struct json_out *o, const char *name, const char *value)
{
	json_out_open(o, NULL, '{');
	json_out_text(o, "name", name);
	put_given(o, "value", value);
	json_out_close(o, '}');
}

static void put_number(struct json_out *o, const char *name, int64_t value)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	put_pair(o, name, text);
}

const char *kube_isolation(const struct settings *s)
{
	const char *class = s->runtime_class;

	return class && (strcasestr(class, "gvisor") || strcasestr(class, "runsc"))
		   ? ISOLATION_GVISOR
		   : NULL;
}

static void put_gate_env(struct json_out *o, const struct kube_sandbox *b)
{
	json_out_open(o, "env", '[');
	put_pair(o, GATE_ANALYSIS, b->job->id);
	put_number(o, GATE_ATTEMPT, b->job->fence);
	put_pair(o, GATE_IMAGE, b->job->image_ref);
	put_pair(o, GATE_DIGEST, b->job->image_digest);
	put_number(o, GATE_DURATION, b->plan->duration_s);
	put_number(o, GATE_CONTAINERS, b->exercised ? 2 : 1);
	if (b->functions && *b->functions)
		put_pair(o, GATE_FUNCTIONS, b->functions);
	if (kube_isolation(b->settings))
		put_pair(o, GATE_ISOLATION, kube_isolation(b->settings));
	put_number(o, GATE_TIMEOUT, (int64_t)b->settings->gate_timeout_s);
	json_out_close(o, ']');
}

static void put_gate(struct json_out *o, const struct kube_sandbox *b)
{
	static const char *const command[] = { "vexxy-agent", "gate", NULL };
	const struct settings *s = b->settings;

	json_out_open(o, "initContainers", '[');
	json_out_open(o, NULL, '{');
	json_out_text(o, "name", POD_GATE);
	json_out_text(o, "image", s->gate_image);
	json_out_text(o, "imagePullPolicy", "IfNotPresent");
	put_texts(o, "command", command);
	put_gate_env(o, b);
	json_out_open(o, "resources", '{');
	put_amounts(o, "limits", smaller(s->cpu_limit_m, 100), smaller(s->memory_mb, 64),
		    smaller(s->disk_mb, 16));
	put_amounts(o, "requests", smaller(s->cpu_limit_m, 10), smaller(s->memory_mb, 16), 1);
	json_out_close(o, '}');
	put_walls(o, true);
	json_out_close(o, '}');
	json_out_close(o, ']');
}

static void put_resources(struct json_out *o, const struct settings *s)
{
	json_out_open(o, "resources", '{');
	put_amounts(o, "limits", s->cpu_limit_m, s->memory_mb, s->disk_mb);
	put_amounts(o, "requests", s->cpu_request_m, s->memory_request_mb, smaller(s->disk_mb, 64));
	json_out_close(o, '}');
}

/* Its own entrypoint, unless a command was asked for, which then stands in place of the image's (as with vexxy-agent record). */
static void put_target(struct json_out *o, const struct kube_sandbox *b)
{
	const cJSON *command = json_in_get(b->config, "command"), *item;

	json_out_open(o, NULL, '{');
	json_out_text(o, "name", POD_TARGET);
	json_out_text(o, "image", b->image);
	json_out_text(o, "imagePullPolicy", "IfNotPresent");
	if (cJSON_GetArraySize(command)) {
		json_out_open(o, "command", '[');
		cJSON_ArrayForEach(item, command) put_given(o, NULL, item->valuestring);
		json_out_close(o, ']');
	}
	json_out_open(o, "env", '[');
	cJSON_ArrayForEach(item, json_in_get(b->config, "environment"))
	    put_pair(o, item->string, item->valuestring);
	json_out_close(o, ']');
	put_resources(o, b->settings);
	put_walls(o, false);
	json_out_text(o, "terminationMessagePolicy", "File");
	json_out_close(o, '}');
}

/* In the target's network, and nothing else of it. The gate holds it back too; it waits itself for the ports. */
static void put_script(struct json_out *o, const struct kube_sandbox *b)
{
	static const char *const command[] = { "/bin/sh", "-c", NULL };
	struct text ports = {};
	_cleanup_free_ char *list = NULL;
	const cJSON *port;

	cJSON_ArrayForEach(port, json_in_get(b->config, "ports"))
	    text_printf(&ports, "%s%d", ports.len ? " " : "", port->valueint);
	list = text_take(&ports);
	json_out_open(o, NULL, '{');
	json_out_text(o, "name", POD_SCRIPT);
	json_out_text(o, "image", b->settings->script_image);
	json_out_text(o, "imagePullPolicy", "IfNotPresent");
	put_texts(o, "command", command);
	json_out_open(o, "args", '[');
	put_given(o, NULL, json_in_text(b->config, "test_script"));
	json_out_close(o, ']');
	json_out_open(o, "env", '[');
	put_pair(o, "VEXXY_PORTS", list ? list : "");
	json_out_close(o, ']');
	put_resources(o, b->settings);
	put_walls(o, true);
	json_out_close(o, '}');
}

static void put_secrets(struct json_out *o, const struct settings *s)
{
	if (!s->pull_secrets.count)
		return;
	json_out_open(o, "imagePullSecrets", '[');
	for (size_t i = 0; i < s->pull_secrets.count; i++) {
		json_out_open(o, NULL, '{');
		json_out_text(o, "name", s->pull_secrets.items[i]);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

/* No resolver: nobody would answer. */
static void put_network(struct json_out *o)
{
	static const char *const nowhere[] = { "127.0.0.1", NULL };

	json_out_bool(o, "hostNetwork", false);
	json_out_bool(o, "hostPID", false);
	json_out_bool(o, "hostIPC", false);
	json_out_text(o, "dnsPolicy", "None");
	json_out_open(o, "dnsConfig", '{');
	put_texts(o, "nameservers", nowhere);
	json_out_close(o, '}');
}

static void put_tolerations(struct json_out *o)
{
	static const char *const taints[] = { "node.kubernetes.io/not-ready",
					      "node.kubernetes.io/unreachable" };

	json_out_open(o, "tolerations", '[');
	for (size_t i = 0; i < sizeof(taints) / sizeof(*taints); i++) {
		json_out_open(o, NULL, '{');
		json_out_text(o, "key", taints[i]);
		json_out_text(o, "operator", "Exists");
		json_out_text(o, "effect", "NoExecute");
		json_out_int(o, "tolerationSeconds", NODE_SILENT_S);
		json_out_close(o, '}');
	}
	json_out_close(o, ']');
}

static void put_pod(struct json_out *o, const struct kube_sandbox *b)
{
	const struct settings *s = b->settings;

	json_out_open(o, "spec", '{');
	json_out_text(o, "restartPolicy", "Never");
	json_out_bool(o, "automountServiceAccountToken", false);
	json_out_bool(o, "enableServiceLinks", false);
	json_out_bool(o, "shareProcessNamespace", false);
	put_network(o);
	json_out_int(o, "terminationGracePeriodSeconds", GRACE_S);
	put_tolerations(o);
	if (s->user_namespaces)
		json_out_bool(o, "hostUsers", false);
	json_out_optional(o, "runtimeClassName", s->runtime_class);
	json_out_open(o, "securityContext", '{');
	json_out_open(o, "seccompProfile", '{');
	json_out_text(o, "type", "RuntimeDefault");
	json_out_close(o, '}');
	json_out_close(o, '}');
	put_secrets(o, s);
	put_gate(o, b);
	json_out_open(o, "containers", '[');
	put_target(o, b);
	if (b->exercised)
		put_script(o, b);
	json_out_close(o, ']');
	json_out_close(o, '}');
}

char *kube_object_job(const struct kube_sandbox *b)
{
	const struct settings *s = b->settings;
	struct json_out o = {};

	open_object(&o, "batch/v1", "Job");
	json_out_open(&o, "metadata", '{');
	json_out_text(&o, "name", b->name);
	put_labels(&o, b, false);
	json_out_open(&o, "annotations", '{');
	json_out_text(&o, "vexxy.dev/image", b->job->image_ref);
	json_out_text(&o, "vexxy.dev/image-digest", b->job->image_digest);
	json_out_close(&o, '}');
	json_out_close(&o, '}');
	json_out_open(&o, "spec", '{');
	json_out_int(&o, "backoffLimit", 0);
	json_out_int(&o, "parallelism", 1);
	json_out_int(&o, "completions", 1);
	/* A safety net for when there is no server any more: it takes the logs with it. */
	json_out_int(&o, "activeDeadlineSeconds",
		     (int64_t)s->start_timeout_s + b->plan->duration_s + b->linger_s +
			 DEADLINE_EXTRA_S);
	json_out_int(&o, "ttlSecondsAfterFinished", (int64_t)s->job_ttl_s);
	json_out_open(&o, "template", '{');
	json_out_open(&o, "metadata", '{');
	put_labels(&o, b, true);
	json_out_close(&o, '}');
	put_pod(&o, b);
	json_out_close(&o, '}');
	json_out_close(&o, '}');
	return end_object(&o);
}
