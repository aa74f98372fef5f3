/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * event.h — what the kernel side reports to the agent: one record layout for every kind, followed by its bytes.
 *
 * The bytes of a file record are the names on the way from the file up to the root, leaf first, each ended by NUL:
 * the kernel side appends, the agent turns it round (agent/source_event.h). Those of a failed open are the string that the
 * program passed; those of a net record the address (4 or 16 bytes, or the name of a unix socket); those of a function
 * record the addresses on the user's stack, innermost first.
 *
 * Code is a file with names as above: mapped executable, and the agent has not said that it knows it. Here ino, dev and
 * generation are those of the inode that holds the bytes (of overlayfs: the layer's), and offset is its time of change; mode
 * says when it was seen (enum event_code), or that it could not be looked at: then it is whatever is mapped executable from addr up
 * to offset. Hold: the process was sent SIGSTOP and waits until the agent knows the code, `number`
 * records, that this task has reported just before. Function: ino is the cookie of the probe, generation the unit.
 */
#pragma once

#include <linux/types.h>

#define EVENT_SLOTS 64
#define EVENT_SYSCALLS 512
#define EVENT_PATH_MAX 4096
#define EVENT_GIVEN_MAX 512
#define EVENT_STACK_MAX 16

/* X(identifier): kinds of record. */
#define EVENT_KINDS(X) \
	X(EXEC)        \
	X(EXIT)        \
	X(FORK)        \
	X(OPEN)        \
	X(FAILED_OPEN) \
	X(MAP)         \
	X(SYSCALL)     \
	X(NET)         \
	X(CODE)        \
	X(HOLD)        \
	X(FUNCTION)

/* X(identifier, name): the mechanism by which a file was opened or mapped, as the trace names it. */
#define EVENT_HOWS(X)                             \
	X(UNKNOWN, "unknown")                     \
	X(OPEN, "open")                           \
	X(OPENAT, "openat")                       \
	X(OPENAT2, "openat2")                     \
	X(CREAT, "creat")                         \
	X(OPEN_BY_HANDLE_AT, "open_by_handle_at") \
	X(OPEN_TREE, "open_tree")                 \
	X(IO_URING, "io_uring")                   \
	X(EXEC, "exec")                           \
	X(KERNEL, "kernel")                       \
	X(SNAPSHOT, "snapshot")                   \
	X(MMAP, "mmap")                           \
	X(MPROTECT, "mprotect")

/* X(identifier): why something could not be reported. RECURSION is counted by the kernel itself. */
#define EVENT_LOSSES(X) \
	X(RING)         \
	X(MAP_FULL)     \
	X(WALK)         \
	X(TRYLOCK)      \
	X(STORAGE)      \
	X(URING)        \
	X(PROBE)

#define EVENT_ENUM(id, ...) EVENT_##id,
enum event_kind { EVENT_KINDS(EVENT_ENUM) EVENT_KIND_COUNT };
#undef EVENT_ENUM

#define EVENT_ENUM(id, ...) EVENT_HOW_##id,
enum event_how { EVENT_HOWS(EVENT_ENUM) EVENT_HOW_COUNT };
#undef EVENT_ENUM

#define EVENT_ENUM(id, ...) EVENT_LOSS_##id,
enum event_loss { EVENT_LOSSES(EVENT_ENUM) EVENT_LOSS_COUNT };
#undef EVENT_ENUM

/* struct event.mode, by kind. */
enum event_access {
	EVENT_READ = 1,
	EVENT_WRITE = 2,
	EVENT_READ_WRITE = 3,
	EVENT_ACCESS_PATH = 4,
	EVENT_ACCESS_EXEC = 5
};
enum event_role { EVENT_PROGRAM = 1, EVENT_SCRIPT, EVENT_INTERPRETER };
enum event_abi { EVENT_NATIVE, EVENT_COMPAT, EVENT_ABI_COUNT };
enum event_net { EVENT_LISTEN = 1, EVENT_CONNECT };
enum event_known { EVENT_KNOWN = 1, EVENT_KNOWN_WATCHED /* there are probes in it */ };
enum event_code { EVENT_CODE_NEW, EVENT_CODE_LATE /* it could already run */, EVENT_CODE_UNSEEN };

/* struct event.flags. Truncated: longer than the limits; of a path, what is left is the leaf's end. */
enum {
	EVENT_TRUNCATED = 1 << 0,
	EVENT_DELETED = 1 << 1,      /* not linked any more where it was opened */
	EVENT_OUTSIDE_ROOT = 1 << 2, /* the walk ended at the root of the mount tree */
	EVENT_MEMFD = 1 << 3,
	EVENT_DIRECTORY = 1 << 4,
};

struct event {
	__u64 t;      /* CLOCK_BOOTTIME */
	__u64 cgroup; /* v2 id of the task's cgroup */
	__u32 size;   /* of the whole record */
	__u32 watch;  /* which use of the slot */
	__u8 kind, slot, how, mode;
	__u32 flags;
	__u32 pid, tid, ppid;
	__u32 number; /* errno, wait status or system call; of net: errno */
	char comm[16];
	__u64 ino;
	__u64 addr, offset; /* of the mapping: where it starts, and at which byte of the file */
	__u32 dev;          /* major << 20 | minor */
	__u32 generation;
	__u16 family, port; /* of net, both in host order */
	__u32 length;       /* of the bytes that follow */
};

_Static_assert(sizeof(struct event) == 104, "the layout of struct event is shared with the agent");
