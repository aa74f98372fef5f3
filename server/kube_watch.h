/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * kube_watch.h — what is there, and every change of it from then on.
 *
 * The list comes first, then the changes since that list. A watch ends after some minutes (the API server's way), or breaks off; it
 * goes on from the last version that was heard of. Where that is too old (410) everything is listed again: so the same state may be
 * told twice, and what has gone meanwhile is only missing from the list.
 */
#pragma once

#include "server/kube.h"

enum kube_event {
	KUBE_LISTING, /* a list begins: what it does not bring is gone; object NULL */
	KUBE_PRESENT, /* one of it */
	KUBE_LISTED,  /* it has ended; object NULL */
	KUBE_CHANGED, /* added or modified */
	KUBE_DELETED, /* object: its last state */
};

struct kube_watch {
	const char *path, *selector; /* of a collection */
	/* 0: go on. 1: that is enough. < 0: the result. The connection is busy meanwhile: it asks nothing of it. */
	int (*event)(void *ctx, enum kube_event event, const cJSON *object, struct err *err);
	void *ctx;
};

/* 0: event said that it is enough. What event or the tick returned, and what no patience helps against (-EACCES, -EPERM …). */
_must_check_ int kube_watch(struct kube *kube, const struct kube_watch *watch, struct err *err);
