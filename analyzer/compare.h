/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * compare.h — Kubescape's word beside ours, finding by finding, and why they differ.
 *
 * What Kubescape says is read from its own objects, the most explicit first:
 *   OpenVulnerabilityExchangeContainer   its statements (those of others in it are not its word)
 *   VulnerabilityManifest                of the image and filtered: affected is what the filtered one has, the rest of the image's is
 *                                        not_affected; without a filtered one there was no relevancy, and all is affected
 *   SBOMSyft and a profile               its relevancy is worked out (relevancy.h); with the image's manifest that gives the status, and
 *                                        in any case the reason
 * and where none is given, from the report itself, which has what Kubescape would say of the same inputs (kubescape_view.h).
 * Objects of another image than the report's are left out; when nothing remains that is an error.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include <cjson/cJSON.h>

#include "analyzer/arena.h"
#include "analyzer/purl.h"
#include "include/err.h"

#define COMPARE_WORDS_MAX 1000000u

/* What Kubescape says of one pair. */
struct kubescape_said {
	const char *id, *purl, *package; /* package: name, or NULL */
	const struct purl *parsed;       /* NULL: its purl is none */
	const char *status, *justification;
	const char *by,
	    *why;   /* as in kubescape_view.h, or "scan": there was no relevancy; NULL: not known */
	bool taken; /* the report has that pair, too */
};

struct kubescape_words {
	struct arena *arena;
	struct kubescape_said *items; /* by id, then purl */
	size_t count, room;
	const char *source; /* "OpenVulnerabilityExchangeContainer 'kubescape/x'" */
	const char **notes;
	size_t note_count, note_room;
};

/* Reads the objects; those that are not of one of the digests (none: all are taken) are left out. */
_must_check_ int kubescape_words_load(struct kubescape_words **ret, const char *const *paths,
				      size_t count, const char *const *digests, size_t digest_count,
				      struct err *err);
/* The same for one text. For fuzzing. */
_must_check_ int kubescape_words_parse(struct kubescape_words **ret, const char *text, size_t len,
				       struct err *err);
void kubescape_words_free(struct kubescape_words *words);
DEFINE_CLEANUP(struct kubescape_words *, kubescape_words_free)

enum comparison_relation {
	COMPARED_SAME,
	COMPARED_GROUND, /* the same advice on another ground */
	COMPARED_STATUS,
	COMPARED_ONLY_KUBESCAPE,
	COMPARED_ONLY_OURS,
	COMPARED_COUNT
};

const char *comparison_relation_name(enum comparison_relation relation);

struct comparison_row {
	const char *id, *package, *version, *purl;
	const char *kubescape, *kubescape_justification, *kubescape_by,
	    *kubescape_why;                                         /* status NULL: nothing */
	const char *status, *justification, *rule, *level, *reason; /* ours; NULL: no finding */
	double confidence;
	enum comparison_relation relation;
	const char *why;
};

struct comparison {
	struct arena *arena;
	const char *source;
	struct comparison_row *rows; /* in the order of the report, then what only Kubescape says */
	size_t count, by_relation[COMPARED_COUNT];
	const char *const *notes;
	size_t note_count;
};

/* The report is a report.json; words NULL: what is in it. Borrows both. -EBADMSG for what is no report. */
_must_check_ int compare_report(struct comparison **ret, const cJSON *report,
				struct kubescape_words *words, struct err *err);
void comparison_free(struct comparison *comparison);
DEFINE_CLEANUP(struct comparison *, comparison_free)

void comparison_print(FILE *out, const struct comparison *comparison, bool colour);
/* For machines. NULL: no memory. */
cJSON *comparison_json(const struct comparison *comparison);
