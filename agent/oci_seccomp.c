// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* oci_seccomp.c — the system calls that a container may use. */
#include "agent/oci_config.h"

#include <errno.h>
#include <string.h>

#include "agent/source.h"
#include "agent/syscall_names.h"

/* All namespace flags of clone(2): a new one is the way to most holes that need privileges. */
#define CLONE_NAMESPACES 0x7e020000u

/* What changes or questions the kernel as a whole, or reaches into other processes. */
static const char *const denied[] = {
	/* the kernel's programs, modules and keys */
	"bpf",
	"perf_event_open",
	"init_module",
	"finit_module",
	"delete_module",
	"create_module",
	"query_module",
	"get_kernel_syms",
	"kexec_load",
	"kexec_file_load",
	"keyctl",
	"add_key",
	"request_key",
	"userfaultfd",
	"io_uring_setup",
	"io_uring_enter",
	"io_uring_register",
	"lookup_dcookie",
	"fanotify_init",
	"nfsservctl",
	"memfd_secret",
	/* namespaces and mounts */
	"unshare",
	"setns",
	"mount",
	"umount",
	"umount2",
	"pivot_root",
	"move_mount",
	"open_tree",
	"open_tree_attr",
	"fsopen",
	"fsconfig",
	"fsmount",
	"fspick",
	"mount_setattr",
	"statmount",
	"listmount",
	"open_by_handle_at",
	"quotactl",
	"quotactl_fd",
	"swapon",
	"swapoff",
	/* other processes */
	"ptrace",
	"process_vm_readv",
	"process_vm_writev",
	"process_madvise",
	"pidfd_getfd",
	"kcmp",
	"migrate_pages",
	"move_pages",
	"mbind",
	"set_mempolicy",
	"set_mempolicy_home_node",
	"get_mempolicy",
	/* the machine: clock, console, ports, accounting */
	"settimeofday",
	"stime",
	"clock_settime",
	"clock_settime64",
	"clock_adjtime",
	"clock_adjtime64",
	"reboot",
	"syslog",
	"vhangup",
	"iopl",
	"ioperm",
	"acct",
	"sysfs",
	"_sysctl",
	"uselib",
	"ustat",
	"vm86",
	"vm86old",
};

/* Allowed by their arguments only, or refused in their own way. */
static const char *const special[] = { "clone", "clone3", "personality" };

static bool is_in(const char *const *list, size_t count, const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(list[i], name))
			return true;
	return false;
}
#define IS_IN(list, name) is_in(list, sizeof(list) / sizeof(*(list)), name)

static bool is_native(const char *name)
{
	for (uint32_t nr = 0; nr < EVENT_SYSCALLS; nr++) {
		const char *native = syscall_name(nr, false);

		if (native && !strcmp(native, name))
			return true;
	}
	return false;
}

static void emit_allowed(struct text *out)
{
	emit_open(out, NULL, '{');
	emit_open(out, "names", '[');
	for (uint32_t i = 0; i < 2 * EVENT_SYSCALLS; i++) {
		bool compat = i >= EVENT_SYSCALLS;
		const char *name = syscall_name(i % EVENT_SYSCALLS, compat);

		if (name && !IS_IN(denied, name) && !IS_IN(special, name) &&
		    !(compat && is_native(name)))
			emit_string(out, NULL, name);
	}
	emit_close(out, ']');
	emit_string(out, "action", "SCMP_ACT_ALLOW");
	emit_close(out, '}');
}

static void emit_denied(struct text *out, const char *const *names, size_t count,
			unsigned int error)
{
	emit_open(out, NULL, '{');
	emit_open(out, "names", '[');
	for (size_t i = 0; i < count; i++)
		emit_string(out, NULL, names[i]);
	emit_close(out, ']');
	emit_string(out, "action", "SCMP_ACT_ERRNO");
	emit_u64(out, "errnoRet", error);
	emit_close(out, '}');
}

/* Allowed when (argument 0 & mask) == value; a mask of 0: argument 0 == value. */
static void emit_conditional(struct text *out, const char *name, uint64_t mask, uint64_t value)
{
	emit_open(out, NULL, '{');
	emit_open(out, "names", '[');
	emit_string(out, NULL, name);
	emit_close(out, ']');
	emit_string(out, "action", "SCMP_ACT_ALLOW");
	emit_open(out, "args", '[');
	emit_open(out, NULL, '{');
	emit_u64(out, "index", 0);
	emit_u64(out, "value", mask ? mask : value);
	if (mask)
		emit_u64(out, "valueTwo", value);
	emit_string(out, "op", mask ? "SCMP_CMP_MASKED_EQ" : "SCMP_CMP_EQ");
	emit_close(out, '}');
	emit_close(out, ']');
	emit_close(out, '}');
}

void oci_seccomp_emit(struct text *out)
{
	/* PER_LINUX, PER_LINUX32, the same with UNAME26, and the question. READ_IMPLIES_EXEC stays out: with it code could be
	 * mapped that no mapping shows as executable. */
	static const uint64_t personalities[] = { 0x0, 0x8, 0x20000, 0x20008, 0xffffffff };
	static const char *const clone3[] = { "clone3" };

	emit_open(out, "seccomp", '{');
	emit_string(out, "defaultAction", "SCMP_ACT_ERRNO");
	emit_u64(out, "defaultErrnoRet", ENOSYS);
	emit_open(out, "architectures", '[');
#if defined(__x86_64__)
	emit_string(out, NULL, "SCMP_ARCH_X86_64");
	emit_string(out, NULL, "SCMP_ARCH_X86");
#elif defined(__aarch64__)
	emit_string(out, NULL, "SCMP_ARCH_AARCH64");
	emit_string(out, NULL, "SCMP_ARCH_ARM");
#endif
	emit_close(out, ']');
	emit_open(out, "syscalls", '[');
	emit_allowed(out);
	emit_denied(out, denied, sizeof(denied) / sizeof(*denied), EPERM);
	/* Its flags are in memory, where no filter can look: with ENOSYS the C library uses clone. */
	emit_denied(out, clone3, 1, ENOSYS);
	emit_conditional(out, "clone", CLONE_NAMESPACES, 0);
	for (size_t i = 0; i < sizeof(personalities) / sizeof(*personalities); i++)
		emit_conditional(out, "personality", 0, personalities[i]);
	emit_close(out, ']');
	emit_close(out, '}');
}
