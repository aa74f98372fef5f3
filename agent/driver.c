// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* driver.c — a program on the host that exercises the workload. */
#include "agent/driver.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "agent/guardian.h"
#include "agent/root_file.h"

/* State LISTEN in /proc/net/tcp (include/net/tcp_states.h of the kernel). */
#define TCP_LISTEN_STATE 0x0a

int driver_prepare(struct driver *driver, const char *dir, struct err *err)
{
	int n = snprintf(driver->marks, sizeof(driver->marks), "%s/" HOLDINGS_MARKS, dir);

	driver->pid_fd = driver->marks_fd = -1;
	if (!driver->path)
		return 0;
	if (access(driver->path, X_OK) < 0)
		return err_sys(err, errno, "driver '%s'", driver->path);
	if (n >= (int)sizeof(driver->marks) || mkfifo(driver->marks, 0600) < 0)
		return err_sys(err, errno, "cannot make the FIFO '%s'", driver->marks);
	/* Open for both: the end of one writer is not the end of all. */
	driver->marks_fd = open(driver->marks, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (driver->marks_fd < 0)
		return err_sys(err, errno, "cannot open the FIFO '%s'", driver->marks);
	return 0;
}

static bool listens(pid_t pid, const char *table, uint16_t port)
{
	_cleanup_fclose_ FILE *file = NULL;
	unsigned int local, state;
	char path[64], line[512];

	snprintf(path, sizeof(path), "/proc/%d/net/%s", pid, table);
	file = fopen(path, "re");
	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " %*d: %*[0-9A-Fa-f]:%x %*[0-9A-Fa-f]:%*x %x", &local, &state) ==
			2 &&
		    local == port && state == TCP_LISTEN_STATE)
			return true;
	return false;
}

static bool file_exists(int root_fd, const char *path)
{
	_cleanup_close_ int fd = root_file_find(root_fd, path);

	return fd >= 0;
}

bool driver_is_due(const struct driver *driver)
{
	if (!driver->path || driver->started)
		return false;
	if (driver->ready_file && !file_exists(driver->root_fd, driver->ready_file))
		return false;
	return !driver->ready_port || listens(driver->target, "tcp", driver->ready_port) ||
	       listens(driver->target, "tcp6", driver->ready_port);
}

int driver_start(struct driver *driver, const struct helpers *helpers, struct err *err)
{
	const char *const argv[] = { driver->path, NULL };
	const struct helper_stdio stdio = { -1, STDOUT_FILENO, STDERR_FILENO };
	char pid[32], root[48], marks[80];
	const char *const env[] = { pid, root, marks, NULL };
	int r;

	snprintf(pid, sizeof(pid), "VEXXY_PID=%d", driver->target);
	snprintf(root, sizeof(root), "VEXXY_ROOT=/proc/%d/root", driver->target);
	snprintf(marks, sizeof(marks), "VEXXY_MARKS=%s", driver->marks);
	r = helper_start(&driver->pid, helpers, argv, env, &stdio, err);
	if (r < 0)
		return r;
	driver->started = true;
	driver->pid_fd = (int)syscall(SYS_pidfd_open, driver->pid, 0);
	return driver->pid_fd < 0 ? err_sys(err, errno, "driver '%s'", driver->path) : 0;
}

static int take_line(struct driver *driver, driver_mark_fn fn, void *ctx)
{
	char *name = driver->line + strlen("mark ");

	driver->line[driver->line_len] = '\0';
	driver->line_len = 0;
	return !strncmp(driver->line, "mark ", strlen("mark ")) && *name ? fn(ctx, name) : 0;
}

int driver_take(struct driver *driver, const char *bytes, size_t len, driver_mark_fn fn, void *ctx)
{
	int r = 0;

	for (size_t i = 0; i < len && r == 0; i++) {
		if (bytes[i] == '\n')
			r = take_line(driver, fn, ctx);
		else if (driver->line_len + 1 < sizeof(driver->line))
			driver->line[driver->line_len++] = bytes[i];
	}
	return r;
}

int driver_read_marks(struct driver *driver, driver_mark_fn fn, void *ctx)
{
	char bytes[4096];
	ssize_t n;
	int r = 0;

	while (driver->marks_fd >= 0 && r == 0 &&
	       (n = read(driver->marks_fd, bytes, sizeof(bytes))) > 0)
		r = driver_take(driver, bytes, (size_t)n, fn, ctx);
	return r;
}

void driver_reap(struct driver *driver)
{
	if (driver->started && !driver->ended &&
	    waitpid(driver->pid, &driver->status, WNOHANG) == driver->pid)
		driver->ended = true;
}

void driver_done(struct driver *driver)
{
	cleanup_close(&driver->pid_fd);
	cleanup_close(&driver->marks_fd);
}
