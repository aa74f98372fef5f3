// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* guardian.c — what a recording holds is given back, even when this process is killed. */
#include "agent/guardian.h"

#include <fcntl.h>
#include <linux/close_range.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/cgroup.h"
#include "agent/stopped.h"

#define KILL_TIMEOUT_MS 30000
#define MOUNTS_MAX 16
#define LET_GO_TIMES 10
#define LET_GO_PAUSE_NS 20000000

extern char **environ;

struct guardian {
	struct holdings *holdings; /* shared with the child */
	int pipe;                  /* its end here; closed by the kernel when we die */
	pid_t pid;
};

static void remove_tree(const char *path)
{
	const char *const argv[] = { "rm", "-rf", "--one-file-system", "--", path, NULL };
	pid_t pid;

	if (posix_spawnp(&pid, "rm", NULL, NULL, (char *const *)argv, environ) == 0)
		while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
			;
}

/* Mounts at the directory and those stacked on them; what is mounted below goes with MNT_DETACH. */
static void remove_work(const char *dir)
{
	char marks[PATH_MAX];

	for (int i = 0; i < MOUNTS_MAX && umount2(dir, MNT_DETACH | UMOUNT_NOFOLLOW) == 0; i++)
		;
	if (snprintf(marks, sizeof(marks), "%s/" HOLDINGS_MARKS, dir) < (int)sizeof(marks))
		unlink(marks);
	rmdir(dir);
}

/* Whoever stopped them is not there any more; a program of his that was still running on another CPU needs microseconds. */
static void let_go(const char *cgroup_dir)
{
	static const struct timespec pause = { .tv_nsec = LET_GO_PAUSE_NS };

	for (int i = 0; i < LET_GO_TIMES; i++) {
		stopped_release(cgroup_dir);
		nanosleep(&pause, NULL);
	}
}

static int release(struct holdings *h)
{
	int r = 0;

	if (*h->held_in)
		let_go(h->held_in);
	if (*h->cgroup_dir)
		r = cgroup_kill(h->cgroup_dir, KILL_TIMEOUT_MS);
	if (*h->work_dir)
		remove_work(h->work_dir);
	if (*h->cgroup)
		cgroup_remove(h->cgroup);
	if (*h->unfinished)
		remove_tree(h->unfinished);
	memset(h, 0, sizeof(*h));
	return r;
}

/* The child: deaf to everything but the end of its parent, and holding nothing open that others wait for. */
static void guard(struct holdings *holdings, int fd)
{
	sigset_t all;
	char byte;

	setsid();
	sigfillset(&all);
	sigprocmask(SIG_SETMASK, &all, NULL);
	prctl(PR_SET_NAME, "vexxy-guardian");
	(void)!chdir("/");
	dup2(fd, STDIN_FILENO);
	fd = open("/dev/null", O_RDWR);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	syscall(SYS_close_range, 3u, ~0u, 0u);
	while (read(STDIN_FILENO, &byte, 1) < 0 && errno == EINTR)
		;
	release(holdings);
	_exit(0);
}

static int split_mounts(struct err *err)
{
	if (unshare(CLONE_NEWNS) < 0)
		return err_sys(err, errno, "cannot make a mount namespace");
	/* What the host mounts still comes in; what we mount does not go out. */
	if (mount("none", "/", NULL, MS_REC | MS_SLAVE, NULL) < 0)
		return err_sys(err, errno, "cannot make the mounts of '/' private");
	return 0;
}

int guardian_start(struct guardian **ret, bool own_mounts, struct err *err)
{
	_cleanup_(guardian_freep) struct guardian *guardian = calloc(1, sizeof(*guardian));
	int fds[2], r;

	if (!guardian)
		return err_oom(err);
	guardian->pipe = -1;
	r = own_mounts ? split_mounts(err) : 0;
	if (r < 0)
		return r;
	guardian->holdings = mmap(NULL, sizeof(*guardian->holdings), PROT_READ | PROT_WRITE,
				  MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (guardian->holdings == MAP_FAILED) {
		guardian->holdings = NULL;
		return err_oom(err);
	}
	if (pipe2(fds, O_CLOEXEC) < 0)
		return err_sys(err, errno, "cannot make a pipe");
	guardian->pid = fork();
	if (guardian->pid == 0) {
		close(fds[1]);
		guard(guardian->holdings, fds[0]);
	}
	close(fds[0]);
	guardian->pipe = fds[1];
	if (guardian->pid < 0)
		return err_sys(err, errno, "cannot start the guardian process");
	*ret = take_ptr(guardian);
	return 0;
}

struct holdings *guardian_holdings(struct guardian *guardian)
{
	return guardian->holdings;
}

int guardian_release(struct guardian *guardian, struct err *err)
{
	if (release(guardian->holdings) < 0)
		return err_set(
		    err, EBUSY,
		    "processes of the recording did not end within %d s: see 'ps', state D",
		    KILL_TIMEOUT_MS / 1000);
	return 0;
}

void guardian_free(struct guardian *guardian)
{
	if (!guardian)
		return;
	if (guardian->holdings)
		release(guardian->holdings);
	cleanup_close(&guardian->pipe);
	if (guardian->pid > 0)
		while (waitpid(guardian->pid, NULL, 0) < 0 && errno == EINTR)
			;
	if (guardian->holdings)
		munmap(guardian->holdings, sizeof(*guardian->holdings));
	free(guardian);
}
