/* SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only) */
/*
 * kernel.bpf.h — the few fields of the kernel's structures that we read, and what differs between kernels.
 *
 * CO-RE finds the real offsets at load. A name that ends in ___x is another kernel's shape of the same structure:
 * libbpf drops the ending when it looks for the type. Each such place says which kernels it stands for.
 */
#pragma once

#include <stdbool.h>
#include <linux/types.h>
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

/* A function that the verifier sees once per caller but that exists once; a file need not use all of a header's. */
#define SUBPROG static __noinline __attribute__((unused))

#define FMODE_READ 0x1
#define FMODE_WRITE 0x2
#define FMODE_EXEC 0x20
#define FMODE_PATH 0x4000
/* FMODE_BACKING is bit 25 from 6.5 and bit 24 from 6.14, where 25 has another meaning: see file_user_path. */
#define FMODE_MAYBE_BACKING 0x3000000
#define O_EXEC_KERNEL 0x20 /* __FMODE_EXEC in open_flags.open_flag */

#define PROT_READ 0x1
#define PROT_EXEC 0x4
#define VM_WRITE 0x2
#define VM_EXEC 0x4
#define VM_MAYSHARE 0x80
#define VM_HUGETLB 0x400000
#define READ_IMPLIES_EXEC 0x0400000
#define PF_IO_WORKER 0x10
#define PF_KTHREAD 0x200000
#define CLONE_THREAD 0x10000
#define SIGNAL_GROUP_EXIT 0x4
#define S_IFMT 0170000
#define S_IFDIR 0040000
#define S_IFSOCK 0140000
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define SIGSTOP 19
#define SIGCONT 18
#define EBUSY 16
#define EINVAL 22
#define ENOSYS 38
#define EINPROGRESS 115
#define ERRNO_LAST 511 /* above it: restarts that no program sees */
#define IORING_OP_OPENAT 18
#define IORING_OP_OPENAT2 28
#define AUXV_BASE 7

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

struct qstr {
	union {
		struct {
			__u32 hash, len;
		};
		__u64 hash_len;
	};
	const unsigned char *name;
};

struct hlist_bl_node {
	struct hlist_bl_node *next, **pprev;
};

struct super_block {
	__u32 s_dev;
	unsigned long s_magic;
};

struct inode {
	unsigned short i_mode;
	struct super_block *i_sb;
	unsigned long i_ino;
	__u32 i_generation;
	long i_ctime_sec; /* 6.11 and later */
	__u32 i_ctime_nsec;
};

struct timespec64 {
	long tv_sec, tv_nsec;
};

struct inode___v66 { /* 6.6 to 6.10 */
	struct timespec64 __i_ctime;
};

struct inode___old { /* up to 6.5 */
	struct timespec64 i_ctime;
};

struct dentry {
	struct hlist_bl_node d_hash;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	struct inode *f_inode;
	struct path f_path;
	void *private_data;
};

struct backing_file { /* user_path: 6.7 and later; before that f_path itself is the user's */
	struct file file;
	struct path user_path;
};

struct mnt_namespace {
	struct mount *root;
};

struct nsproxy {
	struct mnt_namespace *mnt_ns;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct kernfs_node {
	__u64 id;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup;
struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	struct kernfs_node *kn;
	struct cgroup_root *root;
};

struct css_set {
	struct cgroup *dfl_cgrp;
};

struct signal_struct {
	atomic_t live;
	int nr_threads, group_exit_code;
	unsigned int flags;
};

struct vm_area_struct {
	unsigned long vm_start, vm_end, vm_flags, vm_pgoff;
	struct file *vm_file;
};

struct mm_struct {
	unsigned long start_code;
	unsigned long saved_auxv[2];
	struct file *exe_file;
};

struct thread_info {
	unsigned long flags;
	__u32 status; /* x86: TS_COMPAT */
};

struct io_uring_task;
struct ns_common {
	unsigned int inum;
};

struct pid_namespace {
	struct ns_common ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1]; /* one for each level of namespaces */
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags, personality;
	struct mm_struct *mm;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent, *group_leader;
	char comm[16];
	struct pid *thread_pid;
	struct nsproxy *nsproxy;
	struct files_struct *files;
	struct signal_struct *signal;
	struct css_set *cgroups;
};

struct linux_binprm {
	struct file *executable; /* of binfmt_misc with O or C: the script */
	const char *filename, *interp;
};

struct filename {
	const char *name;
};

struct open_flags {
	int open_flag;
};

/* Sockets. */
struct in6_addr {
	__u8 bytes[16];
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	__u16 skc_num, skc_family;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
};

struct socket {
	struct sock *sk;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[0];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
};

/* io_uring. */
struct io_cqe {
	__s32 res;
};

struct io_uring_cqe {
	__u64 user_data;
	__s32 res;
};

struct io_open {
	__u32 file_slot;
};

struct io_fixed_file { /* up to 6.12 */
	unsigned long file_ptr;
};

struct io_rsrc_node { /* 6.13 and later */
	unsigned long file_ptr;
};

struct io_rsrc_data {
	unsigned int nr;
	struct io_rsrc_node **nodes;
};

struct io_file_table { /* 6.13 and later */
	struct io_rsrc_data data;
};

struct io_file_table___v612 {
	struct io_fixed_file *files;
};

struct io_ring_ctx {
	struct io_file_table file_table;
};

struct io_ring_ctx___v612 {
	struct io_file_table___v612 file_table;
	unsigned int nr_user_files;
};

struct io_uring_task {
	struct task_struct *task;
};

struct io_cmd_data {
	struct file *file;
};

struct io_kiocb { /* 6.13 and later */
	struct io_cmd_data cmd;
	__u8 opcode;
	struct io_uring_task *tctx;
};

struct io_kiocb___v612 {
	struct task_struct *task;
};

/* Iterators. */
struct bpf_iter__task {
	struct task_struct *task;
};

struct bpf_iter__task_vma {
	struct task_struct *task;
	struct vm_area_struct *vma;
};

struct bpf_iter__task_file {
	struct task_struct *task;
	__u32 fd;
	struct file *file;
};

struct pt_regs {
#if defined(__TARGET_ARCH_x86)
	unsigned long di, si, dx, r10, r8, r9, bx, cx, bp, orig_ax, ip;
#elif defined(__TARGET_ARCH_arm64)
	__u64 regs[31];
	__u64 pc, orig_x0;
	int syscallno;
#endif
};

#pragma clang attribute pop

/*
 * A struct whose address is only a number, as a pointer that may be followed by plain loads. The function is there since
 * 6.2; without it everything is read with bpf_probe_read_kernel. A file defines WITH_CAST before its includes where the
 * speed matters, and only one may: bpftool 7.1 cannot link two objects that name the same function of the kernel.
 */
#ifdef WITH_CAST
extern void *bpf_rdonly_cast(void *obj, __u32 btf_id) __ksym __weak;
#define CAST(type, address) \
	((struct type *)bpf_rdonly_cast((void *)(address), bpf_core_type_id_kernel(struct type)))
/* A word of memory as a number, also where it is a pointer: as the first member of a structure that has no pointers. */
#define WORD(address) ((__u64)CAST(timespec64, address)->tv_sec)
#endif

/* System call number, arguments and instruction pointer. */
#if defined(__TARGET_ARCH_x86)
#define TS_COMPAT 0x2
#define X32_SYSCALL_BIT 0x40000000

static __always_inline bool task_is_compat(struct task_struct *task)
{
	return task->thread_info.status & TS_COMPAT;
}

static __always_inline long regs_nr(struct pt_regs *regs)
{
	return regs->orig_ax;
}

static __always_inline unsigned long regs_arg(struct pt_regs *regs, bool compat, int n)
{
	switch (n) {
	case 0:
		return compat ? (__u32)regs->bx : regs->di;
	case 1:
		return compat ? (__u32)regs->cx : regs->si;
	case 2:
		return compat ? (__u32)regs->dx : regs->dx;
	case 3:
		return compat ? (__u32)regs->si : regs->r10;
	case 4:
		return compat ? (__u32)regs->di : regs->r8;
	default:
		return compat ? (__u32)regs->bp : regs->r9;
	}
}

static __always_inline unsigned long regs_ip(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, ip);
}

#define NR_SIGRETURN 15
#define NR_SIGRETURN_COMPAT 173

/* A task's system call, found from elsewhere; that of its last one when it is in none. */
static __always_inline __u32 task_nr(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return (__u32)BPF_CORE_READ(regs, orig_ax) & ~X32_SYSCALL_BIT;
}
#elif defined(__TARGET_ARCH_arm64)
#define TIF_32BIT_FLAG (1ul << 22)
#define X32_SYSCALL_BIT 0

static __always_inline bool task_is_compat(struct task_struct *task)
{
	return task->thread_info.flags & TIF_32BIT_FLAG;
}

static __always_inline long regs_nr(struct pt_regs *regs)
{
	return regs->syscallno;
}

static __always_inline unsigned long regs_arg(struct pt_regs *regs, bool compat, int n)
{
	unsigned long v = n ? regs->regs[n & 7] : regs->orig_x0;

	return compat ? (__u32)v : v;
}

static __always_inline unsigned long regs_ip(struct pt_regs *regs)
{
	return BPF_CORE_READ(regs, pc);
}

#define NR_SIGRETURN 139
#define NR_SIGRETURN_COMPAT 173

static __always_inline __u32 task_nr(struct task_struct *task)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);

	return BPF_CORE_READ(regs, syscallno);
}
#endif

/* rt_sigreturn (and its elder, sigreturn) forgets its number; a number that is not one fails with ENOSYS. */
static __always_inline bool is_sigreturn(__u64 nr, long ret)
{
	return nr == (__u32)(-1 & ~X32_SYSCALL_BIT) && ret != -ENOSYS;
}

static __always_inline __u32 sigreturn_nr(bool compat)
{
	return compat ? NR_SIGRETURN_COMPAT : NR_SIGRETURN;
}
