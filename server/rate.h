/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * rate.h — how often somebody may ask: a bucket of tokens for each, which fills evenly and holds those of one minute.
 *
 * Somebody is a key, or an address where there is none; of IPv6 the /64, which is what one customer gets. Who asks seldom is
 * forgotten when there are many: with a full bucket, so that forgetting never refuses anybody.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"

#define RATE_NAME_BYTES 96

struct rate_limits;

/* per_minute 0: no limit. */
_must_check_ int rate_new(struct rate_limits **ret, uint64_t per_minute, struct err *err);
void rate_free(struct rate_limits *limits);
DEFINE_CLEANUP(struct rate_limits *, rate_free)

struct rate_answer {
	bool counted; /* else there is no limit, and nothing to be told */
	bool allowed;
	uint64_t limit, remaining; /* of requests in a minute */
	uint64_t full_s;           /* until the bucket is full again */
	uint64_t retry_s;          /* when it is not allowed: until it will be */
};

/* Takes so many tokens of this name's bucket; none when there are not enough. */
void rate_take(struct rate_answer *ret, struct rate_limits *limits, const char *name, uint64_t cost,
	       int64_t now_ms);

/* The name of an address: "address:1.2.3.4", "address:2001:db8:1:2::/64". */
void rate_name_of(char ret[RATE_NAME_BYTES], const char *address);
