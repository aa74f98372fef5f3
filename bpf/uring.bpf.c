// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* Opens through io_uring, which no system call shows. The tracepoint's arguments differ: the agent loads what fits. */
#include "file.bpf.h"

#define FIXED_FILE_MASK \
	(~7ul) /* flags in the low bits of an entry of the table of direct descriptors */
#define SLOT_ALLOC 0xffffffffu /* the kernel chooses the entry and returns it */
#define DIRECT_MAX 65536

static __always_inline struct task_struct *request_task(struct io_kiocb *req)
{
	struct io_kiocb___v612 *old = (void *)req;

	return bpf_core_field_exists(old->task) ? BPF_CORE_READ(old, task)
						: BPF_CORE_READ(req, tctx, task);
}

/* The file of a direct descriptor. */
static __always_inline struct file *direct_file(struct io_ring_ctx *ctx, __u32 index)
{
	struct io_ring_ctx___v612 *old = (void *)ctx;
	struct io_rsrc_node **nodes, *node = NULL;
	struct io_fixed_file *files;
	unsigned long file = 0;

	if (bpf_core_field_exists(ctx->file_table.data)) {
		if (index >= BPF_CORE_READ(ctx, file_table.data.nr))
			return NULL;
		nodes = BPF_CORE_READ(ctx, file_table.data.nodes);
		bpf_probe_read_kernel(&node, sizeof(node), nodes + index);
		if (node)
			file = BPF_CORE_READ(node, file_ptr);
	} else {
		if (index >= BPF_CORE_READ(old, nr_user_files))
			return NULL;
		files = BPF_CORE_READ(old, file_table.files);
		bpf_probe_read_kernel(&file, sizeof(file), files + index);
	}
	return (struct file *)(file & FIXED_FILE_MASK);
}

static __always_inline struct file *opened_file(struct task_struct *task, struct io_ring_ctx *ctx,
						struct io_kiocb *req, __s32 res)
{
	struct io_open *open = (void *)__builtin_preserve_access_index(&req->cmd);
	__u32 slot = BPF_CORE_READ(open, file_slot);
	struct file *file = NULL;
	struct fdtable *fdt;

	if (slot == SLOT_ALLOC)
		return direct_file(ctx, res);
	if (slot)
		return direct_file(ctx, slot - 1);
	fdt = BPF_CORE_READ(task, files, fdt);
	if ((__u32)res < BPF_CORE_READ(fdt, max_fds))
		bpf_probe_read_kernel(&file, sizeof(file), BPF_CORE_READ(fdt, fd) + res);
	return file;
}

/* Is it an open that we watch? Not always the current task is the one that asked for it. */
static __always_inline bool uring_scope(struct scope *s, struct io_kiocb *req)
{
	__u8 opcode = BPF_CORE_READ(req, opcode);

	if (opcode != IORING_OP_OPENAT && opcode != IORING_OP_OPENAT2)
		return false;
	s->task = request_task(req);
	return s->task && scope_by_cgroup(s, task_cgroup(s->task)) && scope_is_recording(s);
}

/*
 * The end of a request passes no tracepoint when it makes no entry in the queue: because the program wanted none, or
 * because the queue is full. So what begins is counted, too.
 */
static __always_inline int submit(struct io_kiocb *req)
{
	struct scope s = {};

	if (uring_scope(&s, req))
		__sync_fetch_and_add(&uring_opens[s.slot & (EVENT_SLOTS - 1)], 1);
	return 0;
}

static __always_inline int complete(struct io_ring_ctx *ctx, struct io_kiocb *req, __s32 res)
{
	struct scope s = {};
	struct failed failed = { .how = EVENT_HOW_IO_URING, .owner = SCRATCH_URING };
	struct file *file;
	struct fact f;

	if (!uring_scope(&s, req))
		return 0;
	/* What the kernel finds malformed was not seen to begin. */
	if (res != -EINVAL)
		__sync_fetch_and_add(&uring_opens[s.slot & (EVENT_SLOTS - 1)], -1);
	if (res < 0) {
		failed.error = -res;
		if (-res <= ERRNO_LAST)
			failed_report(&s, &failed);
		return 0;
	}
	file = opened_file(s.task, ctx, req, res);
	if (!file) {
		lose(s.slot, EVENT_LOSS_URING, EVENT_OPEN);
		return 0;
	}
	fact_init(&f, &s, EVENT_OPEN, EVENT_HOW_IO_URING);
	f.owner = SCRATCH_URING;
	f.mode = file_access(file);
	fact_file(&f, file);
	return 0;
}

/* 6.13 and later. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_cqe, struct io_ring_ctx *ring_ctx, void *req, struct io_uring_cqe *cqe)
{
	return req ? complete(ring_ctx, req, BPF_CORE_READ(cqe, res)) : 0;
}

/* 5.19 to 6.12. */
SEC("tp_btf/io_uring_complete")
int BPF_PROG(on_uring_res, struct io_ring_ctx *ring_ctx, void *req, __u64 user_data, int res)
{
	return req ? complete(ring_ctx, req, res) : 0;
}

/* 6.4 and later. */
SEC("tp_btf/io_uring_submit_req")
int BPF_PROG(on_uring_submit, struct io_kiocb *req)
{
	return submit(req);
}

/* 6.0 to 6.3. */
SEC("tp_btf/io_uring_submit_sqe")
int BPF_PROG(on_uring_submit_sqe, struct io_kiocb *req)
{
	return submit(req);
}
