// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* What was there before: marks for tasks that already run, and what they have mapped and opened. */
#include "code.bpf.h"
#include "calls.bpf.h"

#define AUXV_MAX 28

static __always_inline bool scope_of(struct scope *s, struct task_struct *task)
{
	s->task = task;
	return task && scope_by_cgroup(s, task_cgroup(task));
}

SEC("iter/task")
int snapshot_tasks(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct scope s = {};

	if (scope_of(&s, task))
		scope_mark(&s, task);
	return 0;
}

/* The system calls that tasks are in at the end; and what they would have been looked at for when the next one returns. */
SEC("iter/task")
int snapshot_calls(struct bpf_iter__task *ctx)
{
	struct task_struct *task = ctx->task;
	struct scope s = {};
	struct mark *mark;

	if (!task || !scope_of(&s, task) || s.watch != snapshot_watch)
		return 0;
	call_note(&s, task_nr(task), task_is_compat(task), SCRATCH_ITER);
	mark = bpf_task_storage_get(&marks, task, NULL, 0);
	if (mark && mark->in.watch == s.watch && mark->pending_count) {
		lose(s.slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
		mark->pending_count = 0;
	}
	return 0;
}

/* Where the ELF interpreter was mapped, as the kernel told the program; 0 for a static one. */
static __always_inline __u64 interpreter_base(struct task_struct *task)
{
	struct mm_struct *mm = BPF_CORE_READ(task, mm);
	__u64 base = (__u64)__builtin_preserve_access_index(&mm->saved_auxv), pair[2] = {};

	for (int i = 0; mm && i < AUXV_MAX; i++) {
		if (bpf_probe_read_kernel(pair, sizeof(pair), (void *)(base + i * sizeof(pair))) ||
		    !pair[0])
			return 0;
		if (pair[0] == AUXV_BASE)
			return pair[1];
	}
	return 0;
}

static __always_inline bool vma_holds(struct vm_area_struct *vma, __u64 address)
{
	return vma->vm_start <= address && address < vma->vm_end;
}

static __always_inline void snapshot_role(struct fact *f, struct task_struct *task,
					  struct file *file, __u32 role)
{
	f->kind = EVENT_EXEC;
	f->mode = role;
	f->addr = f->offset = 0;
	fact_file(f, file);
}

SEC("iter/task_vma")
int snapshot_vmas(struct bpf_iter__task_vma *ctx)
{
	struct task_struct *task = ctx->task;
	struct vm_area_struct *vma = ctx->vma;
	struct scope s = {};
	struct file *file;
	struct fact f;
	__u64 base;

	if (!task || !vma || !scope_of(&s, task) || s.watch != snapshot_watch)
		return 0;
	file = vma->vm_file;
	if (!file)
		return 0;
	fact_init(&f, &s, EVENT_MAP, EVENT_HOW_SNAPSHOT);
	f.owner = SCRATCH_ITER;
	if (vma->vm_flags & VM_EXEC) {
		f.addr = vma->vm_start;
		f.offset = vma->vm_pgoff << page_shift;
		fact_file(&f, file);
	}
	if (vma_holds(vma, BPF_CORE_READ(task, mm, start_code)))
		snapshot_role(&f, task, BPF_CORE_READ(task, mm, exe_file), EVENT_PROGRAM);
	base = interpreter_base(task);
	if (base && vma_holds(vma, base))
		snapshot_role(&f, task, file, EVENT_INTERPRETER);
	f.addr = vma->vm_start;
	if (vma->vm_flags & VM_EXEC)
		code_file(&f, file, EVENT_CODE_LATE, takes_probes(vma->vm_flags));
	return 0;
}

SEC("iter/task_file")
int snapshot_files(struct bpf_iter__task_file *ctx)
{
	struct task_struct *task = ctx->task;
	struct file *file = ctx->file;
	struct scope s = {};
	struct fact f;

	if (!task || !file || !scope_of(&s, task) || s.watch != snapshot_watch)
		return 0;
	fact_init(&f, &s, EVENT_OPEN, EVENT_HOW_SNAPSHOT);
	f.owner = SCRATCH_ITER;
	f.mode = file_access(file);
	fact_file(&f, file);
	return 0;
}
