// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* confine.c — a program that reads a stranger's data can harm nobody. */
#include "server/confine.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

/* Rights by the version of Landlock that has them: 1 (5.13), 2 (5.19, REFER), 3 (6.2, TRUNCATE), 5 (6.10, IOCTL_DEV). */
#define RIGHTS_1 ((1ull << 13) - 1)
#define RIGHT_REFER (1ull << 13)
#define RIGHT_TRUNCATE (1ull << 14)
#define RIGHT_IOCTL (1ull << 15)
#define RIGHT_EXECUTE (1ull << 0)
#define RIGHT_WRITE_FILE (1ull << 1)
#define RIGHT_READ_FILE (1ull << 2)
#define RIGHT_READ_DIR (1ull << 3)
#define FILE_RIGHTS \
	(RIGHT_EXECUTE | RIGHT_WRITE_FILE | RIGHT_READ_FILE | RIGHT_TRUNCATE | RIGHT_IOCTL)

/* Everything that makes, changes or looks into other processes, mounts, kernels and namespaces. */
static const int denied[] = {
	SYS_ptrace,
	SYS_process_vm_readv,
	SYS_process_vm_writev,
	SYS_bpf,
	SYS_perf_event_open,
	SYS_mount,
	SYS_umount2,
	SYS_pivot_root,
	SYS_chroot,
	SYS_unshare,
	SYS_setns,
	SYS_keyctl,
	SYS_add_key,
	SYS_request_key,
	SYS_userfaultfd,
	SYS_io_uring_setup,
	SYS_io_uring_enter,
	SYS_io_uring_register,
	SYS_kexec_load,
	SYS_kexec_file_load,
	SYS_init_module,
	SYS_finit_module,
	SYS_delete_module,
	SYS_reboot,
	SYS_swapon,
	SYS_swapoff,
	SYS_acct,
	SYS_quotactl,
	SYS_open_by_handle_at,
	SYS_name_to_handle_at,
	SYS_settimeofday,
	SYS_clock_settime,
	SYS_clock_adjtime,
	SYS_adjtimex,
	SYS_personality,
	SYS_syslog,
	SYS_move_mount,
	SYS_open_tree,
	SYS_fsopen,
	SYS_fsmount,
	SYS_fsconfig,
	SYS_fspick,
	SYS_mount_setattr,
	SYS_pidfd_getfd,
	SYS_fanotify_init,
};
#define DENIED (sizeof(denied) / sizeof(*denied))

#if defined(__x86_64__)
#define ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCH AUDIT_ARCH_AARCH64
#else
#error "the system call table of this architecture is not described here"
#endif

static int set_limit(int what, uint64_t value, const char *name, struct err *err)
{
	struct rlimit limit = { value, value }, old;

	if (getrlimit(what, &old) == 0 && old.rlim_max < value)
		limit.rlim_cur = limit.rlim_max = old.rlim_max;
	return setrlimit(what, &limit) < 0 ? err_sys(err, errno, "cannot limit %s", name) : 0;
}

static int limit(const struct confinement *c, struct err *err)
{
	int r = set_limit(RLIMIT_CORE, 0, "core files", err);

	if (r == 0 && c->memory_mb)
		r = set_limit(RLIMIT_AS, c->memory_mb << 20, "memory", err);
	if (r == 0 && c->file_mb)
		r = set_limit(RLIMIT_FSIZE, c->file_mb << 20, "files", err);
	if (r == 0 && c->cpu_s)
		r = set_limit(RLIMIT_CPU, c->cpu_s, "processor time", err);
	if (r == 0 && c->processes && c->uid)
		r = set_limit(RLIMIT_NPROC, c->processes, "processes", err);
	return r ? r : set_limit(RLIMIT_NOFILE, 4096, "descriptors", err);
}

/* Without being root this may be refused: seccomp keeps sockets away then. */
static int leave_network(const struct confinement *c, struct err *err)
{
	int flags = CLONE_NEWIPC | CLONE_NEWUTS | (c->keep_network ? 0 : CLONE_NEWNET);

	if (unshare(flags) == 0 || geteuid() != 0)
		return 0;
	return err_sys(err, errno, "cannot leave the network");
}

static int allow_path(int ruleset, const char *path, uint64_t rights, struct err *err)
{
	struct landlock_path_beneath_attr rule = { .allowed_access = rights };
	_cleanup_close_ int fd = open(path, O_PATH | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return errno == ENOENT ? 0 : err_sys(err, errno, "'%s'", path);
	if (!S_ISDIR(st.st_mode))
		rule.allowed_access &= FILE_RIGHTS;
	rule.parent_fd = fd;
	if (syscall(SYS_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) < 0)
		return err_sys(err, errno, "Landlock does not take '%s'", path);
	return 0;
}

static int allow_paths(int ruleset, const struct option_list *paths, uint64_t rights,
		       struct err *err)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < paths->count; i++)
		r = allow_path(ruleset, paths->items[i], rights, err);
	return r;
}

static uint64_t rights_known(long version)
{
	return RIGHTS_1 | (version >= 2 ? RIGHT_REFER : 0) | (version >= 3 ? RIGHT_TRUNCATE : 0) |
	       (version >= 5 ? RIGHT_IOCTL : 0);
}

static long landlock_version(void)
{
	return syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION);
}

bool confine_has_landlock(void)
{
	return landlock_version() >= 1;
}

/* Makes the ruleset; *ret stays -1 where the kernel has no Landlock. */
static int make_ruleset(int *ret, const struct confinement *c, struct err *err)
{
	long version = landlock_version();
	uint64_t all = rights_known(version), looks = RIGHT_READ_FILE | RIGHT_READ_DIR;
	const struct landlock_ruleset_attr attr = { .handled_access_fs = all };
	_cleanup_close_ int fd = -1;
	int r;

	if (version < 1)
		return 0;
	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd < 0)
		return err_sys(err, errno, "cannot make a Landlock ruleset");
	r = allow_paths(fd, &c->read, looks, err);
	if (r == 0)
		r = allow_paths(fd, &c->execute, looks | RIGHT_EXECUTE, err);
	if (r == 0)
		r = allow_paths(fd, &c->write, all & ~(RIGHT_EXECUTE | RIGHT_IOCTL), err);
	if (r == 0)
		*ret = take_fd(&fd);
	return r;
}

static int set_caps(uint64_t bits, struct err *err)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2] = {
		{ (uint32_t)bits, (uint32_t)bits, (uint32_t)bits },
		{ (uint32_t)(bits >> 32), (uint32_t)(bits >> 32), (uint32_t)(bits >> 32) },
	};

	return syscall(SYS_capset, &header, data) < 0
		   ? err_sys(err, errno, "cannot set capabilities")
		   : 0;
}

/* Only root can; everybody else is somebody without privileges already. */
static int become_other(const struct confinement *c, bool keep_reading, struct err *err)
{
	uint64_t kept = keep_reading ? 1ull << CAP_DAC_READ_SEARCH : 0;
	uid_t uid = (uid_t)c->uid;
	int r;

	if (geteuid() != 0)
		return 0;
	prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
	if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 || setresuid(uid, uid, uid) < 0)
		return err_sys(err, errno, "cannot become user %u", uid);
	r = set_caps(kept, err);
	if (r == 0 && kept &&
	    prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, CAP_DAC_READ_SEARCH, 0, 0) < 0)
		r = err_sys(err, errno, "cannot keep CAP_DAC_READ_SEARCH");
	return r;
}

/* A program for the kernel, made one instruction after the other. */
struct filter {
	struct sock_filter code[2 * DENIED + 32];
	size_t count;
};

static void put(struct filter *f, struct sock_filter instruction)
{
	f->code[f->count++] = instruction;
}

static void put_load(struct filter *f, size_t offset)
{
	put(f, (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (uint32_t)offset));
}

static void put_return(struct filter *f, uint32_t action)
{
	put(f, (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, action));
}

/* Where the comparison holds the next instructions are done, else so many are skipped. */
static void put_if(struct filter *f, uint16_t comparison, uint32_t value, uint8_t skipped)
{
	put(f, (struct sock_filter)BPF_JUMP((uint16_t)(BPF_JMP | comparison | BPF_K), value, 0,
					    skipped));
}

static void put_refusal(struct filter *f, uint32_t call, int with)
{
	put_if(f, BPF_JEQ, call, 1);
	put_return(f, SECCOMP_RET_ERRNO | (uint32_t)with);
}

/* None of AF_UNIX: a socket of the host's that has a name is beyond every namespace, and Landlock does not ask about it. Where the
 * network stays, TCP and UDP, and nothing that sees more than its own traffic. */
static void put_sockets(struct filter *f, bool network)
{
	if (!network) {
		put_refusal(f, SYS_socket, EPERM);
		return;
	}
	put_if(f, BPF_JEQ, SYS_socket, 6);
	put_load(f, offsetof(struct seccomp_data, args[0]));
	put_if(f, BPF_JEQ, AF_INET, 1);
	put_return(f, SECCOMP_RET_ALLOW);
	put_if(f, BPF_JEQ, AF_INET6, 1);
	put_return(f, SECCOMP_RET_ALLOW);
	put_return(f, SECCOMP_RET_ERRNO | EPERM);
}

/* Processes and threads, but no namespaces: in a user namespace of its own anybody is root. What clone3 is asked for stands in memory,
 * where a filter cannot look; without it, libraries use clone. */
static void put_clones(struct filter *f)
{
	put_refusal(f, SYS_clone3, ENOSYS);
	put_if(f, BPF_JEQ, SYS_clone, 4);
	put_load(f, offsetof(struct seccomp_data, args[0]));
	put_if(f, BPF_JSET,
	       CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER |
		   CLONE_NEWPID | CLONE_NEWNET,
	       1);
	put_return(f, SECCOMP_RET_ERRNO | EPERM);
	put_return(f, SECCOMP_RET_ALLOW);
}

static int filter_calls(const struct confinement *c, struct err *err)
{
	struct filter f = {};
	struct sock_fprog program = { 0, f.code };

	put_load(&f, offsetof(struct seccomp_data, arch));
	put(&f, (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH, 1, 0));
	put_return(&f, SECCOMP_RET_KILL_PROCESS);
	put_load(&f, offsetof(struct seccomp_data, nr));
#if defined(__x86_64__)
	put_if(&f, BPF_JGE, 0x40000000, 1); /* x32 */
	put_return(&f, SECCOMP_RET_KILL_PROCESS);
#endif
	for (size_t i = 0; i < DENIED; i++)
		put_refusal(&f, (uint32_t)denied[i], EPERM);
	put_sockets(&f, c->keep_network);
	put_clones(&f);
	put_return(&f, SECCOMP_RET_ALLOW);
	program.len = (unsigned short)f.count;
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) < 0)
		return err_sys(err, errno, "cannot filter system calls");
	return 0;
}

int confine_self(const struct confinement *c, struct err *err)
{
	_cleanup_close_ int ruleset = -1;
	int r = leave_network(c, err);

	if (r == 0)
		r = make_ruleset(&ruleset, c, err);
	if (r == 0)
		r = limit(c, err);
	if (r == 0)
		r = become_other(c, c->read_all && ruleset >= 0, err);
	/* That was lost with the user: what the server started does not outlive it. */
	if (r == 0 && prctl(PR_SET_PDEATHSIG, SIGKILL) < 0)
		r = err_sys(err, errno, "cannot tie the end to the server's");
	if (r == 0 && prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		r = err_sys(err, errno, "cannot give up new privileges");
	if (r == 0 && ruleset >= 0 && syscall(SYS_landlock_restrict_self, ruleset, 0) < 0)
		r = err_sys(err, errno, "cannot enter Landlock");
	return r ? r : filter_calls(c, err);
}
