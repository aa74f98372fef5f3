// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * A watched function runs. A probe sits on the inode and fires for every process of the machine that runs it: whoever is not in
 * scope pays for the trap, and nothing else of it is looked at. The agent takes the probe away after the first hit of a unit.
 */
#include "record.bpf.h"

SUBPROG int function_report(const struct scope *s, struct seen_key *key, void *regs)
{
	__u32 slot = s->slot & (EVENT_SLOTS - 1), unit = slot_unit[slot] + 1, place;
	struct scratch *scratch = scratch_take(SCRATCH_FUNCTION);
	long length = 0;

	if (!scratch) {
		lose(slot, EVENT_LOSS_PROBE, EVENT_FUNCTION);
		return 0;
	}
	place = scratch->event.length;
	record_begin(&scratch->event, s, EVENT_FUNCTION);
	scratch->event.ino = key->ino;
	scratch->event.generation = unit - 1;
	if (with_stacks)
		length = bpf_get_stack(regs, scratch->data, EVENT_STACK_MAX * sizeof(__u64),
				       BPF_F_USER_STACK);
	if (length < 0 || length > EVENT_STACK_MAX * sizeof(__u64))
		length = 0;
	/* Of the unit that the record names, even when another has begun since. */
	if (record_deliver(scratch, place, length) &&
	    bpf_map_update_elem(&seen, key, &unit, BPF_ANY))
		lose(slot, EVENT_LOSS_MAP_FULL, EVENT_FUNCTION);
	scratch_release(scratch);
	return 0;
}

SEC("uprobe")
int on_function(struct pt_regs *regs)
{
	struct seen_key key = { .what = EVENT_FUNCTION };
	struct scope s;

	if (!scope_find(&s) || !scope_is_recording(&s))
		return 0;
	key.watch = s.watch;
	key.ino = bpf_get_attach_cookie(regs);
	if (!seen_is_known(&key, s.slot))
		function_report(&s, &key, regs);
	return 0;
}
