/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/* map.bpf.h — executable mappings of files, found in the address space itself; for programs that run as the task. */
#pragma once

#include "code.bpf.h"

#define VMAS_AT_ONCE 256

struct vma_job {
	struct fact fact;
	__u64 start, end; /* what is left to look at */
	__u64 next;       /* end of the mapping that was found */
	__u64 ino;        /* with role: of the program, which is no interpreter of itself */
	__u32 dev, role;
	__u32 postponed;
	__u32 news;        /* records of code that the agent does not know */
	__u32 told, found; /* told: new code has been reported before; found: anything executable */
};

static long vma_visit(struct task_struct *task, struct vm_area_struct *vma, struct vma_job *job)
{
	struct fact *f = &job->fact;
	struct file *file = vma->vm_file;

	job->next = vma->vm_end;
	if (!(vma->vm_flags & VM_EXEC))
		return 0;
	job->found = 1;
	if (!file)
		return 0;
	f->kind = EVENT_MAP;
	f->mode = 0;
	f->addr = vma->vm_start;
	f->offset = vma->vm_pgoff << page_shift;
	fact_file(f, file);
	if (job->role && (f->key.ino != job->ino || f->key.dev != job->dev)) {
		f->kind = EVENT_EXEC;
		f->mode = job->role;
		f->addr = f->offset = 0;
		fact_file(f, file);
	}
	f->addr = vma->vm_start;
	if (!job->told)
		job->news += code_file(f, file, EVENT_CODE_NEW,
				       takes_probes(vma->vm_flags) && f->how != EVENT_HOW_MPROTECT);
	return 0;
}

static __always_inline void job_init(struct vma_job *job, const struct scope *s, __u32 how,
				     __u32 owner)
{
	__builtin_memset(job, 0, sizeof(*job));
	fact_init(&job->fact, s, EVENT_MAP, how);
	job->fact.owner = owner;
}

/* Something that could not be looked at now is looked at when the task's next system call returns. */
static __always_inline void job_postpone(struct vma_job *job)
{
	struct mark *mark = job->fact.scope.mark;
	struct pending *pending;
	__u32 n;

	job->postponed = 1;
	if (!job->told && with_functions)
		job->news += code_unseen(&job->fact, job->start, job->end) == 1;
	n = mark ? mark->pending_count : PENDING_MAX;
	if (!mark || n >= PENDING_MAX) {
		lose(job->fact.scope.slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
		return;
	}
	pending = &mark->pending[n];
	pending->start = job->start;
	pending->end = job->end;
	pending->how = job->fact.how;
	pending->role = job->role;
	pending->ino = job->ino;
	pending->dev = job->dev;
	mark->pending_count = n + 1;
}

/* One mapping: 1 at the end. */
static long job_step(__u32 i, struct vma_job *job)
{
	long r;

	if (job->start >= job->end)
		return 1;
	job->next = 0;
	r = bpf_find_vma(bpf_get_current_task_btf(), job->start, vma_visit, job, 0);
	if (r == -EBUSY)
		job_postpone(job);
	if (r) /* else: unmapped meanwhile, by another thread */
		return 1;
	job->start = job->next;
	return 0;
}

/* Reports the mapping at one address, when it is an executable one of a file. */
static __always_inline void job_one(struct vma_job *job, __u64 address)
{
	long r;

	job->start = address;
	job->end = address + 1;
	job->next = 0;
	r = bpf_find_vma(bpf_get_current_task_btf(), address, vma_visit, job, 0);
	if (r == -EBUSY)
		job_postpone(job);
}

/* Reports the executable mappings of files within a range of the current task. */
SUBPROG int job_run(struct vma_job *job, __u64 start, __u64 end)
{
	job->start = start;
	job->end = end;
	if (bpf_loop(VMAS_AT_ONCE, job_step, job, 0) == VMAS_AT_ONCE && job->start < end &&
	    !job->postponed)
		job_postpone(job);
	return 0;
}

/* At the end of a program that looked at mappings, once: see code.bpf.h. */
static __always_inline void job_hold(struct vma_job *job)
{
	if (job->news)
		code_hold(&job->fact.scope, job->fact.owner, job->news);
}

/* What was postponed, one at each system call, last first. */
SUBPROG int job_resume(const struct scope *s, __u32 owner)
{
	struct mark *mark = s->mark;
	struct pending *pending;
	struct vma_job job;
	__u32 n;

	if (!mark)
		return 0;
	n = mark->pending_count - 1;
	if (n >= PENDING_MAX)
		return 0;
	pending = &mark->pending[n];
	job_init(&job, s, pending->how, owner);
	job.role = pending->role;
	job.ino = pending->ino;
	job.dev = pending->dev;
	mark->pending_count = n;
	job.told = 1;
	job_run(&job, pending->start, pending->end);
	/* Gone again, by this very call perhaps, before anybody has seen what it was. */
	if (!job.postponed && (!job.found || job.start < job.end))
		lose(s->slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
	return 0;
}
