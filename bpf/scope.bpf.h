/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* scope.bpf.h — which slot, if any, a task belongs to. A task's cgroup decides; its mark is only a faster way to know. */
#pragma once

#include "state.bpf.h"

struct scope {
	struct task_struct *task;
	struct mark *mark; /* NULL: there was no memory for it */
	__u64 cgroup;
	__u32 slot, watch;
};

static __always_inline __u64 task_cgroup(struct task_struct *task)
{
	return BPF_CORE_READ(task, cgroups, dfl_cgrp, kn, id);
}

static __always_inline bool scope_by_cgroup(struct scope *s, __u64 cgroup)
{
	struct watched *in = bpf_map_lookup_elem(&cgroups, &cgroup);

	if (!in)
		return false;
	s->cgroup = cgroup;
	s->slot = in->slot & (EVENT_SLOTS - 1);
	s->watch = in->watch;
	return slot_watch[s->slot] == s->watch;
}

/* Marks a task that scope_by_cgroup has found; the task must be one that the verifier trusts. */
static __always_inline struct mark *scope_mark(const struct scope *s, struct task_struct *task)
{
	struct mark *mark;

	mark = bpf_task_storage_get(&marks, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!mark) {
		__sync_fetch_and_add(&lax_wanted, 1);
		return NULL;
	}
	mark->cgroup = s->cgroup;
	mark->in.slot = s->slot;
	mark->in.watch = s->watch;
	return mark;
}

/* Finds the slot of the current task; quick when it is in none. */
static __always_inline bool scope_find(struct scope *s)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark *mark = bpf_task_storage_get(&marks, task, NULL, 0);
	__u64 cgroup;

	s->task = task;
	s->mark = NULL;
	if (!mark && !storage_shy && lax_wanted == lax_done)
		return false;
	cgroup = task->cgroups->dfl_cgrp->kn->id;
	if (mark && mark->cgroup == cgroup) {
		s->mark = mark;
		s->cgroup = cgroup;
		s->slot = mark->in.slot & (EVENT_SLOTS - 1);
		s->watch = mark->in.watch;
		if (slot_watch[s->slot] == s->watch)
			return true;
	}
	/* Moved, or not marked yet, or marked for a use of the slot that has ended. */
	if (!scope_by_cgroup(s, cgroup))
		return false;
	s->mark = scope_mark(s, task);
	return true;
}

/* A task of the slot runs on, itself or as a child of it, where nobody watches: what it does is missing. */
static __always_inline void scope_left(struct task_struct *task)
{
	struct mark *mark = bpf_task_storage_get(&marks, task, NULL, 0);
	__u32 slot = mark ? mark->in.slot & (EVENT_SLOTS - 1) : 0;

	if (mark && slot_watch[slot] == mark->in.watch && slot_state[slot] == SLOT_RECORDING)
		__sync_fetch_and_add(&losses[slot][EVENT_LOSS_STORAGE][EVENT_FORK], 1);
}

static __always_inline bool scope_is_recording(const struct scope *s)
{
	return slot_state[s->slot & (EVENT_SLOTS - 1)] == SLOT_RECORDING;
}
