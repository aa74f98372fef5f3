// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* daemon.c — sandbox pods of this node are recorded, and what comes of it gets to the server. */
#include "agent/daemon.h"

#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "agent/cgroup.h"
#include "agent/emit.h"
#include "agent/gvisor_sink.h"
#include "agent/journal.h"
#include "agent/node_pods.h"
#include "agent/root_file.h"
#include "agent/ship.h"
#include "agent/shipper.h"
#include "agent/source.h"
#include "agent/spool.h"
#include "include/array.h"
#include "include/version.h"

#define TICK_MS 250
#define STATUS_MS 5000
#define SHIPPER_PAUSE_MS 2000
#define STATUS_BYTES_MAX 65536
/* At a time, so that the shipper has a descriptor left for each. */
#define HANDED_MAX 128
/* Recorders write their last lines, the shipper what is quick. */
#define END_MS 20000

/* A trace that the shipper has. */
struct handed {
	uint64_t id;
	char name[POD_TRACE_BYTES];
};

struct daemon {
	const struct daemon_options *options;
	struct spool *spool;
	struct node_pods *pods;
	char root[PATH_MAX], node[256], about[1024];
	unsigned uid, gid;
	int signal_fd, ship_socket, gvisor_fd;
	pid_t shipper;
	struct handed *handed;
	size_t handed_count, handed_capacity, waiting; /* of those on the disk */
	uint64_t last_id, sent, refused;
	int64_t began_ms, status_next_ms, shipper_next_ms;
	bool stops;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the shipper ---- */

static int start_shipper(struct daemon *d, struct err *err)
{
	const struct daemon_options *o = d->options;
	const struct shipper_options options = { .upload = { o->server, o->key_file, o->ca,
							     o->certificate, o->certificate_key },
						 .node = d->node,
						 .about = d->about,
						 .uid = d->uid,
						 .gid = d->gid };

	return shipper_start(&d->ship_socket, &d->shipper, &options, err);
}

/* It ended, which it should not: another one gets everything once more. */
static void replace_shipper(struct daemon *d)
{
	struct err err = {};

	cleanup_close(&d->ship_socket);
	d->ship_socket = -1;
	d->shipper = 0;
	d->handed_count = 0;
	if (now_ms() < d->shipper_next_ms)
		return;
	d->shipper_next_ms = now_ms() + SHIPPER_PAUSE_MS;
	if (start_shipper(d, &err) < 0)
		journal_error("%s", err.text);
}

static int hand_over(void *ctx, const char *name, const struct pod_member *member)
{
	struct ship_message message = { .kind = SHIP_TRACE, .member = *member };
	struct daemon *d = ctx;
	_cleanup_close_ int fd = -1;
	struct handed *handed;

	d->waiting++;
	if (d->handed_count == HANDED_MAX || d->ship_socket < 0)
		return 0;
	for (size_t i = 0; i < d->handed_count; i++)
		if (!strcmp(d->handed[i].name, name))
			return 0;
	fd = spool_get(d->spool, name);
	if (fd < 0)
		return 0;
	handed = array_add(d->handed, d->handed_count, d->handed_capacity);
	if (!handed)
		return -ENOMEM;
	handed->id = message.id = ++d->last_id;
	snprintf(handed->name, sizeof(handed->name), "%s", name);
	if (ship_send(d->ship_socket, &message, fd) < 0)
		d->handed_count--;
	return 0;
}

static void hand_all_over(struct daemon *d)
{
	d->waiting = 0;
	(void)!spool_each(d->spool, hand_over, d);
}

/* All that is read of a process that has talked to the network: a number and a result. */
static void take_answers(struct daemon *d)
{
	struct ship_answer answer;

	while (d->ship_socket >= 0 &&
	       recv(d->ship_socket, &answer, sizeof(answer), MSG_DONTWAIT) == sizeof(answer)) {
		if (answer.id >= NODE_PODS_ASKS)
			node_pods_answered(d->pods, answer.id, answer.result);
		for (size_t i = 0; i < d->handed_count; i++) {
			if (d->handed[i].id != answer.id)
				continue;
			spool_remove(d->spool, d->handed[i].name);
			d->handed[i] = d->handed[--d->handed_count];
			d->sent += answer.result == 0;
			d->refused += answer.result != 0;
			break;
		}
	}
}

/* ---- what it is ---- */

static void ignore_event(void *ctx, const struct source_event *event)
{
	(void)ctx;
	(void)event;
}

/* Loads everything once: whoever cannot watch says so now, and not when a pod waits. */
static int describe(struct daemon *d, struct err *err)
{
	const struct source_options options = { .backend = SOURCE_AUTO };
	_cleanup_(source_closep) struct source *source = NULL;
	_cleanup_text_ struct text text = {};
	struct utsname host;
	int r = source_open(&source, &options, ignore_event, NULL, err);

	if (r < 0)
		return r;
	uname(&host);
	snprintf(d->node, sizeof(d->node), "%s",
		 d->options->node && *d->options->node ? d->options->node : host.nodename);
	emit_open(&text, NULL, '{');
	emit_string(&text, "node", d->node);
	emit_string(&text, "version", VEXXY_VERSION);
	emit_string(&text, "kernel", host.release);
	emit_string(&text, "arch", host.machine);
	emit_string(&text, "backend", source_backend_name(source));
	if (text.failed || text.len >= sizeof(d->about))
		return err_set(err, ENAMETOOLONG, "--node: the name is too long");
	memcpy(d->about, text.data + 1, text.len); /* without the brace */
	return 0;
}

static int find_user(struct daemon *d, struct err *err)
{
	const struct passwd *user = getpwnam(d->options->user);

	if (geteuid() != 0)
		return 0;
	if (!user || !user->pw_uid)
		return err_set(err, EINVAL, "--user: '%s' is no user without rights",
			       d->options->user);
	d->uid = user->pw_uid;
	d->gid = user->pw_gid;
	return 0;
}

static void say_status(struct daemon *d)
{
	struct ship_message message = { .kind = SHIP_STATUS };
	struct node_pods_counts counts;
	_cleanup_text_ struct text text = {};
	struct err err = {};

	if (now_ms() < d->status_next_ms)
		return;
	d->status_next_ms = now_ms() + STATUS_MS;
	counts = node_pods_counts(d->pods);
	emit_open(&text, NULL, '{');
	emit_u64(&text, "up_seconds", (uint64_t)(now_ms() - d->began_ms) / 1000);
	emit_u64(&text, "pods_recording", counts.recording);
	emit_u64(&text, "pods_waiting", counts.waiting);
	emit_u64(&text, "pods_recorded_total", counts.recorded);
	emit_u64(&text, "pods_failed_total", counts.failed);
	emit_u64(&text, "traces_waiting", d->waiting);
	emit_u64(&text, "traces_sent_total", d->sent);
	emit_u64(&text, "traces_refused_total", d->refused);
	emit_u64(&text, "spool_bytes", spool_bytes(d->spool));
	emit_u64(&text, "spool_bytes_max", d->options->spool_mb << 20);
	emit_close(&text, '}');
	if (text.failed || text.len >= sizeof(message.text))
		return;
	memcpy(message.text, text.data, text.len + 1);
	if (d->ship_socket >= 0)
		(void)!ship_send(d->ship_socket, &message, -1);
	if (spool_write(d->spool, "status.json", text.data, text.len, &err) == 0)
		return;
	/* A full disk is no reason for whoever asks whether it lives to end it, and what it records. */
	spool_touch(d->spool, "status.json");
	journal_warning("%s", err.text);
}

int daemon_status(char **ret, const char *state_dir, struct err *err)
{
	_cleanup_close_ int dir = open(state_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	struct timespec now;
	struct stat st;
	size_t len;
	int r;

	if (dir < 0 || fstatat(dir, "status.json", &st, AT_SYMLINK_NOFOLLOW) < 0)
		return err_sys(err, errno, "no daemon has said anything in '%s'", state_dir);
	clock_gettime(CLOCK_REALTIME, &now);
	if (now.tv_sec - st.st_mtim.tv_sec > DAEMON_SILENT_S)
		return err_set(err, ETIMEDOUT, "the daemon of '%s' has been silent for %lld s",
			       state_dir, (long long)(now.tv_sec - st.st_mtim.tv_sec));
	r = root_file_read(&text, &len, dir, "status.json", STATUS_BYTES_MAX);
	if (r < 0)
		return err_sys(err, -r, "'%s/status.json'", state_dir);
	*ret = len ? take_ptr(text) : strdup("{\"status_written\":false}");
	return *ret ? 0 : err_oom(err);
}

/* ---- its life ---- */

static int open_signals(struct daemon *d, struct err *err)
{
	sigset_t stop;

	sigemptyset(&stop);
	sigaddset(&stop, SIGINT);
	sigaddset(&stop, SIGTERM);
	sigaddset(&stop, SIGCHLD);
	sigprocmask(SIG_BLOCK, &stop, NULL);
	signal(SIGPIPE, SIG_IGN);
	d->signal_fd = signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK);
	return d->signal_fd < 0 ? err_sys(err, errno, "cannot take signals") : 0;
}

static void take_signals(struct daemon *d)
{
	struct signalfd_siginfo info;

	while (read(d->signal_fd, &info, sizeof(info)) == sizeof(info))
		d->stops |= info.ssi_signo != SIGCHLD;
}

static void reap(struct daemon *d)
{
	pid_t pid;
	int status;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0) {
		if (pid != d->shipper) {
			node_pods_ended(d->pods, pid, status);
			continue;
		}
		journal_error("the shipper has ended (wait status %d); it is started again",
			      status);
		d->shipper = 0;
	}
}

/* Before a sandbox begins it waits for us. */
static void take_sandboxes(struct daemon *d)
{
	int fd;

	while (d->gvisor_fd >= 0 &&
	       (fd = accept4(d->gvisor_fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK)) >= 0)
		node_pods_connect(d->pods, fd);
}

static void turn(struct daemon *d)
{
	uint64_t used;
	struct pollfd fds[] = { { .fd = d->signal_fd, .events = POLLIN },
				{ .fd = d->stops ? -1 : d->gvisor_fd, .events = POLLIN } };

	(void)poll(fds, 2, TICK_MS);
	take_signals(d);
	reap(d);
	if (!d->shipper && !d->stops)
		replace_shipper(d);
	take_answers(d);
	used = spool_bytes(d->spool);
	if (!d->stops) {
		node_pods_look(
		    d->pods, d->ship_socket,
		    (d->options->spool_mb << 20) > used ? (d->options->spool_mb << 20) - used : 0);
		take_sandboxes(d);
	}
	hand_all_over(d);
	say_status(d);
}

/* Traces are ended and handed over; then the shipper is let go, which sends what it can. */
static void end(struct daemon *d)
{
	int64_t until = now_ms() + END_MS;

	node_pods_stop(d->pods);
	while (node_pods_counts(d->pods).recording && now_ms() < until)
		turn(d);
	if (d->ship_socket >= 0) {
		hand_all_over(d);
		(void)shutdown(d->ship_socket, SHUT_WR);
	}
	while (d->shipper > 0 && now_ms() < until) {
		const struct timespec moment = { .tv_nsec = 50000000 };

		take_answers(d);
		if (waitpid(d->shipper, NULL, WNOHANG) == d->shipper)
			d->shipper = 0;
		nanosleep(&moment, NULL);
	}
	take_answers(d);
	if (d->shipper > 0)
		kill(d->shipper, SIGKILL);
}

static int prepare(struct daemon *d, struct err *err)
{
	int r = find_user(d, err);

	if (r == 0)
		r = d->options->cgroup ? cgroup_find(d->root, d->options->cgroup, err)
				       : cgroup_root(d->root, err);
	if (r == 0)
		r = spool_open(&d->spool, d->options->state, err);
	if (r == 0 && d->options->gvisor)
		r = d->gvisor_fd = gvisor_sink_listen(d->options->gvisor, err);
	if (r >= 0)
		r = open_signals(d, err);
	if (r == 0)
		r = describe(d, err);
	if (r == 0)
		r = start_shipper(d, err);
	if (r == 0)
		r = node_pods_open(&d->pods, d->root, d->spool, (size_t)d->options->pods, err);
	return r;
}

int daemon_run(const struct daemon_options *options, struct err *err)
{
	struct daemon d = { .options = options,
			    .signal_fd = -1,
			    .ship_socket = -1,
			    .gvisor_fd = -1,
			    .began_ms = now_ms() };
	int r = prepare(&d, err);

	if (r == 0) {
		journal_info("node %s: looking for sandbox pods below '%s'", d.node, d.root);
		while (!d.stops)
			turn(&d);
		end(&d);
		journal_info("node %s: ended", d.node);
	}
	if (d.gvisor_fd >= 0) /* while whoever comes after us waits for the spool */
		gvisor_sink_leave(options->gvisor);
	cleanup_close(&d.gvisor_fd);
	node_pods_close(d.pods);
	spool_close(d.spool);
	cleanup_close(&d.ship_socket);
	cleanup_close(&d.signal_fd);
	free(d.handed);
	return r;
}
