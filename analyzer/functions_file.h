/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * functions_file.h — the list of places that the agent is to watch (agent/functions.h describes its form).
 *
 * Its first line carries an identity, the digest of all lines that findings ask for. The agent passes that on into the trace, so
 * that whoever makes the same list again from the same inputs knows which places were watched; with coverage there are more.
 */
#pragma once

#include "analyzer/digest.h"
#include "analyzer/inventory.h"
#include "analyzer/sites.h"
#include "analyzer/starts.h"

#define FUNCTIONS_NAME_BYTES_MAX 512u
#define FUNCTIONS_OBJECTS_MAX 10000u
#define FUNCTIONS_SITES_MAX 1000000u
#define FUNCTIONS_BYTES_MAX (256u << 20)

struct functions_file {
	char *text; /* malloc'ed */
	size_t len;
	char identity[DIGEST_HEX_BYTES];
	size_t sites;  /* 0: there is nothing to watch */
	size_t wanted; /* of them for findings */
};

/* A file whose functions are watched for coverage. */
struct covered {
	size_t file; /* into inventory.files */
	struct starts starts;
};

/* Objects by build-id, each once; those without one by path and size. An object that cannot be named in a line is left out:
 * functions_file_has tells. `sites` may be NULL. -E2BIG beyond the agent's limits. */
_must_check_ int functions_file_format(struct functions_file *ret, const struct sites *sites,
				       const struct covered *covered, size_t covered_count,
				       const struct inventory *inv, struct err *err);
void functions_file_done(struct functions_file *file);
/* Can that file of the inventory be named in a list? */
bool functions_file_has(const struct inventory_file *file);
