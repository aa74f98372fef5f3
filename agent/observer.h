/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * observer.h — who tells a recording what happens: this kernel (source.h), or gVisor's own for what runs under it.
 *
 * The kernel sees everything of a process that runs on it, functions too. Of a sandbox of gVisor it sees the sandbox and
 * nothing of what is in it: there gVisor's word is all there is, and it is about files and programs.
 */
#pragma once

#include <time.h>

#include "agent/gvisor_events.h"
#include "agent/gvisor_sink.h"
#include "agent/source.h"

/* The time of all events. */
static inline uint64_t boottime_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

struct observer {
	struct source *source; /* NULL: gVisor is asked */
	bool shares;           /* the source, or gVisor's connection, is another's */
	uint32_t slot;

	struct gvisor_sink sink;
	struct gvisor_events *gvisor; /* from observer_begin on */
	void *packet;
	bool hung_up; /* gVisor has, before it was asked to end */
};

/* Zero-initialise, or one of these; then observer_close. */
_must_check_ int observer_open(struct observer *ret, const struct source_options *options,
			       source_event_fn fn, void *ctx, struct err *err);
_must_check_ int observer_open_gvisor(struct observer *ret, struct err *err);
/* One of several containers of a sandbox: whoever has the connection gives each its messages. */
void observer_join_gvisor(struct observer *ret);
void observer_close(struct observer *observer);
/* gVisor: who is to be recorded is known, and has not begun. */
_must_check_ int observer_begin(struct observer *observer, const struct gvisor_identity *identity,
				source_event_fn fn, void *ctx, struct err *err);

/* The header's: name, how far its evidence goes (NULL: to functions), the kinds that it cannot see left out. */
const char *observer_name(const struct observer *observer);
const char *observer_level(const struct observer *observer);
bool observer_sees(const struct observer *observer, enum trace_kind kind);
const struct source_choice *observer_choices(const struct observer *observer, size_t *ret_count);

int observer_fd(const struct observer *observer);
_must_check_ int observer_poll(struct observer *observer, struct err *err);
/* What is still under way; by_itself: the workload had ended before anybody ended it. */
_must_check_ int observer_drain(struct observer *observer, bool by_itself, struct err *err);
void observer_unit(struct observer *observer);
/* What was wrong with the first message that could not be read, or "". */
const char *observer_fault(const struct observer *observer);
bool observer_is_armed(const struct observer *observer);
/* The status of the first process where only the observer knows it. */
bool observer_status(const struct observer *observer, int *ret_status);
void observer_losses(const struct observer *observer, struct source_losses *ret);
uint64_t observer_capped(const struct observer *observer, enum trace_kind kind);
void observer_syscalls(const struct observer *observer, struct source_syscalls *ret);
