// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * Back-end L: opens and maps where the kernel makes them, whatever led there. It costs nothing on other system calls,
 * but needs trampolines (fexit), which not every kernel has.
 */
#include "map.bpf.h"
#include "calls.bpf.h"

/* By which mechanism does the current task come here? */
static __always_inline __u32 current_call(const struct scope *s)
{
	struct task_struct *task = s->task;

	if (BPF_CORE_READ(task, flags) & PF_IO_WORKER)
		return CALL_URING;
	return call_of(task_nr(bpf_get_current_task_btf()),
		       task_is_compat(bpf_get_current_task_btf()));
}

/* What the kernel returns as a pointer is an error when it is one of the last few addresses. */
static __always_inline bool is_error(__u64 address)
{
	return address >= (__u64)-4095;
}

static __always_inline bool open_is_script(const struct scope *s, const void *string, __u32 owner)
{
	struct mark *mark = s->mark;

	if (!mark || !mark->script || !string)
		return false;
	if (!mark->script_tries--) {
		mark->script = 0;
		return false;
	}
	if (string_sum(string, owner, false) != mark->script)
		return false;
	mark->script = 0;
	return true;
}

struct opened {
	const void *name;
	__u64 file; /* or an error */
	int flags;
	__u32 owner;
};

static __always_inline void open_done(const struct opened *opened)
{
	struct failed failed = { .string = opened->name, .owner = opened->owner };
	struct file *file = (struct file *)opened->file;
	struct scope s;
	struct fact f;

	if (!scope_find(&s) || !scope_is_recording(&s))
		return;
	failed.how = opened->flags & O_EXEC_KERNEL ? EVENT_HOW_EXEC : call_how(current_call(&s));
	if (is_error(opened->file)) {
		failed.error = -(__s32)opened->file;
		if (failed.error <= ERRNO_LAST)
			failed_report(&s, &failed);
		return;
	}
	fact_init(&f, &s, EVENT_OPEN, failed.how);
	f.owner = opened->owner;
	f.mode = opened->flags & O_EXEC_KERNEL ? EVENT_ACCESS_EXEC : file_access(file);
	fact_file(&f, file);
	if (opened->flags & O_EXEC_KERNEL || !open_is_script(&s, opened->name, opened->owner))
		return;
	f.kind = EVENT_EXEC;
	f.mode = EVENT_SCRIPT;
	fact_file(&f, file);
}

SEC("fexit/do_filp_open")
int BPF_PROG(on_filp_open, int dfd, struct filename *name, const struct open_flags *flags,
	     struct file *file)
{
	struct opened opened = { .name = BPF_CORE_READ(name, name),
				 .file = (__u64)file,
				 .flags = BPF_CORE_READ(flags, open_flag),
				 .owner = SCRATCH_OPEN };

	open_done(&opened);
	return 0;
}

/* By handle, and by the kernel itself. */
SEC("fexit/do_file_open_root")
int BPF_PROG(on_open_root, const struct path *root, const char *name,
	     const struct open_flags *flags, struct file *file)
{
	struct opened opened = { .file = (__u64)file,
				 .flags = BPF_CORE_READ(flags, open_flag),
				 .owner = SCRATCH_OPEN_ROOT };

	open_done(&opened);
	return 0;
}

static __always_inline bool maps_exec(const struct scope *s, __u64 prot)
{
	struct task_struct *task = s->task;

	if (prot & PROT_EXEC)
		return true;
	return (prot & PROT_READ) && (BPF_CORE_READ(task, personality) & READ_IMPLIES_EXEC);
}

/* A mapping that the kernel makes in an exec is the program's or its ELF interpreter's. */
SEC("fexit/vm_mmap_pgoff")
int BPF_PROG(on_mmap, struct file *file, __u64 addr, __u64 len, __u64 prot, __u64 flag, __u64 pgoff,
	     __u64 ret)
{
	struct vma_job job;
	struct scope s;

	if (!file || is_error(ret) || !scope_find(&s) || !scope_is_recording(&s) ||
	    !maps_exec(&s, prot))
		return 0;
	job_init(&job, &s, EVENT_HOW_MMAP, SCRATCH_MMAP);
	if (current_call(&s) == CALL_EXEC) {
		job.fact.how = EVENT_HOW_EXEC; /* what of it is new code is for on_exec */
	} else if (with_functions) {
		/* The file here is the user's; that of the mapping holds the bytes. */
		job_one(&job, ret);
		job_hold(&job);
		if (job.next || job.postponed)
			return 0;
	}
	job.fact.addr = ret;
	job.fact.offset = pgoff << page_shift;
	fact_file(&job.fact, file);
	return 0;
}

/* Once per mapping, before it is changed: what follows fails only for want of memory. */
SEC("fexit/security_file_mprotect")
int BPF_PROG(on_mprotect, struct vm_area_struct *vma, __u64 reqprot, __u64 prot, int ret)
{
	struct file *file = BPF_CORE_READ(vma, vm_file);
	struct scope s;
	struct fact f;

	if (ret || !file || !(prot & PROT_EXEC) || (BPF_CORE_READ(vma, vm_flags) & VM_EXEC))
		return 0;
	if (!scope_find(&s) || !scope_is_recording(&s))
		return 0;
	fact_init(&f, &s, EVENT_MAP, EVENT_HOW_MPROTECT);
	f.owner = SCRATCH_MPROTECT;
	f.addr = BPF_CORE_READ(vma, vm_start);
	f.offset = BPF_CORE_READ(vma, vm_pgoff) << page_shift;
	fact_file(&f, file);
	if (code_file(&f, file, EVENT_CODE_NEW, false))
		code_hold(&s, SCRATCH_MPROTECT, 1);
	return 0;
}
