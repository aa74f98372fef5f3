/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/* gvisor_state.h — what is known of a container under gVisor while its messages come in; for gvisor_*.c only. */
#pragma once

#include <sys/socket.h>

#include "agent/fact_set.h"
#include "agent/gvisor_events.h"
#include "agent/gvisor_files.h"
#include "agent/gvisor_message.h"

struct process {
	int64_t tgid, parent;
	uint64_t threads; /* that have not ended */
};

struct bound {
	int64_t tgid, fd;
	struct sockaddr_storage address;
	size_t len;
};

/* Calls that open files, each counted twice: by number, and by the message that says which file. */
enum counted { COUNTED_EXEC, COUNTED_OPEN, COUNTED };

struct gvisor_events {
	struct gvisor_identity who;
	source_event_fn fn;
	void *ctx;
	struct fact_set facts;
	struct gvisor_files files;
	struct process *processes;
	size_t process_count, process_capacity;
	struct bound *bound;
	size_t bound_count, bound_capacity;
	uint64_t by_number[COUNTED], by_message[COUNTED];
	uint64_t forks, exits, failed_opens, capped[TRACE_KIND_COUNT];
	struct source_losses losses;
	struct source_syscalls syscalls;
	uint64_t unit_ns; /* when the unit began */
	uint32_t dropped;
	bool armed, ended, uncounted; /* uncounted: more processes than are kept */
	int64_t first;                /* number of its first process */
	uint64_t threads;             /* of that one, which have not ended */
	int status;
	struct err fault;
};

/* Name of a process: 15 bytes, as the kernel has it. */
struct comm {
	char text[16];
};

/* Cuts what does not fit. */
void gvisor_copy(char *ret, size_t room, struct gvisor_text text);
const char *gvisor_comm(struct comm *ret, const struct gvisor_message *m);
/* An event of a message: whose, and when; never before the beginning nor in the future, whatever the message says. */
struct source_event gvisor_begin(const struct gvisor_events *events, enum trace_kind kind,
				 const struct gvisor_message *m, uint64_t now_ns);
/* What comes late belongs to the unit before, and hides nothing of this one. */
bool gvisor_is_late(const struct gvisor_events *events, const struct source_event *e);
/* Reports it, unless that fact was reported in this unit: all that the record says but when and by whom. */
void gvisor_tell(struct gvisor_events *events, const struct source_event *e);
void gvisor_lose(struct gvisor_events *events, enum trace_loss what, size_t kind, uint64_t count);
/* The path that gVisor tells of something that it has open, into the event; false: it is no file with a path. */
bool gvisor_path(struct source_event *e, char path[GVISOR_PATH_BYTES_MAX], struct gvisor_text text);
/* What was passed, behind the directory that it is relative to. The caller frees it; NULL: not known. */
char *gvisor_name(const struct gvisor_message *m);

/* gvisor_opens.c: opened files. */
void gvisor_on_open(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns);
void gvisor_on_dup(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns);
/* A descriptor and what it is open on. One that we do not know was inherited or handed over: somebody opened that, too. */
void gvisor_resolve(struct gvisor_events *events, const struct gvisor_message *m, uint64_t now_ns);
/* No more is to come of the descriptors of a process, or of one of them (fd >= 0). */
void gvisor_give_up(struct gvisor_events *events, int64_t tgid, int64_t fd);
/* Of all that were opened more than patience_ns ago; they are kept, for a path that still comes. */
void gvisor_tell_waiting(struct gvisor_events *events, uint64_t now_ns, uint64_t patience_ns);

/* gvisor_calls.c: system calls by number, and sockets. */
void gvisor_on_syscall(struct gvisor_events *events, const struct gvisor_message *m,
		       uint64_t now_ns);
void gvisor_on_connect(struct gvisor_events *events, const struct gvisor_message *m,
		       uint64_t now_ns);
void gvisor_on_bind(struct gvisor_events *events, const struct gvisor_message *m);
