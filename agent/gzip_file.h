/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gzip_file.h — a gzip file that can be read while it grows and after whatever ended the writer.
 *
 * What was synced is on the file and decodes. When a write fails (a full disk), the file is cut back to the last sync,
 * so that it is never a torso, and can still take a few last bytes.
 */
#pragma once

#include <stddef.h>

#include "include/cleanup.h"
#include "include/err.h"

struct gzip_file;

/* Makes a new file; one that is there is replaced, a symbolic link refused; devices and FIFOs are written to. */
_must_check_ int gzip_file_create(struct gzip_file **ret, const char *path, struct err *err);
/* Closes without finishing: what was not synced is lost. */
void gzip_file_close(struct gzip_file *file);
DEFINE_CLEANUP(struct gzip_file *, gzip_file_close)

/* Sticky: after a failure nothing more is taken. */
void gzip_file_add(struct gzip_file *file, const char *bytes, size_t len);
/* Makes everything up to here readable. 0, or the -errno of the first failure, then the file is at the last good sync. */
_must_check_ int gzip_file_sync(struct gzip_file *file);
/* After a failure: forgets it, so that something short can be tried in the room that cutting back has freed. */
void gzip_file_retry(struct gzip_file *file);
/* Ends the stream. On failure the file is at the last good sync, ended there when there is room for ten bytes. */
_must_check_ int gzip_file_finish(struct gzip_file *file);
