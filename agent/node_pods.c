// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* node_pods.c — the pods of this node. */
#include "agent/node_pods.h"

#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <time.h>

#include "agent/cgroup.h"
#include "agent/gvisor_pod.h"
#include "agent/journal.h"
#include "agent/pod_files.h"
#include "agent/pod_recorder.h"
#include "agent/ship.h"
#include "include/array.h"
#include "include/sandbox_pod.h"

#define PODS_MAX 4096
/* A gate appears within seconds of its pod: after a while a pod is looked at seldom, and in the end never again,
 * unless its gate is seen to wait. */
#define NEW_MS 60000
#define SELDOM_MS 2000
#define OLD_MS 1800000
/* What is recorded on is recorded on, however little room there is. */
#define RESUMED_BYTES (1ull << 20)
/* The shipper gives up before. */
#define ASK_MS 35000

enum state { STATE_NEW, STATE_ASKING, STATE_WAITING, STATE_RECORDING, STATE_DONE };

struct entry {
	char uid[POD_UID_BYTES], dir[PATH_MAX]; /* "" of a sandbox of gVisor, until it has ended */
	int uid_fd;                             /* where its recorder tells it; -1: it is known */
	enum state state;
	int64_t since_ms, look_next_ms;
	pid_t recorder;
	uint64_t granted; /* bytes that its recorder may write */
	bool seen, said;  /* in this look; what it waits for */
	/* The list of its functions: asked for under a number, until when it is waited for, and whether it is there. */
	int functions_fd;
	uint64_t ask;
	int64_t ask_until_ms;
	bool answered, has_functions;
};

struct node_pods {
	char root[PATH_MAX];
	const struct spool *spool;
	size_t at_once;
	struct entry **items;
	size_t count, capacity;
	uint64_t recorded, failed, last_ask;
	bool stops; /* what is recorded is recorded on by the next daemon */
	/* Of this look. */
	int ship_socket;
	uint64_t room_bytes;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

int node_pods_open(struct node_pods **ret, const char *root, const struct spool *spool,
		   size_t at_once, struct err *err)
{
	struct node_pods *pods = calloc(1, sizeof(*pods));

	if (!pods)
		return err_oom(err);
	snprintf(pods->root, sizeof(pods->root), "%s", root);
	pods->spool = spool;
	pods->at_once = at_once;
	*ret = pods;
	return 0;
}

static void entry_free(struct entry *entry)
{
	cleanup_close(&entry->functions_fd);
	cleanup_close(&entry->uid_fd);
	free(entry);
}

void node_pods_close(struct node_pods *pods)
{
	if (!pods)
		return;
	for (size_t i = 0; i < pods->count; i++)
		entry_free(pods->items[i]);
	free(pods->items);
	free(pods);
}

struct node_pods_counts node_pods_counts(const struct node_pods *pods)
{
	struct node_pods_counts counts = { .recorded = pods->recorded, .failed = pods->failed };

	for (size_t i = 0; i < pods->count; i++) {
		counts.recording += pods->items[i]->state == STATE_RECORDING;
		counts.waiting +=
		    pods->items[i]->state == STATE_WAITING || pods->items[i]->state == STATE_ASKING;
	}
	return counts;
}

static void name_recorder(void)
{
	sigset_t none;

	prctl(PR_SET_PDEATHSIG, SIGTERM);
	prctl(PR_SET_NAME, "vexxy-recorder");
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
}

/* In the child: nothing of the daemon is held but what is needed, and nobody outlives it. */
static void become_recorder(const struct node_pods *pods, const struct entry *entry,
			    const struct pod_claim *claim, int gate_fd)
{
	uint64_t files = claim->containers ? claim->containers : 1;
	struct pod_task task = { .claim = *claim,
				 .cgroup_dir = entry->dir,
				 .state_dir = spool_dir(pods->spool),
				 .gate_fd = gate_fd,
				 .ship_socket = pods->ship_socket,
				 .functions_fd = entry->has_functions ? entry->functions_fd : -1,
				 .file_bytes_max = entry->granted / files };
	struct err err = {};
	int r;

	name_recorder();
	memcpy(task.uid, entry->uid, sizeof(task.uid));
	r = pod_record(&task, &err);
	if (r < 0)
		journal_error("pod %s: %s", entry->uid, err.text);
	_exit(r < 0 ? 1 : 0);
}

static void start(struct node_pods *pods, struct entry *entry, const struct pod_claim *claim,
		  int gate_fd)
{
	struct err err = {};

	/* First the note: whoever comes after us knows that it was recorded up to here. */
	if (spool_note(pods->spool, entry->uid, claim, &err) < 0) {
		if (!entry->said)
			journal_error("pod %s: %s", entry->uid, err.text);
		entry->said = true;
		return;
	}
	entry->recorder = fork();
	if (entry->recorder == 0)
		become_recorder(pods, entry, claim, gate_fd);
	if (entry->recorder < 0) {
		journal_error("pod %s: no recorder can be started", entry->uid);
		entry->recorder = 0;
		return;
	}
	entry->state = STATE_RECORDING;
	cleanup_close(&entry->functions_fd);
	entry->functions_fd = -1;
}

/* What is to be watched in it comes from the server, by the process that has the network. */
static void ask(struct node_pods *pods, struct entry *entry, const struct pod_claim *claim)
{
	struct ship_message message = { .kind = SHIP_FUNCTIONS };

	memcpy(message.member.analysis, claim->analysis, sizeof(message.member.analysis));
	memcpy(message.member.uid, entry->uid, sizeof(message.member.uid));
	message.member.attempt = claim->attempt;
	message.id = NODE_PODS_ASKS + ++pods->last_ask;
	entry->ask = message.id;
	entry->ask_until_ms = now_ms() + ASK_MS;
	entry->functions_fd = memfd_create("functions", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	entry->answered = entry->functions_fd < 0 ||
			  ship_send(pods->ship_socket, &message, entry->functions_fd) < 0;
	entry->state = STATE_ASKING;
}

void node_pods_answered(struct node_pods *pods, uint64_t id, int result)
{
	for (size_t i = 0; i < pods->count; i++)
		if (pods->items[i]->ask == id) {
			pods->items[i]->answered = true;
			pods->items[i]->has_functions = result == 0;
		}
}

/* A gate does not wait for ever, and a trace that lacks functions says so. */
static bool has_asked(const struct entry *entry, const struct pod_claim *claim)
{
	return !*claim->functions ||
	       (entry->ask && (entry->answered || now_ms() > entry->ask_until_ms));
}

struct gate {
	const char *uid;
	int fd;
	pid_t pid;
};

/* The descriptor first: what is read then is of that very process as long as it lives. */
static int find_gate(void *ctx, const char *dir)
{
	struct gate *gate = ctx;
	pid_t pid = pod_files_first_process(dir);
	char name[POD_NAME_BYTES];
	int fd;

	if (pid <= 0 || gate->fd >= 0)
		return 0;
	fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (fd < 0)
		return 0;
	pod_files_name(name, pid, gate->uid);
	if (strcmp(name, POD_GATE) != 0) {
		close(fd);
		return 0;
	}
	gate->fd = fd;
	gate->pid = pid;
	return 0;
}

static bool is_alive(int pidfd)
{
	struct pollfd fd = { .fd = pidfd, .events = POLLIN };

	return poll(&fd, 1, 0) == 0;
}

/* What others have written already counts once more in what they were granted: nobody's part grows by that. */
static uint64_t room(const struct node_pods *pods)
{
	size_t recording = 0;
	uint64_t given = 0;

	for (size_t i = 0; i < pods->count; i++) {
		if (pods->items[i]->state != STATE_RECORDING)
			continue;
		given += pods->items[i]->granted;
		recording++;
	}
	return recording < pods->at_once
		   ? spool_share(pods->room_bytes, given, pods->at_once - recording)
		   : 0;
}

static void look_at(struct node_pods *pods, struct entry *entry)
{
	struct gate gate = { .uid = entry->uid, .fd = -1 };
	struct pod_claim claim;
	struct err err = {};

	(void)!pod_files_containers(entry->dir, find_gate, &gate);
	if (gate.fd < 0) {
		entry->state = STATE_NEW;
		return;
	}
	if (pod_files_claim(&claim, gate.pid, &err) < 0 || !is_alive(gate.fd)) {
		/* The runtime may not have become the gate yet: said once, if it stays so. */
		if (!entry->said && now_ms() - entry->since_ms > SELDOM_MS)
			journal_warning("pod %s: %s", entry->uid, err.text);
		entry->said |= now_ms() - entry->since_ms > SELDOM_MS;
	} else if (*claim.isolation) {
		journal_error("pod %s: it was to run under %s, and runs on this node's kernel: "
			      "what its runtime class names is another runtime; it is not recorded",
			      entry->uid, claim.isolation);
		entry->state = STATE_DONE;
	} else if (!has_asked(entry, &claim)) {
		if (!entry->ask && pods->ship_socket >= 0)
			ask(pods, entry, &claim);
	} else if (pods->ship_socket >= 0 && (entry->granted = room(pods))) {
		start(pods, entry, &claim, gate.fd);
	} else {
		if (entry->state != STATE_WAITING)
			journal_warning("pod %s waits: %s", entry->uid,
					node_pods_counts(pods).recording < pods->at_once
					    ? "the disk buffer is full"
					    : "as many are recorded as may be at a time");
		entry->state = STATE_WAITING;
	}
	close(gate.fd);
}

static struct entry *find(struct node_pods *pods, const char *uid)
{
	for (size_t i = 0; i < pods->count; i++)
		if (!strcmp(pods->items[i]->uid, uid))
			return pods->items[i];
	return NULL;
}

/* A pod that was recorded when a daemon ended without notice is recorded on, late, and its first trace says that it is cut. */
static void resume(struct node_pods *pods, struct entry *entry)
{
	struct pod_claim claim;

	if (!spool_noted(&claim, pods->spool, entry->uid))
		return;
	journal_warning("pod %s: it was recorded when the daemon before this one ended; its "
			"recording goes on, late",
			entry->uid);
	entry->granted = room(pods);
	if (!entry->granted)
		entry->granted = RESUMED_BYTES;
	start(pods, entry, &claim, -1);
}

static struct entry *add(struct node_pods *pods, const char *uid)
{
	struct entry *entry = calloc(1, sizeof(*entry));
	struct entry **slot = entry ? array_add(pods->items, pods->count, pods->capacity) : NULL;

	if (!slot) {
		free(entry);
		return NULL;
	}
	*slot = entry;
	entry->functions_fd = entry->uid_fd = -1;
	snprintf(entry->uid, sizeof(entry->uid), "%s", uid);
	entry->since_ms = now_ms();
	entry->seen = true;
	return entry;
}

static int see(void *ctx, const char *uid, const char *dir)
{
	struct node_pods *pods = ctx;
	struct entry *entry = find(pods, uid);

	if (entry) {
		entry->seen = true;
		return 0;
	}
	if (pods->count == PODS_MAX)
		return 0;
	entry = add(pods, uid);
	if (!entry)
		return -ENOMEM;
	snprintf(entry->dir, sizeof(entry->dir), "%s", dir);
	resume(pods, entry);
	return 0;
}

/* Those that are gone, but not before their recorder has. */
static void drop_gone(struct node_pods *pods)
{
	size_t kept = 0;

	for (size_t i = 0; i < pods->count; i++) {
		struct entry *entry = pods->items[i];

		if (entry->seen || entry->recorder)
			pods->items[kept++] = entry;
		else
			entry_free(entry);
	}
	pods->count = kept;
}

static bool is_there(void *ctx, const char *uid)
{
	return find(ctx, uid) != NULL;
}

void node_pods_look(struct node_pods *pods, int ship_socket, uint64_t room_bytes)
{
	int64_t now = now_ms(), age;

	pods->ship_socket = ship_socket;
	pods->room_bytes = room_bytes;
	for (size_t i = 0; i < pods->count; i++)
		pods->items[i]->seen = false;
	if (pod_files_each(pods->root, see, pods) < 0)
		return; /* no memory: nothing is dropped that may be there */
	drop_gone(pods);
	spool_sweep(pods->spool, is_there, pods);
	for (size_t i = 0; i < pods->count; i++) {
		struct entry *entry = pods->items[i];

		age = now - entry->since_ms;
		if (entry->state > STATE_WAITING || now < entry->look_next_ms ||
		    (age > OLD_MS && entry->state == STATE_NEW))
			continue;
		entry->look_next_ms =
		    age < NEW_MS || entry->state != STATE_NEW ? now : now + SELDOM_MS;
		look_at(pods, entry);
	}
}

/* In the child. */
static void become_gvisor_recorder(const struct node_pods *pods, int connection, int uid_fd,
				   uint64_t bytes_max)
{
	const struct gvisor_pod_task task = { .connection = connection,
					      .state_dir = spool_dir(pods->spool),
					      .ship_socket = pods->ship_socket,
					      .uid_fd = uid_fd,
					      .bytes_max = bytes_max };
	struct err err = {};
	int r;

	name_recorder();
	r = gvisor_pod_record(&task, &err);
	if (r < 0)
		journal_error("a sandbox of gVisor: %s", err.text);
	_exit(r < 0 ? 1 : 0);
}

void node_pods_connect(struct node_pods *pods, int connection)
{
	_cleanup_close_ int fd = connection, uid_fd = -1;
	uint64_t granted = pods->ship_socket >= 0 ? room(pods) : 0;
	struct entry *entry = granted ? add(pods, "") : NULL;
	int ends[2];

	if (!entry || pipe2(ends, O_CLOEXEC | O_NONBLOCK) < 0) {
		journal_warning("a sandbox of gVisor is sent away, and does not begin: there is "
				"no room to record it");
		return;
	}
	entry->uid_fd = ends[0];
	uid_fd = ends[1];
	entry->granted = granted;
	entry->recorder = fork();
	if (entry->recorder == 0)
		become_gvisor_recorder(pods, fd, uid_fd, granted);
	if (entry->recorder < 0) {
		journal_error("a sandbox of gVisor: no recorder can be started");
		entry->recorder = 0; /* the next look forgets it */
		return;
	}
	entry->state = STATE_RECORDING;
}

/* Of which pod was it? */
static void learn_uid(struct entry *entry)
{
	ssize_t n = entry->uid_fd < 0 ? 0 : read(entry->uid_fd, entry->uid, sizeof(entry->uid) - 1);

	if (n > 0)
		entry->uid[n] = '\0';
}

void node_pods_ended(struct node_pods *pods, pid_t pid, int status)
{
	for (size_t i = 0; i < pods->count; i++) {
		struct entry *entry = pods->items[i];

		if (entry->recorder != pid)
			continue;
		learn_uid(entry);
		entry->recorder = 0;
		entry->state = STATE_DONE;
		pods->recorded += status == 0;
		pods->failed += status != 0;
		if (status)
			journal_error("pod %s: its recorder ended with wait status %d", entry->uid,
				      status);
		if (*entry->uid)
			spool_take_parts(pods->spool, entry->uid);
		if (*entry->uid && !pods->stops)
			spool_forget(pods->spool, entry->uid);
	}
}

void node_pods_stop(struct node_pods *pods)
{
	pods->stops = true;
	for (size_t i = 0; i < pods->count; i++)
		if (pods->items[i]->recorder)
			kill(pods->items[i]->recorder, SIGTERM);
}
