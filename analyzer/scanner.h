/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * scanner.h — what grype and trivy would suppress, given an OpenVEX document (openvex reference 2.1–2.3).
 *
 * The rules simulated: ids are compared exactly with vulnerability @id, name and aliases; components by @id, purl (fewer
 * qualifiers match more), identifiers and hash values. grype (to 0.116, `grype --vex`) asks for the image under its tags, its
 * repository digests, two pkg:oci forms and the bare digest, then for the package itself as product, and takes the oldest
 * statement that matches; trivy (`trivy --vex`) asks for the package itself as product, then for the image's pkg:oci purl,
 * and takes the newest. Both suppress not_affected and fixed. Not simulated: trivy's walk over a package's dependents
 * other than the image, and grype's ignore rules.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include <cjson/cJSON.h>

#include "analyzer/arena.h"
#include "include/err.h"

#define SCANNER_NO_STATEMENT ((size_t)-1)

/* One match of a report, and what becomes of it. */
struct suppression {
	const char *id;      /* as the scanner reports it */
	const char *package; /* name and version, for people */
	const char *purl;    /* of the package as the scanner spells it, or NULL */
	bool suppressed;
	size_t statement;   /* index of the statement that decides, or SCANNER_NO_STATEMENT */
	const char *status; /* of that statement, or NULL */
	const char *
	    product; /* the identifier that matched, as the scanner asked for it; NULL without a statement */
	const char *vex_product; /* the document's product that it matched */
	const char *why;         /* one sentence: what matched, or what did not */
};

struct suppressions {
	struct arena *arena;
	const char *scanner;      /* "grype" or "trivy" */
	const char **product_ids; /* the names under which the scanner asks for the image */
	size_t product_id_count;
	struct suppression *items; /* one per match of the report, in its order */
	size_t count, suppressed_count;
	const char **notes; /* what the simulation could not do for this report */
	size_t note_count;
};

/* -EINVAL with a reason when the report is neither grype's nor trivy's. Both trees are borrowed for the call only. */
_must_check_ int scanner_simulate(struct suppressions **ret, const cJSON *openvex,
				  const cJSON *report, struct err *err);
void suppressions_free(struct suppressions *suppressions);
DEFINE_CLEANUP(struct suppressions *, suppressions_free)

/* Without a report: what one product of a statement can match at all. */
enum scanner_reach {
	REACH_NOTHING,     /* no scanner asks for anything that this matches */
	REACH_IMAGE,       /* one image, by digest */
	REACH_IMAGE_TAG,   /* an image by tag: grype only, and whatever the tag points to */
	REACH_IMAGE_ANY,   /* every image of that name: no version */
	REACH_PACKAGE,     /* the package itself, in whatever is scanned */
	REACH_PACKAGE_ANY, /* every version of the package */
	REACH_COUNT
};

struct product_reach {
	size_t statement, product; /* indexes in the document */
	const char *id;            /* @id, or the first identifier or hash */
	enum scanner_reach reach;
	bool grype, trivy; /* who is able to match it */
	bool blankets;     /* no subcomponents: every package with that vulnerability is meant */
	size_t unversioned_subcomponents,
	    dead_subcomponents; /* that match any version; that no purl can match */
	const char *why;        /* one sentence */
};

struct product_reaches {
	struct arena *arena;
	struct product_reach *items; /* in document order */
	size_t count;
};

const char *scanner_reach_name(enum scanner_reach reach);
_must_check_ int scanner_reaches(struct product_reaches **ret, const cJSON *openvex,
				 struct err *err);
void product_reaches_free(struct product_reaches *reaches);
DEFINE_CLEANUP(struct product_reaches *, product_reaches_free)
