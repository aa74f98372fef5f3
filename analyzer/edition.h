/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * edition.h — what of an OpenVEX document stays in the next one (openvex.md rules 5, 15, 17).
 *
 * A statement is known again by its @id. While its status and justification are the same, its timestamp is: since then the
 * conclusion holds. What else changed of it (evidence, confidence, the window) shows in last_updated. A document of which nothing
 * changed is the one before, to the byte; otherwise its version is one higher and its time is that of the analysis.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "analyzer/arena.h"
#include "analyzer/json_writer.h"
#include "analyzer/rfc3339.h"
#include "include/err.h"

#define EDITION_VERSION_MAX 1000000000u

struct edition_statement;

struct edition {
	uint64_t version;
	char timestamp[RFC3339_BYTES];
	bool repeats;                      /* whatever is stamped keeps the times that it had */
	struct edition_statement *earlier; /* sorted by id */
	size_t count;
};

/* The first edition, at that time. -EINVAL when it cannot be written. */
_must_check_ int edition_first(struct edition *ret, time_t time, struct err *err);
/* The edition of `before`, once more: to find out whether anything changed. -EBADMSG with what is wrong with it. */
_must_check_ int edition_repeat(struct edition *ret, const cJSON *before, struct arena *arena,
				struct err *err);
/* The next one. -EINVAL when `time` is before that of `repeat`. */
_must_check_ int edition_next(struct edition *ret, const struct edition *repeat, time_t time,
			      struct err *err);

/* Gives a statement that is whole, with its @id, the times that it has besides the document's. */
void edition_stamp(const struct edition *edition, struct json_writer *w, cJSON *statement);
