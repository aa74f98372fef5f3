// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* cgroup.c — a group of processes with limits that they share. */
#include "server/cgroup.h"

#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "server/clock.h"

#define ROOT "/sys/fs/cgroup"
#define PERIOD_US 100000

/* Roots of hierarchies; those that a host does not have are passed over. */
static const char *const roots[] = { ROOT "/unified", ROOT, ROOT "/memory", ROOT "/pids",
				     ROOT "/cpu" };
#define ROOTS (sizeof(roots) / sizeof(*roots))

static bool is_root(const char *root)
{
	char path[PATH_MAX];

	snprintf(path, sizeof(path), "%s/cgroup.procs", root);
	return access(path, W_OK) == 0;
}

_printf_(3, 4) static int write_file(const char *dir, const char *name, const char *fmt, ...)
{
	_cleanup_close_ int fd = -1;
	char path[PATH_MAX];
	va_list ap;
	int n;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	va_start(ap, fmt);
	n = vdprintf(fd, fmt, ap);
	va_end(ap);
	return n < 0 ? -errno : 0;
}

/* Each hierarchy has some of these files; each limit must be taken by one of them. */
static void set_limits(const char *dir, const struct cgroup_limits *l, bool set[3])
{
	uint64_t bytes = l->memory_mb << 20, quota = l->cpu_percent * PERIOD_US / 100;

	set[0] |= !l->memory_mb || write_file(dir, "memory.max", "%" PRIu64, bytes) == 0 ||
		  write_file(dir, "memory.limit_in_bytes", "%" PRIu64, bytes) == 0;
	/* Not everybody counts swap. */
	if (write_file(dir, "memory.swap.max", "0") < 0)
		(void)!write_file(dir, "memory.memsw.limit_in_bytes", "%" PRIu64, bytes);
	set[1] |= !l->processes || write_file(dir, "pids.max", "%" PRIu64, l->processes) == 0;
	set[2] |= !l->cpu_percent ||
		  write_file(dir, "cpu.max", "%" PRIu64 " %d", quota, PERIOD_US) == 0 ||
		  (write_file(dir, "cpu.cfs_period_us", "%d", PERIOD_US) == 0 &&
		   write_file(dir, "cpu.cfs_quota_us", "%" PRIu64, quota) == 0);
}

int cgroup_make(const char *name, const struct cgroup_limits *limits, struct err *err)
{
	bool set[3] = {}, made = false;
	char dir[PATH_MAX];

	for (size_t i = 0; i < ROOTS; i++) {
		if (!is_root(roots[i]))
			continue;
		(void)!write_file(roots[i], "cgroup.subtree_control", "+memory +pids +cpu");
		snprintf(dir, sizeof(dir), "%s/%s", roots[i], name);
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			continue;
		made = true;
		set_limits(dir, limits, set);
	}
	if (made && set[0] && set[1] && set[2])
		return 0;
	(void)!cgroup_end(name, 0, NULL);
	return err_set(err, ENOTSUP,
		       "no cgroup with limits of memory, processes and processor time "
		       "can be made here");
}

int cgroup_enter(const char *name, pid_t pid, struct err *err)
{
	char dir[PATH_MAX];

	for (size_t i = 0; i < ROOTS; i++) {
		int r;

		snprintf(dir, sizeof(dir), "%s/%s", roots[i], name);
		if (access(dir, F_OK) < 0)
			continue;
		r = write_file(dir, "cgroup.procs", "%d", pid);
		if (r < 0)
			return err_sys(err, -r, "cannot enter the cgroup '%s'", dir);
	}
	return 0;
}

static void kill_all(const char *dir)
{
	_cleanup_fclose_ FILE *file = NULL;
	char path[PATH_MAX];
	int pid;

	if (write_file(dir, "cgroup.kill", "1") == 0)
		return;
	snprintf(path, sizeof(path), "%.4000s/cgroup.procs", dir);
	file = fopen(path, "re");
	while (file && fscanf(file, "%d", &pid) == 1)
		if (pid > 1)
			kill(pid, SIGKILL);
}

int cgroup_end(const char *name, int64_t timeout_ms, struct err *err)
{
	int64_t until = clock_steady_ms() + timeout_ms;
	char dir[PATH_MAX];

	for (size_t i = 0; i < ROOTS; i++) {
		snprintf(dir, sizeof(dir), "%s/%s", roots[i], name);
		while (rmdir(dir) < 0 && errno != ENOENT && errno != ENOTDIR) {
			if (clock_steady_ms() > until)
				return err_sys(err, EBUSY, "cannot remove the cgroup '%s'", dir);
			kill_all(dir);
			usleep(20000);
		}
	}
	return 0;
}

int cgroup_end_all(const char *prefix, int64_t timeout_ms, struct err *err)
{
	size_t len = strlen(prefix);
	int r = 0;

	for (size_t i = 0; i < ROOTS; i++) {
		DIR *root = opendir(roots[i]);
		const struct dirent *entry;

		while (r == 0 && root && (entry = readdir(root)))
			if (!strncmp(entry->d_name, prefix, len))
				r = cgroup_end(entry->d_name, timeout_ms, err);
		if (root)
			closedir(root);
	}
	return r;
}
