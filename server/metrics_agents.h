/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* metrics_agents.h — what agents say of themselves, for Prometheus: so that who watches the server sees the nodes, too. */
#pragma once

#include <stdint.h>

#include "include/err.h"
#include "server/text.h"

struct db;

/* How many agents there are; and of each node whose agent was heard of lately, what it said last. now_ms: on the store's clock. */
_must_check_ int metrics_agents_render(struct text *ret, struct db *db, int64_t now_ms,
				       struct err *err);
