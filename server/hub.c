// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* hub.c — who waits for what within this server. */
#include "server/hub.h"

#include <pthread.h>
#include <string.h>
#include <time.h>

#include "include/array.h"

#define SUBSCRIBERS_MAX 4096

struct subscriber {
	char job_id[ID_BYTES];
	struct stream *stream;
};

struct hub {
	pthread_mutex_t lock;
	pthread_cond_t published, closes, work[HUB_WORKS];
	struct subscriber *subscribers;
	size_t count, capacity;
	uint64_t publications, work_count[HUB_WORKS];
	bool closing, ends;
	pthread_t heart;
};

static struct timespec in_ms(int64_t ms)
{
	struct timespec at;

	clock_gettime(CLOCK_MONOTONIC, &at);
	at.tv_sec += ms / 1000;
	at.tv_nsec += (ms % 1000) * 1000000;
	if (at.tv_nsec >= 1000000000) {
		at.tv_sec++;
		at.tv_nsec -= 1000000000;
	}
	return at;
}

/* With the lock held: wake only marks, so nothing is called back from it. */
static void wake(struct hub *hub, const char *job_id)
{
	for (size_t i = 0; i < hub->count; i++) {
		struct stream *stream = hub->subscribers[i].stream;

		if ((!job_id || !strcmp(hub->subscribers[i].job_id, job_id)) && stream->wake)
			stream->wake(stream->wake_ctx);
	}
}

static void *beat(void *ctx)
{
	struct hub *hub = ctx;

	pthread_mutex_lock(&hub->lock);
	while (!hub->ends) {
		struct timespec until = in_ms(HUB_HEARTBEAT_MS);
		int r = 0;

		while (!hub->ends && r == 0)
			r = pthread_cond_clockwait(&hub->closes, &hub->lock, CLOCK_MONOTONIC,
						   &until);
		wake(hub, NULL);
	}
	pthread_mutex_unlock(&hub->lock);
	return NULL;
}

int hub_new(struct hub **ret, struct err *err)
{
	struct hub *hub = calloc(1, sizeof(*hub));

	if (!hub)
		return err_oom(err);
	pthread_mutex_init(&hub->lock, NULL);
	pthread_cond_init(&hub->published, NULL);
	pthread_cond_init(&hub->closes, NULL);
	for (int i = 0; i < HUB_WORKS; i++)
		pthread_cond_init(&hub->work[i], NULL);
	if (pthread_create(&hub->heart, NULL, beat, hub) != 0) {
		free(hub);
		return err_set(err, EAGAIN, "cannot start a thread for heartbeats");
	}
	*ret = hub;
	return 0;
}

void hub_free(struct hub *hub)
{
	if (!hub)
		return;
	pthread_mutex_lock(&hub->lock);
	hub->ends = true;
	pthread_cond_broadcast(&hub->closes);
	pthread_mutex_unlock(&hub->lock);
	pthread_join(hub->heart, NULL);
	free(hub->subscribers);
	free(hub);
}

int hub_subscribe(struct hub *hub, const char *job_id, struct stream *stream, struct err *err)
{
	struct subscriber *s = NULL;

	pthread_mutex_lock(&hub->lock);
	if (hub->count < SUBSCRIBERS_MAX)
		s = array_add(hub->subscribers, hub->count, hub->capacity);
	if (s) {
		snprintf(s->job_id, sizeof(s->job_id), "%s", job_id);
		s->stream = stream;
	}
	pthread_mutex_unlock(&hub->lock);
	return s ? 0 : err_set(err, EAGAIN, "too many event streams: poll the status instead");
}

void hub_unsubscribe(struct hub *hub, struct stream *stream)
{
	pthread_mutex_lock(&hub->lock);
	for (size_t i = 0; i < hub->count; i++)
		if (hub->subscribers[i].stream == stream) {
			hub->subscribers[i] = hub->subscribers[--hub->count];
			break;
		}
	pthread_mutex_unlock(&hub->lock);
}

void hub_publish(struct hub *hub, const char *job_id)
{
	pthread_mutex_lock(&hub->lock);
	hub->publications++;
	wake(hub, job_id);
	pthread_cond_broadcast(&hub->published);
	pthread_mutex_unlock(&hub->lock);
}

uint64_t hub_wait(struct hub *hub, uint64_t seen, int64_t timeout_ms)
{
	struct timespec until = in_ms(timeout_ms);
	uint64_t now;
	int r = 0;

	pthread_mutex_lock(&hub->lock);
	while (hub->publications == seen && !hub->closing && r == 0)
		r = pthread_cond_clockwait(&hub->published, &hub->lock, CLOCK_MONOTONIC, &until);
	now = hub->publications;
	pthread_mutex_unlock(&hub->lock);
	return now;
}

void hub_work(struct hub *hub, enum hub_work kind)
{
	pthread_mutex_lock(&hub->lock);
	hub->work_count[kind]++;
	pthread_cond_broadcast(&hub->work[kind]);
	pthread_mutex_unlock(&hub->lock);
}

void hub_close(struct hub *hub)
{
	pthread_mutex_lock(&hub->lock);
	hub->closing = true;
	for (int i = 0; i < HUB_WORKS; i++)
		pthread_cond_broadcast(&hub->work[i]);
	pthread_cond_broadcast(&hub->published);
	pthread_cond_broadcast(&hub->closes);
	pthread_mutex_unlock(&hub->lock);
}

bool hub_wait_for_work(struct hub *hub, enum hub_work kind, uint64_t *seen, int64_t timeout_ms)
{
	struct timespec until = in_ms(timeout_ms);
	bool open;
	int r = 0;

	pthread_mutex_lock(&hub->lock);
	while (hub->work_count[kind] == *seen && !hub->closing && r == 0)
		r = pthread_cond_clockwait(&hub->work[kind], &hub->lock, CLOCK_MONOTONIC, &until);
	*seen = hub->work_count[kind];
	open = !hub->closing;
	pthread_mutex_unlock(&hub->lock);
	return open;
}

bool hub_sleep(struct hub *hub, int64_t timeout_ms)
{
	struct timespec until = in_ms(timeout_ms);
	bool open;
	int r = 0;

	pthread_mutex_lock(&hub->lock);
	while (!hub->closing && r == 0)
		r = pthread_cond_clockwait(&hub->closes, &hub->lock, CLOCK_MONOTONIC, &until);
	open = !hub->closing;
	pthread_mutex_unlock(&hub->lock);
	return open;
}

void hub_wake_all(struct hub *hub)
{
	pthread_mutex_lock(&hub->lock);
	wake(hub, NULL);
	pthread_mutex_unlock(&hub->lock);
}
