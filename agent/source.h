/* SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition */
/*
 * source.h — the kernel as a source of events: what to watch, what was seen, and what was lost.
 *
 * Life: source_open → source_watch (up to SOURCE_SLOTS cgroups) → source_snapshot for what already ran →
 * source_poll until done → source_drain → source_losses, source_syscalls → source_unwatch → source_close.
 *
 * Each fact is delivered once per slot and unit (source_unit), or every time with all_events. Events are delivered
 * nearly in order of time: those that did not fit the ring are kept in a map and follow it, with their own time.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "bpf/event.h"
#include "include/cleanup.h"
#include "include/err.h"
#include "include/trace_format.h"

#define SOURCE_SLOTS EVENT_SLOTS
#define SOURCE_ANY_KIND TRACE_KIND_COUNT

enum source_backend { SOURCE_AUTO, SOURCE_RAW, SOURCE_FENTRY };

struct source_options {
	enum source_backend backend;
	bool all_events; /* report repeats as well: for debugging */
	bool
	    functions; /* probes are put into code: report new code, hold what is about to run it */
	bool stacks;   /* with each function its callers */
};

/* The inode that holds the bytes of mapped code (of overlayfs: the layer's), as it was at some time. */
struct source_code {
	uint32_t slot, dev, generation;
	uint64_t ino, changed;
};

/* One event, decoded. Strings live until the callback returns. */
struct source_event {
	enum trace_kind
	    kind; /* TRACE_EXEC, _EXIT, _FORK, _OPEN, _MAP, _SYSCALLS, _NET, _FUNCTION or _PROBE */
	uint32_t slot;
	uint64_t t_ns; /* CLOCK_BOOTTIME */
	uint64_t cgroup_id;
	pid_t pid, tid, ppid; /* of fork: pid is the child */
	const char *comm;     /* 15 bytes at most, any bytes */

	/* exec, open, map: the file. NULL path for a failed open. Any bytes but NUL. */
	const char *path;
	size_t path_len;
	uint32_t dev_major, dev_minor, generation;
	uint64_t ino;
	bool truncated, deleted, outside_root, memfd, directory;
	bool by_name; /* the path is what a program or a file names, and not what was found there */
	const char *how;             /* open, map: EVENT_HOWS */
	const char *access;          /* open: "r", "w", "rw", "path", "x" */
	const char *role;            /* exec: "program", "script", "interpreter" */
	uint64_t addr, offset_bytes; /* map: where it starts, and at which byte of the file */

	bool failed;       /* open: a failed one; net: with an error */
	int error;         /* errno of these */
	const char *given; /* failed open: what the program passed; "" when unreadable */

	int exit_status; /* exit: as from wait() */

	uint32_t nr; /* syscalls: seen for the first time */
	bool compat;

	const char *net_op, *net_family; /* net: "listen" | "connect"; "inet" | "inet6" | "unix" */
	const char *net_addr;            /* text; of a unix socket its name ("@…": abstract) */
	uint16_t net_port;

	/* probe: new code, the file with that path (FILE members are those of `code`), mapped at addr; or, without path, a process
	 * whose thread tid has reported `codes` of them, and that is held until whoever reads this sends it SIGCONT. The order in
	 * which these are delivered is not certain. */
	struct source_code code;
	bool late; /* the code could already run: it does not count, and nothing is held */
	bool
	    unseen; /* instead of a file all that is mapped executable from addr up to code.changed */
	uint32_t codes;

	/* function: which probe was hit, in which unit, and the addresses on the user's stack, innermost first. */
	uint64_t cookie;
	uint32_t unit;
	const uint64_t *stack;
	size_t stack_count;
};

typedef void (*source_event_fn)(void *ctx, const struct source_event *event);

/* One thing that is observed: where it is attached, and why the better places were refused (or ""). */
struct source_choice {
	const char *what, *point, *why_not;
};

struct source;

/*
 * Loads and attaches everything. The callback is called from source_poll, source_snapshot and source_drain only.
 * -EOPNOTSUPP when the kernel cannot do it, -EPERM when the privileges are missing; the text says what to do.
 */
_must_check_ int source_open(struct source **ret, const struct source_options *options,
			     source_event_fn fn, void *ctx, struct err *err);
void source_close(struct source *source);
DEFINE_CLEANUP(struct source *, source_close)

/* What was chosen at source_open; borrowed. The name is "raw" or "fentry". */
const char *source_backend_name(const struct source *source);
const struct source_choice *source_choices(const struct source *source, size_t *ret_count);

/*
 * Puts the cgroup (a directory of the v2 hierarchy, e.g. below /sys/fs/cgroup/unified on hybrid hosts) and every
 * cgroup below it, present and future, in scope; tasks in it are recorded at once, or with wait_for_exec from the first
 * successful exec in it, that one included. -EUSERS when all slots are taken.
 */
_must_check_ int source_watch(struct source *source, const char *cgroup_dir, bool wait_for_exec,
			      uint32_t *ret_slot, struct err *err);
/*
 * Gives the next `count` cgroups that are made in cgroup_dir a slot each, 0 to count - 1, in the order in which they are made: the
 * containers of a pod. Each is recorded from the first exec of a process that is number 1 of its PID namespace, which is the
 * container's own command; with source_hold that process is held then, and an event of TRACE_PROBE without a path says so. Once,
 * and before anything else is watched.
 */
_must_check_ int source_expect(struct source *source, const char *cgroup_dir, uint32_t count,
			       struct err *err);
/* Which slot has the cgroup? False: none. */
bool source_slot_of(const struct source *source, uint64_t cgroup_id, uint32_t *ret_slot);
/* Cgroups that were made when every slot had one: nobody watches them. */
uint32_t source_unexpected(const struct source *source);
/* Has the first exec happened? True at once without wait_for_exec. */
bool source_is_armed(const struct source *source, uint32_t slot);
/* Reports, with how = "snapshot", what tasks in the slot have mapped executable, run and opened already. */
_must_check_ int source_snapshot(struct source *source, uint32_t slot, struct err *err);
/* At the end: reports the system calls that tasks of the slot are in, which have not returned; needs a source_drain. */
_must_check_ int source_calls(struct source *source, uint32_t slot, struct err *err);
/* Begins a unit: every first-seen fact of the slot is reported again when it is next seen. */
void source_unit(struct source *source, uint32_t slot);
/* Takes the slot out of scope and forgets its facts. Read losses and system calls before. */
void source_unwatch(struct source *source, uint32_t slot);

/*
 * Watching functions (options.functions). The program to put into code, or -1 when this kernel cannot: source_choices says
 * why. Borrowed.
 */
int source_function_program(const struct source *source);
/* From now on (or no more) a process of the slots that maps unknown code is held until it gets SIGCONT. */
void source_hold(struct source *source, bool on);
/*
 * That code need not be reported again in its slot; when it is watched, but where it is mapped in a way that takes no probes.
 * -errno when there is no room: it will be, then.
 */
_must_check_ int source_know(struct source *source, const struct source_code *code, bool watched);

/* Readable when events wait; for epoll. Poll at least twice a second all the same: what was spilled wakes nobody. */
int source_fd(const struct source *source);
/* Delivers some of what waits, so that the caller gets its turn also when there is always more. The number of events or < 0. */
_must_check_ int source_poll(struct source *source, struct err *err);
/* Delivers everything that the kernel side has reported up to now; not what is reported meanwhile. */
_must_check_ int source_drain(struct source *source, struct err *err);

/* Losses of a slot since source_watch by cause and kind (last column: any kind); never reset by reading. */
struct source_losses {
	uint64_t count[TRACE_LOSS_COUNT][TRACE_KIND_COUNT + 1];
};
void source_losses(const struct source *source, uint32_t slot, struct source_losses *ret);
/* Records that were not made for there were too many (bpf/state.bpf.h): TRACE_FORK, TRACE_EXIT, TRACE_OPEN (failed ones). */
uint64_t source_capped(const struct source *source, uint32_t slot, enum trace_kind kind);

/* Bit n of byte n / 8: system call n was entered, in either ABI, since source_watch. */
struct source_syscalls {
	uint8_t native[EVENT_SYSCALLS / 8], compat[EVENT_SYSCALLS / 8];
};
void source_syscalls(const struct source *source, uint32_t slot, struct source_syscalls *ret);
