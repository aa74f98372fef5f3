/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * delivery.h — content on its way to the server, by /api/v1/agent/: asked for, sent in pieces, taken up where it ended.
 *
 * Results are 0, -EAGAIN (later: the server is away, busy, full, or does not know our key yet), -ECANCELED (never: it wants it no
 * more), or another -errno of our own; the reason is in err.
 */
#pragma once

#include "agent/pod.h"
#include "agent/sha256.h"
#include "agent/upload.h"

struct delivery {
	struct upload *upload;
	const char *node;
	unsigned retry_after_s; /* of the last -EAGAIN; 0: not said */
};

struct delivered {
	const struct pod_member *member;
	const char *kind; /* trace, manifest, file */
	char digest[SHA256_HEX_BYTES];
	uint64_t bytes;
	int fd;
	bool by_pieces; /* one for each call: others are not to wait for all of it */
};

/* By pieces: 1 when there are more, and the next call sends the next one. */
_must_check_ int delivery_send(struct delivery *delivery, const struct delivered *content,
			       struct err *err);
/* Which of the digests does the server lack? lacks[i] is set where it does. At most DELIVERY_ASK_MAX. */
#define DELIVERY_ASK_MAX 500
_must_check_ int delivery_ask(bool *lacks, struct delivery *delivery, const char *const *digests,
			      size_t count, struct err *err);
/* The list of functions for a pod, into the file: its whole content is that, or worth nothing. */
_must_check_ int delivery_functions(struct delivery *delivery, const struct pod_member *member,
				    int fd, struct err *err);
/* JSON of a heartbeat. */
_must_check_ int delivery_beat(struct delivery *delivery, const char *json, struct err *err);
