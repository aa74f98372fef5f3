// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/*
 * System calls: which ones are made, and what the ones that open, map and connect have come to. One program at their
 * return sees both: a second one at their entry would cost every task of the machine as much again. What never returns
 * is seen where it ends: exits in on_exit, an exec in on_rename, what is still under way at the end by snapshot_calls.
 */
#define WITH_CAST
#include "map.bpf.h"
#include "calls.bpf.h"

#include <bpf/bpf_endian.h>

#define COMPAT(call) ((call) << 4)
#define BOTH(call) ((call) | COMPAT(call))

const volatile __u8 calls[EVENT_SYSCALLS] = {
#if defined(__TARGET_ARCH_x86)
	[2] = CALL_OPEN,
	[9] = CALL_MMAP,
	[10] = CALL_MPROTECT,
	[25] = CALL_MREMAP,
	[42] = CALL_CONNECT,
	[50] = CALL_LISTEN,
	[85] = CALL_CREAT,
	[59] = CALL_EXEC,
	[322] = CALL_EXEC, /* execveat */
	[257] = CALL_OPENAT,
	[304] = CALL_BY_HANDLE,
	[329] = CALL_MPROTECT, /* pkey_mprotect */
	[5] = COMPAT(CALL_OPEN),
	[8] = COMPAT(CALL_CREAT),
	[90] = COMPAT(CALL_MMAP_OLD),
	[102] = COMPAT(CALL_SOCKETCALL),
	[125] = COMPAT(CALL_MPROTECT),
	[163] = COMPAT(CALL_MREMAP),
	[192] = COMPAT(CALL_MMAP), /* mmap2 */
	[295] = COMPAT(CALL_OPENAT),
	[342] = COMPAT(CALL_BY_HANDLE),
	[362] = COMPAT(CALL_CONNECT),
	[363] = COMPAT(CALL_LISTEN),
	[380] = COMPAT(CALL_MPROTECT), /* pkey_mprotect */
	[11] = COMPAT(CALL_EXEC),
	[358] = COMPAT(CALL_EXEC), /* execveat */
#elif defined(__TARGET_ARCH_arm64)
	[56] = CALL_OPENAT,
	[201] = CALL_LISTEN,
	[203] = CALL_CONNECT,
	[221] = CALL_EXEC,
	[281] = CALL_EXEC, /* execveat */
	[216] = CALL_MREMAP,
	[222] = CALL_MMAP,
	[226] = CALL_MPROTECT,
	[265] = CALL_BY_HANDLE,
	[288] = CALL_MPROTECT, /* pkey_mprotect */
	[5] = COMPAT(CALL_OPEN),
	[8] = COMPAT(CALL_CREAT),
	[125] = COMPAT(CALL_MPROTECT),
	[163] = COMPAT(CALL_MREMAP),
	[192] = COMPAT(CALL_MMAP), /* mmap2 */
	[283] = COMPAT(CALL_CONNECT),
	[284] = COMPAT(CALL_LISTEN),
	[322] = COMPAT(CALL_OPENAT),
	[371] = COMPAT(CALL_BY_HANDLE),
	[394] = COMPAT(CALL_MPROTECT), /* pkey_mprotect */
	[11] = COMPAT(CALL_EXEC),
	[387] = COMPAT(CALL_EXEC), /* execveat */
#endif
	[426] = BOTH(CALL_URING), /* io_uring_enter */
	[428] = BOTH(CALL_OPEN_TREE),
	[437] = BOTH(CALL_OPENAT2),
};

/* The open file behind a descriptor of the task, by address; 0 when there is none. */
static __always_inline struct file *task_file(struct task_struct *task, __u32 fd)
{
	struct file *file = NULL;
	struct fdtable *fdt;

	fdt = task->files->fdt;
	if (fd < fdt->max_fds)
		bpf_probe_read_kernel(&file, sizeof(file), fdt->fd + fd);
	return file;
}

/* Is this the interpreter opening the script that was executed? Some are never opened; do not look for ever. */
static __always_inline bool open_is_script(const struct scope *s, const void *string)
{
	struct mark *mark = s->mark;

	if (!mark || !mark->script || !string)
		return false;
	if (!mark->script_tries--) {
		mark->script = 0;
		return false;
	}
	if (string_sum(string, SCRATCH_SYS_EXIT, true) != mark->script)
		return false;
	mark->script = 0;
	return true;
}

/* What an open has come to: the file behind the descriptor, so that nothing rests on what the program passed. */
SUBPROG int call_open(const struct scope *s, __u32 call, long ret, const void *string)
{
	struct failed failed = { .string = string,
				 .how = call_how(call),
				 .owner = SCRATCH_SYS_EXIT,
				 .error = -ret,
				 .is_user = true };
	struct file *file;
	struct fact f;

	if (ret < 0) {
		if (-ret <= ERRNO_LAST)
			failed_report(s, &failed);
		return 0;
	}
	file = task_file(s->task, ret);
	if (!file) { /* closed again by another thread, before we could look */
		lose(s->slot, EVENT_LOSS_WALK, EVENT_OPEN);
		return 0;
	}
	fact_init(&f, s, EVENT_OPEN, call_how(call));
	f.owner = SCRATCH_SYS_EXIT;
	f.mode = file_access(file);
	fact_file(&f, file);
	if (!open_is_script(s, string))
		return 0;
	f.kind = EVENT_EXEC;
	f.mode = EVENT_SCRIPT;
	fact_file(&f, file);
	return 0;
}

/* May this protection make pages executable? Some old programs get it with the right to read. */
static __always_inline bool prot_is_exec(const struct scope *s, __u64 prot)
{
	struct task_struct *task = s->task;

	if (prot & PROT_EXEC)
		return true;
	return (prot & PROT_READ) && (BPF_CORE_READ(task, personality) & READ_IMPLIES_EXEC);
}

/* A mapping that succeeded. */
SUBPROG int call_mmap(const struct scope *s, struct pt_regs *regs, bool compat, long ret, bool old)
{
	__u64 start = compat ? (__u32)ret : ret;
	struct vma_job job;
	struct file *file;

	/* The old call has its arguments in memory: look at the mapping in any case. */
	if (!old && !prot_is_exec(s, regs_arg(regs, compat, 2)))
		return 0;
	job_init(&job, s, EVENT_HOW_MMAP, SCRATCH_SYS_EXIT);
	job_one(&job, start);
	job_hold(&job);
	if (job.next || job.postponed)
		return 0;
	if (old) {
		lose(s->slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
		return 0;
	}
	/* Another thread has removed it already. */
	file = task_file(s->task, regs_arg(regs, compat, 4));
	if (!file)
		return 0;
	job.fact.addr = start;
	job.fact.offset = regs_arg(regs, compat, 5) << (compat ? 12 : 0);
	fact_file(&job.fact, file);
	return 0;
}

SUBPROG int call_mprotect(const struct scope *s, struct pt_regs *regs, bool compat)
{
	__u64 start = regs_arg(regs, compat, 0), prot = regs_arg(regs, compat, 2);
	struct vma_job job;

	if (!prot_is_exec(s, prot))
		return 0;
	job_init(&job, s, EVENT_HOW_MPROTECT, SCRATCH_SYS_EXIT);
	job_run(&job, start, start + regs_arg(regs, compat, 1));
	job_hold(&job);
	return 0;
}

/* Where a socket listens, or what it is connected to: from the socket, never from the program's memory. */
static __always_inline __u32 socket_address(struct sock *sk, struct event *e, char *data)
{
	bool listen = e->mode == EVENT_LISTEN;

	e->family = BPF_CORE_READ(sk, __sk_common.skc_family);
	if (listen)
		e->port = BPF_CORE_READ(sk, __sk_common.skc_num);
	else
		e->port = bpf_ntohs(BPF_CORE_READ(sk, __sk_common.skc_dport));
	if (e->family == AF_INET) {
		bpf_probe_read_kernel(
		    data, 4,
		    listen ? (void *)__builtin_preserve_access_index(&sk->__sk_common.skc_rcv_saddr)
			   : (void *)__builtin_preserve_access_index(&sk->__sk_common.skc_daddr));
		return 4;
	}
	if (e->family == AF_INET6) {
		bpf_probe_read_kernel(
		    data, 16,
		    listen ? __builtin_preserve_access_index(&sk->__sk_common.skc_v6_rcv_saddr)
			   : __builtin_preserve_access_index(&sk->__sk_common.skc_v6_daddr));
		return 16;
	}
	e->port = 0;
	return 0;
}

static __always_inline __u32 unix_name(struct sock *sk, char *data)
{
	struct unix_sock *un = (struct unix_sock *)sk;
	struct unix_address *addr = BPF_CORE_READ(un, addr);
	__u32 len = addr ? BPF_CORE_READ(addr, len) : 0;

	if (len <= 2 || len > 110)
		return 0;
	len -= 2;
	barrier_var(len);
	len &= 127;
	bpf_probe_read_kernel(data, len, __builtin_preserve_access_index(&addr->name[0].sun_path));
	return len;
}

/* What connect was given: for unix sockets, and where the socket does not keep it because the call failed. */
static __always_inline __u32 given_address(const void *user, __u32 size, struct event *e,
					   char *data)
{
	__u16 family = 0, port = 0;

	if (size < sizeof(family) || bpf_probe_read_user(&family, sizeof(family), user))
		return 0;
	e->family = family;
	if (family == AF_INET || family == AF_INET6) {
		bpf_probe_read_user(&port, sizeof(port), user + 2);
		e->port = bpf_ntohs(port);
		bpf_probe_read_user(data, family == AF_INET ? 4 : 16,
				    user + (family == AF_INET ? 4 : 8));
		return family == AF_INET ? 4 : 16;
	}
	if (family != AF_UNIX || size > 110)
		return 0;
	size -= 2;
	barrier_var(size);
	size &= 127;
	bpf_probe_read_user(data, size, user + 2);
	return size;
}

struct net_call {
	__u64 address, size; /* of what connect was given */
	__u32 fd, op;
	long ret;
};

SUBPROG int net_report(const struct scope *s, const struct net_call *call)
{
	struct seen_key key = { .watch = s->watch, .what = EVENT_NET | call->op << 8 };
	struct scratch *scratch = scratch_take(SCRATCH_SYS_EXIT);
	struct file *file = task_file(s->task, call->fd);
	bool done = call->ret == 0 || call->ret == -EINPROGRESS;
	struct socket *socket;
	__u32 place, len = 0;
	struct event *e;
	struct sock *sk;

	if (!scratch) {
		lose(s->slot, EVENT_LOSS_RING, EVENT_NET);
		return 0;
	}
	e = &scratch->event;
	place = e->length;
	record_begin(e, s, EVENT_NET);
	e->mode = call->op;
	e->number = call->ret < 0 ? -call->ret : 0;
	if (file && done && (BPF_CORE_READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK) {
		socket = BPF_CORE_READ(file, private_data);
		sk = BPF_CORE_READ(socket, sk);
		len = socket_address(sk, e, scratch->data);
		if (!len && e->family == AF_UNIX && call->op == EVENT_LISTEN)
			len = unix_name(sk, scratch->data);
	}
	if (!len && call->op == EVENT_CONNECT)
		len = given_address((void *)call->address, call->size, e, scratch->data);
	key.mix = data_sum(scratch, len);
	key.ino = (__u64)e->family << 48 | (__u64)e->port << 32 | e->number;
	if (len && !seen_is_known(&key, s->slot) && record_deliver(scratch, place, len))
		seen_add(&key, s->slot, EVENT_NET);
	scratch_release(scratch);
	return 0;
}

/* socketcall(call, args) of the 32-bit ABI: the arguments are in memory. */
static __always_inline bool socketcall_args(struct net_call *call, struct pt_regs *regs)
{
	__u32 args[3] = {}, what = regs_arg(regs, true, 0);

	if (what != 3 && what != 4) /* SYS_CONNECT, SYS_LISTEN */
		return false;
	if (bpf_probe_read_user(args, sizeof(args), (void *)regs_arg(regs, true, 1)))
		return false;
	call->op = what == 4 ? EVENT_LISTEN : EVENT_CONNECT;
	call->fd = args[0];
	call->address = args[1];
	call->size = args[2];
	return true;
}

SUBPROG int call_net(const struct scope *s, struct pt_regs *regs, __u32 what, bool compat, long ret)
{
	struct net_call call = { .fd = regs_arg(regs, compat, 0),
				 .address = regs_arg(regs, compat, 1),
				 .size = regs_arg(regs, compat, 2),
				 .op = what == CALL_LISTEN ? EVENT_LISTEN : EVENT_CONNECT,
				 .ret = ret };

	if (what == CALL_SOCKETCALL && !socketcall_args(&call, regs))
		return 0;
	if (ret < 0 && (-ret > ERRNO_LAST || call.op == EVENT_LISTEN))
		return 0;
	net_report(s, &call);
	return 0;
}

static __always_inline const void *call_string(struct pt_regs *regs, __u32 call, bool compat)
{
	switch (call) {
	case CALL_OPEN:
	case CALL_CREAT:
		return (void *)regs_arg(regs, compat, 0);
	case CALL_BY_HANDLE:
		return NULL;
	default:
		return (void *)regs_arg(regs, compat, 1);
	}
}

/*
 * What could not be looked at, and now has another mapping in its place, is not found any more: the other one is. Not static, and
 * without arguments but one: so the verifier looks at it once.
 */
__noinline int pending_covered(long ret)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct mark *mark = bpf_task_storage_get(&marks, task, NULL, 0);
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	bool compat = task_is_compat(task);
	__u32 call = call_of(task_nr(task), compat);
	__u64 start = ret, end = 1ull << 32;

	if (call != CALL_MMAP && call != CALL_MMAP_OLD && call != CALL_MREMAP)
		return 0;
	/* The old call has its arguments in memory. */
	if (call != CALL_MMAP_OLD)
		end = start + regs_arg(regs, compat, call == CALL_MREMAP ? 2 : 1);
	for (__u32 i = 0; mark && i < PENDING_MAX; i++)
		if (i < mark->pending_count && mark->pending[i].start < end &&
		    start < mark->pending[i].end)
			lose(mark->in.slot, EVENT_LOSS_TRYLOCK, EVENT_MAP);
	return 0;
}

/* What the call has come to, that is one of those that matter to us. */
static __always_inline int call_done(const struct scope *s, struct pt_regs *regs, __u32 call,
				     bool compat, long ret)
{
	if (call == CALL_NONE || call >= CALL_EXEC || (!opens_by_exit && call < CALL_LISTEN))
		return 0;
	switch (call) {
	case CALL_MMAP:
	case CALL_MMAP_OLD:
		if (ret < 0 && ret >= -4095)
			return 0;
		return call_mmap(s, regs, compat, ret, call == CALL_MMAP_OLD);
	case CALL_MPROTECT:
		return ret ? 0 : call_mprotect(s, regs, compat);
	case CALL_LISTEN:
	case CALL_CONNECT:
	case CALL_SOCKETCALL:
		return call_net(s, regs, call, compat, ret);
	default:
		if (has_cast && ret >= 0 && s->mark && !s->mark->script && open_is_known(s, ret))
			return 0;
		return call_open(s, call, ret, call_string(regs, call, compat));
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(on_sys_exit, struct pt_regs *regs, long ret)
{
	__u64 nr = (__u32)regs_nr(regs) & ~X32_SYSCALL_BIT;
	bool compat;
	struct scope s;
	__u32 call;

	if (!scope_find(&s) || !scope_is_recording(&s))
		return 0;
	if (s.mark && s.mark->pending_count) {
		pending_covered(ret);
		job_resume(&s, SCRATCH_SYS_EXIT);
	}
	compat = task_is_compat(s.task);
	call = call_of(nr, compat);
	/* An exec that succeeded returns under a number that the kernel has made up (x86): on_rename knows better. */
	if (call != CALL_EXEC || ret)
		call_note(&s, is_sigreturn(nr, ret) ? sigreturn_nr(compat) : nr, compat,
			  SCRATCH_SYS_EXIT);
	return call_done(&s, regs, call, compat, ret);
}
