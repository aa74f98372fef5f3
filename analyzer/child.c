// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* child.c — other people's programs, started without a shell. */
#include "analyzer/child.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#define OUT_BYTES_MAX (1u << 20)

extern char **environ;

/* A file without a name for what the child says: it cannot block on us, however much it says. */
static int paper(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC);
}

static char *read_paper(int fd, size_t max)
{
	struct stat st;
	size_t len;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return NULL;
	len = (size_t)st.st_size > max ? max : (size_t)st.st_size;
	text = calloc(1, len + 1);
	n = text ? pread(fd, text, len, 0) : -1;
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

/* Signals that wait for us are none of the child's business, and those of the terminal reach us alone. */
static int set_apart(posix_spawnattr_t *attr)
{
	sigset_t none;
	int r = posix_spawnattr_setflags(attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETPGROUP);

	sigemptyset(&none);
	return r ? r : posix_spawnattr_setsigmask(attr, &none);
}

static int spawn(pid_t *pid, const char *const *argv, const struct child_bounds *bounds, int out,
		 int say)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attr;
	const char *dir = bounds->dir;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawnattr_init(&attr);
	if (r) {
		posix_spawn_file_actions_destroy(&actions);
		return -r;
	}
	if (bounds->stop_fd)
		r = set_apart(&attr);
	r = r ? r
	      : posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(&actions, say, STDERR_FILENO);
	if (dir)
		r = r ? r : posix_spawn_file_actions_addchdir_np(&actions, dir);
	r = r ? r : posix_spawnp(pid, argv[0], &actions, &attr, (char *const *)argv, environ);
	posix_spawnattr_destroy(&attr);
	posix_spawn_file_actions_destroy(&actions);
	return -r;
}

/* The last line that is not empty: where these programs put the reason. */
static const char *last_line(char *text)
{
	char *end = text + strlen(text), *at;

	while (end > text && strchr("\r\n ", end[-1]))
		*--end = '\0';
	at = strrchr(text, '\n');
	return at ? at + 1 : text;
}

static int open_out(const struct child_bounds *bounds)
{
	if (bounds->out_path)
		return open(bounds->out_path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	return paper("out");
}

/* The limit takes hold a moment after the start, before such a program has read its input. */
static void bound(pid_t pid, const struct child_bounds *bounds)
{
	struct rlimit limit = { bounds->file_max, bounds->file_max };

	if (bounds->file_max)
		prlimit(pid, RLIMIT_FSIZE, &limit, NULL);
}

/* Waits for the end of the child, which is not left running. 0, -ETIMEDOUT or -EINTR when it had to be ended. */
static int await(pid_t pid, const struct child_bounds *bounds, int *status)
{
	bool bounded = bounds->seconds || bounds->stop_fd;
	_cleanup_close_ int fd = bounded ? (int)syscall(SYS_pidfd_open, pid, 0) : -1;
	struct pollfd ended[] = { { fd, POLLIN, 0 },
				  { bounds->stop_fd ? bounds->stop_fd : -1, POLLIN, 0 } };
	int n, r = 0;

	if (fd >= 0) {
		while ((n = poll(ended, 2, bounds->seconds ? (int)bounds->seconds * 1000 : -1)) <
			   0 &&
		       errno == EINTR)
			;
		r = n == 0 ? -ETIMEDOUT : ended[0].revents ? 0 : -EINTR;
	}
	if (r < 0)
		kill(pid, SIGKILL);
	while (waitpid(pid, status, 0) < 0 && errno == EINTR)
		;
	return r;
}

static int read_out(char **ret, int out, size_t max, const char *name, struct err *err)
{
	struct stat st;

	if (max && fstat(out, &st) == 0 && (size_t)st.st_size > max)
		return err_set(err, EFBIG, "%s: printed more than %zu MiB", name, max >> 20);
	*ret = read_paper(out, max ? max : OUT_BYTES_MAX);
	return *ret ? 0 : err_oom(err);
}

int child_run_bounded(const char *const *argv, const struct child_bounds *bounds, char **ret_out,
		      struct err *err)
{
	_cleanup_close_ int out = open_out(bounds), say = paper("say");
	_cleanup_free_ char *said = NULL;
	int status = 0, r;
	pid_t pid;

	if (out < 0 || say < 0)
		return err_sys(err, errno, "cannot start '%s'", argv[0]);
	r = spawn(&pid, argv, bounds, out, say);
	if (r == -ENOENT)
		return err_set(err, ENOENT, "'%s' is not installed: install it, or add it to PATH",
			       argv[0]);
	if (r < 0)
		return err_sys(err, -r, "cannot start '%s'", argv[0]);
	bound(pid, bounds);
	r = await(pid, bounds, &status);
	if (r == -EINTR)
		return err_set(err, EINTR, "%s: ended, as asked", argv[0]);
	if (r < 0)
		return err_set(err, ETIMEDOUT, "%s: not done after %u s", argv[0], bounds->seconds);
	said = read_paper(say, OUT_BYTES_MAX);
	if (WIFSIGNALED(status) && WTERMSIG(status) == SIGXFSZ)
		return err_set(err, EFBIG, "%s: would write more than %zu MiB", argv[0],
			       bounds->file_max >> 20);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, EIO, "%s: %.700s", argv[0],
			       said && *said ? last_line(said) : "failed without a word");
	return ret_out ? read_out(ret_out, out, bounds->out_max, argv[0], err) : 0;
}

int child_run(const char *const *argv, char **ret_out, struct err *err)
{
	return child_run_bounded(argv, &(const struct child_bounds){}, ret_out, err);
}
