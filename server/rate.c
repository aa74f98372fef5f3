// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* rate.c — how often somebody may ask. */
#include "server/rate.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <string.h>

#define SETS 512
#define WAYS 8
#define MINUTE_MS 60000

struct bucket {
	char name[RATE_NAME_BYTES];
	int64_t filled_ms;
	uint64_t parts; /* of a token: MINUTE_MS are one */
};

struct rate_limits {
	pthread_mutex_t lock;
	uint64_t per_minute;
	struct bucket buckets[SETS][WAYS];
};

int rate_new(struct rate_limits **ret, uint64_t per_minute, struct err *err)
{
	struct rate_limits *limits = calloc(1, sizeof(*limits));

	if (!limits)
		return err_oom(err);
	limits->per_minute = per_minute;
	pthread_mutex_init(&limits->lock, NULL);
	*ret = limits;
	return 0;
}

void rate_free(struct rate_limits *limits)
{
	if (limits)
		pthread_mutex_destroy(&limits->lock);
	free(limits);
}

static struct bucket *find(struct rate_limits *limits, const char *name, int64_t now_ms)
{
	uint64_t hash = 14695981039346656037u;
	struct bucket *set, *oldest;

	for (const char *c = name; *c; c++)
		hash = (hash ^ (unsigned char)*c) * 1099511628211u;
	set = limits->buckets[(hash >> 32) % SETS];
	oldest = set;
	for (size_t i = 0; i < WAYS; i++) {
		if (!strcmp(set[i].name, name))
			return &set[i];
		if (set[i].filled_ms < oldest->filled_ms)
			oldest = &set[i];
	}
	snprintf(oldest->name, sizeof(oldest->name), "%s", name);
	oldest->filled_ms = now_ms;
	oldest->parts = limits->per_minute * MINUTE_MS;
	return oldest;
}

static void fill(struct bucket *b, uint64_t per_minute, int64_t now_ms)
{
	uint64_t full = per_minute * MINUTE_MS;
	uint64_t passed = now_ms > b->filled_ms ? (uint64_t)(now_ms - b->filled_ms) : 0;

	b->parts = passed >= MINUTE_MS || b->parts + passed * per_minute > full
		       ? full
		       : b->parts + passed * per_minute;
	b->filled_ms = now_ms > b->filled_ms ? now_ms : b->filled_ms;
}

static uint64_t seconds_for(uint64_t parts, uint64_t per_minute)
{
	return (parts + per_minute * 1000 - 1) / (per_minute * 1000);
}

void rate_take(struct rate_answer *ret, struct rate_limits *limits, const char *name, uint64_t cost,
	       int64_t now_ms)
{
	uint64_t price = cost * MINUTE_MS, limit = limits->per_minute;
	struct bucket *b;

	*ret = (struct rate_answer){ .allowed = true };
	if (!limit)
		return;
	pthread_mutex_lock(&limits->lock);
	b = find(limits, name, now_ms);
	fill(b, limit, now_ms);
	*ret =
	    (struct rate_answer){ .counted = true, .allowed = b->parts >= price, .limit = limit };
	if (ret->allowed)
		b->parts -= price;
	else
		ret->retry_s = seconds_for(price - b->parts, limit);
	ret->remaining = b->parts / MINUTE_MS;
	ret->full_s = seconds_for(limit * MINUTE_MS - b->parts, limit);
	pthread_mutex_unlock(&limits->lock);
}

void rate_name_of(char ret[RATE_NAME_BYTES], const char *address)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr six;

	if (inet_pton(AF_INET6, address, &six) != 1 || IN6_IS_ADDR_V4MAPPED(&six)) {
		snprintf(ret, RATE_NAME_BYTES, "address:%s", address);
		return;
	}
	memset(six.s6_addr + 8, 0, 8);
	inet_ntop(AF_INET6, &six, text, sizeof(text));
	snprintf(ret, RATE_NAME_BYTES, "address:%s/64", text);
}
