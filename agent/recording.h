/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * recording.h — from the kernel's events to the trace file: one cgroup, one file.
 *
 * Life: recording_open → recording_watch → recording_begin (the header) → recording_poll and recording_tick until it is
 * over → recording_finish. Knows nothing of processes, containers or timers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "agent/record_options.h"
#include "agent/trace_line.h"
#include "include/err.h"

struct functions;
struct recording;
struct gvisor_sink;
struct gvisor_events;

/* Makes the file and loads the kernel side, or what takes gVisor's messages. */
_must_check_ int recording_open(struct recording **ret, const struct record_options *options,
				struct err *err);
/*
 * The same of a slot that is watched already, by a source that several recordings share: whoever has the source keeps it open
 * for as long, polls it, lets recording_settle follow, and gives each recording the events of its slot. Then recording_watch and
 * recording_poll are not called. The functions (NULL: none) are borrowed; one recording of a source may have some.
 */
_must_check_ int recording_join(struct recording **ret, const struct record_options *options,
				struct source *source, uint32_t slot, bool late,
				struct functions *functions, struct err *err);
/*
 * The same of a container in a sandbox of gVisor, whose connection several recordings share: its messages go to recording_gvisor, and
 * what comes of them to fn, which hands it on to recording_take.
 */
_must_check_ int recording_join_gvisor(struct recording **ret, const struct record_options *options,
				       source_event_fn fn, void *ctx, struct err *err);
/* Borrowed, from recording_begin on. */
struct gvisor_events *recording_gvisor(struct recording *recording);
void recording_settle(struct recording *recording);
/* Functions were to be watched, and are not: from now on the trace says that something is missing. */
void recording_lack_functions(struct recording *recording);
/* Does it let go what maps new code? */
bool recording_has_probes(const struct recording *recording);
void recording_take(struct recording *recording, const struct source_event *event);
void recording_close(struct recording *recording);
DEFINE_CLEANUP(struct recording *, recording_close)

/* late: what runs in the cgroup is recorded at once, else from the first exec on. */
_must_check_ int recording_watch(struct recording *recording, const char *cgroup_dir, bool late,
				 struct err *err);
/* Time zero and the first line. root_fd (O_PATH, borrowed, or -1): where files are found to read their build-id. */
_must_check_ int recording_begin(struct recording *recording, const struct trace_identity *who,
				 int root_fd, struct err *err);
/* Where gVisor is to connect to, before it begins; NULL when this kernel is asked. Borrowed. */
struct gvisor_sink *recording_sink(struct recording *recording);
/* The workload has begun: from now on closing leaves the file where it is. Before, it removes it. */
void recording_keep(struct recording *recording);
/* Late: what the tasks have mapped and opened before. */
_must_check_ int recording_snapshot(struct recording *recording, struct err *err);

/* For epoll: readable when events wait. Poll at least twice a second all the same. */
int recording_fd(const struct recording *recording);
_must_check_ int recording_poll(struct recording *recording, struct err *err);
/* About once a second: losses, and everything that is old enough goes to the file. Fails when the file takes no more. */
_must_check_ int recording_tick(struct recording *recording, struct err *err);
/* A mark: a new unit begins, and each first-seen fact is reported again. */
_must_check_ int recording_mark(struct recording *recording, const char *name, struct err *err);

/* Seconds and nanoseconds since the start. */
uint64_t recording_age_ns(const struct recording *recording);
/* Has the first exec been seen? */
bool recording_is_armed(const struct recording *recording);

struct recording_totals {
	uint64_t seen[TRACE_KIND_COUNT]; /* events up to now */
	uint64_t lost; /* all causes but map_full, under which nothing is missing */
};
/* As observer_fault(). */
const char *recording_fault(const struct recording *recording);
struct recording_totals recording_totals(const struct recording *recording);

/* Takes what is left from the kernel and writes the last line; fills in t, counts, capped, losses and syscalls. */
_must_check_ int recording_finish(struct recording *recording, struct trace_summary *summary,
				  struct err *err);
