// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* helper.c — running other programs. */
#include "agent/helper.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "agent/cgroup.h"

#define REASON_BYTES_MAX 600

bool helper_is_installed(const char *name)
{
	const char *path = getenv("PATH");
	char full[PATH_MAX];

	for (size_t n; path && *path; path += n + (path[n] == ':')) {
		n = strcspn(path, ":");
		if (snprintf(full, sizeof(full), "%.*s/%s", (int)n, path, name) < PATH_MAX &&
		    access(full, X_OK) == 0)
			return true;
	}
	return false;
}

/* Signal state as a program expects it to be at its start. */
static void reset_signals(void)
{
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
}

static void replace_fd(int fd, int target)
{
	int null = fd >= 0 ? fd : open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == target)
		fcntl(null, F_SETFD, 0);
	else if (null >= 0)
		dup2(null, target);
}

/* In the child: waits until it was moved into its cgroup, then becomes the program. The answer of exec goes up the pipe. */
static void become(const char *const *argv, const char *const *env,
		   const struct helper_stdio *stdio, const int pipes[2])
{
	char go;
	int code;

	reset_signals();
	if (read(pipes[0], &go, 1) != 1)
		_exit(127);
	for (; env && *env; env++)
		putenv((char *)*env);
	replace_fd(stdio->in, STDIN_FILENO);
	replace_fd(stdio->out, STDOUT_FILENO);
	replace_fd(stdio->err, STDERR_FILENO);
	execvp(argv[0], (char *const *)argv);
	code = errno;
	(void)!write(pipes[1], &code, sizeof(code));
	_exit(127);
}

static void close_both(int (*fds)[2])
{
	cleanup_close(&(*fds)[0]);
	cleanup_close(&(*fds)[1]);
}
#define _cleanup_pair_ _cleanup_(close_both)

int helper_hold(struct held *ret, const struct helpers *helpers, const char *const *argv,
		const char *const *env, const struct helper_stdio *stdio, struct err *err)
{
	_cleanup_pair_ int go[2] = { -1, -1 }, answer[2] = { -1, -1 };
	struct held held;
	int r;

	if (pipe2(go, O_CLOEXEC) < 0 || pipe2(answer, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	held.pid = fork();
	if (held.pid < 0)
		return err_sys(err, errno, "cannot start '%s'", argv[0]);
	if (held.pid == 0) {
		/* Else it would never see that nobody can let it go any more. */
		close(take_fd(&go[1]));
		become(argv, env, stdio, (int[2]){ go[0], answer[1] });
	}
	held.go = take_fd(&go[1]);
	held.answer = take_fd(&answer[0]);
	r = helpers->cgroup ? cgroup_add(helpers->cgroup, held.pid, err) : 0;
	if (r < 0)
		helper_drop(&held);
	else
		*ret = held;
	return r;
}

void helper_drop(struct held *held)
{
	close(held->go);
	close(held->answer);
	while (waitpid(held->pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int helper_let_go(struct held *held, const char *name, struct err *err)
{
	int code = 0;

	if (write(held->go, "", 1) != 1)
		code = errno;
	else if (read(held->answer, &code, sizeof(code)) != sizeof(code))
		code = 0;
	if (code) {
		helper_drop(held);
		return err_sys(err, code, "cannot run '%s'", name);
	}
	close(held->go);
	close(held->answer);
	return 0;
}

int helper_start(pid_t *ret, const struct helpers *helpers, const char *const *argv,
		 const char *const *env, const struct helper_stdio *stdio, struct err *err)
{
	struct held held;
	int r = helper_hold(&held, helpers, argv, env, stdio, err);

	if (r == 0)
		r = helper_let_go(&held, argv[0], err);
	if (r == 0)
		*ret = held.pid;
	return r;
}

int helper_wait(const struct helpers *helpers, pid_t pid, const char *name, struct err *err)
{
	_cleanup_close_ int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
	struct pollfd fds[2] = { { .fd = pidfd, .events = POLLIN },
				 { .fd = helpers->stop_fd, .events = POLLIN } };
	bool stopped = false;
	int status = 0;

	while (pidfd >= 0 && !stopped && !(fds[0].revents & POLLIN)) {
		if (poll(fds, 2, -1) < 0 && errno != EINTR)
			break;
		stopped = fds[1].revents & POLLIN && !(fds[0].revents & POLLIN);
	}
	if (stopped)
		kill(pid, SIGKILL);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (stopped)
		return err_set(err, EINTR, "interrupted while '%s' ran", name);
	if (WIFSIGNALED(status))
		return err_set(err, EAGAIN, "%s was killed by signal %d", name, WTERMSIG(status));
	if (WEXITSTATUS(status))
		return err_set(err, EIO, "%s ended with status %d", name, WEXITSTATUS(status));
	return 0;
}

/* The text of a memory file, NUL-terminated. */
static void read_back(int fd, char *ret, size_t size)
{
	ssize_t n = pread(fd, ret, size - 1, 0);

	ret[n > 0 ? n : 0] = '\0';
}

const char *helper_message(char *log)
{
	size_t len = strlen(log);
	char *line, *message, *json, *to;

	while (len > 0 && (log[len - 1] == '\n' || log[len - 1] == ' '))
		log[--len] = '\0';
	line = strrchr(log, '\n');
	line = line ? line + 1 : log;
	message = strstr(line, "msg=\"");
	message = message ? message + strlen("msg=") : line;
	json = strstr(line, "{\"msg\":\""); /* as runsc says it */
	if (json) {
		char *end = strstr(json, "\",\"level\":");

		message = json + strlen("{\"msg\":");
		if (end)
			*end = '\0';
	}
	to = message;
	for (const char *at = message; *at; at++) {
		if (*at == '\\' && at[1] == '"')
			*to++ = *++at;
		else if (*at != '"' || message == line)
			*to++ = (unsigned char)*at < 0x20 || *at == 0x7f ? '?' : *at;
	}
	*to = '\0';
	return message;
}

static int explain(int r, int fd, const char *name, struct err *err)
{
	off_t end = lseek(fd, 0, SEEK_END);
	char text[REASON_BYTES_MAX + 1];
	ssize_t n =
	    pread(fd, text, REASON_BYTES_MAX, end > REASON_BYTES_MAX ? end - REASON_BYTES_MAX : 0);

	if (n <= 0)
		return r;
	text[n] = '\0';
	return err_set(err, -r, "%s: %s", name, helper_message(text));
}

int helper_run(const struct helpers *helpers, const char *const *argv, char *out, size_t out_size,
	       struct err *err)
{
	_cleanup_close_ int said = memfd_create("stderr", MFD_CLOEXEC);
	_cleanup_close_ int answer = out ? memfd_create("stdout", MFD_CLOEXEC) : -1;
	struct helper_stdio stdio = { -1, answer, said };
	pid_t pid = -1;
	int r;

	if (said < 0 || (out && answer < 0))
		return err_sys(err, errno, "cannot make a memory file");
	r = helper_start(&pid, helpers, argv, NULL, &stdio, err);
	if (r < 0)
		return r;
	r = helper_wait(helpers, pid, argv[0], err);
	/* What it said before it was killed is not why it ended. */
	if (r < 0)
		return r == -EIO ? explain(r, said, argv[0], err) : r;
	if (out)
		read_back(answer, out, out_size);
	return 0;
}
