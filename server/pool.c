// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pool.c — threads for what would block the connections' own. */
#include "server/pool.h"

#include <pthread.h>

struct task {
	void (*fn)(void *ctx);
	void *ctx;
};

struct pool {
	pthread_mutex_t lock;
	pthread_cond_t more;
	struct task *tasks; /* a ring */
	size_t size, first, count, threads;
	bool closing;
	pthread_t ids[64];
};

static void *work(void *ctx)
{
	struct pool *pool = ctx;

	pthread_mutex_lock(&pool->lock);
	for (;;) {
		struct task task;

		while (!pool->count && !pool->closing)
			pthread_cond_wait(&pool->more, &pool->lock);
		if (!pool->count)
			break;
		task = pool->tasks[pool->first];
		pool->first = (pool->first + 1) % pool->size;
		pool->count--;
		pthread_mutex_unlock(&pool->lock);
		task.fn(task.ctx);
		pthread_mutex_lock(&pool->lock);
	}
	pthread_mutex_unlock(&pool->lock);
	return NULL;
}

int pool_new(struct pool **ret, size_t threads, size_t waiting_max, struct err *err)
{
	struct pool *pool = calloc(1, sizeof(*pool));

	if (!pool || !(pool->tasks = calloc(waiting_max, sizeof(*pool->tasks)))) {
		free(pool);
		return err_oom(err);
	}
	pool->size = waiting_max;
	pthread_mutex_init(&pool->lock, NULL);
	pthread_cond_init(&pool->more, NULL);
	while (pool->threads < threads && pool->threads < 64 &&
	       pthread_create(&pool->ids[pool->threads], NULL, work, pool) == 0)
		pool->threads++;
	if (!pool->threads) {
		pool_free(pool);
		return err_set(err, EAGAIN, "cannot start threads for requests");
	}
	*ret = pool;
	return 0;
}

bool pool_push(struct pool *pool, void (*fn)(void *ctx), void *ctx)
{
	bool fits;

	pthread_mutex_lock(&pool->lock);
	fits = pool->count < pool->size;
	if (fits) {
		pool->tasks[(pool->first + pool->count++) % pool->size] = (struct task){ fn, ctx };
		pthread_cond_signal(&pool->more);
	}
	pthread_mutex_unlock(&pool->lock);
	return fits;
}

void pool_free(struct pool *pool)
{
	if (!pool)
		return;
	pthread_mutex_lock(&pool->lock);
	pool->closing = true;
	pthread_cond_broadcast(&pool->more);
	pthread_mutex_unlock(&pool->lock);
	for (size_t i = 0; i < pool->threads; i++)
		pthread_join(pool->ids[i], NULL);
	free(pool->tasks);
	free(pool);
}
