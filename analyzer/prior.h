/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * prior.h — what others have stated of the same image: kept under their names, held against our verdicts, never taken over.
 *
 * A prior document is OpenVEX (0.2.0, or the older form in which vulnerabilities and products are texts). Its statements keep
 * their authority: author, time, document and the digest of the file. No statement of others changes a verdict, in either
 * direction: what they rest on is not known here, and a not_affected is only ever concluded from evidence of our own.
 *
 * Nor are they copied into the document that is emitted. That one is its author's alone (openvex.md rule 4), and it may make
 * one statement per vulnerability, product and subcomponent (rule 10): of two for one, grype obeys the oldest and trivy the
 * newest. So the statements of others stand whole in report.json, and the status_notes of ours say that there is one, whose,
 * and whether it contradicts.
 *
 *   This image is a product that carries one of its digests (version of an oci or docker purl, hash, or end of a reference), or
 *   the fallback identifier. A package as product is meant wherever it is. An image named without a digest is one that bears the
 *   name of ours: such statements are kept too, and marked as named by name only.
 *   The package is a subcomponent's purl of the same type, namespace, name and version, and architecture where both tell one;
 *   other qualifiers are left aside. Without subcomponents the whole product is meant.
 *   What an OpenVulnerabilityExchangeContainer has beside Kubescape's own statements was passed on by it, and is marked so.
 *   Superseded is a statement by a later one of the same author on the same finding, product and subcomponent.
 */
#pragma once

#include "analyzer/analysis.h"

#define PRIOR_DOCUMENTS_MAX 1000u
#define PRIOR_STATEMENTS_MAX 500000u
#define PRIOR_ITEMS_MAX 500000u

enum prior_relation {
	PRIOR_SUPERSEDED,
	PRIOR_AGREES,     /* the same status on the same ground */
	PRIOR_DIFFERS,    /* the same advice, on another ground */
	PRIOR_OPEN,       /* one of the two says under_investigation */
	PRIOR_CONTRADICTS /* one asks for action, the other says that none is needed */
};

const char *prior_relation_name(enum prior_relation relation);

/* Why a statement is on no finding. */
enum prior_left {
	PRIOR_NO_FINDING, /* its vulnerability is none of this analysis */
	PRIOR_OTHER_PRODUCT,
	PRIOR_OTHER_PACKAGE,
	PRIOR_FAULTY, /* no status of OpenVEX, no vulnerability or no product */
	PRIOR_LEFT_COUNT
};

const char *prior_left_text(enum prior_left left);

struct prior_document {
	const char *sha256; /* of the file */
	const char *id, *author, *role, *timestamp, *tooling,
	    *version; /* or NULL, but for author */
	size_t statements;
	size_t applied; /* statements that are on some finding */
	size_t left[PRIOR_LEFT_COUNT];
};

/* A statement as it stands on one finding. Texts are cut at 1024 bytes; NULL where it has none. */
struct prior_statement {
	size_t document, index; /* into documents; in the document, from 0 */
	const char *id, *status, *justification, *impact, *action, *notes, *timestamp;
	const char *product, *subcomponent; /* what matched; subcomponent NULL: the whole product */
	const char *named_by;               /* "digest", "package" or "name" */
	bool passed_on;                     /* in Kubescape's object, and not its own */
	struct timespec time;               /* of the statement, else of its document */
	enum prior_relation relation;
	const char *why; /* one sentence: both sides */
};

/* A statement that is on no finding. */
struct prior_left_out {
	size_t document, index;
	const char *vulnerability; /* or NULL */
	enum prior_left why;
};

#define PRIOR_LEFT_KEPT 100u /* the first of a document; the rest is counted */

struct priors {
	struct arena *arena;
	struct prior_document *documents; /* by digest; the same file twice is one */
	size_t document_count;
	struct prior_statement *items; /* by finding, author, product, subcomponent, time */
	size_t *firsts; /* items of finding i: from firsts[i] to before firsts[i + 1] */
	size_t finding_count;
	struct prior_left_out *left_out; /* by document, index */
	size_t left_out_count;
	size_t contradictions; /* findings on which some statement contradicts ours */
};

struct prior_files;

/*
 * Reads the documents. Refused with the path, and nothing is kept: what is no OpenVEX (alone, or in Kubescape's objects) of a version known here, has no author
 * (whose words would they be?) or no list of statements, and more than the limits above.
 */
_must_check_ int prior_files_load(struct prior_files **ret, const char *const *paths, size_t count,
				  struct err *err);
void prior_files_free(struct prior_files *files);
DEFINE_CLEANUP(struct prior_files *, prior_files_free)
/* The same for one text; `name` stands for it in errors. For fuzzing and tests. */
_must_check_ int prior_files_parse(struct prior_files **ret, const char *text, size_t len,
				   const char *name, struct err *err);

/* Holds them against what was concluded. Borrows the files and the analysis for its life time. */
_must_check_ int priors_weigh(struct priors **ret, const struct prior_files *files,
			      const struct analysis *analysis, struct err *err);
void priors_free(struct priors *priors);
DEFINE_CLEANUP(struct priors *, priors_free)

/* The statements on a finding; priors may be NULL. */
const struct prior_statement *priors_on(const struct priors *priors, size_t finding, size_t *count);
/* Of those the one that tells most against the verdict, the newest first; NULL when there is none. */
const struct prior_statement *priors_strongest(const struct priors *priors, size_t finding);
