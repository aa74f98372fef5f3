/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* findings_input.h — files, directories and archives of documents, told apart by content. Private to findings*.c. */
#pragma once

#include "analyzer/findings_claim.h"

#define FINDINGS_FILE_BYTES_MAX (512u << 20)
#define FINDINGS_ARCHIVE_BYTES_MAX (8ull << 30)
#define FINDINGS_FILES_MAX 2000000u
#define FINDINGS_DEPTH_MAX 16

/* Reads a file or directory, and adds what it says to the claims. Errors name the path. */
_must_check_ int findings_read_path(struct claims *claims, const char *path, struct err *err);
/* The same for text in memory. `name` is for notes and errors. */
_must_check_ int findings_read_text(struct claims *claims, const char *text, size_t len,
				    const char *name, struct err *err);
