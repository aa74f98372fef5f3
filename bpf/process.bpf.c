// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Processes: born, given a program, moved between cgroups, gone; and the cgroups themselves. */
#include "map.bpf.h"
#include "calls.bpf.h"

/* Fork and exit come in any number: from a point on they are only counted. */
static __always_inline bool is_capped(const struct scope *s, __u32 kind)
{
	__u32 slot = s->slot & (EVENT_SLOTS - 1);

	if (records[slot][kind] < PROCESSES_MAX)
		return false;
	__sync_fetch_and_add(&capped[slot][kind], 1);
	return true;
}

SUBPROG int process_report(const struct scope *s, __u32 kind, __u32 owner, __u32 number)
{
	struct scratch *scratch;
	__u32 place;

	if (kind >= EVENT_KIND_COUNT || is_capped(s, kind))
		return 0;
	scratch = scratch_take(owner);
	if (!scratch) {
		lose(s->slot, EVENT_LOSS_RING, kind);
		return 0;
	}
	place = scratch->event.length;
	record_begin(&scratch->event, s, kind);
	scratch->event.number = number;
	record_deliver(scratch, place, 0);
	scratch_release(scratch);
	return 0;
}

/* Every new task passes here, io_uring's workers as well, which sched_process_fork does not show. */
SEC("tp_btf/task_newtask")
int BPF_PROG(on_newtask, struct task_struct *child, __u64 clone_flags)
{
	struct scope s = { .task = child };

	if (!scope_by_cgroup(&s, task_cgroup(child))) {
		scope_left(bpf_get_current_task_btf()); /* born into another cgroup */
		return 0;
	}
	s.mark = scope_mark(&s, child);
	if (scope_is_recording(&s) && !(clone_flags & CLONE_THREAD))
		process_report(&s, EVENT_FORK, SCRATCH_FORK, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(on_exit, struct task_struct *task)
{
	struct signal_struct *signal = BPF_CORE_READ(task, signal);
	struct scope s;
	__u32 code;

	if (!scope_find(&s) || !scope_is_recording(&s))
		return 0;
	if (s.mark && s.mark->pending_count) {
		lose(s.slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
		s.mark->pending_count = 0;
	}
	call_note(&s, task_nr(bpf_get_current_task_btf()), task_is_compat(s.task), SCRATCH_EXIT);
	if (BPF_CORE_READ(signal, live.counter))
		return 0;
	if (BPF_CORE_READ(signal, flags) & SIGNAL_GROUP_EXIT)
		code = BPF_CORE_READ(signal, group_exit_code);
	else
		code = BPF_CORE_READ(task, group_leader, exit_code);
	process_report(&s, EVENT_EXIT, SCRATCH_EXIT, code);
	return 0;
}

/* What is mapped executable at an address. */
static __always_inline void exec_mapping(struct vma_job *job, __u64 address, __u32 role)
{
	job->role = role;
	job->postponed = 0;
	job_one(job, address);
}

/*
 * The kernel has given back the script's file by now, unless binfmt_misc asked to keep it. But the interpreter is about
 * to open it by the very path that it was given, and then we see the file.
 */
SUBPROG int exec_script(struct fact *f, struct linux_binprm *bprm)
{
	struct file *file = BPF_CORE_READ(bprm, executable);
	const char *path = BPF_CORE_READ(bprm, filename);
	struct mark *mark = f->scope.mark;

	if (file) {
		f->kind = EVENT_EXEC;
		f->mode = EVENT_SCRIPT;
		fact_file(f, file);
	} else if (mark && path != BPF_CORE_READ(bprm, interp)) {
		mark->script = string_sum(path, SCRATCH_EXEC, false);
		mark->script_tries = 256;
	}
	return 0;
}

/* In an exec the task is renamed when there is no way back, and the number of its call still the one that was made. */
SEC("tp_btf/task_rename")
int BPF_PROG(on_rename, struct task_struct *task, const char *comm)
{
	bool compat;
	struct scope s;
	__u32 nr;

	if (!scope_find(&s) || !scope_is_recording(&s))
		return 0;
	compat = task_is_compat(s.task);
	nr = task_nr(bpf_get_current_task_btf());
	if (call_of(nr, compat) == CALL_EXEC)
		call_note(&s, nr, compat, SCRATCH_EXEC);
	return 0;
}

/*
 * Is the task number 1 of a PID namespace that is not the host's? What a container runtime executes of its own before it becomes
 * the container's command is not.
 */
static __always_inline bool is_first_process(struct task_struct *task)
{
	struct pid *pid = BPF_CORE_READ(task, thread_pid);
	__u32 level = BPF_CORE_READ(pid, level);
	const char *numbers = (const char *)pid + bpf_core_field_offset(struct pid, numbers);
	struct upid own = {};

	bpf_probe_read_kernel(&own, sizeof(own), numbers + level * bpf_core_type_size(struct upid));
	return level && own.nr == 1;
}

/* The first exec that counts. True: the slot has been waiting for the container's command, and this is it. */
static __always_inline bool exec_begins(const struct scope *s)
{
	__u32 slot = s->slot & (EVENT_SLOTS - 1), state = slot_state[slot];

	if (state != SLOT_WAITING && (state != SLOT_ENTERING || !is_first_process(s->task)))
		return false;
	slot_state[slot] = SLOT_RECORDING;
	return state == SLOT_ENTERING;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(on_exec, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct file *program = BPF_CORE_READ(task, mm, exe_file);
	struct pt_regs *regs;
	struct vma_job job; /* its fact serves for the program too: the stack is short */
	struct scope s;
	bool enters;

	if (!scope_find(&s))
		return 0;
	enters = exec_begins(&s);
	if (!scope_is_recording(&s))
		return 0;
	if (s.mark && s.mark->pending_count) {
		lose(s.slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
		s.mark->pending_count = 0;
	}
	/* The agent looks whose container it is before anything can be gone. */
	if (enters)
		code_hold(&s, SCRATCH_EXEC, 0);
	job_init(&job, &s, EVENT_HOW_EXEC, SCRATCH_EXEC);
	job.fact.kind = EVENT_EXEC;
	job.fact.mode = EVENT_PROGRAM;
	fact_file(&job.fact, program);
	job.ino = job.fact.key.ino;
	job.dev = job.fact.key.dev;
	exec_script(&job.fact, bprm);
	/* The first instruction lies in the ELF interpreter, where there is one; nobody else reports that it was opened. */
	regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
	exec_mapping(&job, regs_ip(regs), EVENT_INTERPRETER);
	exec_mapping(&job, BPF_CORE_READ(task, mm, start_code), 0);
	job_hold(&job);
	return 0;
}

/* The next free slot of the nursery, or a count of what nobody watches. */
static __always_inline void nursery_take(__u64 id)
{
	struct watched in;

	if (nursery_used >= nursery_count) {
		nursery_missed++;
		return;
	}
	in.slot = (nursery_first + nursery_used) & (EVENT_SLOTS - 1);
	in.watch = slot_watch[in.slot];
	nursery_used++;
	if (bpf_map_update_elem(&cgroups, &id, &in, BPF_ANY))
		lose(in.slot, EVENT_LOSS_STORAGE, EVENT_FORK);
}

/* A cgroup created inside a watched one is watched, from before anything can run in it. */
SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(on_cgroup_mkdir, struct cgroup *cgroup)
{
	struct cgroup *parent = (struct cgroup *)BPF_CORE_READ(cgroup, self.parent);
	__u64 id = BPF_CORE_READ(cgroup, kn, id);
	struct watched in;
	struct scope s;

	/* Ids of version 1 hierarchies are numbers of their own. */
	if (!parent || BPF_CORE_READ(cgroup, root, hierarchy_id))
		return 0;
	if (nursery && BPF_CORE_READ(parent, kn, id) == nursery) {
		nursery_take(id);
		return 0;
	}
	if (!scope_by_cgroup(&s, BPF_CORE_READ(parent, kn, id)))
		return 0;
	in.slot = s.slot;
	in.watch = s.watch;
	if (bpf_map_update_elem(&cgroups, &id, &in, BPF_ANY))
		lose(s.slot, EVENT_LOSS_STORAGE, EVENT_FORK);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(on_cgroup_rmdir, struct cgroup *cgroup)
{
	__u64 id = BPF_CORE_READ(cgroup, kn, id);

	if (!BPF_CORE_READ(cgroup, root, hierarchy_id))
		bpf_map_delete_elem(&cgroups, &id);
	return 0;
}

/* A task moved in. Its threads move with it, but only one is shown: let them be looked up until the agent has marked them. */
SEC("tp_btf/cgroup_attach_task")
int BPF_PROG(on_cgroup_attach, struct cgroup *cgroup, const char *path, struct task_struct *task,
	     bool threadgroup)
{
	struct scope s = { .task = task };

	if (BPF_CORE_READ(cgroup, root, hierarchy_id))
		return 0;
	if (!scope_by_cgroup(&s, BPF_CORE_READ(cgroup, kn, id))) {
		scope_left(task);
		return 0;
	}
	scope_mark(&s, task);
	if (threadgroup && BPF_CORE_READ(task, signal, nr_threads) > 1)
		__sync_fetch_and_add(&lax_wanted, 1);
	return 0;
}
