/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * callbacks.h — tells those who wanted to know that a job has ended: its callback_url, and the backend.
 *
 *	POST URL
 *	X-Vexxy-Event: analysis.ended
 *	X-Vexxy-Delivery: ID         the same at each attempt: told at least once
 *	X-Vexxy-Timestamp: SECONDS   since 1970; refuse what is old
 *	X-Vexxy-Signature: sha256=HEX   HMAC-SHA256 of "TIMESTAMP.BODY" under the organisation's secret
 *
 * The secret of an organisation is derived from the server's; that of the backend is VEXXY_API_KEY. Any 2xx ends it, 410 and an
 * address that is not allowed too; everything else is tried again, later each time. Redirects are not followed.
 */
#pragma once

#include "server/app.h"

#define CALLBACK_SECRET_BYTES 65

struct callbacks;

/* Reads the server's secret, which is made where there is none, into app->callback_secret. */
_must_check_ int callbacks_load_secret(struct app *app, struct err *err);
_must_check_ int callbacks_start(struct callbacks **ret, struct app *app, struct err *err);
/* app->hub is closing. What is not told yet stays in the store. */
void callbacks_stop(struct callbacks *callbacks);

/* Of an organisation, lower-case hexadecimal. */
void callback_secret(char ret[CALLBACK_SECRET_BYTES], const struct app *app, const char *org);
/* May it be asked to tell this URL? -EINVAL says what is wrong with it. Names are looked up later. */
_must_check_ int callback_check(const char *url, const struct option_list *blocks, struct err *err);
/* Before attempt + 1: base, doubled for each attempt, up to an hour; and of that between a half and all, as `random` (any number)
 * has it. */
int64_t callback_delay_ms(int64_t attempt, int64_t base_ms, uint64_t random);
