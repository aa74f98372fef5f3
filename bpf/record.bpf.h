/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* record.bpf.h — a record on its way out: built in a place of its own, delivered or counted as lost. */
#pragma once

#include "scope.bpf.h"

#define WORD_MIX 0x9E3779B97F4A7C15ull

static __always_inline __u64 mix(__u64 sum, __u64 word)
{
	sum = (sum ^ word) * WORD_MIX;
	return sum ^ (sum >> 29);
}

static __always_inline void lose(__u32 slot, __u32 cause, __u32 kind)
{
	if (slot < EVENT_SLOTS && cause < EVENT_LOSS_COUNT && kind < EVENT_KIND_COUNT)
		__sync_fetch_and_add(&losses[slot][cause][kind], 1);
}

/*
 * A place to build a record. XADD yields no old value before 5.12, so the place is taken by whoever sees 1 after adding:
 * two at a time may both see 2 and both move on, but never both see 1.
 */
static __always_inline struct scratch *scratch_take(__u32 owner)
{
	struct scratch *scratch;
	__u32 key;

#pragma unroll
	for (__u32 i = 0; i < SCRATCH_DEPTH; i++) {
		key = owner * SCRATCH_DEPTH + i;
		scratch = bpf_map_lookup_elem(&scratches, &key);
		if (!scratch)
			return NULL;
		__sync_fetch_and_add(&scratch->users, 1);
		if (*(volatile __u64 *)&scratch->users == 1) {
			scratch->event.length = key; /* remembered until the record is filled in */
			return scratch;
		}
		__sync_fetch_and_add(&scratch->users, -1);
	}
	return NULL;
}

static __always_inline void scratch_release(struct scratch *scratch)
{
	__sync_fetch_and_add(&scratch->users, -1);
}

#define PID_LEVELS 32 /* MAX_PID_NS_LEVEL */

/* The number of a task in the agent's PID namespace; 0: it has none there. */
SUBPROG __u32 number_of(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	const char *numbers = (const char *)pid + bpf_core_field_offset(struct pid, numbers);
	__u32 level = BPF_CORE_READ(pid, level), size = bpf_core_type_size(struct upid);

	for (__u32 i = 0; i < PID_LEVELS && i <= level; i++) {
		struct upid *own = (struct upid *)(numbers + i * size);

		if (BPF_CORE_READ(own, ns, ns.inum) == pid_space)
			return BPF_CORE_READ(own, nr);
	}
	return 0;
}

static __always_inline __u32 process_of(struct task_struct *task)
{
	return pid_space ? number_of(BPF_CORE_READ(task, group_leader)) : BPF_CORE_READ(task, tgid);
}

/* Fills in what all records have. The task may be any address of a task. */
static __always_inline void record_begin(struct event *e, const struct scope *s, __u32 kind)
{
	struct task_struct *task = s->task;

	e->t = bpf_ktime_get_boot_ns();
	e->cgroup = s->cgroup;
	e->watch = s->watch;
	e->kind = kind;
	e->slot = s->slot;
	e->how = e->mode = 0;
	e->flags = 0;
	e->pid = process_of(task);
	e->tid = pid_space ? number_of(task) : BPF_CORE_READ(task, pid);
	e->ppid = process_of(BPF_CORE_READ(task, real_parent));
	e->number = 0;
	bpf_probe_read_kernel(e->comm, sizeof(e->comm),
			      __builtin_preserve_access_index(&task->comm));
	e->ino = e->addr = e->offset = 0;
	e->dev = e->generation = 0;
	e->family = e->port = 0;
	e->length = 0;
}

/* Keeps a record for which the ring has no room. The maps grow with need, so they cost nothing until then. */
SUBPROG int record_spill(struct scratch *scratch, __u32 place, __u32 size)
{
	struct spill_key key = { .place = place, .cpu = bpf_get_smp_processor_id() };
	long r;

	scratch->sequence++;
	key.sequence = scratch->sequence;
	if (size <= SPILL_SMALL)
		r = bpf_map_update_elem(&spill_small, &key, &scratch->event, BPF_NOEXIST);
	else
		r = bpf_map_update_elem(&spill_large, &key, &scratch->event, BPF_NOEXIST);
	if (r)
		return -1;
	__sync_fetch_and_add(&spilled, 1);
	return 0;
}

/* The only way out: true when the record is safe, else it has been counted as lost. */
static __always_inline bool record_deliver(struct scratch *scratch, __u32 place, __u32 length)
{
	struct event *e = &scratch->event;
	__u32 slot = e->slot & (EVENT_SLOTS - 1), kind = e->kind;
	__u64 size;
	long r;

	e->length = length;
	size = sizeof(*e) + length;
	e->size = size;
	/* The verifier wants the bound next to the call (seen on 6.12), and in all 64 bits. */
	barrier_var(size);
	if (size > SPILL_LARGE)
		size = SPILL_LARGE;
	barrier_var(size);
	r = bpf_ringbuf_output(&ring, e, size, 0);
	if (r)
		r = record_spill(scratch, place, size);
	if (r) {
		lose(slot, EVENT_LOSS_RING, kind);
		return false;
	}
	if (kind < EVENT_KIND_COUNT)
		__sync_fetch_and_add(&records[slot][kind], 1);
	return true;
}

/* Has the fact been reported in this unit? */
static __always_inline bool seen_is_known(const struct seen_key *key, __u32 slot)
{
	__u32 *unit;

	if (all_events)
		return false;
	unit = bpf_map_lookup_elem(&seen, key);
	return unit && *unit == slot_unit[slot & (EVENT_SLOTS - 1)] + 1;
}

/* Only after its record is safe. A full map costs repeats, not facts. */
static __always_inline void seen_add(const struct seen_key *key, __u32 slot, __u32 kind)
{
	__u32 unit = slot_unit[slot & (EVENT_SLOTS - 1)] + 1;

	if (!all_events && bpf_map_update_elem(&seen, key, &unit, BPF_ANY))
		lose(slot, EVENT_LOSS_MAP_FULL, kind);
}

/* Sums up the first len bytes behind a record. */
static __always_inline __u64 data_sum(struct scratch *scratch, __u32 len)
{
	__u64 *words = (__u64 *)scratch->data, sum = len;

	barrier_var(len);
	len &= EVENT_GIVEN_MAX - 1;
	__builtin_memset(scratch->data + len, 0, sizeof(__u64));
	for (__u32 i = 0; i < EVENT_GIVEN_MAX / sizeof(__u64); i++) {
		if (i * sizeof(__u64) >= len)
			break;
		sum = mix(sum, words[i]);
	}
	return sum;
}

/* Puts a string behind a record: its length without NUL, 0 when it cannot be read. */
static __always_inline __u32 string_take(struct scratch *scratch, const void *string, bool is_user)
{
	long n;

	if (is_user)
		n = bpf_probe_read_user_str(scratch->data, EVENT_GIVEN_MAX, string);
	else
		n = bpf_probe_read_kernel_str(scratch->data, EVENT_GIVEN_MAX, string);
	return n > 0 && n <= EVENT_GIVEN_MAX ? n - 1 : 0;
}

struct failed {
	const void *string; /* what the program passed, or NULL */
	__u32 how, owner, error;
	bool is_user;
};

/* An open that failed: each (string, error, mechanism) once, and only so many: they never count as use. */
SUBPROG int failed_report(const struct scope *s, const struct failed *failed)
{
	struct seen_key key = { .watch = s->watch, .what = EVENT_FAILED_OPEN };
	__u32 slot = s->slot & (EVENT_SLOTS - 1), place, len;
	struct scratch *scratch;

	scratch = scratch_take(failed->owner);
	if (!scratch) {
		lose(slot, EVENT_LOSS_RING, EVENT_FAILED_OPEN);
		return 0;
	}
	place = scratch->event.length;
	len = failed->string ? string_take(scratch, failed->string, failed->is_user) : 0;
	key.mix = data_sum(scratch, len);
	key.ino = failed->error | failed->how << 16;
	if (!seen_is_known(&key, slot)) {
		if (records[slot][EVENT_FAILED_OPEN] >= FAILED_OPENS_MAX) {
			__sync_fetch_and_add(&capped[slot][EVENT_FAILED_OPEN], 1);
		} else {
			record_begin(&scratch->event, s, EVENT_FAILED_OPEN);
			scratch->event.how = failed->how;
			scratch->event.number = failed->error;
			if (len == EVENT_GIVEN_MAX - 1)
				scratch->event.flags = EVENT_TRUNCATED;
			if (record_deliver(scratch, place, len))
				seen_add(&key, slot, EVENT_FAILED_OPEN);
		}
	}
	scratch_release(scratch);
	return 0;
}

/* The sum of a path, by which the script of an exec is known again when its interpreter opens it. */
SUBPROG __u64 string_sum(const void *string, __u32 owner, bool is_user)
{
	struct scratch *scratch = scratch_take(owner);
	__u64 sum = 0;
	__u32 len;

	if (!scratch)
		return 0;
	len = string_take(scratch, string, is_user);
	if (len)
		sum = data_sum(scratch, len);
	scratch_release(scratch);
	return sum;
}
