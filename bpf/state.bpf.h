/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* state.bpf.h — the maps and globals that all programs share; defined in state.bpf.c. */
#pragma once

#include "kernel.bpf.h"
#include "event.h"

/* Set by the agent before load. */
extern const volatile bool has_cast; /* bpf_rdonly_cast (6.2) */
extern const volatile bool
    storage_shy; /* a lookup in task storage may fail although there is a mark (before 6.2) */
extern const volatile __u32 page_shift;
extern const volatile bool
    opens_by_exit; /* opens and maps are seen when the system call returns: back-end R */
extern const volatile bool all_events;
extern const volatile bool
    with_functions; /* the agent puts probes into code: tell it of new code */
extern const volatile bool with_stacks;
extern const volatile __u32 pid_space; /* inode of the agent's PID namespace; 0: it is the host's */

/* Records of one slot: of these kinds there may be any number, and from a point on they are only counted. */
#define PROCESSES_MAX 10000 /* forks; and exits */
#define FAILED_OPENS_MAX 20000

/* One slot per watched cgroup, written by the agent; plain arrays, because both sides see them. */
enum slot_state {
	SLOT_FREE,
	SLOT_WAITING, /* for the first exec */
	SLOT_RECORDING,
	SLOT_ENTERING, /* for the first exec of a process that is number 1 of a PID namespace */
};
extern __u32 slot_watch[EVENT_SLOTS]; /* 0: free; else the number of this use, never used again */
extern __u32 slot_state[EVENT_SLOTS];
extern __u32 slot_unit[EVENT_SLOTS]; /* facts seen in an earlier unit are reported again */
extern __u64 losses[EVENT_SLOTS][EVENT_LOSS_COUNT][EVENT_KIND_COUNT];
extern __u64 records[EVENT_SLOTS][EVENT_KIND_COUNT];
extern __u64 capped[EVENT_SLOTS][EVENT_KIND_COUNT];
extern __s64 uring_opens[EVENT_SLOTS]; /* begun and not yet seen to end */
extern __u32 syscalls_seen[EVENT_SLOTS][EVENT_ABI_COUNT]
			  [EVENT_SYSCALLS]; /* unit + 1 of the last report */

/*
 * Tasks carry their slot in task storage. Where one may be in scope without a mark, lax_wanted runs ahead of lax_done
 * and every unmarked task is looked up by its cgroup, until the agent has marked them all and lets lax_done catch up.
 */
extern __u64 lax_wanted, lax_done;
extern __u64 spilled; /* records put into the spill maps so far */
extern __u32 snapshot_watch;
/*
 * Cgroups that are made in this one get a slot each, from nursery_first on: the containers of a pod, before anything runs in them.
 * Cgroups of one parent are made one after the other, so that plain arithmetic does.
 */
extern __u64 nursery; /* id of the parent; 0: none */
extern __u32 nursery_first, nursery_count, nursery_used;
extern __u32 nursery_missed; /* made when no slot was left */
extern __u32 holds;          /* who is there to let go what is held: the agent's process id, or 0 */

struct watched {
	__u32 slot, watch;
};

struct pending {
	__u64 start, end; /* what could not be looked at because the address space was locked */
	__u64 ino;        /* with role, as in struct vma_job */
	__u32 dev, how, role, unused;
};

struct seen_key {
	__u64 ino, mix;
	__u32 dev, generation, watch, what;
};

/* A fact of which this task knows that it has been seen: a lookup less. Nobody but the task itself comes here. */
struct known {
	struct seen_key key;
	__u64 unit; /* + 1 of the last report */
};

#define PENDING_MAX 4
#define KNOWN_BITS 3
struct mark {
	__u64 cgroup;
	struct watched in;
	__u64 script; /* hash of the path of a script whose interpreter has not opened it yet */
	__u32 script_tries, pending_count;
	struct pending pending[PENDING_MAX];
	struct known known[1 << KNOWN_BITS];
};

/* Records are built here, one place per program that builds any, so that none can overwrite another's. */
enum scratch_owner {
	SCRATCH_SYS_EXIT,
	SCRATCH_EXEC,
	SCRATCH_FORK,
	SCRATCH_EXIT,
	SCRATCH_URING,
	SCRATCH_OPEN,
	SCRATCH_OPEN_ROOT,
	SCRATCH_MMAP,
	SCRATCH_MPROTECT,
	SCRATCH_ITER,
	SCRATCH_FUNCTION,
	SCRATCH_OWNERS
};

/* A program of back-end L can be preempted by another task that enters it: so many may be inside on one CPU. */
#define SCRATCH_DEPTH 3

/* A path on its way up to the root. Kept in memory that the verifier does not follow, so that one look at the step that
 * is repeated is enough for it. */
struct walk {
	__u64 dentry, mnt, mnt_root, top, sum;
	__u32 used, flags, nameless, unused;
};

struct scratch {
	__u64 users; /* whoever raises it from 0 to 1 owns the place */
	__u64 sequence;
	struct walk walk;
	struct event event;
	char data[EVENT_PATH_MAX +
		  256]; /* continues event.data; the tail keeps the last name within bounds */
};

#define SPILL_SMALL 256
#define SPILL_LARGE (sizeof(struct event) + EVENT_PATH_MAX + 256)

struct spill_key {
	__u64 sequence;
	__u32 place, cpu;
};

struct spill_small {
	char bytes[SPILL_SMALL];
};

struct spill_large {
	char bytes[SPILL_LARGE];
};

struct ring_map {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4 << 20);
};

struct cgroups_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 16384);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct watched);
};

struct marks_map {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct mark);
};

struct seen_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1 << 20);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct seen_key);
	__type(value,
	       __u32); /* unit + 1 of the last report; of code: anything, put there by the agent */
};

struct scratch_map {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, SCRATCH_OWNERS *SCRATCH_DEPTH);
	__type(key, __u32);
	__type(value, struct scratch);
};

struct spill_small_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 262144);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct spill_key);
	__type(value, struct spill_small);
};

struct spill_large_map {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8192);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct spill_key);
	__type(value, struct spill_large);
};

extern struct ring_map ring SEC(".maps");
extern struct cgroups_map cgroups SEC(".maps");
extern struct marks_map marks SEC(".maps");
extern struct seen_map seen SEC(".maps");
extern struct scratch_map scratches SEC(".maps");
extern struct spill_small_map spill_small SEC(".maps");
extern struct spill_large_map spill_large SEC(".maps");
