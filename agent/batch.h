/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * batch.h — files of one container, on their way to the server: by digest what it lacks, then a list of what has which path.
 *
 * The list ("manifest"): {"vexxy_manifest":"1.0","container":S,"complete":B,"files":[{"path":S,"sha256":S,"bytes":N,"mode":N},
 * {"path":S,"error":S}…]}. A file that could not be had is in it with the reason; "complete" is false when there were more.
 */
#pragma once

#include "agent/delivery.h"

struct batch;
void batch_free(struct batch *batch);
/* Descriptors that it holds. */
size_t batch_held(const struct batch *batch);
/* A step: a file is read, or a piece of one sent. 1: there is more to do, else as delivery_send; after -EAGAIN it goes on where it
 * was. */
_must_check_ int batch_send(struct batch *batch, struct delivery *delivery, struct err *err);

/* Those that are being filled. Zero-initialise. */
struct batches {
	struct batch **items;
	size_t count, capacity;
	uint64_t
	    skipped; /* files that there was no memory for at all: whoever's they were, no list is whole any more */
};
/* fd -1: there was no room for it. < 0, and the descriptor is closed, when there is no memory, or too many are in it: it counts as
 * skipped. */
_must_check_ int batches_add(struct batches *batches, const struct pod_member *member,
			     const char *path, int fd);
/* The one of that container; NULL when there is no memory. skipped: so many were not even given to us. */
struct batch *batches_take(struct batches *batches, const struct pod_member *member,
			   uint64_t skipped);
