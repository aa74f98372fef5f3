/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* cyclonedx.h — what our CycloneDX 1.6 documents have in common: head, image, places where a file was seen in use. */
#pragma once

#include "analyzer/analysis.h"
#include "analyzer/json_writer.h"

struct cyclonedx {
	const struct analysis *analysis;
	struct arena *arena;
	struct json_writer json;
};

/* Everything before the components; yields the metadata. */
cJSON *cyclonedx_put_head(struct cyclonedx *c, cJSON *doc, const char *time);
/* Last of all: the same content has the same serial number. */
void cyclonedx_set_serial(struct cyclonedx *c, cJSON *doc);

void cyclonedx_put_property(struct cyclonedx *c, cJSON *properties, const char *name,
			    const char *value);
void cyclonedx_put_number(struct cyclonedx *c, cJSON *properties, const char *name, uint64_t value);
/* A file that was used, and by whom first at its strongest. */
void cyclonedx_push_occurrence(struct cyclonedx *c, cJSON *occurrences, size_t file);
