// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* relay.c — the container's output, passed on up to a limit. */
#include "agent/relay.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "agent/cgroup.h"

#define WAIT_MS 2000

/* One piece; false at the end. */
static bool pass_on(int from, int to, size_t *left)
{
	char bytes[16384];
	ssize_t n = read(from, bytes, sizeof(bytes));
	size_t take;

	if (n <= 0)
		return n < 0 && errno == EINTR;
	take = (size_t)n < *left ? (size_t)n : *left;
	*left -= take;
	for (size_t at = 0; at < take;) {
		ssize_t w = write(to, bytes + at, take - at);

		if (w < 0 && errno != EINTR)
			*left = take = 0;
		at += w > 0 ? (size_t)w : 0;
	}
	return true;
}

static void relay(int out, int err, size_t limit)
{
	static const char note[] = "\nvexxy-agent: the workload's further output is dropped\n";
	struct pollfd fds[2] = { { .fd = out, .events = POLLIN }, { .fd = err, .events = POLLIN } };
	size_t left = limit;
	bool noted = false;

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			return;
		for (int i = 0; i < 2; i++)
			if (fds[i].fd >= 0 && fds[i].revents &&
			    !pass_on(fds[i].fd, STDOUT_FILENO + i, &left))
				fds[i].fd = -1;
		if (left == 0 && !noted)
			(void)!write(STDERR_FILENO, note, sizeof(note) - 1);
		noted = left == 0;
	}
}

/* The child: nothing else stays open, for the guardian waits for the end of a pipe that we inherit. */
static void become_relay(int out, int err, int go, size_t limit)
{
	char begin = 0;

	dup2(out, 3);
	dup2(err, 4);
	dup2(go, 5);
	syscall(SYS_close_range, 6u, ~0u, 0u);
	prctl(PR_SET_NAME, "vexxy-relay");
	while (read(5, &begin, 1) < 0 && errno == EINTR)
		;
	if (begin)
		relay(3, 4, limit);
	_exit(0);
}

static void close_pipes(int (*pipes)[6])
{
	for (int i = 0; i < 6; i++)
		cleanup_close(&(*pipes)[i]);
}

int relay_start(struct relay *ret, const struct helpers *helpers, size_t limit, struct err *err)
{
	/* Read and write ends of stdout, stderr and the permission to begin. */
	_cleanup_(close_pipes) int fds[6] = { -1, -1, -1, -1, -1, -1 };
	struct relay relay;

	for (int i = 0; i < 6; i += 2)
		if (pipe2(fds + i, O_CLOEXEC) < 0)
			return err_sys(err, errno, "cannot make a pipe");
	relay.pid = fork();
	if (relay.pid < 0)
		return err_sys(err, errno, "cannot start a process");
	if (relay.pid == 0)
		become_relay(fds[0], fds[2], fds[4], limit);
	relay.out = take_fd(&fds[1]);
	relay.err = take_fd(&fds[3]);
	relay.go = take_fd(&fds[5]);
	*ret = relay;
	return helpers->cgroup ? cgroup_add(helpers->cgroup, relay.pid, err) : 0;
}

void relay_close_ends(struct relay *relay)
{
	close(take_fd(&relay->out));
	close(take_fd(&relay->err));
}

void relay_begin(struct relay *relay)
{
	(void)!write(relay->go, "!", 1);
}

void relay_done(struct relay *relay)
{
	_cleanup_close_ int fd = -1;
	struct pollfd end;

	if (relay->pid <= 0)
		return;
	cleanup_close(&relay->out);
	cleanup_close(&relay->err);
	cleanup_close(&relay->go);
	fd = (int)syscall(SYS_pidfd_open, relay->pid, 0);
	end = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (fd < 0 || poll(&end, 1, WAIT_MS) <= 0)
		kill(relay->pid, SIGKILL);
	while (waitpid(relay->pid, NULL, 0) < 0 && errno == EINTR)
		;
	relay->pid = 0;
}
