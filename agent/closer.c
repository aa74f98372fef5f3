// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* closer.c — closes descriptors in threads of their own. */
#include "agent/closer.h"

#include <pthread.h>
#include <string.h>

#include "include/array.h"

#define THREADS_MAX 16

struct closer {
	pthread_mutex_t lock;
	pthread_cond_t idle;
	int *fds; /* that wait */
	size_t count, room, threads;
};

static void *close_all(void *arg)
{
	struct closer *closer = arg;

	pthread_mutex_lock(&closer->lock);
	while (closer->count) {
		int fd = closer->fds[--closer->count];

		pthread_mutex_unlock(&closer->lock);
		close(fd);
		pthread_mutex_lock(&closer->lock);
	}
	closer->threads--;
	pthread_cond_signal(&closer->idle);
	pthread_mutex_unlock(&closer->lock);
	return NULL;
}

struct closer *closer_new(void)
{
	struct closer *closer = calloc(1, sizeof(*closer));

	if (closer) {
		pthread_mutex_init(&closer->lock, NULL);
		pthread_cond_init(&closer->idle, NULL);
	}
	return closer;
}

/* With the lock held. */
static int add(struct closer *closer, int fd)
{
	int *slot = array_add(closer->fds, closer->count, closer->room);
	pthread_attr_t attr;
	pthread_t thread;

	if (!slot)
		return -ENOMEM;
	*slot = fd;
	if (closer->threads == THREADS_MAX)
		return 0;
	pthread_attr_init(&attr);
	pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED);
	if (pthread_create(&thread, &attr, close_all, closer) == 0)
		closer->threads++;
	pthread_attr_destroy(&attr);
	if (closer->threads)
		return 0;
	closer->count--;
	return -EAGAIN;
}

void closer_add(struct closer *closer, int fd)
{
	int r;

	if (fd < 0)
		return;
	pthread_mutex_lock(&closer->lock);
	r = add(closer, fd);
	pthread_mutex_unlock(&closer->lock);
	if (r < 0)
		close(fd);
}

void closer_wait(struct closer *closer)
{
	pthread_mutex_lock(&closer->lock);
	while (closer->threads)
		pthread_cond_wait(&closer->idle, &closer->lock);
	pthread_mutex_unlock(&closer->lock);
}

void closer_free(struct closer *closer)
{
	if (!closer)
		return;
	closer_wait(closer);
	pthread_cond_destroy(&closer->idle);
	pthread_mutex_destroy(&closer->lock);
	free(closer->fds);
	free(closer);
}
