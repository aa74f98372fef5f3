/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * blobs.h — traces, documents and uploads, kept by the SHA-256 of their content.
 *
 * What is put is on the disk before the call returns; a database row that names it comes after. The same content is kept once.
 * On disk: DIR/ab/abcdef…, and DIR/incoming/OWNER/ for what is not whole yet. In a store that speaks S3: PREFIX/ab/abcdef….
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "include/err.h"
#include "server/digest.h"
#include "server/s3.h"

struct blobs;

/* The directory may be shared; what is on its way in is the owner's (a name) alone. With s3, contents are there instead. */
_must_check_ int blobs_open(struct blobs **ret, const char *dir, const char *owner,
			    const struct s3_options *s3, struct err *err);
void blobs_close(struct blobs *blobs);

/* Copies the regular file (a link is refused). */
_must_check_ int blobs_put_file(char ret[DIGEST_HEX_BYTES], uint64_t *ret_bytes,
				struct blobs *blobs, const char *path, struct err *err);
/* Moves a finished upload of this digest. The path is on the same file system. */
_must_check_ int blobs_adopt(struct blobs *blobs, const char *path, const char *digest,
			     struct err *err);
/* For reading, from its start: of the file, or of a copy that is gone when it is closed. -EIO: it is missing; -EAGAIN: the store is
 * not reached. */
_must_check_ int blobs_get(int *ret_fd, uint64_t *ret_bytes, struct blobs *blobs,
			   const char *digest, struct err *err);
/* Makes a file of that content at `path`. */
_must_check_ int blobs_export(struct blobs *blobs, const char *digest, const char *path,
			      struct err *err);
/* Is all of it on this machine, so that asking takes no time to speak of? */
bool blobs_are_local(const struct blobs *blobs);
/* 0, or why contents cannot be had just now. */
_must_check_ int blobs_check(struct blobs *blobs, struct err *err);
/* Where uploads may be written: on the same file system. */
const char *blobs_incoming(const struct blobs *blobs);
/* Where what comes in pieces waits for the rest, also across a restart: on the same file system. */
const char *blobs_partial(const struct blobs *blobs);
/* Removes what was put before then and nothing names: is_named says 1, 0, or < 0 when it cannot tell, which ends it. */
_must_check_ int blobs_sweep(int64_t *ret_count, struct blobs *blobs, int64_t before_ms,
			     int (*is_named)(void *ctx, const char *digest), void *ctx,
			     struct err *err);
/* Bytes that are free for them. */
uint64_t blobs_free_bytes(const struct blobs *blobs);
