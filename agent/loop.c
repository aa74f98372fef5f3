// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* loop.c — waits for whatever ends a recording, and keeps it going until then. */
#include "agent/loop.h"

#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/wait.h>

#include "agent/cgroup.h"

#define TICK_NS 200000000L
#define SECOND_NS 1000000000ull

static int add_fd(struct loop *loop, int fd, struct err *err)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (fd >= 0 && epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return err_sys(err, errno, "cannot wait for events");
	return 0;
}

static void stop(struct loop *loop, const char *reason)
{
	if (!loop->reason)
		loop->reason = reason;
}

static int open_timer(struct loop *loop, struct err *err)
{
	const struct itimerspec every = { .it_interval.tv_nsec = TICK_NS,
					  .it_value.tv_nsec = TICK_NS };

	loop->timer_fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (loop->timer_fd < 0 || timerfd_settime(loop->timer_fd, 0, &every, NULL) < 0)
		return err_sys(err, errno, "cannot make a timer");
	return add_fd(loop, loop->timer_fd, err);
}

static int loop_open(struct loop *loop, struct err *err)
{
	int r;

	loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (loop->epoll_fd < 0)
		return err_sys(err, errno, "cannot wait for events");
	if (loop->pid > 0) {
		loop->pid_fd = (int)syscall(SYS_pidfd_open, loop->pid, 0);
		if (loop->pid_fd < 0)
			return err_sys(err, errno, "cannot watch process %d", loop->pid);
	}
	r = open_timer(loop, err);
	if (r == 0)
		r = add_fd(loop, loop->signal_fd, err);
	if (r == 0)
		r = add_fd(loop, loop->pid_fd, err);
	if (r == 0)
		r = add_fd(loop, recording_fd(loop->recording), err);
	if (r == 0)
		r = add_fd(loop, loop->driver->marks_fd, err);
	loop->next_window_ns = loop->options->window_s * SECOND_NS;
	return r;
}

static int on_mark(void *ctx, const char *name)
{
	struct loop *loop = ctx;

	return recording_mark(loop->recording, name, NULL);
}

static int start_driver(struct loop *loop, uint64_t age, struct err *err)
{
	int r;

	if (loop->driver->path && !loop->driver->started &&
	    age > loop->options->ready_timeout_s * SECOND_NS)
		stop(loop, "not_ready");
	if (!driver_is_due(loop->driver))
		return 0;
	r = driver_start(loop->driver, &loop->helpers, err);
	return r < 0 ? r : add_fd(loop, loop->driver->pid_fd, err);
}

/* The command has ended; a daemon that it left behind is recorded on when a length was asked for. */
static void on_process_end(struct loop *loop)
{
	struct rusage usage;

	if (loop->ended || wait4(loop->pid, &loop->status, WNOHANG, &usage) != loop->pid)
		return;
	loop->ended = true;
	loop->max_rss_kb = usage.ru_maxrss;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->pid_fd, NULL);
	if (loop->options->kind != TARGET_COMMAND ||
	    (!loop->options->duration_s && !loop->options->until_driver))
		stop(loop, "exited");
}

static void on_driver_end(struct loop *loop)
{
	if (loop->driver->ended || !loop->driver->started)
		return;
	driver_reap(loop->driver);
	if (!loop->driver->ended)
		return;
	epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, loop->driver->pid_fd, NULL);
	if (loop->driver->status)
		progress_note(loop->progress,
			      "warning: driver '%s' failed (wait status %d), going on",
			      loop->driver->path, loop->driver->status);
	if (loop->options->until_driver)
		stop(loop, "driver_ended");
}

static void check_emptiness(struct loop *loop)
{
	if ((loop->pid <= 0 || loop->ended) && !cgroup_is_populated(loop->cgroup_dir))
		stop(loop, loop->ended ? "exited" : "cgroup_empty");
}

static int on_second(struct loop *loop, uint64_t age, struct err *err)
{
	struct recording_totals totals;
	int r;

	if (age < loop->next_second_ns)
		return 0;
	loop->next_second_ns = age + SECOND_NS;
	r = recording_tick(loop->recording, err);
	totals = recording_totals(loop->recording);
	progress_show(loop->progress, age, &totals);
	return r;
}

static int on_tick(struct loop *loop, struct err *err)
{
	uint64_t age = recording_age_ns(loop->recording), expirations;
	int r = 0;

	(void)!read(loop->timer_fd, &expirations, sizeof(expirations));
	if (loop->options->window_s && age >= loop->next_window_ns) {
		loop->next_window_ns += loop->options->window_s * SECOND_NS;
		r = recording_mark(loop->recording, "window", err);
	}
	if (r == 0)
		r = on_second(loop, age, err);
	if (r == 0)
		r = start_driver(loop, age, err);
	check_emptiness(loop);
	if (loop->options->duration_s && age >= loop->options->duration_s * SECOND_NS)
		stop(loop, "duration");
	return r;
}

static int loop_once(struct loop *loop, struct err *err)
{
	struct epoll_event events[8];
	int n = epoll_wait(loop->epoll_fd, events, 8, -1), r = 0;

	if (n < 0 && errno != EINTR)
		return err_sys(err, errno, "cannot wait for events");
	for (int i = 0; i < n && r == 0; i++) {
		int fd = events[i].data.fd;

		if (fd == loop->signal_fd)
			stop(loop, "interrupted");
		else if (fd == loop->timer_fd)
			r = on_tick(loop, err);
		else if (fd == loop->pid_fd)
			on_process_end(loop);
		else if (fd == loop->driver->marks_fd)
			r = driver_read_marks(loop->driver, on_mark, loop);
		else if (fd == loop->driver->pid_fd)
			on_driver_end(loop);
	}
	return r < 0 ? r : recording_poll(loop->recording, err);
}

int loop_run(struct loop *loop, struct err *err)
{
	int r;

	loop->epoll_fd = loop->timer_fd = loop->pid_fd = -1;
	r = loop_open(loop, err);
	if (r == 0)
		r = start_driver(loop, 0, err);
	while (r == 0 && !loop->reason)
		r = loop_once(loop, err);
	/* Marks that were written before the driver ended count. */
	if (r == 0)
		r = driver_read_marks(loop->driver, on_mark, loop);
	cleanup_close(&loop->epoll_fd);
	cleanup_close(&loop->timer_fd);
	cleanup_close(&loop->pid_fd);
	if (r < 0 && !loop->reason)
		loop->reason = r == -ENOSPC || r == -EIO || r == -EPIPE || r == -EFBIG
				   ? "write_error"
				   : "failed";
	progress_clear(loop->progress);
	return r;
}
