// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_sink.c — the socket to which gVisor sends what happens in a sandbox. */
#include "agent/gvisor_sink.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "agent/gvisor_events.h"
#include "agent/gvisor_message.h"
#include "bpf/event.h"
#include "include/cleanup.h"

#define HANDSHAKE_BYTES_MAX 10240 /* what gVisor takes of ours */
#define HANDSHAKE_MS 10000
/* gVisor waits for us rather than dropping a message, up to half a minute for each. */
#define RETRIES 3000

static int listen_at(int *ret, const struct sockaddr_un *address, struct err *err)
{
	_cleanup_close_ int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return err_sys(err, errno, "cannot make a socket");
	if (bind(fd, (const struct sockaddr *)address, sizeof(*address)) < 0 ||
	    chmod(address->sun_path, 0600) < 0 || listen(fd, 8) < 0)
		return err_sys(err, errno, "cannot listen at '%s'", address->sun_path);
	*ret = take_fd(&fd);
	return 0;
}

static int address_in(struct sockaddr_un *ret, const char *dir, struct err *err)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (snprintf(address.sun_path, sizeof(address.sun_path), "%s/gvisor.sock", dir) >=
	    (int)sizeof(address.sun_path))
		return err_set(err, ENAMETOOLONG, "'%s/gvisor.sock' is too long for a socket", dir);
	*ret = address;
	return 0;
}

int gvisor_sink_open(struct gvisor_sink *ret, const char *dir, struct err *err)
{
	struct gvisor_sink sink = { .fd = -1 };
	int r = address_in(&sink.address, dir, err);

	if (r == 0)
		r = listen_at(&sink.listen_fd, &sink.address, err);
	if (r == 0)
		*ret = sink;
	return r;
}

/* Whole, or not at all: a sandbox may begin at any moment. */
static int write_session(const char *dir, const char *endpoint, struct err *err)
{
	_cleanup_text_ struct text text = {};
	char path[PATH_MAX], made[PATH_MAX];
	_cleanup_close_ int fd = -1;
	ssize_t n;

	if (snprintf(path, sizeof(path), "%s/session.json", dir) >= (int)sizeof(path) ||
	    snprintf(made, sizeof(made), "%s/.session.json.new", dir) >= (int)sizeof(made))
		return err_set(err, ENAMETOOLONG, "'%s' is too long", dir);
	gvisor_session_emit(&text, endpoint, true);
	if (text.failed)
		return err_oom(err);
	fd = open(made, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0644);
	if (fd < 0)
		return err_sys(err, errno, "cannot make '%s'", path);
	n = write(fd, text.data, text.len);
	if (n != (ssize_t)text.len || rename(made, path) < 0) {
		int code = n < 0 || n == (ssize_t)text.len ? errno : ENOSPC;

		unlink(made);
		return err_sys(err, code, "cannot write '%s'", path);
	}
	return 0;
}

int gvisor_sink_listen(const char *dir, struct err *err)
{
	struct sockaddr_un address;
	_cleanup_close_ int fd = -1;
	int r = address_in(&address, dir, err);

	if (r < 0)
		return r;
	if (unlink(address.sun_path) < 0 && errno != ENOENT)
		return err_sys(err, errno, "cannot replace '%s'", address.sun_path);
	r = listen_at(&fd, &address, err);
	if (r == 0)
		r = write_session(dir, address.sun_path, err);
	if (r < 0 && fd >= 0)
		unlink(address.sun_path);
	return r < 0 ? r : take_fd(&fd);
}

void gvisor_sink_leave(const char *dir)
{
	struct sockaddr_un address;

	if (address_in(&address, dir, NULL) == 0)
		unlink(address.sun_path);
}

static int await(int fd, int ms)
{
	struct pollfd waiting = { .fd = fd, .events = POLLIN };

	return poll(&waiting, 1, ms) > 0 ? 0 : -ETIMEDOUT;
}

int gvisor_sink_greet(int fd, struct err *err)
{
	static const uint8_t ours[] = { 1 << 3, GVISOR_VERSION };
	uint8_t packet[HANDSHAKE_BYTES_MAX];
	uint32_t version;
	ssize_t n;
	int r = await(fd, HANDSHAKE_MS);

	if (r < 0)
		return err_set(err, ETIMEDOUT, "gVisor connected and said nothing for %d s",
			       HANDSHAKE_MS / 1000);
	n = recv(fd, packet, sizeof(packet), MSG_TRUNC);
	if (n < 0)
		return err_sys(err, errno, "cannot hear gVisor");
	if (n == 0 || (size_t)n > sizeof(packet))
		return err_set(err, EPROTO, "gVisor's first packet has %zd bytes", n);
	r = gvisor_handshake_parse(&version, packet, (size_t)n, err);
	if (r < 0)
		return r;
	if (send(fd, ours, sizeof(ours), MSG_NOSIGNAL) != sizeof(ours))
		return err_sys(err, errno, "cannot answer gVisor");
	return 0;
}

static bool is_from(int fd, pid_t pid)
{
	struct ucred peer;
	socklen_t len = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0 && peer.pid == pid;
}

/* One that waits, if any does. */
static int take_one(struct gvisor_sink *sink, pid_t runtime, struct err *err)
{
	_cleanup_close_ int fd = accept4(sink->listen_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	int r;

	if (fd < 0)
		return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR
			   ? 0
			   : err_sys(err, errno, "cannot take gVisor's connection");
	if (!is_from(fd, runtime))
		return 0; /* it is closed */
	r = gvisor_sink_greet(fd, err);
	if (r == 0)
		sink->fd = take_fd(&fd);
	return r;
}

int gvisor_sink_accept(struct gvisor_sink *sink, pid_t runtime, int stop_fd, struct err *err)
{
	_cleanup_close_ int pid_fd = (int)syscall(SYS_pidfd_open, runtime, 0);
	struct pollfd fds[] = { { .fd = sink->listen_fd, .events = POLLIN },
				{ .fd = pid_fd, .events = POLLIN },
				{ .fd = stop_fd, .events = POLLIN } };
	int r = pid_fd < 0 ? err_sys(err, errno, "cannot watch process %d", runtime) : 0;

	while (r == 0 && sink->fd < 0) {
		if (poll(fds, 3, -1) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for gVisor");
		if (fds[0].revents)
			r = take_one(sink, runtime, err);
		else if (fds[1].revents || fds[2].revents)
			break;
	}
	cleanup_close(&sink->listen_fd);
	sink->listen_fd = -1;
	unlink(sink->address.sun_path);
	return r;
}

ssize_t gvisor_sink_receive(struct gvisor_sink *sink, void *packet, size_t room)
{
	ssize_t n;

	do
		n = recv(sink->fd, packet, room, MSG_TRUNC);
	while (n < 0 && errno == EINTR);
	if (n < 0)
		return errno == EAGAIN ? -EAGAIN : 0; /* a broken connection has ended */
	return (size_t)n > room ? -EMSGSIZE : n;
}

void gvisor_sink_close(struct gvisor_sink *sink)
{
	cleanup_close(&sink->listen_fd);
	cleanup_close(&sink->fd);
	sink->listen_fd = sink->fd = -1;
}

#define CONTEXT "time", "thread_id", "group_id", "container_id"

struct point {
	const char *name, *optional; /* the field that is not sent unless asked for */
	bool directory;              /* the working directory as well: names are relative to it */
};

static void emit_point(struct text *out, const char *name, const char *optional,
		       const char *const *context)
{
	emit_open(out, NULL, '{');
	emit_string(out, "name", name);
	if (optional) {
		emit_open(out, "optional_fields", '[');
		emit_string(out, NULL, optional);
		emit_close(out, ']');
	}
	emit_open(out, "context_fields", '[');
	for (; *context; context++)
		emit_string(out, NULL, *context);
	emit_close(out, ']');
	emit_close(out, '}');
}

/* Calls by number: that they were made, and of those that open, execute or listen that they succeeded. No text goes with them,
 * so that none can keep them from being sent. */
static void emit_numbers(struct text *out, bool pod)
{
	static const char *const none[] = { NULL }, *const whose[] = { CONTEXT, NULL };
	static const char *const container[] = { "container_id", NULL };
	char name[48];

	for (int nr = 0; nr < EVENT_SYSCALLS; nr++) {
		snprintf(name, sizeof(name), "syscall/sysno/%d/enter", nr);
		emit_point(out, name, NULL, pod ? container : none);
	}
	for (int nr = 0; nr < EVENT_SYSCALLS; nr++) {
		if (!gvisor_counts(nr))
			continue;
		snprintf(name, sizeof(name), "syscall/sysno/%d/exit", nr);
		emit_point(out, name, NULL, whose);
	}
}

static void emit_sinks(struct text *out, const char *endpoint)
{
	emit_open(out, "sinks", '[');
	emit_open(out, NULL, '{');
	emit_string(out, "name", "remote");
	emit_open(out, "config", '{');
	emit_string(out, "endpoint", endpoint);
	emit_u64(out, "retries", RETRIES);
	emit_string(out, "backoff", "25us");
	emit_string(out, "backoff_max", "10ms");
	emit_close(out, '}');
	emit_close(out, '}');
	emit_close(out, ']');
}

void gvisor_session_emit(struct text *out, const char *endpoint, bool pod)
{
	const struct point points[] = {
		{ "container/start", pod ? "env" : NULL, false },
		{ "sentry/clone", NULL, false },
		{ "sentry/execve", NULL, false },
		{ "sentry/task_exit", NULL, false },
		{ "syscall/open/exit", NULL, true },
		{ "syscall/openat/exit", "fd_path", true },
		{ "syscall/creat/exit", NULL, true },
		{ "syscall/execve/exit", NULL, true },
		{ "syscall/execveat/exit", "fd_path", true },
		{ "syscall/close/enter", "fd_path", false },
		{ "syscall/dup/enter", "fd_path", false },
		{ "syscall/dup2/enter", "fd_path", false },
		{ "syscall/dup3/enter", "fd_path", false },
		{ "syscall/fcntl/enter", "fd_path", false },
		{ "syscall/connect/exit", NULL, false },
		{ "syscall/bind/exit", NULL, false },
	};
	static const char *const plain[] = { CONTEXT, "process_name", NULL };
	static const char *const with_directory[] = { CONTEXT, "process_name", "cwd", NULL };

	emit_open(out, NULL, '{');
	emit_open(out, "trace_session", '{');
	emit_string(out, "name", "Default");
	emit_bool(out, "ignore_missing", true);
	emit_open(out, "points", '[');
	for (size_t i = 0; i < sizeof(points) / sizeof(*points); i++)
		emit_point(out, points[i].name, points[i].optional,
			   points[i].directory ? with_directory : plain);
	emit_numbers(out, pod);
	emit_close(out, ']');
	emit_sinks(out, endpoint);
	emit_close(out, '}');
	emit_close(out, '}');
}
