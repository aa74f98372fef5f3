// SPDX-License-Identifier: (BSD-2-Clause OR GPL-2.0-only)
/* floor.bpf.c — the least a tracer of this kind can cost: empty programs, and one that only tests the call's number. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct pt_regs {
	unsigned long orig_ax;
} __attribute__((preserve_access_index));

long hits;

SEC("tp_btf/sys_enter")
int empty_enter(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int empty_exit(void *ctx)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int number_exit(__u64 *ctx)
{
	struct pt_regs *regs = (void *)ctx[0];
	unsigned long nr = regs->orig_ax;

	if (nr == 257 || nr == 2 || nr == 437)
		hits++;
	return 0;
}

char LICENSE[] SEC("license") = "Dual BSD/GPL";
