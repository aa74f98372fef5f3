/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * retention.h — what is old enough is removed: images that nobody used, traces, events, inputs, whole analyses, the audit log, each
 * after the days that the operator chose; and contents that nothing names any more.
 *
 * Nothing goes that something names: not what an analysis that waits or runs was given, not an analysis of whose end somebody is
 * still to be told. What came within the last day stays in any case: its name may be about to be written.
 */
#pragma once

#include "server/app.h"

struct retention;

_must_check_ int retention_start(struct retention **ret, struct app *app, struct err *err);
/* app->hub is closing. */
void retention_stop(struct retention *retention);

struct retention_counts {
	int64_t jobs, traces, events, inputs, audit, images, contents;
};
/* Now. */
_must_check_ int retention_sweep(struct retention_counts *ret, struct app *app, struct err *err);
