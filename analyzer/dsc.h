/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * dsc.h — a Debian source package: what its .dsc says, and its sources unpacked.
 *
 * Sizes and SHA-256 sums are held against the files. The signature of the .dsc is not: apt has done that for what it
 * fetched, by the archive's own; of any other .dsc its owner must know.
 */
#pragma once

#include <stdint.h>

#include "analyzer/arena.h"
#include "analyzer/digest.h"

#define DSC_BYTES_MAX (1u << 20)
#define DSC_FILE_BYTES_MAX ((uint64_t)2 << 30)     /* of one archive */
#define DSC_UNPACKED_BYTES_MAX ((uint64_t)8 << 30) /* of one archive */

struct dsc_file {
	const char *name;
	uint64_t size;
	const char *sha256;
};

struct dsc {
	const char *source, *version, *format;
	struct dsc_file *files;
	size_t file_count;
};

/* Reads the text of a .dsc, clear-signed or not. All strings are the arena's. */
_must_check_ int dsc_parse(struct dsc *ret, const char *text, size_t len, struct arena *arena,
			   struct err *err);

/* Checks the files that lie in `from`, and unpacks them into the existing, empty directory `to`: the sources are then in
 * `to`/source, without any patch applied. *ret_diff: the name in `from` of the one patch of format 1.0, NULL without. */
_must_check_ int dsc_unpack(const struct dsc *dsc, const char *from, const char *to,
			    const char **ret_diff, struct err *err);
