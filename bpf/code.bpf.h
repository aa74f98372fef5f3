/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * code.bpf.h — code that is about to run and that the agent does not know: reported, and its process held until it does.
 *
 * A probe belongs to the inode whose pages are mapped, so that inode is what is known; for overlayfs it is the layer's, which
 * hard links, bind mounts and several containers share. The time of change tells apart what was written since.
 *
 * The order matters: first the code, then SIGSTOP, then the hold. The signal is taken on the way back to user mode, at the latest;
 * when the agent reads the hold, all that led to it is there, and its SIGCONT removes the signal even when it has not been
 * taken yet. So nothing stays stopped, and nothing waits for a state that is not reached.
 */
#pragma once

#include "file.bpf.h"

/* As fact_report, but that it is known only the agent says. 1 when it was reported. */
SUBPROG int code_report(struct fact *f)
{
	struct scratch *scratch = scratch_take(f->owner);
	__u32 place;
	int told;

	if (!scratch) {
		lose(f->scope.slot, EVENT_LOSS_RING, EVENT_CODE);
		return 0;
	}
	place = scratch->event.length;
	fact_fill(f, &scratch->event);
	walk_begin(&scratch->walk, f);
	walk_run(&scratch->walk, place);
	if ((scratch->walk.flags & EVENT_MEMFD) && !is_memfd_name(scratch->data))
		scratch->walk.flags &= ~EVENT_MEMFD;
	scratch->event.flags |= scratch->walk.flags;
	told = record_deliver(scratch, place, scratch->walk.used);
	scratch_release(scratch);
	return told;
}

/* The kernel puts probes into private mappings that cannot be written, and looks at no other: valid_vma in its uprobes.c. */
static __always_inline bool takes_probes(__u64 vm_flags)
{
	return !(vm_flags & (VM_WRITE | VM_MAYSHARE | VM_HUGETLB));
}

/*
 * Reports the file that is mapped at f->addr, unless it is known. The file is the mapping's own. How many records that made.
 * sure: a mapping of a known file has its probes; else the agent looks at it when there are probes in the file.
 */
static __always_inline __u32 code_file(struct fact *f, struct file *file, __u32 when, bool sure)
{
	struct inode *inode = BPF_CORE_READ(file, f_inode);
	__u32 *known;

	if (!with_functions)
		return 0;
	f->kind = EVENT_CODE;
	f->mode = 0;
	fact_identify(f, file);
	f->key.ino = BPF_CORE_READ(inode, i_ino);
	f->key.dev = BPF_CORE_READ(inode, i_sb, s_dev);
	f->key.generation = BPF_CORE_READ(inode, i_generation);
	f->key.mix = f->offset = inode_ctime(inode, EVENT_CODE);
	known = bpf_map_lookup_elem(&seen, &f->key);
	if (known && (sure || *known != EVENT_KNOWN_WATCHED))
		return 0;
	f->mode = when;
	return code_report(f) == 1;
}

/* What could not be looked at now is for the agent to find, while the process is held. 1 when that was reported. */
SUBPROG int code_unseen(const struct fact *f, __u64 start, __u64 end)
{
	struct scratch *scratch = scratch_take(f->owner);
	__u32 place;
	int told;

	if (!scratch) {
		lose(f->scope.slot, EVENT_LOSS_RING, EVENT_CODE);
		return 0;
	}
	place = scratch->event.length;
	record_begin(&scratch->event, &f->scope, EVENT_CODE);
	scratch->event.mode = EVENT_CODE_UNSEEN;
	scratch->event.addr = start;
	scratch->event.offset = end;
	told = record_deliver(scratch, place, 0);
	scratch_release(scratch);
	return told;
}

/* Holds the current process until the agent knows the code that was just reported. */
SUBPROG int code_hold(const struct scope *s, __u32 owner, __u32 codes)
{
	__u32 number = process_of(s->task);
	struct scratch *scratch;
	bool safe = false;

	/* The agent itself may be in the cgroup; and whom it has no number for it could not let go: that code is late. */
	if (!holds || !number || holds == number)
		return 0;
	bpf_send_signal(SIGSTOP);
	scratch = scratch_take(owner);
	if (scratch) {
		__u32 place = scratch->event.length;

		record_begin(&scratch->event, s, EVENT_HOLD);
		scratch->event.number = codes;
		safe = record_deliver(scratch, place, 0);
		scratch_release(scratch);
	} else {
		lose(s->slot, EVENT_LOSS_RING, EVENT_HOLD);
	}
	if (!safe) /* nobody would let it go */
		bpf_send_signal(SIGCONT);
	return 0;
}
