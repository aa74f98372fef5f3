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

int relay_start(struct relay *ret, const struct helpers *helpers, size_t limit, struct err *err)
{
	int out[2], errs[2], r;
	pid_t pid;

	if (pipe2(out, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	if (pipe2(errs, O_CLOEXEC) < 0) {
		close(out[0]);
		close(out[1]);
		return err_sys(err, errno, "cannot make a pipe");
	}
	pid = fork();
	if (pid == 0) {
		/* Nothing else stays open: the guardian waits for the end of a pipe that we inherit. */
		dup2(out[0], 3);
		dup2(errs[0], 4);
		syscall(SYS_close_range, 5u, ~0u, 0u);
		prctl(PR_SET_NAME, "vexxy-relay");
		relay(3, 4, limit);
		_exit(0);
	}
	close(out[0]);
	close(errs[0]);
	*ret = (struct relay){ pid, out[1], errs[1] };
	if (pid < 0)
		r = err_sys(err, errno, "cannot start a process");
	else
		r = helpers->cgroup ? cgroup_add(helpers->cgroup, pid, err) : 0;
	if (r < 0)
		relay_close(ret);
	return r;
}

void relay_close(struct relay *relay)
{
	close(relay->out);
	close(relay->err);
}

void relay_wait(pid_t pid)
{
	_cleanup_close_ int fd = -1;
	struct pollfd end;

	if (pid <= 0)
		return;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	end = (struct pollfd){ .fd = fd, .events = POLLIN };
	if (fd < 0 || poll(&end, 1, WAIT_MS) <= 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}
