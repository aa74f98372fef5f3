/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* attestation_parts.h — the predicates of attestation.h. For attestation*.c only. */
#pragma once

#include <cjson/cJSON.h>

#include "analyzer/attestation.h"
#include "analyzer/json_writer.h"

/* What the statements are made of. vex is NULL when there is none. */
struct attestation_source {
	const struct attestation_file *files; /* sorted by name */
	size_t file_count;
	const cJSON *report, *vex;
};

/* Each is a new predicate; *w remembers what failed. */
cJSON *attestation_trace_predicate(struct json_writer *w, const struct attestation_source *source);
/* -ENOMEM, or what reading a file gave. */
_must_check_ int attestation_links_predicate(cJSON **ret, struct json_writer *w,
					     const struct attestation_source *source,
					     struct err *err);
