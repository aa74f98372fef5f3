// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pod_recorder.c — one pod, recorded. */
#include "agent/pod_recorder.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>

#include "agent/cgroup.h"
#include "agent/functions.h"
#include "agent/guardian.h"
#include "agent/journal.h"
#include "agent/pod_container.h"
#include "agent/pod_files.h"
#include "agent/sha256.h"
#include "agent/stopped.h"
#include "include/sandbox_pod.h"

#define TICK_MS 200
#define CONTAINERS_MAX 16
_Static_assert(2 * CONTAINERS_MAX <= SOURCE_SLOTS, "a slot for each, and for its monitor");

struct pod {
	const struct pod_task *task;
	struct source *source;
	struct functions *functions; /* NULL: none are watched */
	struct guardian *guardian;
	char root[PATH_MAX]; /* of the cgroup hierarchy */
	struct pod_container *containers[CONTAINERS_MAX];
	size_t count;
	int signal_fd;
	bool gate_open; /* it has gone */
	/* What runs in that slot could not be recorded from its begin, and so is not at all. */
	bool unknown[SOURCE_SLOTS];
	int failure; /* the first one; its reason is in err */
	struct err err;
};

static void fail(struct pod *pod, int r, const struct err *err)
{
	journal_error("pod %s: %s", pod->task->uid, err->text);
	if (pod->failure)
		return;
	pod->failure = r;
	pod->err = *err;
}

static struct pod_container *find(const struct pod *pod, uint32_t slot)
{
	for (size_t i = 0; i < pod->count; i++)
		if (pod_container_slot(pod->containers[i]) == slot)
			return pod->containers[i];
	return NULL;
}

struct search {
	uint64_t id;
	char dir[PATH_MAX];
};

static int compare_id(void *ctx, const char *dir)
{
	struct search *search = ctx;

	if (pod_files_holds(dir, search->id))
		snprintf(search->dir, sizeof(search->dir), "%s", dir);
	return 0;
}

static struct pod_container *add(struct pod *pod, const char *dir, uint32_t slot, pid_t pid)
{
	struct pod_container_place place = { .task = pod->task,
					     .source = pod->source,
					     .functions = pod->functions,
					     .root = pod->root,
					     .dir = dir,
					     .slot = slot,
					     .pid = pid };
	struct pod_container *container = NULL;
	struct err err = {};
	int r = pod->count < CONTAINERS_MAX
		    ? pod_container_open(&container, &place, &err)
		    : err_set(&err, EUSERS, "more than %d containers", CONTAINERS_MAX);

	if (r < 0) {
		fail(pod, r, &err);
		return NULL;
	}
	pod->containers[pod->count++] = container;
	return container;
}

/* The first of a slot is that its process is held: whose is it? */
static struct pod_container *add_held(struct pod *pod, const struct source_event *event)
{
	struct search search = { .id = event->cgroup_id };
	struct pod_container *container = NULL;
	struct err err = {};
	int r;

	(void)!pod_files_containers(pod->task->cgroup_dir, compare_id, &search);
	if (*search.dir) {
		container = add(pod, search.dir, event->slot, event->pid);
	} else {
		r = err_set(&err, ENOENT, "the cgroup of process %d is none of its containers",
			    event->pid);
		fail(pod, r, &err);
	}
	pod->unknown[event->slot] = !container;
	return container;
}

static void on_event(void *ctx, const struct source_event *event)
{
	struct pod *pod = ctx;
	struct pod_container *container = find(pod, event->slot);

	if (!container && !pod->unknown[event->slot])
		container = add_held(pod, event);
	if (container)
		pod_container_take(container, event);
	if (event->kind == TRACE_PROBE && !event->path &&
	    !(container && pod_container_lets_go(container)))
		kill(event->pid, SIGCONT);
}

/* What runs already in a pod that was recorded before. */
static int add_running(void *ctx, const char *dir)
{
	struct pod *pod = ctx;
	pid_t pid = pod_files_first_process(dir);
	char name[POD_NAME_BYTES] = "";
	struct pod_container *container;
	struct err err = {};
	uint32_t slot;
	int r;

	if (pid > 0)
		pod_files_name(name, pid, pod->task->uid);
	if (!*name || !strcmp(name, POD_GATE) || !strcmp(name, POD_SCRIPT))
		return 0;
	r = source_watch(pod->source, dir, false, &slot, &err);
	if (r < 0) {
		fail(pod, r, &err);
		return 0;
	}
	container = add(pod, dir, slot, pid);
	r = container ? pod_container_snapshot(container, &err) : 0;
	if (r < 0)
		fail(pod, r, &err);
	return 0;
}

/* What is told of it is what the gate was made with, not what came on the way here. */
static int read_functions(struct pod *pod, struct err *err)
{
	char digest[SHA256_HEX_BYTES];
	uint64_t bytes;
	int fd = pod->task->functions_fd, r;

	if (fd < 0)
		return err_set(err, ENOENT, "their list did not come from the server");
	/* Who brought it may have it open still: what is checked is what is read. */
	if (fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_GROW | F_SEAL_SHRINK) < 0)
		return err_sys(err, errno, "their list cannot be sealed");
	r = sha256_file(digest, &bytes, fd, FUNCTIONS_BYTES_MAX);
	if (r < 0)
		return err_sys(err, -r, "their list");
	if (strcmp(digest, pod->task->claim.functions) != 0)
		return err_set(err, EBADMSG, "their list is another than the gate names");
	r = functions_read(&pod->functions, fd, err);
	return r < 0 ? err_prefix(err, r, "their list") : 0;
}

/* Without them the pod is recorded all the same, and its trace says that something is missing. */
static int open_source(struct pod *pod, struct err *err)
{
	struct source_options options = { .backend = SOURCE_AUTO };
	struct err why = {};
	int r = 0;

	if (*pod->task->claim.functions && pod->task->gate_fd >= 0)
		r = read_functions(pod, &why);
	options.functions = options.stacks = pod->functions != NULL;
	if (pod->functions) {
		r = source_open(&pod->source, &options, on_event, pod, &why);
		if (r == 0 && source_function_program(pod->source) >= 0)
			return 0;
		if (r == 0)
			r = err_set(&why, EOPNOTSUPP, "this kernel cannot (vexxy-agent probe)");
		source_close(take_ptr(pod->source));
		functions_free(take_ptr(pod->functions));
		options.functions = options.stacks = false;
	}
	if (r < 0)
		journal_error("pod %s: functions are not watched: %s", pod->task->uid, why.text);
	return source_open(&pod->source, &options, on_event, pod, err);
}

static int arm(struct pod *pod, struct err *err)
{
	int r = open_source(pod, err);

	if (r < 0)
		return r;
	if (pod->task->gate_fd < 0) {
		stopped_release(pod->task->cgroup_dir);
		return pod_files_containers(pod->task->cgroup_dir, add_running, pod);
	}
	source_hold(pod->source, true);
	/* CRI-O has a cgroup for its monitor beside that of each container. */
	return source_expect(pod->source, pod->task->cgroup_dir,
			     2 * (uint32_t)pod->task->claim.containers, err);
}

/* Again and again: before it waits for it, the first process of a namespace does not even see a signal. */
static void open_gate(struct pod *pod)
{
	if (pod->gate_open)
		return;
	if (pod->task->gate_fd < 0 ||
	    syscall(SYS_pidfd_send_signal, pod->task->gate_fd, SIGUSR1, NULL, 0) < 0)
		pod->gate_open = true;
}

static bool has_gone(const struct pod *pod)
{
	return access(pod->task->cgroup_dir, F_OK) < 0 ||
	       !cgroup_is_populated(pod->task->cgroup_dir);
}

static void tick(struct pod *pod, const char *stop_reason)
{
	bool gone = has_gone(pod);
	struct err err = {};

	for (size_t i = 0; i < pod->count; i++) {
		int r = pod_container_tick(pod->containers[i],
					   stop_reason ? stop_reason
					   : gone      ? "cgroup_empty"
						       : NULL,
					   &err);

		if (r < 0)
			fail(pod, r, &err);
	}
}

/* Every container that was promised has come and ended, or none will come any more. */
static bool is_over(const struct pod *pod)
{
	size_t ended = 0;

	for (size_t i = 0; i < pod->count; i++)
		ended += pod_container_is_ended(pod->containers[i]);
	if (ended < pod->count)
		return false;
	return has_gone(pod) || pod->task->gate_fd < 0 || ended >= pod->task->claim.containers;
}

static int watch(struct pod *pod, struct err *err)
{
	struct pollfd fds[2] = { { .fd = source_fd(pod->source), .events = POLLIN },
				 { .fd = pod->signal_fd, .events = POLLIN } };
	const char *stop_reason = NULL;
	int r = 0;

	while (r >= 0 && !stop_reason && !is_over(pod)) {
		open_gate(pod);
		if (poll(fds, 2, TICK_MS) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for events");
		if (fds[1].revents & POLLIN)
			stop_reason =
			    "agent_ended"; /* the container runs on, unwatched: no silence counts */
		r = source_poll(pod->source, err);
		for (size_t i = 0; i < pod->count; i++)
			pod_container_settle(pod->containers[i]);
		if (r >= 0)
			tick(pod, stop_reason);
	}
	return r < 0 ? r : 0;
}

int pod_recorder_signals(struct err *err)
{
	sigset_t stop;
	int fd;

	sigemptyset(&stop);
	sigaddset(&stop, SIGTERM);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGINT, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? err_sys(err, errno, "cannot take signals") : fd;
}

static void warn_of_others(const struct pod *pod)
{
	size_t announced = pod->task->claim.containers, others;
	unsigned unrecorded = source_unexpected(pod->source);

	others = unrecorded + (pod->count > announced ? pod->count - announced : 0);
	if (others)
		journal_warning("pod %s: %zu containers ran beside the %zu that were announced, %u "
				"of them unrecorded",
				pod->task->uid, others, announced, unrecorded);
}

static int run(struct pod *pod, struct err *err)
{
	struct rlimit size = { pod->task->file_bytes_max, pod->task->file_bytes_max };
	struct holdings *holdings;
	int r = pod->signal_fd = pod_recorder_signals(err);

	if (r >= 0)
		r = cgroup_root(pod->root, err);
	if (r == 0)
		r = guardian_start(&pod->guardian, false, err);
	if (r < 0)
		return r;
	/* A trace that reaches the limit is one that counts what it could not write. */
	(void)setrlimit(RLIMIT_FSIZE, &size);
	holdings = guardian_holdings(pod->guardian);
	snprintf(holdings->held_in, sizeof(holdings->held_in), "%s", pod->task->cgroup_dir);
	r = arm(pod, err);
	if (r < 0)
		return r;
	journal_info("pod %s: armed for analysis %s%s", pod->task->uid, pod->task->claim.analysis,
		     pod->task->gate_fd < 0 ? ", late" : "");
	r = watch(pod, err);
	warn_of_others(pod);
	return r;
}

int pod_record(const struct pod_task *task, struct err *err)
{
	struct pod *pod = calloc(1, sizeof(*pod));
	int r;

	if (!pod)
		return err_oom(err);
	pod->task = task;
	pod->signal_fd = -1;
	r = run(pod, err);
	for (size_t i = 0; i < pod->count; i++)
		pod_container_close(pod->containers[i]);
	source_close(pod->source);
	functions_free(pod->functions);
	guardian_free(pod->guardian);
	cleanup_close(&pod->signal_fd);
	if (r == 0 && pod->failure) {
		r = pod->failure;
		*err = pod->err;
	}
	free(pod);
	return r;
}
