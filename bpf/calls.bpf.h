/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* calls.bpf.h — the system calls that matter to us. */
#pragma once

#include "record.bpf.h"

/* What a system call is to us; in `calls` four bits per ABI: native | compat << 4. */
enum call {
	CALL_NONE,
	CALL_OPEN,
	CALL_OPENAT,
	CALL_CREAT,
	CALL_OPENAT2,
	CALL_BY_HANDLE,
	CALL_OPEN_TREE,
	CALL_MMAP,
	CALL_MMAP_OLD,
	CALL_MPROTECT,
	CALL_LISTEN,
	CALL_CONNECT,
	CALL_SOCKETCALL,
	CALL_EXEC,
	CALL_URING,
	CALL_MREMAP,
};

extern const volatile __u8 calls[EVENT_SYSCALLS];

static __always_inline __u32 call_of(__u64 nr, bool compat)
{
	barrier_var(nr); /* one register for the test and for the index */
	if (nr >= EVENT_SYSCALLS)
		return CALL_NONE;
	return compat ? calls[nr] >> 4 : calls[nr] & 15;
}

static __always_inline __u32 call_how(__u32 call)
{
	switch (call) {
	case CALL_OPEN:
		return EVENT_HOW_OPEN;
	case CALL_OPENAT:
		return EVENT_HOW_OPENAT;
	case CALL_CREAT:
		return EVENT_HOW_CREAT;
	case CALL_OPENAT2:
		return EVENT_HOW_OPENAT2;
	case CALL_BY_HANDLE:
		return EVENT_HOW_OPEN_BY_HANDLE_AT;
	case CALL_OPEN_TREE:
		return EVENT_HOW_OPEN_TREE;
	case CALL_URING:
		return EVENT_HOW_IO_URING;
	case CALL_EXEC:
		return EVENT_HOW_EXEC;
	default:
		return EVENT_HOW_KERNEL;
	}
}

/* Not reported yet in this unit: report it with its time; when that fails, the next such call tries again. */
SUBPROG int call_report(const struct scope *s, __u32 nr, __u32 abi, __u32 owner)
{
	__u32 slot = s->slot & (EVENT_SLOTS - 1);
	struct scratch *scratch = scratch_take(owner);
	__u32 place;

	if (!scratch || abi >= EVENT_ABI_COUNT || nr >= EVENT_SYSCALLS)
		return 0;
	place = scratch->event.length;
	record_begin(&scratch->event, s, EVENT_SYSCALL);
	scratch->event.number = nr;
	scratch->event.mode = abi;
	if (record_deliver(scratch, place, 0))
		syscalls_seen[slot][abi][nr] = slot_unit[slot] + 1;
	scratch_release(scratch);
	return 0;
}

/* A task of the slot has made this system call: reported once a unit. */
static __always_inline void call_note(const struct scope *s, __u64 nr, bool compat, __u32 owner)
{
	__u64 slot = s->slot & (EVENT_SLOTS - 1), abi = compat ? EVENT_COMPAT : EVENT_NATIVE;

	barrier_var(nr); /* one register for the test and for the index */
	if (nr < EVENT_SYSCALLS &&
	    (all_events || syscalls_seen[slot][abi][nr] != slot_unit[slot] + 1))
		call_report(s, nr, abi, owner);
}
