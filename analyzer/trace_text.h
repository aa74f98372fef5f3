/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* trace_text.h — a trace as text for people: its header, its records, and what it adds up to. */
#pragma once

#include <stdbool.h>
#include <stdio.h>

#include "analyzer/trace.h"

void trace_text_header(FILE *out, const cJSON *header, bool colour);
/* One line for one record of any kind. */
void trace_text_record(FILE *out, const cJSON *record, enum trace_kind kind, bool colour);

/* Counts, first and last time, losses, completeness, units, system calls, the most frequent paths per kind. */
void trace_stats_text(FILE *out, const struct trace *trace);
/* The same as a document (caller deletes), NULL when there is no memory. */
cJSON *trace_stats_document(const struct trace *trace);

const char *use_kind_name(enum use_kind kind);
