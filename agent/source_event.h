/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* source_event.h — from the kernel side's record (bpf/event.h) to an event. No I/O. */
#pragma once

#include "agent/source.h"

/* Room for the strings of one event. */
struct source_text {
	char path[EVENT_PATH_MAX + 512];
	char given[EVENT_PATH_MAX + 512];
	char comm[17];
	char address[160];
	uint64_t stack[EVENT_STACK_MAX];
};

/* Fills in *ret, whose strings point into *text. -EBADMSG when the record contradicts itself; *ret is undefined then. */
_must_check_ int source_event_decode(struct source_event *ret, struct source_text *text,
				     const void *record, size_t size);

/* The kind of the trace that a kind of record becomes. */
extern const enum trace_kind source_event_kinds[EVENT_KIND_COUNT];
