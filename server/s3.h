/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * s3.h — objects in a store that speaks S3: Amazon's, MinIO, Ceph, SeaweedFS and the like.
 *
 * Addressed as ENDPOINT/BUCKET/NAME, signed with version 4. An object's SHA-256 goes along when it is put, signed, so that the store
 * refuses what got damaged on the way; what comes back is held against it again. What fails for a while (no connection, 5xx, 429)
 * is tried again, S3_TRIES times in all. Any thread may call.
 */
#pragma once

#include <stdint.h>

#include "include/err.h"
#include "server/digest.h"

#define S3_TRIES 5
/* What one PUT takes; nothing that we keep is larger. */
#define S3_OBJECT_MAX (5ull << 30)

struct s3;

struct s3_options {
	const char *endpoint; /* "https://host", no slash behind it */
	const char *bucket, *region;
	const char *prefix; /* before every name, without slashes around it; "": none */
	const char *user;   /* "KEY:SECRET", never logged */
};

/* "KEY:SECRET" from the first line of the file, or, with NULL, from S3_ACCESS_KEY and S3_SECRET_KEY; NULL where there is none. Freed
 * by the caller. */
_must_check_ int s3_find_user(char **ret, const char *path, struct err *err);
/* -EINVAL: the options. Everything is copied. */
_must_check_ int s3_open(struct s3 **ret, const struct s3_options *options, struct err *err);
void s3_close(struct s3 *s3);
/* May we, and is the bucket there? -EACCES, -ENOENT, -EAGAIN, -EIO with what the store said; asked once. */
_must_check_ int s3_check(struct s3 *s3, struct err *err);
/* The file from its start, under the name; nothing is sent when an object that was put with this digest is there. -EFBIG; -EAGAIN: not reached; -EACCES,
 * -ENOENT, -EIO: refused. */
_must_check_ int s3_put(struct s3 *s3, const char *name, int fd, uint64_t bytes,
			const char digest[DIGEST_HEX_BYTES], struct err *err);
/* Into the file, which is emptied first. -ENOENT: there is none. -EAGAIN: not reached. -EIO: also when the content has another
 * digest. Or why the file cannot be written, as -ENOSPC. */
_must_check_ int s3_get(struct s3 *s3, const char *name, int fd, uint64_t *ret_bytes,
			const char digest[DIGEST_HEX_BYTES], struct err *err);
