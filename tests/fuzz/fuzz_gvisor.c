// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* fuzz_gvisor.c — any packets, each behind its length in two bytes, as what gVisor's sink sends: what comes out is whole and within its limits. */
#include "agent/fact_set.c"
#include "agent/gvisor_calls.c"
#include "agent/gvisor_events.c"
#include "agent/gvisor_files.c"
#include "agent/gvisor_message.c"
#include "agent/gvisor_opens.c"
#undef FACT_ROOM
#include "agent/gvisor_state.c"
#include "agent/protobuf.c"
#include "agent/root_file.c"
#include "agent/root_program.c"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Names do not matter here, and the table is made by the build. */
const char *syscall_name(uint32_t nr, bool compat)
{
	return nr % 2 || compat ? "openat" : NULL;
}

static void check(void *ctx, const struct source_event *e)
{
	const struct gvisor_identity *who = ctx;

	if (e->kind >= TRACE_KIND_COUNT || !e->comm || strlen(e->comm) > 15 ||
	    e->t_ns < who->boottime_ns || e->t_ns > who->boottime_ns + 1000)
		__builtin_trap();
	if (e->path && (e->path_len != strlen(e->path) || e->path_len > TRACE_PATH_BYTES_MAX))
		__builtin_trap();
	if ((e->kind == TRACE_EXEC) != !!e->role)
		__builtin_trap();
	if (e->kind == TRACE_OPEN && (!e->how || (e->failed ? !e->given : !e->access || !e->path)))
		__builtin_trap();
	if (e->kind == TRACE_NET && (!e->net_op || !e->net_family || !e->net_addr))
		__builtin_trap();
	if (e->kind == TRACE_SYSCALLS && e->nr >= EVENT_SYSCALLS)
		__builtin_trap();
}

static void check_start(const uint8_t *data, size_t size)
{
	struct gvisor_start start;
	size_t sum = 0;

	if (gvisor_start_parse(&start, data, size, NULL) == 0) {
		for (size_t i = 0; i < start.env.count; i++)
			sum += strlen(start.env.items[i]) + 1;
		if (sum != start.env_len || strlen(start.cwd) > size ||
		    start.args.items[start.args.count] ||
		    (start.env.count && start.env.items[0] + sum > start.bytes + size))
			__builtin_trap();
	}
	gvisor_start_done(&start);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct gvisor_identity who = { .container = "c",
				       .program = "/bin/sh",
				       .root_fd = -1,
				       .boottime_ns = 1000,
				       .realtime_ns = 1000000,
				       .all_events = size % 2 };
	struct gvisor_events *events = NULL;
	uint32_t version;
	struct err err = {};

	if (gvisor_handshake_parse(&version, data, size, &err) < 0 && !err.text[0])
		__builtin_trap();
	check_start(data, size);
	if (gvisor_events_new(&events, &who, check, &who, NULL) < 0)
		return 0;
	while (size >= 2) {
		size_t len = (size_t)(data[0] | data[1] << 8);

		data += 2;
		size -= 2;
		len = len < size ? len : size;
		gvisor_events_take(events, data, len, who.boottime_ns + 1000);
		data += len;
		size -= len;
	}
	gvisor_events_settle(events, who.boottime_ns + 1000);
	gvisor_events_unit(events, who.boottime_ns);
	gvisor_events_end(events, true);
	if (gvisor_events_losses(events)->count[TRACE_LOSS_READ][SOURCE_ANY_KIND] &&
	    !gvisor_events_fault(events)[0])
		__builtin_trap();
	gvisor_events_free(events);
	return 0;
}
