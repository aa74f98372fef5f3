// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* janitor.c — a process that outlives us by the time it takes to remove a directory. */
#include "analyzer/janitor.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <linux/close_range.h>
#include <signal.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define TREE_FDS 32
#define TRIES_MAX 20
#define PAUSE_NS 100000000

static int remove_one(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)st;
	(void)flag;
	(void)ftw;
	return remove(path) < 0 && errno != ENOENT ? -1 : 0;
}

/* Archives hold directories that nobody may write to. */
static int open_up(const char *path, const struct stat *st, int flag, struct FTW *ftw)
{
	(void)ftw;
	if (flag == FTW_D || flag == FTW_DNR)
		return chmod(path, (st->st_mode & 07777) | 0700) < 0 && errno != ENOENT ? -1 : 0;
	return 0;
}

static bool remove_tree(const char *dir)
{
	nftw(dir, open_up, TREE_FDS, FTW_PHYS | FTW_MOUNT);
	return nftw(dir, remove_one, TREE_FDS, FTW_DEPTH | FTW_PHYS | FTW_MOUNT) == 0;
}

/* Programs that were killed may still be about their last system call, which makes a file in what is just removed. */
bool janitor_remove(const char *dir)
{
	for (int i = 0; i < TRIES_MAX && access(dir, F_OK) == 0; i++) {
		if (remove_tree(dir))
			return true;
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_NS }, NULL);
	}
	return access(dir, F_OK) < 0;
}

/* Nothing of ours stays open in it: who reads what we print waits for our end, not for its. */
_Noreturn static void wait_and_remove(int fd, const char *dir)
{
	char byte;

	setpgid(0, 0);
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	if (dup2(fd, STDIN_FILENO) < 0)
		_exit(1);
	close_range(1, ~0u, 0);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	janitor_remove(dir);
	_exit(0);
}

void janitor_hire(struct janitor *ret, const char *dir)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		close(ends[1]);
		wait_and_remove(ends[0], dir);
	}
	close(ends[0]);
	if (pid < 0)
		close(ends[1]);
	else
		*ret = (struct janitor){ pid, ends[1] };
}

void janitor_dismiss(struct janitor *janitor)
{
	if (!janitor->pid)
		return;
	kill(janitor->pid, SIGKILL);
	while (waitpid(janitor->pid, NULL, 0) < 0 && errno == EINTR)
		;
	close(janitor->fd);
	*janitor = (struct janitor){};
}
