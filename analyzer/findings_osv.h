/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* findings_osv.h — is a version within what an OSV record calls affected? Private to findings_osv*.c. */
#pragma once

#include "analyzer/inventory.h"
#include "analyzer/json.h"

/* In the order of caution: of two answers on one package the greater counts. */
enum osv_state { OSV_OUTSIDE, OSV_FIXED, OSV_UNDECIDED, OSV_OPEN };

struct osv_weight {
	enum osv_state state;
	/* Borrowed from the record, or NULL. OSV_FIXED: the fix that was reached, else the next one. */
	const char *fix;
};

/* Weighs one entry of "affected" against an installed version, NULL when that is not known. Ranges of commits cannot be
 * compared; nor can versions of a type without an order: both leave the question open (OSV_UNDECIDED). */
struct osv_weight osv_weigh(const cJSON *affected, const char *type, const char *version);

/* Of two answers on one package the more cautious one; of two fixes of one state the greater. */
void osv_weight_merge(struct osv_weight *to, const struct osv_weight *from, const char *type);

enum osv_system {
	OSV_SYSTEM_OTHER,  /* another distribution or release: the entry says nothing */
	OSV_SYSTEM_UNSURE, /* it may be this one: nothing can be concluded */
	OSV_SYSTEM_THIS,
};

struct osv_place {
	const char *type; /* purl type, NULL when none is known here */
	bool distribution;
	enum osv_system system; /* of a distribution */
};

/* What an ecosystem such as "Debian:12", "Ubuntu:Pro:22.04:LTS" or "PyPI" is, seen from the inventory's system. */
struct osv_place osv_place_of(const char *ecosystem, const struct inventory *inv);
