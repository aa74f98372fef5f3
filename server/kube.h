/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kube.h — requests to a Kubernetes API server, for one thread at a time.
 *
 * Whatever it answers becomes an error that says what to do about it:
 *
 *	-ENOENT   NotFound                 -EEXIST   AlreadyExists
 *	-EBUSY    Conflict                 -EACCES   Forbidden
 *	-EPERM    Unauthorized, also with fresh credentials; or its certificate is of no authority that we trust
 *	-EINVAL   Invalid, BadRequest      -ERANGE   Expired (410): what was read before is out of date
 *	-EAGAIN   too busy, failing, or not to be reached: another time
 *
 * What is too busy (429, 503) is asked again after the time that it names, what could not be reached after a while, unless asking
 * twice could do twice. Replies have a largest size.
 */
#pragma once

#include "server/kube_access.h"

struct kube;

/* access is borrowed. */
_must_check_ int kube_open(struct kube **ret, struct kube_access *access, struct err *err);
void kube_close(struct kube *kube);
DEFINE_CLEANUP(struct kube *, kube_close)

/* About once a second, also between attempts; < 0 ends the call, which returns it. */
typedef int (*kube_tick_fn)(void *ctx, struct err *err);
/* tick NULL: nobody is asked. */
void kube_set_tick(struct kube *kube, kube_tick_fn tick, void *ctx);
void kube_get_tick(const struct kube *kube, kube_tick_fn *ret_tick, void **ret_ctx);

struct kube_call {
	const char *method; /* NULL: GET */
	const char *path;   /* from "/", with its query */
	const char *body, *content_type;
	int64_t timeout_ms; /* 0: 30 s */
	size_t reply_max;   /* 0: 8 MiB */
	/* Gets the lines of a reply that does not end by itself; no attempts are repeated then. */
	int (*line)(void *ctx, const char *line, size_t len, struct err *err);
	void *ctx;
	int64_t silence_s; /* with line: so long without a byte is a failure */
	bool is_text;      /* the reply is no JSON: *ret_text */
};

/* ret, ret_text: NULL, or freed by the caller. */
_must_check_ int kube_ask(cJSON **ret, char **ret_text, struct kube *kube,
			  const struct kube_call *call, struct err *err);

_must_check_ int kube_read(cJSON **ret, struct kube *kube, const char *path, struct err *err);
/* Both: a field that the API server does not know is refused, not passed over; it may have been a wall. (From 1.25 on.) */
_must_check_ int kube_create(cJSON **ret, struct kube *kube, const char *path, const char *body,
			     struct err *err);
/* Server-side apply: what is there becomes so, as far as the body says something of it. */
_must_check_ int kube_apply(struct kube *kube, const char *path, const char *body, struct err *err);
/* With what depends on it. uid: only this very object; NULL: any of that name. foreground: it is there until what depends on it is
 * gone. 0 also when it was not there. */
_must_check_ int kube_delete(struct kube *kube, const char *path, const char *uid, bool foreground,
			     int64_t grace_s, struct err *err);

/* Each item of a list, page by page; from the start again when a page has expired, so fn may see an item twice. fn < 0 ends it.
 * ret_version: resourceVersion, freed by the caller; or NULL. */
typedef int (*kube_item_fn)(void *ctx, const cJSON *item, struct err *err);
_must_check_ int kube_each(char **ret_version, struct kube *kube, const char *path,
			   const char *selector, kube_item_fn fn, void *ctx, struct err *err);

/* Waits, ticking; what tick returned. */
_must_check_ int kube_pause(struct kube *kube, int64_t ms, struct err *err);
/* How long to wait after a wait of so long was not enough; 0: the first. */
int64_t kube_pause_next(int64_t ms);

/* A text as it stands in a query or a path; freed by the caller, NULL: no memory. */
char *kube_escape(const char *text);
