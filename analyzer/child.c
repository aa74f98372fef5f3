// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* child.c — other people's programs, started without a shell. */
#include "analyzer/child.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>

#define OUT_BYTES_MAX (1u << 20)

extern char **environ;

/* A file without a name for what the child says: it cannot block on us, however much it says. */
static int paper(const char *name)
{
	return memfd_create(name, MFD_CLOEXEC);
}

static char *read_paper(int fd)
{
	struct stat st;
	size_t len;
	char *text;
	ssize_t n;

	if (fstat(fd, &st) < 0)
		return NULL;
	len = st.st_size > OUT_BYTES_MAX ? OUT_BYTES_MAX : (size_t)st.st_size;
	text = calloc(1, len + 1);
	n = text ? pread(fd, text, len, 0) : -1;
	if (n < 0) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static int spawn(pid_t *pid, const char *const *argv, int out, int say)
{
	posix_spawn_file_actions_t actions;
	int r = posix_spawn_file_actions_init(&actions);

	if (r)
		return -r;
	r = posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
	r = r ? r : posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
	r = r ? r : posix_spawn_file_actions_adddup2(&actions, say, STDERR_FILENO);
	r = r ? r : posix_spawnp(pid, argv[0], &actions, NULL, (char *const *)argv, environ);
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

int child_run(const char *const *argv, char **ret_out, struct err *err)
{
	_cleanup_close_ int out = paper("out"), say = paper("say");
	_cleanup_free_ char *said = NULL;
	int status = 0, r;
	pid_t pid;

	if (out < 0 || say < 0)
		return err_sys(err, errno, "cannot start '%s'", argv[0]);
	r = spawn(&pid, argv, out, say);
	if (r == -ENOENT)
		return err_set(err, ENOENT, "'%s' is not installed: install it, or add it to PATH",
			       argv[0]);
	if (r < 0)
		return err_sys(err, -r, "cannot start '%s'", argv[0]);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	said = read_paper(say);
	if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
		return err_set(err, EIO, "%s: %.700s", argv[0],
			       said && *said ? last_line(said) : "failed without a word");
	if (!ret_out)
		return 0;
	*ret_out = read_paper(out);
	return *ret_out ? 0 : err_oom(err);
}
