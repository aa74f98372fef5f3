/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* pool.h — threads for what would block the connections' own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "include/err.h"

struct pool;

_must_check_ int pool_new(struct pool **ret, size_t threads, size_t waiting_max, struct err *err);
/* fn(ctx) will be called; false when too many wait. */
_must_check_ bool pool_push(struct pool *pool, void (*fn)(void *ctx), void *ctx);
/* After all that was pushed has run. */
void pool_free(struct pool *pool);
