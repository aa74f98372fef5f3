// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_events.c — what gVisor tells of a container, as events of a trace. */
#include "agent/gvisor_events.h"

#include <string.h>

#include "agent/gvisor_state.h"
#include "agent/root_program.h"
#include "include/array.h"

#define PROCESSES_MAX 10000u /* as the kernel side's (bpf/state.bpf.h) */
#define SCRIPTS_NESTED_MAX 4
#define PATIENCE_NS 1000000000ull

static int64_t parent_of(const struct gvisor_events *events, int64_t tgid)
{
	for (size_t i = events->process_count; i > 0; i--)
		if (events->processes[i - 1].tgid == tgid)
			return events->processes[i - 1].parent;
	return 0;
}

static void count_thread(struct gvisor_events *events, int64_t tgid)
{
	if (events->armed && tgid == events->first)
		events->threads++;
	for (size_t i = events->process_count; i > 0; i--)
		if (events->processes[i - 1].tgid == tgid) {
			events->processes[i - 1].threads++;
			return;
		}
}

static void on_clone(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_FORK, m, now_ns);
	struct process *process = NULL;
	struct comm comm;

	if (m->created_tgid == m->tgid) {
		count_thread(events, m->tgid);
		return;
	}
	if (events->process_count < PROCESSES_MAX)
		process =
		    array_add(events->processes, events->process_count, events->process_capacity);
	if (process)
		*process = (struct process){ m->created_tgid, m->tgid, 1 };
	events->uncounted |= !process;
	if (events->forks++ >= PROCESSES_MAX) {
		events->capped[TRACE_FORK]++;
		return;
	}
	e.pid = (pid_t)m->created_tgid;
	e.ppid = (pid_t)m->tgid;
	e.comm = gvisor_comm(&comm, m);
	events->fn(events->ctx, &e);
}

/* A thread has ended. The first one of a process may do so before others: by itself, or because another one executes a program. */
static void forget_thread(struct gvisor_events *events, const struct gvisor_message *m)
{
	if (events->armed && m->tgid == events->first && events->threads && !--events->threads) {
		events->ended = true;
		events->status = (int)m->exit_status;
	}
	for (size_t i = 0; i < events->process_count; i++)
		if (events->processes[i].tgid == m->tgid && !--events->processes[i].threads)
			events->processes[i--] = events->processes[--events->process_count];
}

static void forget_sockets(struct gvisor_events *events, int64_t tgid)
{
	for (size_t i = 0; i < events->bound_count; i++)
		if (events->bound[i].tgid == tgid)
			events->bound[i--] = events->bound[--events->bound_count];
}

static void on_exit_of_task(struct gvisor_events *events, const struct gvisor_message *m,
			    uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_EXIT, m, now_ns);
	struct comm comm;

	forget_thread(events, m);
	if (m->tid != m->tgid)
		return;
	gvisor_give_up(events, m->tgid, -1);
	forget_sockets(events, m->tgid);
	if (events->exits++ >= PROCESSES_MAX) {
		events->capped[TRACE_EXIT]++;
		return;
	}
	e.exit_status = (int)m->exit_status;
	e.comm = gvisor_comm(&comm, m);
	events->fn(events->ctx, &e);
}

/* Has it not been told yet in this unit that this was executed? */
static bool is_new_program(struct gvisor_events *events, const char *path)
{
	char fact[PATH_MAX + 16];
	int n = snprintf(fact, sizeof(fact), "executed %s", path);

	return fact_set_add(&events->facts, fact, (size_t)n);
}

/* A file that was executed, and when it is a script what its first line names, as far as there is a first line in the root. */
static void tell_executed(struct gvisor_events *events, struct source_event *e)
{
	char script[PATH_MAX], named[PATH_MAX];
	int root_fd = e->memfd || e->deleted ? -1 : events->who.root_fd;

	for (int depth = 0; depth <= SCRIPTS_NESTED_MAX; depth++) {
		int r = root_fd < 0 ? 0 : root_script(named, root_fd, e->path);

		e->role = r > 0 ? "script" : "program";
		e->path_len = strlen(e->path);
		gvisor_tell(events, e);
		if (r <= 0)
			return;
		if (root_path(script, root_fd, named) < 0)
			memcpy(script, named, sizeof(script));
		e->path = script;
		e->by_name = true;
	}
}

static void on_exec(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_EXEC, m, now_ns);
	char path[GVISOR_PATH_BYTES_MAX];
	struct comm comm;

	events->by_message[COUNTED_EXEC]++;
	gvisor_give_up(events, m->tgid, -1); /* some are closed by that, and nothing tells which */
	if (!gvisor_path(&e, path, m->path)) {
		gvisor_lose(events, TRACE_LOSS_WALK, TRACE_EXEC, 1);
		return;
	}
	(void)is_new_program(events, path);
	e.comm = gvisor_comm(&comm, m);
	e.ppid = (pid_t)parent_of(events, m->tgid);
	tell_executed(events, &e);
}

/* Newer versions of gVisor tell the interpreter as what was executed: the script is what was passed. */
static void on_execve(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_EXEC, m, now_ns);
	_cleanup_free_ char *name = m->returned && !m->error ? gvisor_name(m) : NULL;
	char path[PATH_MAX], named[PATH_MAX];
	int root_fd = events->who.root_fd;
	struct comm comm;

	if (!name || root_fd < 0 || root_path(path, root_fd, name) < 0 ||
	    root_script(named, root_fd, path) <= 0 || !is_new_program(events, path))
		return;
	e.comm = gvisor_comm(&comm, m);
	e.ppid = (pid_t)parent_of(events, m->tgid);
	e.path = path;
	e.by_name = true;
	tell_executed(events, &e);
}

static void on_start(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_EXEC, m, now_ns);
	struct comm comm;

	if (events->armed)
		return;
	events->armed = true;
	events->first = m->tgid;
	events->threads = 1;
	if (!events->who.program) {
		gvisor_lose(events, TRACE_LOSS_READ, TRACE_EXEC, 1);
		return;
	}
	e.comm = gvisor_comm(&comm, m);
	e.path = events->who.program;
	tell_executed(events, &e);
}

void gvisor_events_tell(struct gvisor_events *events, const struct gvisor_message *m,
			uint64_t now_ns)
{
	switch (m->type) {
	case GVISOR_CONTAINER_START:
		on_start(events, m, now_ns);
		break;
	case GVISOR_CLONE:
		on_clone(events, m, now_ns);
		break;
	case GVISOR_EXEC:
		on_exec(events, m, now_ns);
		break;
	case GVISOR_TASK_EXIT:
		on_exit_of_task(events, m, now_ns);
		break;
	case GVISOR_SYSCALL:
		gvisor_on_syscall(events, m, now_ns);
		break;
	case GVISOR_OPEN:
		gvisor_on_open(events, m, now_ns);
		break;
	case GVISOR_CLOSE:
	case GVISOR_FCNTL:
		gvisor_resolve(events, m, now_ns);
		break;
	case GVISOR_DUP:
		gvisor_on_dup(events, m, now_ns);
		break;
	case GVISOR_EXECVE:
		on_execve(events, m, now_ns);
		break;
	case GVISOR_CONNECT:
		gvisor_on_connect(events, m, now_ns);
		break;
	case GVISOR_BIND:
		gvisor_on_bind(events, m);
		break;
	default: /* a kind that we have not asked for */
		break;
	}
}

static bool is_ours(const struct gvisor_events *events, const struct gvisor_message *m)
{
	const char *id = events->who.container;

	return !m->container.len || (strlen(id) == m->container.len &&
				     !memcmp(id, m->container.bytes, m->container.len));
}

void gvisor_events_take(struct gvisor_events *events, const void *packet, size_t size,
			uint64_t now_ns)
{
	struct gvisor_message m;
	struct err err = {};

	if (gvisor_message_parse(&m, packet, size, &err) < 0) {
		if (!*events->fault.text)
			events->fault = err;
		gvisor_lose(events, TRACE_LOSS_READ, SOURCE_ANY_KIND, 1);
		return;
	}
	/* A counter that goes round. */
	if (m.dropped != events->dropped)
		gvisor_events_drop(events, m.dropped - events->dropped);
	events->dropped = m.dropped;
	if (is_ours(events, &m))
		gvisor_events_tell(events, &m, now_ns);
	else
		gvisor_lose(events, TRACE_LOSS_STORAGE, SOURCE_ANY_KIND, 1);
}

void gvisor_events_drop(struct gvisor_events *events, uint64_t count)
{
	gvisor_lose(events, TRACE_LOSS_RING, SOURCE_ANY_KIND, count);
}

void gvisor_events_miss(struct gvisor_events *events)
{
	gvisor_lose(events, TRACE_LOSS_READ, SOURCE_ANY_KIND, 1);
}

void gvisor_events_settle(struct gvisor_events *events, uint64_t now_ns)
{
	gvisor_tell_waiting(events, now_ns, PATIENCE_NS);
}

void gvisor_events_unit(struct gvisor_events *events, uint64_t now_ns)
{
	events->unit_ns = now_ns;
	fact_set_clear(&events->facts);
}

void gvisor_events_end(struct gvisor_events *events, bool early)
{
	static const enum trace_kind kinds[] = {
		[COUNTED_EXEC] = TRACE_EXEC, [COUNTED_OPEN] = TRACE_OPEN
	};

	gvisor_tell_waiting(events, UINT64_MAX, 0);
	for (int i = 0; i < COUNTED; i++)
		if (events->by_number[i] > events->by_message[i])
			gvisor_lose(events, TRACE_LOSS_READ, kinds[i],
				    events->by_number[i] - events->by_message[i]);
	if (!events->armed) /* what began is not known */
		gvisor_lose(events, TRACE_LOSS_READ, TRACE_EXEC, 1);
	if (early && !events->ended)
		gvisor_lose(events, TRACE_LOSS_RING, SOURCE_ANY_KIND, 1);
}

bool gvisor_events_armed(const struct gvisor_events *events)
{
	return events->armed;
}

bool gvisor_events_ended(const struct gvisor_events *events, int *ret_status)
{
	if (events->ended)
		*ret_status = events->status;
	return events->ended;
}

bool gvisor_events_over(const struct gvisor_events *events)
{
	return events->ended && !events->process_count && !events->uncounted;
}

const char *gvisor_events_fault(const struct gvisor_events *events)
{
	return events->fault.text;
}

const struct source_losses *gvisor_events_losses(const struct gvisor_events *events)
{
	return &events->losses;
}

const struct source_syscalls *gvisor_events_syscalls(const struct gvisor_events *events)
{
	return &events->syscalls;
}

uint64_t gvisor_events_capped(const struct gvisor_events *events, enum trace_kind kind)
{
	return kind < TRACE_KIND_COUNT ? events->capped[kind] : 0;
}

int gvisor_events_new(struct gvisor_events **ret, const struct gvisor_identity *identity,
		      source_event_fn fn, void *ctx, struct err *err)
{
	struct gvisor_events *events = calloc(1, sizeof(*events));

	if (!events)
		return err_oom(err);
	events->who = *identity;
	events->fn = fn;
	events->ctx = ctx;
	*ret = events;
	return 0;
}

void gvisor_events_free(struct gvisor_events *events)
{
	if (!events)
		return;
	fact_set_done(&events->facts);
	gvisor_files_done(&events->files);
	free(events->processes);
	free(events->bound);
	free(events);
}
