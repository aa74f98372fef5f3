// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* kube_traces.c — the traces of a sandbox's target. */
#include "server/kube_traces.h"

#include <string.h>

#include "server/clock.h"
#include "server/json_in.h"
#include "server/kube_pod.h"

int kube_traces_take(void *ctx, const struct agent_upload *upload)
{
	struct kube_traces *t = ctx;

	if (strcmp(upload->kind, "trace") != 0 || strcmp(upload->container, POD_TARGET) != 0 ||
	    strcmp(upload->pod_uid, t->pod_uid) != 0 || upload->attempt != t->attempt)
		return 0;
	if (t->count < KUBE_TRACES_MAX)
		snprintf(t->digests[t->count], DIGEST_HEX_BYTES, "%s", upload->digest);
	t->count++;
	return 0;
}

int kube_traces_check(const struct kube_traces *t, struct err *err)
{
	return t->count <= KUBE_TRACES_MAX
		   ? 0
		   : err_set(err, EIO,
			     "the agent brought %zu traces of one container, and only %d can be "
			     "decided on: did it begin again so often?",
			     t->count, KUBE_TRACES_MAX);
}

struct search {
	const char *node;
	int64_t age_ms; /* -1: it said nothing of that */
};

static int look_at(void *ctx, const struct agent_node *agent)
{
	struct search *search = ctx;
	_cleanup_(cJSON_Deletep) cJSON *details = NULL;
	int64_t up_s, age_ms;

	if (strcmp(agent->node, search->node) != 0)
		return 0;
	details = cJSON_Parse(agent->details ? agent->details : "{}");
	up_s = json_in_int(json_in_get(details, "daemon"), "up_seconds", -1);
	if (up_s < 0)
		return 0;
	age_ms = up_s * 1000 + clock_ms() - agent->seen_ms;
	/* Several organizations may know the node, from former keys: the youngest is the agent that runs. */
	if (search->age_ms < 0 || age_ms < search->age_ms)
		search->age_ms = age_ms;
	return 0;
}

int kube_traces_agent_is_new(bool *ret, struct db *db, const char *node, int64_t elapsed_ms,
			     struct err *err)
{
	struct search search = { .node = node, .age_ms = -1 };
	int r = store_agent_list(db, NULL, look_at, &search, err);

	if (r < 0)
		return r;
	*ret = search.age_ms >= 0 && search.age_ms < elapsed_ms;
	return 0;
}
