/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * uploads.h — content that comes in pieces, over time: a file beside the blobs until it is whole, then one of them.
 *
 * How far an upload is, is how long its file is: nothing has to be remembered, and what a crash leaves is taken up where it
 * ended. Calls for the same upload wait for each other.
 */
#pragma once

#include "server/blobs.h"

/* Bytes that are there; 0 also when the upload was never begun. */
_must_check_ int uploads_offset(uint64_t *ret, const struct blobs *blobs, const char *id,
				struct err *err);

struct upload_piece {
	uint64_t offset, bytes;
	int fd;         /* the piece, from its start */
	uint64_t total; /* what the whole is to be */
};

/*
 * Puts a piece at its place. What is there already must be the same bytes again (-EBADMSG). -ERANGE: it begins behind the end;
 * -EFBIG: it passes the total; -EAGAIN: the upload is being completed. *ret is how far it is, also on -ERANGE.
 */
_must_check_ int uploads_put(uint64_t *ret, struct blobs *blobs, const char *id,
			     const struct upload_piece *piece, struct err *err);
/* The whole becomes a blob. -ERANGE: it is not all there; -EBADMSG: it is not what the digest says, and is thrown away. */
_must_check_ int uploads_finish(struct blobs *blobs, const char *id, uint64_t total,
				const char *digest, struct err *err);
void uploads_drop(struct blobs *blobs, const char *id);
