// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_pod.c — what has become of a sandbox's pod. */
#include "server/kube_pod.h"

#include <string.h>

const char *const pod_fate_names[] = {
#define X(name, text) text,
	POD_FATES(X)
#undef X
	    NULL
};
_Static_assert(sizeof(pod_fate_names) / sizeof(*pod_fate_names) == POD_FATE_COUNT + 1,
	       "a name for each");

struct named_fate {
	const char *reason;
	enum pod_fate fate;
};

/* status.reason of the pod, as kubelet and controllers set it. */
static const struct named_fate of_pod[] = {
	{ "Evicted", POD_EVICTED },
	{ "Preempting", POD_EVICTED },
	{ "OutOfcpu", POD_EVICTED },
	{ "OutOfmemory", POD_EVICTED },
	{ "OutOfpods", POD_EVICTED },
	{ "OutOfephemeral-storage", POD_EVICTED },
	{ "UnexpectedAdmissionError", POD_EVICTED },
	{ "NodeAffinity", POD_EVICTED },
	{ "NodeLost", POD_NODE_LOST },
	{ "NodeShutdown", POD_NODE_LOST },
	{ "Terminated", POD_NODE_LOST }, /* by the shutdown of its node */
	{ "DeadlineExceeded", POD_DEADLINE },
	{},
};

/* reason of the condition DisruptionTarget. */
static const struct named_fate of_disruption[] = {
	{ "DeletionByTaintManager", POD_NODE_LOST }, { "DeletionByPodGC", POD_NODE_LOST },
	{ "EvictionByEvictionAPI", POD_EVICTED },    { "PreemptionByScheduler", POD_EVICTED },
	{ "TerminationByKubelet", POD_EVICTED },     {},
};

/* state.waiting.reason of a container. */
static const struct named_fate of_waiting[] = {
	{ "ErrImagePull", POD_IMAGE_LATER },
	{ "ImagePullBackOff", POD_IMAGE_LATER },
	{ "RegistryUnavailable", POD_IMAGE_LATER },
	{ "ImageInspectError", POD_IMAGE_LATER },
	{ "InvalidImageName", POD_IMAGE },
	{ "ErrImageNeverPull", POD_IMAGE },
	{ "SignatureValidationFailed", POD_IMAGE },
	{ "CreateContainerConfigError", POD_CONFIG },
	{ "CreateContainerError", POD_CONFIG },
	{ "RunContainerError", POD_START_ERROR },
	{},
};

/* state.terminated.reason of a container. */
static const struct named_fate of_terminated[] = {
	{ "OOMKilled", POD_OUT_OF_MEMORY },
	{ "StartError", POD_START_ERROR },
	{ "ContainerCannotRun", POD_START_ERROR },
	{},
};

static const struct named_fate *find(const struct named_fate *table, const char *reason)
{
	for (; reason && table->reason; table++)
		if (!strcmp(table->reason, reason))
			return table;
	return NULL;
}

static void copy(char *to, size_t size, const char *text)
{
	snprintf(to, size, "%.*s", (int)size - 1, text ? text : "");
}

static bool settle(struct pod *p, enum pod_fate fate, const char *reason, const char *message)
{
	p->fate = fate;
	snprintf(p->reason, sizeof(p->reason), "%.80s%s%.400s", reason ? reason : "",
		 reason && message ? ": " : "", message ? message : "");
	return true;
}

static const cJSON *condition(const cJSON *status, const char *type, const char *value)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, json_in_get(status, "conditions"))
	{
		const char *its = json_in_text(item, "type"), *is = json_in_text(item, "status");

		if (its && is && !strcmp(its, type) && !strcmp(is, value))
			return item;
	}
	return NULL;
}

static const cJSON *container(const cJSON *list, const char *name)
{
	const cJSON *item;

	cJSON_ArrayForEach(item, list)
	{
		const char *its = json_in_text(item, "name");

		if (its && !strcmp(its, name))
			return json_in_get(item, "state");
	}
	return NULL;
}

/* What a registry says when another attempt will not help. */
static bool is_final(const char *message)
{
	static const char *const words[] = { "not found",         "manifest unknown",
					     "unauthorized",      "access denied",
					     "denied:",           "forbidden",
					     "invalid reference", "no match for platform" };

	for (size_t i = 0; message && i < sizeof(words) / sizeof(*words); i++)
		if (strcasestr(message, words[i]))
			return true;
	return false;
}

static bool read_waiting(struct pod *p, const cJSON *waiting)
{
	const char *reason = json_in_text(waiting, "reason"),
		   *message = json_in_text(waiting, "message");
	const struct named_fate *named = find(of_waiting, reason);

	if (!named)
		return false;
	return settle(p,
		      named->fate == POD_IMAGE_LATER && is_final(message) ? POD_IMAGE : named->fate,
		      reason, message);
}

/* The kubelet evicts for what the pod did, too: it passed limits of its own (pkg/kubelet/eviction/helpers.go), on whatever node. */
static bool is_of_its_own(const char *message)
{
	return message && (strstr(message, "ephemeral local storage usage exceeds") ||
			   strstr(message, "exceeded its local ephemeral storage limit"));
}

/* By the pod as a whole: what has ended it from outside. */
static bool read_whole(struct pod *p, const cJSON *status)
{
	const char *reason = json_in_text(status, "reason"), *phase = json_in_text(status, "phase");
	const cJSON *disrupted = condition(status, "DisruptionTarget", "True");
	const struct named_fate *named = find(of_pod, reason);

	if (named)
		return settle(p,
			      named->fate == POD_EVICTED &&
				      is_of_its_own(json_in_text(status, "message"))
				  ? POD_OUT_OF_DISK
				  : named->fate,
			      reason, json_in_text(status, "message"));
	reason = json_in_text(disrupted, "reason");
	named = find(of_disruption, reason);
	if (named)
		return settle(p, named->fate, reason, json_in_text(disrupted, "message"));
	return phase && !strcmp(phase, "Unknown") &&
	       settle(p, POD_NODE_LOST, "its node does not report",
		      json_in_text(status, "message"));
}

static const cJSON *gate(const cJSON *status)
{
	return container(json_in_get(status, "initContainerStatuses"), POD_GATE);
}

static bool lacks_walls(const cJSON *status)
{
	const char *told = json_in_text(json_in_get(gate(status), "terminated"), "message");

	return told && !strcmp(told, GATE_NO_WALLS);
}

static bool read_gate(struct pod *p, const cJSON *status)
{
	const cJSON *state = gate(status);
	const cJSON *terminated = json_in_get(state, "terminated");

	if (cJSON_IsObject(terminated) && json_in_int(terminated, "exitCode", 0)) {
		p->exit_code = json_in_int(terminated, "exitCode", 0);
		return settle(p, POD_GATE_CLOSED, json_in_text(terminated, "reason"),
			      json_in_text(terminated, "message"));
	}
	return read_waiting(p, json_in_get(state, "waiting"));
}

static bool read_terminated(struct pod *p, const cJSON *terminated)
{
	const char *reason = json_in_text(terminated, "reason"),
		   *message = json_in_text(terminated, "message");
	const struct named_fate *named = find(of_terminated, reason);

	p->exit_code = json_in_int(terminated, "exitCode", -1);
	copy(p->started_at, sizeof(p->started_at), json_in_text(terminated, "startedAt"));
	return settle(p,
		      named          ? named->fate
		      : p->exit_code ? POD_EXIT_CODE
				     : POD_ENDED,
		      reason, message);
}

static bool read_target(struct pod *p, const cJSON *status)
{
	const cJSON *state = container(json_in_get(status, "containerStatuses"), POD_TARGET);
	const cJSON *terminated = json_in_get(state, "terminated"),
		    *running = json_in_get(state, "running");

	if (cJSON_IsObject(terminated))
		return read_terminated(p, terminated);
	if (!cJSON_IsObject(running))
		return read_waiting(p, json_in_get(state, "waiting"));
	copy(p->started_at, sizeof(p->started_at), json_in_text(running, "startedAt"));
	return settle(p, POD_RUNNING, NULL, NULL);
}

static void read_script(struct pod *p, const cJSON *status)
{
	const cJSON *state = container(json_in_get(status, "containerStatuses"), POD_SCRIPT);
	const cJSON *terminated = json_in_get(state, "terminated");

	p->script_status = json_in_int(terminated, "exitCode", -1);
	p->script_began =
	    cJSON_IsObject(terminated) || cJSON_IsObject(json_in_get(state, "running"));
	copy(p->script_waits, sizeof(p->script_waits),
	     json_in_text(json_in_get(state, "waiting"), "reason"));
}

static void read_placing(struct pod *p, const cJSON *status)
{
	const cJSON *placed = condition(status, "PodScheduled", "False");
	const char *reason = json_in_text(placed, "reason");

	if (reason && !strcmp(reason, "Unschedulable"))
		settle(p, POD_UNSCHEDULABLE, NULL, json_in_text(placed, "message"));
	else
		settle(p, POD_WAITING, reason, json_in_text(placed, "message"));
}

/*
 * Only the cluster's node controller says that a pod is not ready whose containers are: the kubelet says both at once, for the pod
 * has no readiness gates. That is all it does where every node is silent, or the only one: then it evicts nobody.
 */
static bool is_on_silent_node(const struct pod *p, const cJSON *status)
{
	return p->fate == POD_RUNNING && condition(status, "Ready", "False") &&
	       condition(status, "ContainersReady", "True");
}

void pod_read(struct pod *ret, const cJSON *pod)
{
	const cJSON *meta = json_in_get(pod, "metadata"), *status = json_in_get(pod, "status");

	*ret = (struct pod){};
	copy(ret->name, sizeof(ret->name), json_in_text(meta, "name"));
	copy(ret->uid, sizeof(ret->uid), json_in_text(meta, "uid"));
	copy(ret->node, sizeof(ret->node), json_in_text(json_in_get(pod, "spec"), "nodeName"));
	copy(ret->ip, sizeof(ret->ip), json_in_text(status, "podIP"));
	read_script(ret, status);
	ret->lacks_walls = lacks_walls(status);
	ret->being_deleted = json_in_text(meta, "deletionTimestamp") != NULL;
	/* What the container tells of its end is nearer to the cause than what is told of the pod, but for these. */
	if (!read_whole(ret, status) && !read_gate(ret, status) && !read_target(ret, status))
		read_placing(ret, status);
	ret->node_is_silent = is_on_silent_node(ret, status);
}

void pod_lose(struct pod *p)
{
	settle(p, POD_NODE_LOST, "it does not report", NULL);
}

bool pod_has_started(const struct pod *pod)
{
	return pod->started_at[0] && pod->fate != POD_START_ERROR;
}

bool pod_script_failed(char *ret, size_t size, const struct pod *pod)
{
	if (!pod->script_began)
		snprintf(ret, size, "test_script: it did not begin%s%s",
			 pod->script_waits[0] ? ": " : "", pod->script_waits);
	else if (pod->script_status > 0)
		snprintf(ret, size, "test_script: it failed with status %lld",
			 (long long)pod->script_status);
	return !pod->script_began || pod->script_status > 0;
}

void pod_explain(char *ret, size_t size, const struct pod *p)
{
	static const char *const sentences[POD_FATE_COUNT] = {
		[POD_WAITING] = "the sandbox did not start",
		[POD_RUNNING] = "the container runs",
		[POD_ENDED] = "the container ended by itself",
		[POD_EXIT_CODE] = "the container ended with exit code",
		[POD_OUT_OF_MEMORY] = "the container passed its memory limit and was killed: raise "
				      "SANDBOX_MEMORY_LIMIT",
		[POD_START_ERROR] = "the container's command cannot be run",
		[POD_IMAGE] = "the image cannot be pulled",
		[POD_IMAGE_LATER] = "the image could not be pulled",
		[POD_CONFIG] = "the container cannot be made",
		[POD_UNSCHEDULABLE] = "no node takes the sandbox",
		[POD_DEADLINE] = "the sandbox passed its deadline",
		[POD_OUT_OF_DISK] = "the sandbox wrote more to its disk than it may: raise "
				    "SANDBOX_DISK_LIMIT_MB",
		[POD_EVICTED] = "the sandbox was evicted",
		[POD_NODE_LOST] = "the node of the sandbox is gone, or gives up its pods",
		[POD_GATE_CLOSED] = "no agent watches on the node: the gate ended with exit code",
		[POD_GONE] = "somebody deleted the sandbox",
	};
	bool has_code = p->fate == POD_EXIT_CODE || p->fate == POD_GATE_CLOSED;
	char code[32] = "", node[300] = "";

	if (has_code)
		snprintf(code, sizeof(code), " %lld", (long long)p->exit_code);
	if (p->node[0] &&
	    (p->fate == POD_NODE_LOST || p->fate == POD_EVICTED || p->fate == POD_GATE_CLOSED))
		snprintf(node, sizeof(node), " (node %s)", p->node);
	snprintf(ret, size, "%s%s%s%s%s", sentences[p->fate], code, node, p->reason[0] ? ": " : "",
		 p->reason);
}
