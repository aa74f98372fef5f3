/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * hub.h — who waits for what within this server: streams for their job's next event, workers for jobs, callbacks for an end, a
 * cancel for its own.
 *
 * It carries no data: whoever is woken asks the store. A store that is shared by several servers calls hub_publish and
 * hub_work for what the others did, too.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "server/ids.h"
#include "server/request.h"

#define HUB_HEARTBEAT_MS 15000

struct hub;

_must_check_ int hub_new(struct hub **ret, struct err *err);
/* Nobody may wait any more. */
void hub_free(struct hub *hub);
DEFINE_CLEANUP(struct hub *, hub_free)

/* The stream is woken when the job changes, and every HUB_HEARTBEAT_MS. -EAGAIN: too many already. */
_must_check_ int hub_subscribe(struct hub *hub, const char *job_id, struct stream *stream,
			       struct err *err);
void hub_unsubscribe(struct hub *hub, struct stream *stream);
/* Something about the job is new in the store. */
void hub_publish(struct hub *hub, const char *job_id);
/* Waits until something is published, or so long. Returns the count of publications, to be passed next time. */
uint64_t hub_wait(struct hub *hub, uint64_t seen, int64_t timeout_ms);
enum hub_work {
	HUB_JOBS,      /* one may be claimed */
	HUB_CALLBACKS, /* a job has ended: somebody may be to be told */
	HUB_WORKS,
};
/* There is work of this kind. */
void hub_work(struct hub *hub, enum hub_work kind);
/* Never again is there work: who waits for it, or sleeps, goes. */
void hub_close(struct hub *hub);
/* Waits for work that is newer than *seen (0 at first), or so long. False when closing. */
bool hub_wait_for_work(struct hub *hub, enum hub_work kind, uint64_t *seen, int64_t timeout_ms);
/* So long, whatever work there is. False when closing. */
bool hub_sleep(struct hub *hub, int64_t timeout_ms);
/* Wakes every stream: for the end. */
void hub_wake_all(struct hub *hub);
