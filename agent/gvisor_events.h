/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * gvisor_events.h — what gVisor tells of a container, as events of a trace; no input or output but that files of the root are looked at.
 *
 * Its evidence is about files: which programs and scripts were executed, what was opened, by whom, and the system calls. It
 * says nothing of what was mapped, and no probe can be put into code that runs under it.
 *
 * Paths are those that gVisor's kernel tells: of a program when it is executed, of an opened file when its descriptor is
 * closed or duplicated. Until then, and when that never happens, a file is reported under the name that was passed, and says so
 * (by_name). What gVisor cannot tell is counted as a loss: it leaves out messages with text that is no UTF-8, so every
 * successful exec and open is counted apart, by number, and what has no message is missing.
 */
#pragma once

#include "agent/source.h"

struct gvisor_events;

struct gvisor_identity {
	const char *container; /* its id */
	const char *program;   /* path of its first program; NULL: not known */
	int root_fd;           /* of its files, borrowed; -1: not at hand */
	uint64_t boottime_ns;  /* a moment before it began, */
	int64_t realtime_ns;   /* and the same since 1970 */
	bool all_events;       /* repeats as well */
};

/* Borrows what the identity names for as long as it lives. */
_must_check_ int gvisor_events_new(struct gvisor_events **ret,
				   const struct gvisor_identity *identity, source_event_fn fn,
				   void *ctx, struct err *err);
void gvisor_events_free(struct gvisor_events *events);
DEFINE_CLEANUP(struct gvisor_events *, gvisor_events_free)

/* One packet, at a time of CLOCK_BOOTTIME. What it cannot read is a loss. */
void gvisor_events_take(struct gvisor_events *events, const void *packet, size_t size,
			uint64_t now_ns);
struct gvisor_message;
/* The same of one that was read already, and is this container's. */
void gvisor_events_tell(struct gvisor_events *events, const struct gvisor_message *m,
			uint64_t now_ns);
/* So many messages did not come. */
void gvisor_events_drop(struct gvisor_events *events, uint64_t count);
/* A packet that was larger than any may be. */
void gvisor_events_miss(struct gvisor_events *events);
/* About once a second: what has waited for its path is reported under its name. */
void gvisor_events_settle(struct gvisor_events *events, uint64_t now_ns);
/* A unit begins at this time of CLOCK_BOOTTIME: every fact is reported again when it is next seen. */
void gvisor_events_unit(struct gvisor_events *events, uint64_t now_ns);
/* Nothing more comes. early: it ended without being asked to; when its first process had not ended, something is missing. */
void gvisor_events_end(struct gvisor_events *events, bool early);

/* Has the container's first program begun? Its first process ended? Then its status, as from wait(). */
bool gvisor_events_armed(const struct gvisor_events *events);
bool gvisor_events_ended(const struct gvisor_events *events, int *ret_status);
/* Has its first process ended, with all its threads, and every other one that was told of? Only then nothing more comes. */
bool gvisor_events_over(const struct gvisor_events *events);
/* What the first packet that could not be read had wrong with it, or "". */
const char *gvisor_events_fault(const struct gvisor_events *events);
/* Is the end of this call asked for, too? Of those that open, execute or listen, and of those that nothing else tells of. */
bool gvisor_counts(int number);
/* As of a source (source.h). */
const struct source_losses *gvisor_events_losses(const struct gvisor_events *events);
const struct source_syscalls *gvisor_events_syscalls(const struct gvisor_events *events);
uint64_t gvisor_events_capped(const struct gvisor_events *events, enum trace_kind kind);
