/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * probes.h — the functions of a list are watched in whatever code the processes of a recording map.
 *
 * The kernel side reports a file when it is mapped executable for the first time and holds the process before it can run an
 * instruction of it (bpf/code.bpf.h). The file is opened by way of the mapping itself, so it is that file, whatever its path is
 * called by now; when its build-id is on the list, probes are put in, and the process is let go. One mechanism serves
 * a program and all that it links at its start, what it loads later, and files that are made or replaced meanwhile.
 *
 * What others pay: a probe belongs to the file, and whoever else on the machine runs that file meets it. Outside of the
 * recording a hit costs the trap (some µs) and nothing is kept of it; it ends with the first hit inside, else with the
 * recording. A process that is held sees a SIGCONT, and its parent may see that it was stopped. A file that is overwritten in
 * place while probes are in it breaks whoever maps it then: the kernel puts the old breakpoints into the new bytes. Package
 * managers replace files instead, and that is a new file here.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/functions.h"
#include "agent/source.h"
#include "include/err.h"

struct probe_refusal {
	uint64_t offset;
	const char *symbol, *error;
};

/* A file whose functions are watched from now on. */
struct probe_report {
	const char *path, *build_id;
	uint32_t sites, starts; /* without the refused; how many of them begin functions */
	bool late;              /* it could already run */
	const struct probe_refusal *refused;
	size_t refused_count;
};

/* A function that ran. */
struct probe_hit {
	const char *path, *build_id, *symbol;
	uint64_t offset;
	bool wanted, starts; /* as in the list */
};

typedef void (*probes_report_fn)(void *ctx, const struct probe_report *report);

struct probes;

/* Of the source, which was opened with options.functions; both are borrowed. -EOPNOTSUPP with the reason of the kernel. */
_must_check_ int probes_open(struct probes **ret, struct source *source,
			     const struct functions *functions, struct err *err);
/* Before the source is closed, and after source_hold was ended, or its owner lets go what is held in this slot. */
void probes_close(struct probes *probes);
DEFINE_CLEANUP(struct probes *, probes_close)

/* An event of kind TRACE_PROBE; it is dealt with in probes_settle. */
void probes_take(struct probes *probes, const struct source_event *event);
/*
 * After each round of events: puts probes in and lets go what is held, takes away what was hit. fn is called for each file.
 * all: what could not be told until now is late.
 */
void probes_settle(struct probes *probes, bool all, probes_report_fn fn, void *ctx);
/* What an event of kind TRACE_FUNCTION says. False: it was told before in this unit. The strings live as long as the probes. */
bool probes_hit(struct probes *probes, const struct source_event *event, struct probe_hit *ret);
/* Puts all probes in again; then the source's unit may begin. */
void probes_renew(struct probes *probes);
/* Files whose functions could not be watched, and sites that could not be watched again. */
uint64_t probes_lost(const struct probes *probes);
