// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* The maps and globals of state.bpf.h. */
#include "state.bpf.h"

char _license[] SEC("license") = "Dual BSD/GPL";

const volatile bool has_cast = false;
const volatile bool storage_shy = false;
const volatile __u32 page_shift = 12;
const volatile bool opens_by_exit = true;
const volatile bool all_events = false;
const volatile bool with_functions = false;
const volatile bool with_stacks = true;
const volatile __u32 pid_space = 0;

__u32 slot_watch[EVENT_SLOTS] = {};
__u32 slot_state[EVENT_SLOTS] = {};
__u32 slot_unit[EVENT_SLOTS] = {};
__u64 losses[EVENT_SLOTS][EVENT_LOSS_COUNT][EVENT_KIND_COUNT] = {};
__u64 records[EVENT_SLOTS][EVENT_KIND_COUNT] = {};
__u64 capped[EVENT_SLOTS][EVENT_KIND_COUNT] = {};
__s64 uring_opens[EVENT_SLOTS] = {};
__u32 syscalls_seen[EVENT_SLOTS][EVENT_ABI_COUNT][EVENT_SYSCALLS] = {};
__u64 lax_wanted = 0, lax_done = 0;
__u64 spilled = 0;
__u32 snapshot_watch = 0;
__u64 nursery = 0;
__u32 nursery_first = 0, nursery_count = 0, nursery_used = 0, nursery_missed = 0;
__u32 holds = 0;

struct ring_map ring SEC(".maps");
struct cgroups_map cgroups SEC(".maps");
struct marks_map marks SEC(".maps");
struct seen_map seen SEC(".maps");
struct scratch_map scratches SEC(".maps");
struct spill_small_map spill_small SEC(".maps");
struct spill_large_map spill_large SEC(".maps");
