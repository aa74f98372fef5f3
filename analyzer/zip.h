/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * zip.h — the files of a zip archive in memory, within limits (APPNOTE 6.3: stored and deflated, with zip64).
 *
 * Entries are taken from the central directory. Sizes are believed only as far as the bytes bear them out, and the checksum
 * is compared.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "include/err.h"

struct zip {
	const unsigned char *data;
	size_t len;
	size_t at;     /* of the next entry in the central directory */
	uint64_t left; /* entries to come */
};

struct zip_entry {
	const char *name; /* borrowed, without an end */
	size_t name_len;
	const unsigned char *data; /* packed */
	size_t packed, size;
	unsigned method, flags;
	uint32_t crc;
};

/* Does the text begin like an archive? */
bool zip_is(const char *text, size_t len);
/* The text is borrowed. */
_must_check_ int zip_open(struct zip *ret, const char *text, size_t len, struct err *err);
/* 1 with an entry, 0 at the end, or an error. */
_must_check_ int zip_next(struct zip *zip, struct zip_entry *ret, struct err *err);
/* The entry's bytes, NUL-terminated, freed by the caller. -EFBIG when it is larger than `max`. */
_must_check_ int zip_unpack(char **ret, const struct zip_entry *entry, size_t max, struct err *err);
