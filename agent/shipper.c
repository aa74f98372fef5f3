// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* shipper.c — the process that has the network. One thread takes messages, so that nobody waits for a slow server; the other sends. */
#include "agent/shipper.h"

#include <fcntl.h>
#include <inttypes.h>
#include <linux/close_range.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>

#include "agent/batch.h"
#include "agent/journal.h"
#include "agent/privileges.h"
#include "agent/ship.h"

#define FILES_HELD_MAX 2048
#define BEAT_MS 15000
#define ASK_MS 30000
#define ASK_EVERY_MS 1000
#define PAUSE_FIRST_MS 500
#define PAUSE_MAX_MS 30000
/* When the daemon ends, what is under way gets so long; traces come again at the next start. */
#define END_MS 10000

struct item {
	struct ship_message message;
	int fd;
	struct batch *batch; /* FILES_END: of the files before it */
	struct delivered trace;
	int64_t until_ms; /* FUNCTIONS: nobody waits for it any more */
	struct item *next;
};

struct queue {
	struct item *first, **last;
};

struct shipper {
	const struct shipper_options *options;
	struct delivery delivery;
	int socket;
	pthread_mutex_t lock;
	pthread_cond_t woken;
	/* Pods wait for lists of functions, so that they go before all else; analyses wait for traces, and nobody for files. */
	struct item *asks;
	struct queue traces, files;
	bool has_new_asks;
	char *status; /* of the next heartbeat */
	bool closed;  /* the daemon is gone */

	/* Of the taking thread. */
	struct batches batches;
	size_t held; /* descriptors of files; under the lock */

	int64_t beat_next_ms, end_ms, pause_ms, ask_next_ms;
	uint64_t sent, refused; /* uploads */
	bool was_away;
};

static int64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* ---- the thread that takes ---- */

static void item_free(struct item *item)
{
	if (!item)
		return;
	cleanup_close(&item->fd);
	batch_free(item->batch);
	free(item);
}
DEFINE_CLEANUP(struct item *, item_free)

static void queue_add(struct queue *queue, struct item *item)
{
	*queue->last = item;
	queue->last = &item->next;
}

static void queue_take(struct queue *queue)
{
	struct item *item = queue->first;

	queue->first = item->next;
	item->next = NULL;
	if (!queue->first)
		queue->last = &queue->first;
}

static struct queue *queue_of(struct shipper *s, const struct item *item)
{
	return item->message.kind == SHIP_TRACE ? &s->traces : &s->files;
}

static void enqueue(struct shipper *s, struct item *item)
{
	pthread_mutex_lock(&s->lock);
	queue_add(queue_of(s, item), item);
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->lock);
}

static void enqueue_ask(struct shipper *s, struct item *item)
{
	pthread_mutex_lock(&s->lock);
	item->next = s->asks;
	s->asks = item;
	s->has_new_asks = true;
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->lock);
}

static void take_status(struct shipper *s, const char *text)
{
	char *copy = strdup(text);

	pthread_mutex_lock(&s->lock);
	if (copy) {
		free(s->status);
		s->status = copy;
	}
	pthread_mutex_unlock(&s->lock);
}

static void take_file(struct shipper *s, struct item *item)
{
	bool full;

	pthread_mutex_lock(&s->lock);
	full = s->held >= FILES_HELD_MAX;
	s->held += !full;
	pthread_mutex_unlock(&s->lock);
	if (batches_add(&s->batches, &item->message.member, item->message.text,
			full ? -1 : take_fd(&item->fd)) < 0 &&
	    !full) {
		pthread_mutex_lock(&s->lock);
		s->held--;
		pthread_mutex_unlock(&s->lock);
	}
}

static void *take(void *ctx)
{
	struct shipper *s = ctx;

	for (;;) {
		_cleanup_(item_freep) struct item *item = calloc(1, sizeof(*item));
		int r;

		if (!item)
			break;
		r = ship_receive(&item->message, &item->fd, s->socket);
		if (r == 0 || (r < 0 && r != -EBADMSG))
			break;
		if (r < 0)
			continue;
		if (item->message.kind == SHIP_STATUS) {
			take_status(s, item->message.text);
		} else if (item->message.kind == SHIP_FILE) {
			take_file(s, item);
		} else if (item->message.kind == SHIP_FUNCTIONS) {
			item->until_ms = now_ms() + ASK_MS;
			enqueue_ask(s, take_ptr(item));
		} else {
			if (item->message.kind == SHIP_FILES_END)
				item->batch = batches_take(&s->batches, &item->message.member,
							   item->message.skipped);
			enqueue(s, take_ptr(item));
		}
	}
	pthread_mutex_lock(&s->lock);
	s->closed = true;
	pthread_cond_signal(&s->woken);
	pthread_mutex_unlock(&s->lock);
	return NULL;
}

/* ---- the thread that sends ---- */

/* Under the lock. */
static bool has_items(const struct shipper *s)
{
	return s->traces.first || s->files.first;
}

/* Waits for an item, the end, or a time. */
static void wait_until(struct shipper *s, int64_t until_ms, bool for_items)
{
	int64_t left = until_ms - now_ms();
	struct timespec at;

	if (s->ask_next_ms && s->ask_next_ms - now_ms() < left)
		left = s->ask_next_ms - now_ms();
	if (left <= 0)
		return;
	clock_gettime(CLOCK_REALTIME, &at);
	at.tv_sec += left / 1000;
	at.tv_nsec += left % 1000 * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&s->lock);
	while (!s->closed && !(for_items && has_items(s)) && !s->has_new_asks)
		if (pthread_cond_timedwait(&s->woken, &s->lock, &at) != 0)
			break;
	pthread_mutex_unlock(&s->lock);
}

static void beat(struct shipper *s)
{
	_cleanup_free_ char *json = NULL, *status = NULL;
	struct err err = {};
	int r;

	if (now_ms() < s->beat_next_ms)
		return;
	s->beat_next_ms = now_ms() + BEAT_MS;
	pthread_mutex_lock(&s->lock);
	status = strdup(s->status ? s->status : "{}");
	pthread_mutex_unlock(&s->lock);
	if (!status || asprintf(&json,
				"{%s,\"details\":{\"uploads_sent\":%" PRIu64
				",\"uploads_refused\":%" PRIu64 ",\"daemon\":%s}}",
				s->options->about, s->sent, s->refused, status) < 0)
		return;
	r = delivery_beat(&s->delivery, json, &err);
	if (r < 0 && !s->was_away)
		journal_warning("%s; what is recorded is kept until it answers", err.text);
	if (r == 0 && s->was_away)
		journal_info("the server answers again");
	s->was_away = r < 0;
}

static void answer(const struct shipper *s, const struct item *item, int result)
{
	const struct ship_answer answer = { item->message.id, result };

	(void)!send(s->socket, &answer, sizeof(answer), MSG_NOSIGNAL);
}

/* True: it is answered, or nobody waits. */
static bool fetch(struct shipper *s, struct item *item)
{
	const struct pod_member *m = &item->message.member;
	struct err err = {};
	int r = delivery_functions(&s->delivery, m, item->fd, &err);

	if (r == -EAGAIN && now_ms() < item->until_ms)
		return false;
	if (r < 0)
		journal_error("functions of analysis %s, pod %s, are not to be had: %s",
			      m->analysis, m->uid, err.text);
	answer(s, item, r == 0 ? 0 : -ECANCELED);
	return true;
}

static void fetch_all(struct shipper *s)
{
	struct item *asks, *next, *left = NULL;

	pthread_mutex_lock(&s->lock);
	asks = s->has_new_asks || now_ms() >= s->ask_next_ms ? s->asks : NULL;
	s->asks = asks ? NULL : s->asks;
	s->has_new_asks = false;
	pthread_mutex_unlock(&s->lock);
	if (!asks)
		return;
	for (; asks; asks = next) {
		next = asks->next;
		if (fetch(s, asks)) {
			item_free(asks);
			continue;
		}
		asks->next = left;
		left = asks;
	}
	pthread_mutex_lock(&s->lock);
	while (left) {
		next = left->next;
		left->next = s->asks;
		s->asks = left;
		left = next;
	}
	s->ask_next_ms = s->asks ? now_ms() + ASK_EVERY_MS : 0;
	pthread_mutex_unlock(&s->lock);
}

static int send_trace(struct shipper *s, struct item *item, struct err *err)
{
	struct delivered *trace = &item->trace;
	int r = 0;

	if (!trace->member) {
		*trace = (struct delivered){ .kind = "trace", .fd = item->fd, .by_pieces = true };
		r = sha256_file(trace->digest, &trace->bytes, item->fd, UINT64_MAX);
		if (r == 0)
			trace->member = &item->message.member;
	}
	r = r < 0 ? err_sys(err, -r, "cannot read the trace")
		  : delivery_send(&s->delivery, trace, err);
	/* There may be memory later; what is recorded is not thrown away for that. */
	return r == -ENOMEM ? -EAGAIN : r;
}

static void forget_files(struct shipper *s, size_t count)
{
	pthread_mutex_lock(&s->lock);
	s->held -= count;
	pthread_mutex_unlock(&s->lock);
}

static int send_files(struct shipper *s, struct item *item, struct err *err)
{
	size_t held;
	int r;

	if (!item->batch)
		return 0;
	held = batch_held(item->batch);
	r = batch_send(item->batch, &s->delivery, err);
	forget_files(s, held - (r == -EAGAIN || r > 0 ? batch_held(item->batch) : 0));
	return r;
}

static const char *what(const struct item *item)
{
	return item->message.kind == SHIP_TRACE ? "trace" : "list of files";
}

/* -EAGAIN: it is to be tried again, later; 1: there is more of it; 0: it is done with. */
static int send_item(struct shipper *s, struct item *item)
{
	const struct pod_member *m = &item->message.member;
	struct err err = {};
	int r = item->message.kind == SHIP_TRACE ? send_trace(s, item, &err)
						 : send_files(s, item, &err);

	if (r > 0)
		return r;
	if (r == -EAGAIN) {
		if (!s->was_away)
			journal_warning("%s of container %s, analysis %s, is kept: %s", what(item),
					m->name, m->analysis, err.text);
		s->was_away = true;
		return r;
	}
	if (r == 0)
		journal_info("%s of container %s, analysis %s, is sent", what(item), m->name,
			     m->analysis);
	else
		journal_error("%s of container %s, analysis %s, is not sent: %s", what(item),
			      m->name, m->analysis, err.text);
	s->sent += r == 0;
	s->refused += r < 0;
	s->was_away = false;
	if (item->message.kind == SHIP_TRACE)
		answer(s, item, r == 0 ? 0 : -ECANCELED);
	return 0;
}

static void wait_before_next(struct shipper *s)
{
	int64_t pause = (int64_t)s->delivery.retry_after_s * 1000;

	s->pause_ms = s->pause_ms ? s->pause_ms * 2 : PAUSE_FIRST_MS;
	if (s->pause_ms > PAUSE_MAX_MS)
		s->pause_ms = PAUSE_MAX_MS;
	wait_until(s, now_ms() + (pause > s->pause_ms ? pause : s->pause_ms), false);
}

/* Or a piece of it: between two of them whatever has come meanwhile and is more urgent goes. */
static void send_next(struct shipper *s)
{
	struct queue *queue;
	struct item *item;
	int r;

	pthread_mutex_lock(&s->lock);
	queue = s->traces.first ? &s->traces : &s->files;
	item = queue->first;
	pthread_mutex_unlock(&s->lock);
	if (!item) {
		wait_until(s, s->beat_next_ms, true);
		return;
	}
	r = send_item(s, item);
	if (r <= 0) {
		pthread_mutex_lock(&s->lock);
		queue_take(queue);
		/* What the server does not take now does not keep it from the others. */
		if (r == -EAGAIN)
			queue_add(queue, item);
		pthread_mutex_unlock(&s->lock);
	}
	if (r == -EAGAIN) {
		wait_before_next(s);
		return;
	}
	s->pause_ms = 0;
	if (r == 0)
		item_free(item);
}

/* Nothing more comes, and either nothing is left or the time is over. */
static bool is_over(struct shipper *s)
{
	bool closed, empty;

	pthread_mutex_lock(&s->lock);
	closed = s->closed;
	empty = !has_items(s);
	pthread_mutex_unlock(&s->lock);
	if (!closed)
		return false;
	if (!s->end_ms)
		s->end_ms = now_ms() + END_MS;
	return empty || s->pause_ms || now_ms() > s->end_ms;
}

static int serve(int socket, const struct shipper_options *options, struct err *err)
{
	_cleanup_(upload_closep) struct upload *upload = NULL;
	struct shipper s = { .options = options, .socket = socket };
	pthread_t taker;
	int r = upload_open(&upload, &options->upload, err);

	if (r < 0)
		return r;
	s.delivery = (struct delivery){ .upload = upload, .node = options->node };
	s.traces.last = &s.traces.first;
	s.files.last = &s.files.first;
	pthread_mutex_init(&s.lock, NULL);
	pthread_cond_init(&s.woken, NULL);
	if (pthread_create(&taker, NULL, take, &s) != 0)
		return err_set(err, EAGAIN, "cannot start a thread");
	while (!is_over(&s)) {
		fetch_all(&s);
		beat(&s);
		send_next(&s);
	}
	pthread_join(taker, NULL); /* which has ended: nothing more comes */
	return 0;
}

/* Deaf to what the terminal sends to all: the daemon says when it is over, by closing the socket. */
static void become(int socket, const struct shipper_options *options)
{
	struct rlimit files = { FILES_HELD_MAX + 256, FILES_HELD_MAX + 256 };
	struct err err = {};
	sigset_t none;
	int r;

	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	prctl(PR_SET_NAME, "vexxy-shipper");
	dup2(socket, STDIN_FILENO);
	syscall(SYS_close_range, 3u, ~0u, 0u);
	(void)setrlimit(RLIMIT_NOFILE, &files);
	r = privileges_drop(options->uid, options->gid, &err);
	if (r == 0)
		r = serve(STDIN_FILENO, options, &err);
	if (r < 0)
		journal_error("%s", err.text);
	_exit(r < 0 ? 1 : 0);
}

int shipper_start(int *ret_socket, pid_t *ret_pid, const struct shipper_options *options,
		  struct err *err)
{
	int ends[2];
	pid_t pid;

	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) < 0)
		return err_sys(err, errno, "cannot make a pair of sockets");
	pid = fork();
	if (pid == 0)
		become(ends[1], options);
	close(ends[1]);
	if (pid < 0) {
		close(ends[0]);
		return err_sys(err, errno, "cannot start the shipper");
	}
	*ret_socket = ends[0];
	*ret_pid = pid;
	return 0;
}
