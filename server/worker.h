/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* worker.h — threads that take jobs, have them executed, and write down how it ended. */
#pragma once

#include "server/app.h"

struct workers;

/* Ends what an earlier server has left, puts its jobs back into the queue, and starts to work. */
_must_check_ int workers_start(struct workers **ret, struct app *app, struct err *err);
/* Stops what is being worked on, which is queued again, and waits for that. */
void workers_stop(struct workers *workers);
