// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict_ports.c — was what listens ever asked? A server without a client shows nothing of what it does for one. */
#include <inttypes.h>

#include "analyzer/verdict_judge.h"

#define PORTS_SHOWN 8u

/* System calls by which a connection can be taken. With io_uring it cannot be told. */
static bool takes_connections(const struct trace *trace)
{
	static const char *const calls[] = { "accept", "accept4", "io_uring_enter", "socketcall" };

	for (size_t i = 0; i < trace->syscall_count; i++)
		for (size_t k = 0; k < sizeof(calls) / sizeof(*calls); k++) {
			const char *name = trace->syscalls[i];

			if (!strncmp(name, "compat:", strlen("compat:")))
				name += strlen("compat:");
			if (!strcmp(name, calls[k]))
				return true;
		}
	return false;
}

static bool is_told(const uint64_t *ports, size_t n, uint64_t port)
{
	for (size_t i = 0; i < n; i++)
		if (ports[i] == port)
			return true;
	return false;
}

const char *judge_idle_ports(struct judge *j)
{
	uint64_t ports[PORTS_SHOWN];
	const char *text = "";
	size_t n = 0;

	for (size_t i = 0; i < j->trace_count; i++)
		if (!j->traces[i]->watched[TRACE_SYSCALLS] || takes_connections(j->traces[i]))
			return "";
	for (size_t i = 0; i < j->trace_count; i++)
		for (size_t k = 0; k < j->traces[i]->net_count; k++) {
			const struct trace_net *net = &j->traces[i]->nets[k];

			if (!net->listen || net->failed || !net->port || n == PORTS_SHOWN ||
			    is_told(ports, n, net->port))
				continue;
			ports[n++] = net->port;
			text = arena_printf(j->arena, "%s%s%" PRIu64, text ? text : "",
					    n > 1 ? ", " : "exercise port ", net->port);
		}
	if (n && text)
		text = arena_printf(j->arena, "%s: it listened, and took no connection", text);
	return text ? text : "";
}
