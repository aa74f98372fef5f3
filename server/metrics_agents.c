// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* metrics_agents.c — what agents say of themselves, for Prometheus. */
#include "server/metrics_agents.h"

#include <inttypes.h>
#include <string.h>

#include "server/json_in.h"
#include "server/store_agents.h"

/* What the daemon says under this name (agent/daemon.c), and how it is called here. */
static const struct said {
	const char *key, *name, *type, *help;
} said[] = {
	{ "pods_recording", "vexxy_agent_pods_recording", "gauge",
	  "Pods that the node's agent records." },
	{ "pods_failed_total", "vexxy_agent_pods_failed_total", "counter",
	  "Pods that the node's agent could not record." },
	{ "traces_waiting", "vexxy_agent_traces_waiting", "gauge",
	  "Traces that are recorded and have not reached a server." },
	{ "traces_refused_total", "vexxy_agent_traces_refused_total", "counter",
	  "Traces that no server would take." },
	{ "spool_bytes", "vexxy_agent_spool_bytes", "gauge",
	  "What waits on the node's disk to be sent." },
	{ "spool_bytes_max", "vexxy_agent_spool_bytes_max", "gauge",
	  "What may wait there before recordings are refused." },
};
#define SAID (sizeof(said) / sizeof(*said))

struct agents {
	int64_t now_ms, up, silent;
	/* Rows come by node; several organisations may know one, from former keys: who was heard of last is the agent that runs. */
	char node[254];
	int64_t seen_ms, values[SAID]; /* -1: it did not say it */
	struct text lines[SAID];
};

static void put_node(struct agents *a)
{
	for (size_t i = 0; *a->node && i < SAID; i++)
		if (a->values[i] >= 0)
			text_printf(&a->lines[i], "%s{node=\"%s\"} %" PRId64 "\n", said[i].name,
				    a->node, a->values[i]);
	a->node[0] = '\0';
}

static int take(void *ctx, const struct agent_node *agent)
{
	struct agents *a = ctx;
	bool up = agent->seen_ms > a->now_ms - AGENT_UP_MS;
	_cleanup_(cJSON_Deletep) cJSON *details = NULL;

	a->up += up;
	a->silent += !up;
	if (strcmp(agent->node, a->node) != 0)
		put_node(a);
	else if (agent->seen_ms <= a->seen_ms)
		return 0;
	if (!up)
		return 0;
	snprintf(a->node, sizeof(a->node), "%s", agent->node);
	a->seen_ms = agent->seen_ms;
	details = cJSON_Parse(agent->details ? agent->details : "{}");
	for (size_t i = 0; i < SAID; i++)
		a->values[i] = json_in_int(json_in_get(details, "daemon"), said[i].key, -1);
	return 0;
}

int metrics_agents_render(struct text *out, struct db *db, int64_t now_ms, struct err *err)
{
	struct agents agents = { .now_ms = now_ms };
	int r = store_agent_list(db, NULL, take, &agents, err);

	put_node(&agents);
	if (r == 0)
		text_printf(out,
			    "# HELP vexxy_agents Agents by whether they were heard of within a "
			    "minute.\n# TYPE vexxy_agents gauge\n"
			    "vexxy_agents{state=\"up\"} %" PRId64
			    "\nvexxy_agents{state=\"silent\"} %" PRId64 "\n",
			    agents.up, agents.silent);
	for (size_t i = 0; i < SAID; i++) {
		struct text *lines = &agents.lines[i];

		if (r == 0)
			text_printf(out, "# HELP %s %s\n# TYPE %s %s\n", said[i].name, said[i].help,
				    said[i].name, said[i].type);
		if (r == 0 && lines->len)
			text_put_n(out, lines->bytes, lines->len);
		out->failed |= lines->failed;
		text_done(lines);
	}
	return r;
}
