// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_calls.c — system calls under gVisor by their number, and what sockets are for. */
#include "agent/gvisor_state.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/un.h>

#include "include/array.h"

#define BOUND_MAX 1024u

/* False: no address of a family that traces know. */
static bool set_address(struct source_event *e, char text[GVISOR_PATH_BYTES_MAX],
			const struct sockaddr_storage *address, size_t len)
{
	const struct sockaddr_in *in = (const void *)address;
	const struct sockaddr_in6 *in6 = (const void *)address;
	const struct sockaddr_un *un = (const void *)address;
	size_t name = len > offsetof(struct sockaddr_un, sun_path)
			  ? len - offsetof(struct sockaddr_un, sun_path)
			  : 0;

	e->net_addr = text;
	*text = '\0';
	if (len >= sizeof(*in) && address->ss_family == AF_INET) {
		e->net_family = "inet";
		e->net_port = ntohs(in->sin_port);
		return inet_ntop(AF_INET, &in->sin_addr, text, INET_ADDRSTRLEN);
	}
	if (len >= sizeof(*in6) && address->ss_family == AF_INET6) {
		e->net_family = "inet6";
		e->net_port = ntohs(in6->sin6_port);
		return inet_ntop(AF_INET6, &in6->sin6_addr, text, INET6_ADDRSTRLEN);
	}
	if (len < sizeof(address->ss_family) || address->ss_family != AF_UNIX)
		return false;
	e->net_family = "unix";
	if (name > sizeof(un->sun_path))
		name = sizeof(un->sun_path);
	if (name && un->sun_path[0])
		name = strnlen(un->sun_path, name);
	for (size_t i = 0; i < name; i++)
		text[i] = un->sun_path[i] ? un->sun_path[i] : '@';
	text[name] = '\0';
	return true;
}

void gvisor_on_connect(struct gvisor_events *events, const struct gvisor_message *m,
		       uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_NET, m, now_ns);
	struct sockaddr_storage address = {};
	size_t len = m->address.len < sizeof(address) ? m->address.len : sizeof(address);
	char text[GVISOR_PATH_BYTES_MAX];
	struct comm comm;

	if (!m->returned || !len)
		return;
	memcpy(&address, m->address.bytes, len);
	if (!set_address(&e, text, &address, len))
		return;
	e.net_op = "connect";
	e.failed = m->error;
	e.error = (int)m->error;
	e.comm = gvisor_comm(&comm, m);
	gvisor_tell(events, &e);
}

static struct bound *find_bound(struct gvisor_events *events, int64_t tgid, int64_t fd)
{
	for (size_t i = 0; i < events->bound_count; i++)
		if (events->bound[i].tgid == tgid && events->bound[i].fd == fd)
			return &events->bound[i];
	return NULL;
}

void gvisor_on_bind(struct gvisor_events *events, const struct gvisor_message *m)
{
	struct bound *bound = find_bound(events, m->tgid, m->fd);

	if (!m->returned || m->error || !m->address.len || m->address.len > sizeof(bound->address))
		return;
	if (!bound && events->bound_count < BOUND_MAX)
		bound = array_add(events->bound, events->bound_count, events->bound_capacity);
	if (!bound)
		return; /* no verdict rests on it */
	*bound = (struct bound){ .tgid = m->tgid, .fd = m->fd, .len = m->address.len };
	memcpy(&bound->address, m->address.bytes, m->address.len);
}

static void on_listen(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	const struct bound *bound = find_bound(events, m->tgid, m->args[0]);
	struct source_event e = gvisor_begin(events, TRACE_NET, m, now_ns);
	char text[GVISOR_PATH_BYTES_MAX];

	if (!bound || !set_address(&e, text, &bound->address, bound->len))
		return;
	e.net_op = "listen";
	e.comm = "";
	gvisor_tell(events, &e);
}

/* Ways to a file or out of the root that no message tells of: gVisor refuses most of them today. */
static const struct {
	int number;
	enum trace_loss loss;
} untold[] = {
	{ SYS_openat2, TRACE_LOSS_READ },   { SYS_open_by_handle_at, TRACE_LOSS_READ },
	{ SYS_open_tree, TRACE_LOSS_READ }, { SYS_pidfd_getfd, TRACE_LOSS_READ },
	{ SYS_fsopen, TRACE_LOSS_READ },    { SYS_io_uring_setup, TRACE_LOSS_URING },
	{ SYS_chroot, TRACE_LOSS_WALK },    { SYS_pivot_root, TRACE_LOSS_WALK },
	{ SYS_mount, TRACE_LOSS_WALK },     { SYS_move_mount, TRACE_LOSS_WALK },
};

static bool is_opening(int64_t number)
{
#ifdef SYS_open
	if (number == SYS_open || number == SYS_creat)
		return true;
#endif
	return number == SYS_openat;
}

bool gvisor_counts(int number)
{
	for (size_t i = 0; i < sizeof(untold) / sizeof(*untold); i++)
		if (untold[i].number == number)
			return true;
	return is_opening(number) || number == SYS_execve || number == SYS_execveat ||
	       number == SYS_listen;
}

static void on_return(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns)
{
	if (m->number == SYS_execve || m->number == SYS_execveat)
		events->by_number[COUNTED_EXEC]++;
	else if (is_opening(m->number))
		events->by_number[COUNTED_OPEN]++;
	else if (m->number == SYS_listen)
		on_listen(events, m, now_ns);
	for (size_t i = 0; i < sizeof(untold) / sizeof(*untold); i++)
		if (m->number == untold[i].number)
			gvisor_lose(events, untold[i].loss, TRACE_OPEN, 1);
}

void gvisor_on_syscall(struct gvisor_events *events, const struct gvisor_message *m,
		       uint64_t now_ns)
{
	struct source_event e = gvisor_begin(events, TRACE_SYSCALLS, m, now_ns);
	uint64_t nr = (uint64_t)m->number;

	if (m->returned) {
		if (!m->error)
			on_return(events, m, now_ns);
		return;
	}
	if (nr >= EVENT_SYSCALLS) {
		gvisor_lose(events, TRACE_LOSS_READ, TRACE_SYSCALLS, 1);
		return;
	}
	events->syscalls.native[nr / 8] |= (uint8_t)(1u << (nr % 8));
	e.nr = (uint32_t)nr;
	e.comm = "";
	gvisor_tell(events, &e);
}
