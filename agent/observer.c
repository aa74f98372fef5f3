// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* observer.c — who tells a recording what happens: this kernel, or gVisor's own. */
#include "agent/observer.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "agent/gvisor_message.h"

/* Packets before others get their turn. */
#define PACKETS_AT_ONCE 4096

static const struct source_choice gvisor_choices[] = {
	{ "first exec", "container/start", "" },
	{ "exec", "sentry/execve", "" },
	{ "fork", "sentry/clone", "" },
	{ "exit", "sentry/task_exit", "" },
	{ "open", "syscall/open,openat,creat/exit", "" },
	{ "path", "syscall/close,dup,dup2,dup3,fcntl/enter", "" },
	{ "syscalls", "syscall/sysno", "" },
	{ "net", "syscall/connect,bind/exit", "" },
};

int observer_open(struct observer *ret, const struct source_options *options, source_event_fn fn,
		  void *ctx, struct err *err)
{
	*ret = (struct observer){ .sink = { .listen_fd = -1, .fd = -1 } };
	return source_open(&ret->source, options, fn, ctx, err);
}

int observer_open_gvisor(struct observer *ret, struct err *err)
{
	*ret = (struct observer){ .sink = { .listen_fd = -1, .fd = -1 } };
	ret->packet = malloc(GVISOR_PACKET_BYTES_MAX);
	return ret->packet ? 0 : err_oom(err);
}

void observer_join_gvisor(struct observer *ret)
{
	*ret = (struct observer){ .shares = true, .sink = { .listen_fd = -1, .fd = -1 } };
}

int observer_begin(struct observer *o, const struct gvisor_identity *identity, source_event_fn fn,
		   void *ctx, struct err *err)
{
	return gvisor_events_new(&o->gvisor, identity, fn, ctx, err);
}

void observer_close(struct observer *o)
{
	if (o->source) {
		if (!o->shares)
			source_close(o->source);
		return;
	}
	gvisor_events_free(o->gvisor);
	if (!o->packet)
		return; /* the connection is another's, or it was never opened */
	gvisor_sink_close(&o->sink);
	free(o->packet);
}

const char *observer_name(const struct observer *o)
{
	return o->source ? source_backend_name(o->source) : "gvisor";
}

const char *observer_level(const struct observer *o)
{
	return o->source ? NULL : "file";
}

bool observer_sees(const struct observer *o, enum trace_kind kind)
{
	return o->source || (kind != TRACE_MAP && kind != TRACE_FUNCTION && kind != TRACE_PROBE);
}

const struct source_choice *observer_choices(const struct observer *o, size_t *ret_count)
{
	if (o->source)
		return source_choices(o->source, ret_count);
	*ret_count = sizeof(gvisor_choices) / sizeof(*gvisor_choices);
	return gvisor_choices;
}

int observer_fd(const struct observer *o)
{
	return o->source ? source_fd(o->source) : o->sink.fd;
}

/* Takes what waits, at most so many packets; 0 when nothing more does. */
static int take(struct observer *o, int packets)
{
	uint64_t now = boottime_ns();

	for (; packets > 0 && o->sink.fd >= 0; packets--) {
		ssize_t n = gvisor_sink_receive(&o->sink, o->packet, GVISOR_PACKET_BYTES_MAX);

		if (n == -EAGAIN)
			return 0;
		if (n == 0)
			gvisor_sink_close(&o->sink);
		else if (n < 0)
			gvisor_events_miss(o->gvisor);
		else
			gvisor_events_take(o->gvisor, o->packet, (size_t)n, now);
	}
	return packets == 0;
}

int observer_poll(struct observer *o, struct err *err)
{
	if (o->source)
		return source_poll(o->source, err);
	(void)take(o, PACKETS_AT_ONCE);
	o->hung_up |= o->sink.fd < 0;
	gvisor_events_settle(o->gvisor, boottime_ns());
	return 0;
}

int observer_drain(struct observer *o, bool by_itself, struct err *err)
{
	if (o->source)
		return source_drain(o->source, err);
	while (take(o, PACKETS_AT_ONCE))
		;
	gvisor_events_end(o->gvisor, by_itself || o->hung_up);
	return 0;
}

void observer_unit(struct observer *o)
{
	if (o->source)
		source_unit(o->source, o->slot);
	else
		gvisor_events_unit(o->gvisor, boottime_ns());
}

const char *observer_fault(const struct observer *o)
{
	return o->gvisor ? gvisor_events_fault(o->gvisor) : "";
}

bool observer_is_armed(const struct observer *o)
{
	return o->source ? source_is_armed(o->source, o->slot)
			 : o->gvisor && gvisor_events_armed(o->gvisor);
}

bool observer_status(const struct observer *o, int *ret_status)
{
	return o->gvisor && gvisor_events_ended(o->gvisor, ret_status);
}

void observer_losses(const struct observer *o, struct source_losses *ret)
{
	if (o->source)
		source_losses(o->source, o->slot, ret);
	else
		*ret = *gvisor_events_losses(o->gvisor);
}

uint64_t observer_capped(const struct observer *o, enum trace_kind kind)
{
	return o->source ? source_capped(o->source, o->slot, kind)
			 : gvisor_events_capped(o->gvisor, kind);
}

void observer_syscalls(const struct observer *o, struct source_syscalls *ret)
{
	if (o->source)
		source_syscalls(o->source, o->slot, ret);
	else
		*ret = *gvisor_events_syscalls(o->gvisor);
}
