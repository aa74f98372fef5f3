// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* session.c — one recording from its beginning to its end. */
#include "agent/session.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "agent/cgroup.h"
#include "agent/container.h"
#include "agent/guardian.h"
#include "agent/leftovers.h"
#include "agent/loop.h"

#define KILL_TIMEOUT_MS 30000

struct session {
	const struct record_options *options;
	struct progress *progress;
	struct guardian *guardian;
	struct holdings *holdings;
	struct recording *recording;
	struct container container; /* TARGET_CONTAINER */
	struct held command;        /* TARGET_COMMAND, until it is let go */
	bool is_held;
	struct driver driver;
	struct loop loop;
	struct helpers helpers;

	char root[PATH_MAX];      /* of the cgroup hierarchy */
	char helper[PATH_MAX];    /* cgroups: of our helpers, */
	char target[PATH_MAX];    /* and of what is recorded */
	char container_path[300]; /* the latter in every hierarchy */
	pid_t pid; /* of the command or the container; of a running target: any process */
	int root_fd, signal_fd, lock_fd;
	uint64_t user_us, system_us; /* used before we came */
};

/* "DIR/NAME" into a buffer of PATH_MAX. */
static int join(char ret[PATH_MAX], const char *dir, const char *name, struct err *err)
{
	int n = snprintf(ret, PATH_MAX, "%s/%s", dir, name);

	return n < PATH_MAX ? 0 : err_set(err, ENAMETOOLONG, "the path '%s' is too long", dir);
}

static int open_signals(struct session *s, struct err *err)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGHUP);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	s->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	s->helpers.stop_fd = s->signal_fd;
	return s->signal_fd < 0 ? err_sys(err, errno, "cannot take signals") : 0;
}

/* Names everything that will be ours; then makes the cgroups and the directory. */
static int make_places(struct session *s, struct err *err)
{
	const char *run = access("/run", W_OK) == 0 ? "/run" : "/tmp";
	struct holdings *h = s->holdings;
	uint32_t random = 0;
	int r = cgroup_root(s->root, err);

	if (r < 0)
		return r;
	leftovers_remove(s->root, run, s->progress);
	(void)!getrandom(&random, sizeof(random), 0);
	snprintf(h->cgroup, sizeof(h->cgroup), "vexxy-%d-%08" PRIx32, getpid(), random);
	r = join(h->cgroup_dir, s->root, h->cgroup, err);
	if (r == 0)
		r = join(s->helper, h->cgroup_dir, "helper", err);
	if (r == 0)
		r = join(s->target, h->cgroup_dir, "target", err);
	if (r == 0)
		r = join(h->work_dir, run, h->cgroup, err);
	if (r == 0)
		r = cgroup_create(h->cgroup_dir, err);
	if (r == 0)
		s->lock_fd = leftovers_guard(h->cgroup_dir);
	if (r == 0)
		r = cgroup_create(s->helper, err);
	if (r == 0 && mkdir(h->work_dir, 0700) < 0)
		r = err_sys(err, errno, "cannot make '%s'", h->work_dir);
	s->helpers.cgroup = s->helper;
	snprintf(s->container_path, sizeof(s->container_path), "/%s/target", h->cgroup);
	return r;
}

static int prepare_command(struct session *s, struct err *err)
{
	const struct helper_stdio stdio = { STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO };
	const struct helpers place = { s->target, s->signal_fd };
	struct option_list env = {};
	int r = cgroup_create(s->target, err);

	for (size_t i = 0; r == 0 && i < s->options->env.count; i++)
		if (option_list_add(&env, s->options->env.items[i]) < 0)
			r = err_oom(err);
	if (r == 0 && option_list_add(&env, NULL) < 0)
		r = err_oom(err);
	if (r == 0)
		r = helper_hold(&s->command, &place, (const char *const *)s->options->command,
				env.items, &stdio, err);
	option_list_done(&env);
	if (r < 0)
		return r;
	s->is_held = true;
	s->pid = s->command.pid;
	s->root_fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	return 0;
}

/* The root as a process sees it; held, so that it can be read when the process has gone. */
static int open_root_of(pid_t pid)
{
	char path[48];

	snprintf(path, sizeof(path), "/proc/%d/root", pid);
	return open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
}

static int prepare_container(struct session *s, struct err *err)
{
	int r;

	/* The container's first process becomes our child when the runtime that made it ends. */
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	s->container.options = s->options;
	s->container.helpers = &s->helpers;
	s->container.holdings = s->holdings;
	s->container.cgroup = s->container_path;
	s->container.cgroup_dir = s->target;
	s->container.sink = recording_sink(s->recording);
	/* The sandbox is made in its cgroup of the v2 hierarchy; those of the others are runsc's to make. */
	r = s->container.sink ? cgroup_create(s->target, err) : 0;
	if (r == 0)
		r = container_create(&s->container, err);
	if (r < 0)
		return r;
	s->pid = s->container.pid;
	s->root_fd = s->container.sink ? container_open_root(&s->container) : open_root_of(s->pid);
	return 0;
}

static int prepare_running(struct session *s, struct err *err)
{
	int r;

	if (s->options->pid)
		r = cgroup_of_process(s->target, (pid_t)s->options->pid, err);
	else
		r = cgroup_find(s->target, s->options->cgroup, err);
	if (r < 0)
		return r;
	if (!cgroup_is_populated(s->target))
		return err_set(err, ESRCH, "nothing runs in the cgroup '%s'",
			       cgroup_name(s->target, s->root));
	if (s->options->functions)
		memcpy(s->holdings->held_in, s->target, sizeof(s->holdings->held_in));
	s->pid = s->options->pid ? (pid_t)s->options->pid : cgroup_first_process(s->target);
	s->root_fd = s->pid > 0 ? open_root_of(s->pid) : -1;
	cgroup_usage(s->target, &s->user_us, &s->system_us);
	progress_note(s->progress, "recording everything in the cgroup '%s'",
		      cgroup_name(s->target, s->root));
	return 0;
}

static int prepare(struct session *s, struct err *err)
{
	switch (s->options->kind) {
	case TARGET_COMMAND:
		return prepare_command(s, err);
	case TARGET_CONTAINER:
		return prepare_container(s, err);
	case TARGET_RUNNING:
		break;
	}
	return prepare_running(s, err);
}

static struct trace_identity identify(struct session *s)
{
	bool contained = s->options->kind == TARGET_CONTAINER;
	struct trace_identity who = {
		.id = s->options->kind == TARGET_RUNNING ? NULL : s->holdings->cgroup,
		.cgroup = cgroup_name(s->target, s->root),
		.cgroup_id = cgroup_id(s->target),
		.image = s->options->image,
		.rootfs = contained                            ? s->container.rootfs
			  : s->options->kind == TARGET_COMMAND ? "/"
							       : NULL,
		.command = contained ? s->container.args.items : s->options->command,
		.isolation = s->container.sink ? "gvisor" : NULL,
		.program = *s->container.program ? s->container.program : NULL,
	};

	if (*s->container.image.digest)
		who.image_digest = s->container.image.digest;
	return who;
}

/* The tracer is armed: the workload may begin. */
static int let_go(struct session *s, struct err *err)
{
	int r = 0;

	if (s->options->kind == TARGET_COMMAND) {
		s->is_held = false;
		r = helper_let_go(&s->command, s->options->command[0], err);
	} else if (s->options->kind == TARGET_CONTAINER) {
		r = container_start(&s->container, err);
	} else {
		r = recording_snapshot(s->recording, err);
	}
	if (r < 0)
		return r;
	recording_keep(s->recording);
	return 0;
}

static int begin(struct session *s, struct err *err)
{
	struct trace_identity who;
	int r;

	s->driver.path = s->options->driver;
	s->driver.ready_file = s->options->ready_file;
	s->driver.ready_port = (uint16_t)s->options->ready_port;
	s->driver.target = s->pid;
	s->driver.root_fd = s->root_fd;
	r = driver_prepare(&s->driver, s->holdings->work_dir, err);
	if (r == 0)
		r = recording_watch(s->recording, s->target, s->options->kind == TARGET_RUNNING,
				    err);
	if (r < 0)
		return r;
	who = identify(s);
	r = recording_begin(s->recording, &who, s->root_fd, err);
	return r < 0 ? r : let_go(s, err);
}

static int watch(struct session *s, struct err *err)
{
	s->loop.options = s->options;
	s->loop.recording = s->recording;
	s->loop.driver = &s->driver;
	s->loop.progress = s->progress;
	s->loop.helpers = s->helpers;
	s->loop.cgroup_dir = s->target;
	s->loop.pid = s->options->kind == TARGET_RUNNING ? 0 : s->pid;
	s->loop.signal_fd = s->signal_fd;
	return loop_run(&s->loop, err);
}

/* Ends the workload, takes what the kernel still has, and writes the last line. */
static int finish(struct session *s, struct session_result *ret, struct err *err)
{
	struct trace_summary summary = { .reason = s->loop.reason,
					 .has_exit = s->loop.ended,
					 .exit = s->loop.status,
					 .max_rss_kb = (uint64_t)s->loop.max_rss_kb };
	int r = 0, w;

	if (s->options->kind != TARGET_RUNNING && cgroup_kill(s->target, KILL_TIMEOUT_MS) < 0)
		r = err_set(err, EBUSY, "the workload did not end within %d s of SIGKILL",
			    KILL_TIMEOUT_MS / 1000);
	driver_reap(&s->driver);
	summary.has_driver = s->driver.ended;
	summary.driver = s->driver.status;
	cgroup_usage(s->target, &summary.user_us, &summary.system_us);
	summary.user_us -= summary.user_us < s->user_us ? summary.user_us : s->user_us;
	summary.system_us -= summary.system_us < s->system_us ? summary.system_us : s->system_us;
	ret->age_ns = recording_age_ns(s->recording);
	w = recording_finish(s->recording, &summary, r < 0 ? NULL : err);
	if (*recording_fault(s->recording))
		progress_note(
		    s->progress,
		    "warning: %s; it is counted as lost: is this runsc too new for vexxy?",
		    recording_fault(s->recording));
	ret->reason = summary.reason;
	ret->has_exit = summary.has_exit;
	ret->exit = summary.exit;
	ret->totals = recording_totals(s->recording);
	return r < 0 ? r : w;
}

/* A recording that ended in order can still be of no use. */
static int judge(struct session *s, struct err *err)
{
	if (!strcmp(s->loop.reason, "not_ready"))
		return err_set(err, ETIMEDOUT,
			       "the workload was not ready for the driver within %" PRIu64
			       " s: see its output, or give a longer --ready-timeout",
			       s->options->ready_timeout_s);
	if (s->options->kind != TARGET_RUNNING && !recording_is_armed(s->recording))
		return err_set(err, ENOEXEC, "'%s' was never executed",
			       s->options->kind == TARGET_CONTAINER ? s->container.args.items[0]
								    : s->options->command[0]);
	return 0;
}

static int record(struct session *s, struct session_result *ret, struct err *err)
{
	int r = open_signals(s, err), f, j;

	if (r == 0)
		r = recording_open(&s->recording, s->options, err);
	if (r == 0)
		r = guardian_start(&s->guardian, s->options->kind == TARGET_CONTAINER, err);
	if (r < 0)
		return r;
	s->holdings = guardian_holdings(s->guardian);
	r = make_places(s, err);
	if (r == 0)
		r = prepare(s, err);
	if (r == 0)
		r = begin(s, err);
	if (r < 0)
		return r;
	r = watch(s, err);
	/* The first failure is the one to tell. */
	f = finish(s, ret, r < 0 ? NULL : err);
	r = r < 0 ? r : f;
	j = r < 0 ? 0 : judge(s, err);
	return r < 0 ? r : j;
}

static int release(struct session *s, struct err *err)
{
	int r = 0;

	if (s->is_held)
		helper_drop(&s->command);
	recording_close(s->recording);
	if (s->guardian && s->options->kind == TARGET_CONTAINER) {
		/* What it said last is passed on before its helpers end, too. */
		(void)!cgroup_kill(s->target, KILL_TIMEOUT_MS);
		container_done(&s->container);
	}
	if (s->guardian)
		r = guardian_release(s->guardian, err);
	guardian_free(s->guardian);
	driver_done(&s->driver);
	cleanup_close(&s->root_fd);
	cleanup_close(&s->signal_fd);
	cleanup_close(&s->lock_fd);
	return r;
}

int session_run(struct session_result *ret, const struct record_options *options,
		struct progress *progress, struct err *err)
{
	struct session session = { .options = options, .progress = progress };
	int r, w;

	session.root_fd = session.signal_fd = session.lock_fd = -1;
	session.driver.pid_fd = session.driver.marks_fd = -1;
	r = record(&session, ret, err);
	w = release(&session, r < 0 ? NULL : err);
	return r < 0 ? r : w;
}
