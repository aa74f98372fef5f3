/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* debug_wants.h — of which builds separate debug data is wanted, and what is known of it beforehand. */
#pragma once

#include "analyzer/inventory.h"
#include "analyzer/string_set.h"

struct debug_want {
	const char *id;   /* the build-id, in hex */
	const char *path; /* the first file that has it */
	bool linked;      /* it says which checksum the data has */
	uint32_t crc;
};

/* Zero-initialise but for the arena, which is the caller's. Files are borrowed by their paths. */
struct debug_wants {
	struct arena *arena;
	struct string_set ids;
	struct debug_want *items;
	size_t count, capacity;
	size_t without_id; /* ELF files that nothing can be asked about */
};

void debug_wants_done(struct debug_wants *wants);
/* A file on this machine. -ENOEXEC: it is not ELF; -EINVAL: no regular file. The path stands in the reason. */
_must_check_ int debug_wants_add_file(struct debug_wants *wants, const char *path, struct err *err);
/* Every ELF file of an inventory; rootfs NULL: without looking into the files. */
_must_check_ int debug_wants_add_inventory(struct debug_wants *wants, const struct inventory *inv,
					   const char *rootfs, struct err *err);
