// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* gvisor_pod.c — a sandbox of gVisor, recorded. */
#include "agent/gvisor_pod.h"

#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "agent/gvisor_events.h"
#include "agent/gvisor_gofer.h"
#include "agent/gvisor_message.h"
#include "agent/gvisor_sink.h"
#include "agent/journal.h"
#include "agent/observer.h"
#include "agent/pod_container.h"
#include "agent/root_program.h"
#include "include/sandbox_pod.h"

#define TICK_MS 200
/* Packets before the clock gets its turn. */
#define PACKETS_AT_ONCE 4096
#define ID_BYTES 128
/* The sandbox's own, the gate, and as many as a gate may announce. */
#define MEMBERS_MAX 18

/* In the order in which they begin. */
enum { MEMBER_SANDBOX, MEMBER_GATE, MEMBER_FIRST };

struct member {
	char id[ID_BYTES];
	char program[PATH_MAX];          /* which the container's recording borrows */
	struct pod_container *container; /* NULL: it is not recorded */
};

struct pod {
	const struct gvisor_pod_task *task;
	struct pod_task pod;
	struct stat program; /* of gVisor */
	struct member members[MEMBERS_MAX];
	size_t count;
	uint8_t *packet;
	uint32_t dropped; /* as last told */
	int signal_fd;
	bool hung_up, refused; /* refused: it is no pod of ours */
	int failure;           /* the first one; its reason is in err */
	struct err err;
};

static void fail(struct pod *pod, int r, const struct err *err)
{
	journal_error("pod %s: %s", *pod->pod.uid ? pod->pod.uid : "under gVisor", err->text);
	if (pod->failure)
		return;
	pod->failure = r;
	pod->err = *err;
}

/* The second container says what is recorded. */
static int take_claim(struct pod *pod, const struct gvisor_start *start, struct err *err)
{
	struct rlimit size;
	int r = start && start->env.count
		    ? pod_claim_parse(&pod->pod.claim, start->env.items[0], start->env_len, err)
		    : err_set(err, EINVAL, "its first container says nothing of an analysis");

	if (r == 0 && strcmp(pod->pod.claim.isolation, ISOLATION_GVISOR) != 0)
		r = err_set(err, EINVAL,
			    "its gate waits for a signal, which cannot reach it under gVisor: the "
			    "server does not take the runtime class for one of gVisor's");
	if (r < 0)
		return r;
	/* A trace that reaches the limit is one that counts what it could not write. */
	size.rlim_cur = size.rlim_max = pod->task->bytes_max / pod->pod.claim.containers;
	(void)setrlimit(RLIMIT_FSIZE, &size);
	return 0;
}

static void tell_uid(struct pod *pod, const char *uid)
{
	if (*pod->pod.uid)
		return;
	snprintf(pod->pod.uid, sizeof(pod->pod.uid), "%s", uid);
	(void)!write(pod->task->uid_fd, uid, strlen(uid));
	journal_info("pod %s: gVisor tells for analysis %s", uid, pod->pod.claim.analysis);
}

/* What gVisor will find before anything has run; it says that the first program was started, and not which file that is. */
static bool find_program(char ret[PATH_MAX], pid_t gofer, const struct gvisor_start *start)
{
	_cleanup_close_ int root_fd = -1;
	char root[48];

	if (!start || !start->args.count)
		return false;
	snprintf(root, sizeof(root), "/proc/%d/root", gofer);
	root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	return root_fd >= 0 && root_program(ret, root_fd, start->args.items[0], start->cwd,
					    (char *const *)start->env.items) == 0;
}

static int open_container(struct pod *pod, struct member *member, const struct gvisor_start *start,
			  struct err *err)
{
	struct gvisor_gofer gofer;
	struct pod_container_place place = { .task = &pod->pod, .id = member->id };
	int r = gvisor_gofer_find(&gofer, member->id, &pod->program, err);

	if (r < 0)
		return r;
	if (*pod->pod.uid && strcmp(pod->pod.uid, gofer.uid) != 0)
		return err_set(err, EPERM, "container %s is of another pod, %s", gofer.name,
			       gofer.uid);
	tell_uid(pod, gofer.uid);
	place.pid = gofer.pid;
	place.program = find_program(member->program, gofer.pid, start) ? member->program : NULL;
	return pod_container_open(&member->container, &place, err);
}

/* start NULL: it was not told how this one begins. */
static struct member *add(struct pod *pod, const char *id, const struct gvisor_start *start)
{
	struct member *member = &pod->members[pod->count];
	struct err err = {};
	int r = 0;

	if (pod->count == MEMBERS_MAX)
		return NULL; /* whoever announced them announced no more than these */
	snprintf(member->id, sizeof(member->id), "%s", id);
	if (pod->count == MEMBER_GATE)
		r = take_claim(pod, start, &err);
	pod->refused |= r < 0;
	if (pod->count >= MEMBER_FIRST)
		r = open_container(pod, member, start, &err);
	pod->count++;
	if (r < 0)
		fail(pod, r, &err);
	return member;
}

static struct member *find(struct pod *pod, const struct gvisor_message *m, size_t size)
{
	struct gvisor_start start = {};
	struct member *member = NULL;
	char id[ID_BYTES];
	struct err err = {};

	memcpy(id, m->container.bytes, m->container.len);
	id[m->container.len] = '\0';
	for (size_t i = 0; i < pod->count; i++)
		if (!strcmp(pod->members[i].id, id))
			return &pod->members[i];
	if (m->type == GVISOR_CONTAINER_START &&
	    gvisor_start_parse(&start, pod->packet, size, &err) == 0)
		member = add(pod, id, &start);
	else
		member = add(pod, id, NULL);
	gvisor_start_done(&start);
	return member;
}

static struct gvisor_events *events_of(const struct member *member)
{
	return member->container ? pod_container_gvisor(member->container) : NULL;
}

/* What is nobody's in particular may be anybody's. */
static void tell(struct pod *pod, const struct gvisor_message *m, size_t size, uint64_t now_ns)
{
	const struct member *whose = m->container.len ? find(pod, m, size) : NULL;

	if (m->container.len && !whose)
		return;
	for (size_t i = 0; i < pod->count; i++) {
		struct gvisor_events *events = events_of(&pod->members[i]);

		if (events && (!whose || whose == &pod->members[i]))
			gvisor_events_tell(events, m, now_ns);
	}
}

static void drop(struct pod *pod, uint64_t count)
{
	for (size_t i = 0; i < pod->count; i++)
		if (events_of(&pod->members[i]))
			gvisor_events_drop(events_of(&pod->members[i]), count);
}

static void take_packet(struct pod *pod, size_t size)
{
	struct gvisor_message m;

	if (gvisor_message_parse(&m, pod->packet, size, NULL) < 0 ||
	    m.container.len >= ID_BYTES) { /* whose it is cannot be told */
		for (size_t i = 0; i < pod->count; i++)
			if (events_of(&pod->members[i]))
				gvisor_events_miss(events_of(&pod->members[i]));
		return;
	}
	/* A counter that goes round. What was dropped before anybody was recorded is missing from the beginning of the next. */
	tell(pod, &m, size, boottime_ns());
	if (m.dropped != pod->dropped && pod->count > MEMBER_FIRST) {
		drop(pod, m.dropped - pod->dropped);
		pod->dropped = m.dropped;
	}
}

static void take(struct pod *pod)
{
	struct gvisor_sink sink = { .listen_fd = -1, .fd = pod->task->connection };

	for (int n = 0; n < PACKETS_AT_ONCE && !pod->refused; n++) {
		ssize_t size = gvisor_sink_receive(&sink, pod->packet, GVISOR_PACKET_BYTES_MAX);

		if (size == -EAGAIN)
			return;
		pod->hung_up |= size == 0;
		if (size == 0)
			return;
		if (size < 0)
			drop(pod, 1);
		else
			take_packet(pod, (size_t)size);
	}
}

static void tick(struct pod *pod, const char *stop_reason)
{
	struct err err = {};

	for (size_t i = 0; i < pod->count; i++) {
		struct gvisor_events *events = events_of(&pod->members[i]);
		int r;

		if (!events)
			continue;
		gvisor_events_settle(events, boottime_ns());
		/* Its end was not told. */
		if (pod->hung_up && !gvisor_events_over(events))
			gvisor_events_drop(events, 1);
		r = pod_container_tick(pod->members[i].container, stop_reason, &err);
		if (r < 0)
			fail(pod, r, &err);
	}
}

/* Every container that was promised has come and ended. */
static bool is_over(const struct pod *pod)
{
	size_t ended = 0;

	for (size_t i = MEMBER_FIRST; i < pod->count; i++)
		ended +=
		    pod->members[i].container && pod_container_is_ended(pod->members[i].container);
	return pod->count > MEMBER_FIRST && ended >= pod->pod.claim.containers;
}

static int watch(struct pod *pod, struct err *err)
{
	struct pollfd fds[2] = { { .fd = pod->task->connection, .events = POLLIN },
				 { .fd = pod->signal_fd, .events = POLLIN } };
	bool stops = false;

	while (!stops && !pod->hung_up && !pod->refused && !is_over(pod)) {
		if (poll(fds, 2, TICK_MS) < 0 && errno != EINTR)
			return err_sys(err, errno, "cannot wait for gVisor");
		stops = fds[1].revents & POLLIN;
		take(pod);
		tick(pod, stops ? "agent_ended" : pod->hung_up ? "cgroup_empty" : NULL);
	}
	return 0;
}

static int run(struct pod *pod, struct err *err)
{
	const struct gvisor_pod_task *task = pod->task;
	int r = pod->signal_fd = pod_recorder_signals(err);

	/* Who has connected waits for our word: as long it is there to be looked at. */
	r = r < 0 ? r : gvisor_program(&pod->program, task->connection, err);
	r = r ? r : gvisor_sink_greet(task->connection, err);
	if (r < 0)
		return r;
	pod->packet = malloc(GVISOR_PACKET_BYTES_MAX);
	return pod->packet ? watch(pod, err) : err_oom(err);
}

int gvisor_pod_record(const struct gvisor_pod_task *task, struct err *err)
{
	struct pod *pod = calloc(1, sizeof(*pod));
	int r;

	if (!pod)
		return err_oom(err);
	pod->task = task;
	pod->pod = (struct pod_task){ .state_dir = task->state_dir,
				      .gate_fd = -1,
				      .ship_socket = task->ship_socket,
				      .functions_fd = -1 };
	pod->signal_fd = -1;
	r = run(pod, err);
	for (size_t i = 0; i < pod->count; i++)
		pod_container_close(pod->members[i].container);
	cleanup_close(&pod->signal_fd);
	if (r == 0 && pod->failure) {
		r = pod->failure;
		*err = pod->err;
	}
	free(pod->packet);
	free(pod);
	return r;
}
