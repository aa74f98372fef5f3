/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* metrics.h — counts for Prometheus. Labels are bounded: a route of the table, a status class, a state; never an id. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "server/job.h"
#include "server/text.h"

struct app;
struct metrics;

_must_check_ int metrics_new(struct metrics **ret, size_t routes, struct err *err);
void metrics_free(struct metrics *metrics);

/* route: its index in the table; the count of routes for none. */
void metrics_request(struct metrics *metrics, size_t route, unsigned status, uint64_t took_us);
void metrics_stream(struct metrics *metrics, int change);
/* That are open. */
int64_t metrics_streams(const struct metrics *metrics);
/* A job from its way into the queue to its end here. waited_ms: since it was submitted; counted where nobody has begun with it before. */
void metrics_submitted(struct metrics *metrics);
void metrics_begun(struct metrics *metrics, bool is_first, int64_t waited_ms);
void metrics_phase(struct metrics *metrics, const char *phase, int64_t took_ms);
void metrics_job(struct metrics *metrics, enum job_state end, int64_t took_ms);
void metrics_left(struct metrics *metrics);
/* Of others, whose jobs are in the queue again or failed. */
void metrics_expired(struct metrics *metrics, unsigned leases);
void metrics_retry(struct metrics *metrics);
enum callback_end { CALLBACK_TOLD, CALLBACK_RETRIED, CALLBACK_FAILED, CALLBACK_ENDS };
void metrics_callback(struct metrics *metrics, enum callback_end end);
/* The text exposition format, with what the store says of the queue. */
_must_check_ int metrics_render(struct text *ret, struct app *app, struct err *err);
