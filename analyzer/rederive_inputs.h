/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* rederive_inputs.h — what inputs.json says, and where the files it names lie now. For rederive*.c only. */
#pragma once

#include "analyzer/analysis.h"
#include "analyzer/pipeline.h"
#include "analyzer/rederive.h"
#include "analyzer/scratch.h"

/* inputs.json. Texts are borrowed from the document. */
struct record {
	cJSON *doc;
	struct arena *arena;
	struct input *inputs; /* the first is the image */
	const char **found;   /* where each lies now; NULL for image and code */
	size_t count;
	struct pipeline_again again;
	bool read_code;
};

/* -EBADMSG names what is wrong, -ENOTSUP what this version does not know. */
_must_check_ int record_parse(struct record *ret, const char *text, size_t len, struct arena *arena,
			      struct err *err);
void record_done(struct record *record);
/* Looks for every input. Returns the first that was not found, or NULL; *err tells what failed when r < 0. */
_must_check_ int record_find(struct record *record, const struct rederive_options *options,
			     const struct input **missing, struct err *err);
/* The options of the first time, over links below the scratch directory: they bear the names of the first time, and are in the
 * order of its paths, for findings are read in that order. Freed by pipeline_options_done. */
_must_check_ int record_options(struct pipeline_options *ret, const struct record *record,
				const struct scratch *scratch, struct err *err);
