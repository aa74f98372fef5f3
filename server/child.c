// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* child.c — other programs, started without a shell. */
#include "server/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sysexits.h>

#include "server/clock.h"

#define TICK_MS 1000
#define LINE_BYTES 1024
#define SEARCH_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

extern char **environ;

struct running {
	const struct child *child;
	pid_t pid;
	int pid_fd, say_fd, status;
	bool ended;
	char line[LINE_BYTES], last[LINE_BYTES];
	size_t len;
};

static void free_list(char ***list)
{
	free(*list);
}

static bool is_in(const char *const *names, const char *variable)
{
	size_t len = strcspn(variable, "=");

	for (; names && *names; names++)
		if (strlen(*names) == len && !strncmp(*names, variable, len))
			return true;
	return false;
}

/* What opens the server's own doors is for nobody that it starts. */
static const char *const secrets[] = { "DATABASE_URL", "PGPASSWORD", "VEXXY_API_KEY", NULL };

/* The server's environment and what is added; the added comes first and wins. */
static char **join_env(const char *const *more, const char *const *kept)
{
	size_t n = 0, have = 0;
	char **list;

	while (environ[have])
		have++;
	while (more && more[n])
		n++;
	list = calloc(have + n + 1, sizeof(*list));
	for (size_t i = 0; list && i < n; i++)
		list[i] = (char *)more[i];
	for (size_t i = 0, at = n; list && i < have; i++) {
		bool hidden = is_in(secrets, environ[i]) || (kept && !is_in(kept, environ[i]));

		for (size_t k = 0; k < n; k++)
			hidden |= !strncmp(environ[i], more[k], strcspn(more[k], "=") + 1);
		if (!hidden)
			list[at++] = environ[i];
	}
	return list;
}

/* After fork in a program of many threads: only what a signal handler may do. */
static void become(const struct child *child, const char *path, char **env, int say, pid_t parent)
{
	int null = open("/dev/null", O_RDWR), in = child->in ? open(child->in, O_RDONLY) : null;
	sigset_t none;

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, child->stop_signal ? child->stop_signal : SIGKILL);
	if (getppid() != parent)
		_exit(127);
	if (in < 0)
		_exit(127);
	dup2(in, STDIN_FILENO);
	dup2(child->out_fd ? child->out_fd : null, STDOUT_FILENO);
	dup2(say, STDERR_FILENO);
	syscall(SYS_close_range, 3u, ~0u, 0u);
	if (child->dir && chdir(child->dir) < 0)
		_exit(127);
	execve(path, (char *const *)child->argv, env);
	_exit(127);
}

static int find_program(char ret[512], const char *name, struct err *err)
{
	const char *path = getenv("PATH");

	if (strchr(name, '/')) {
		snprintf(ret, 512, "%s", name);
		if (access(ret, X_OK) == 0)
			return 0;
		return err_sys(err, errno, "cannot run '%s'", name);
	}
	path = path && *path ? path : SEARCH_PATH;
	while (*path) {
		size_t n = strcspn(path, ":");

		if (snprintf(ret, 512, "%.*s/%s", (int)n, path, name) < 512 &&
		    access(ret, X_OK) == 0)
			return 0;
		path += n + (path[n] == ':');
	}
	return err_set(err, ENOENT, "'%s' is not installed: install it, or add it to PATH", name);
}

static int start(struct running *r, struct err *err)
{
	_cleanup_(free_list) char **env = join_env(r->child->env, r->child->kept);
	_cleanup_close_ int out = -1;
	pid_t parent = getpid();
	char path[512];
	int pipes[2], found = find_program(path, r->child->argv[0], err);

	if (found < 0)
		return found;
	if (!env)
		return err_oom(err);
	if (pipe2(pipes, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	r->say_fd = pipes[0];
	out = pipes[1];
	fcntl(r->say_fd, F_SETFL, O_NONBLOCK);
	r->pid = fork();
	if (r->pid == 0)
		become(r->child, path, env, out, parent);
	if (r->pid < 0)
		return err_sys(err, errno, "cannot start '%s'", r->child->argv[0]);
	setpgid(r->pid, r->pid);
	r->pid_fd = (int)syscall(SYS_pidfd_open, r->pid, 0);
	if (r->child->started)
		r->child->started(r->child->ctx, r->pid);
	return 0;
}

static void take_bytes(struct running *r, const char *bytes, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (bytes[i] != '\n' && bytes[i] != '\r') {
			if (r->len + 1 < LINE_BYTES)
				r->line[r->len++] = bytes[i];
			continue;
		}
		r->line[r->len] = '\0';
		if (r->len) {
			memcpy(r->last, r->line, r->len + 1);
			if (r->child->line)
				r->child->line(r->child->ctx, r->line);
		}
		r->len = 0;
	}
}

static void read_lines(struct running *r)
{
	char bytes[4096];
	ssize_t n;

	while ((n = read(r->say_fd, bytes, sizeof(bytes))) > 0)
		take_bytes(r, bytes, (size_t)n);
	if (n == 0)
		cleanup_close(&r->say_fd), r->say_fd = -1;
}

/* Waits up to so long for its end, taking what it says meanwhile. */
static void watch(struct running *r, int64_t ms)
{
	int64_t until = clock_steady_ms() + ms, left;

	while (!r->ended && (left = until - clock_steady_ms()) > 0) {
		struct pollfd fds[] = { { r->pid_fd, POLLIN, 0 }, { r->say_fd, POLLIN, 0 } };

		if (poll(fds, 2, (int)left) < 0 && errno != EINTR)
			break;
		if (fds[1].revents)
			read_lines(r);
		if (fds[0].revents || r->pid_fd < 0)
			r->ended =
			    waitpid(r->pid, &r->status, r->pid_fd < 0 ? WNOHANG : 0) == r->pid;
	}
}

static void end(struct running *r)
{
	if (r->child->stop_signal && !r->ended) {
		kill(r->pid, r->child->stop_signal);
		watch(r, r->child->grace_ms);
	}
	if (r->ended)
		return;
	/* Only itself: a child that keeps a guardian is cleaned up after by that. */
	kill(r->pid, SIGKILL);
	while (waitpid(r->pid, &r->status, 0) < 0 && errno == EINTR)
		;
	r->ended = true;
}

static int explain(const struct running *r, struct err *err)
{
	const char *name = strrchr(r->child->argv[0], '/');
	const char *last = strncmp(r->last, "error: ", 7) ? r->last : r->last + 7;

	/* What it runs says who it is. */
	if (!strcmp(r->child->argv[0], CHILD_SELF) && *last && WIFEXITED(r->status) &&
	    WEXITSTATUS(r->status))
		return err_set(err, EIO, "%.700s", last);
	name = name ? name + 1 : r->child->argv[0];
	if (WIFSIGNALED(r->status))
		return err_set(err, EAGAIN, "%s was killed by signal %d", name,
			       WTERMSIG(r->status));
	if (WEXITSTATUS(r->status) == 0)
		return 0;
	if (WEXITSTATUS(r->status) == 127 && !*last)
		return err_set(err, EAGAIN, "%s could not be started", name);
	return err_set(err, WEXITSTATUS(r->status) == EX_TEMPFAIL ? EAGAIN : EIO, "%s: %.700s",
		       name, *last ? last : "failed without a word");
}

static int attend(struct running *r, struct err *err)
{
	int64_t until = r->child->timeout_ms ? clock_steady_ms() + r->child->timeout_ms : INT64_MAX;
	int result = 0;

	while (!r->ended && result == 0) {
		watch(r, TICK_MS);
		if (r->ended)
			break;
		result = r->child->tick ? r->child->tick(r->child->ctx, err) : 0;
		if (result == 0 && clock_steady_ms() > until)
			result = err_set(err, ETIMEDOUT, "%s: not done after %lld s",
					 r->child->argv[0], (long long)r->child->timeout_ms / 1000);
	}
	end(r);
	if (r->say_fd >= 0)
		read_lines(r);
	take_bytes(r, "\n", 1);
	return result < 0 ? result : explain(r, err);
}

int child_run(const struct child *child, struct err *err)
{
	struct running r = { .child = child, .pid_fd = -1, .say_fd = -1 };
	int result = start(&r, err);

	if (result == 0)
		result = attend(&r, err);
	cleanup_close(&r.pid_fd);
	cleanup_close(&r.say_fd);
	return result;
}
