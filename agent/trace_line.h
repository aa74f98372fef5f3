/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* trace_line.h — the lines of a trace file (include/trace_format.h) as text; no state, no input or output. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/emit.h"
#include "agent/probes.h"
#include "agent/source.h"
#include "include/trace_format.h"

/* What is recorded, as far as it is known: NULL and 0 are left out. */
struct trace_identity {
	const char *id, *cgroup, *image, *image_digest, *rootfs;
	const char *isolation; /* what is between it and this kernel, as "gvisor" */
	const char *program;   /* the path of its first program; no part of a header */
	uint64_t cgroup_id;
	char *const *command; /* NULL-terminated */
};

struct trace_node {
	const char *name, *kernel, *arch, *boot_id;
	uint64_t boottime_ns; /* of the start, which is t = 0 */
	int64_t start_s;      /* the same moment as UTC since 1970 */
	uint32_t start_ns;
};

struct trace_watch {
	const char *backend, *level;
	bool late, all_events, no_maps;
	uint64_t window_s;
	const struct source_choice *choices;
	size_t choice_count;
	uint64_t functions;       /* sites that are to be watched; 0: functions are not */
	const char *functions_id; /* of their list, or NULL */
};

struct trace_summary {
	uint64_t t;
	const char *reason;
	bool has_exit, has_driver;
	int exit, driver; /* wait status of the command, of the driver */
	const uint64_t *counts;
	uint64_t capped[TRACE_KIND_COUNT], losses[TRACE_LOSS_COUNT];
	struct source_syscalls syscalls;
	uint64_t user_us, system_us, max_rss_kb; /* 0: not known */
};

const char *trace_kind_text(enum trace_kind kind);
const char *trace_loss_text(enum trace_loss loss);

/* Whole objects: the first line and the last one. */
void line_header(struct text *out, const struct trace_node *node, const struct trace_identity *who,
		 const struct trace_watch *watch);
void line_end(struct text *out, const struct trace_summary *summary);

/* Members of a record, without braces and "t". build_id: hex, or NULL when there is none. */
void line_event(struct text *out, const struct source_event *event, const char *build_id);
void line_probe(struct text *out, const struct probe_report *report);
void line_function(struct text *out, const struct source_event *event, const struct probe_hit *hit);
void line_lost(struct text *out, enum trace_loss what, const char *kind, uint64_t count);
void line_mark(struct text *out, const char *name, uint64_t unit);
