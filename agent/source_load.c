// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source_load.c — loads and attaches the programs of bpf/. With source.c the only user of libbpf. */
#include "agent/source_load.h"

#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observe.skel.h"

#include "agent/features.h"
#include "agent/uprobe.h"
#include "agent/verifier_log.h"

#define LOG_BYTES (256u << 10)

/* One program: what it is for, and whether we can do without. */
struct hook {
	const char *program, *point, *what;
	bool optional, fentry;
};

static const struct hook hooks[] = {
	{ "on_sys_exit", "tp_btf/sys_exit", "net", false, false },
	{ "on_rename", "tp_btf/task_rename", "calls of exec", false, false },
	{ "on_exec", "tp_btf/sched_process_exec", "exec", false, false },
	{ "on_newtask", "tp_btf/task_newtask", "fork", false, false },
	{ "on_exit", "tp_btf/sched_process_exit", "exit", false, false },
	{ "on_cgroup_mkdir", "tp_btf/cgroup_mkdir", "cgroups made", false, false },
	{ "on_cgroup_rmdir", "tp_btf/cgroup_rmdir", "cgroups removed", true, false },
	{ "on_cgroup_attach", "tp_btf/cgroup_attach_task", "tasks moved", false, false },
	{ "on_uring_cqe", "tp_btf/io_uring_complete", "io_uring", true, false },
	{ "on_uring_res", "tp_btf/io_uring_complete", "io_uring", true, false },
	{ "on_uring_submit", "tp_btf/io_uring_submit_req", "io_uring begun", true, false },
	{ "on_uring_submit_sqe", "tp_btf/io_uring_submit_sqe", "io_uring begun", true, false },
	{ "on_filp_open", "fexit/do_filp_open", "open", false, true },
	{ "on_open_root", "fexit/do_file_open_root", "open by handle", false, true },
	{ "on_mmap", "fexit/vm_mmap_pgoff", "map", false, true },
	{ "on_mprotect", "fexit/security_file_mprotect", "mprotect", false, true },
	{ "on_function", "uprobe_multi", "function", true, false },
	{ "snapshot_tasks", "iter/task", "tasks before", false, false },
	{ "snapshot_calls", "iter/task", "calls under way", false, false },
	{ "snapshot_vmas", "iter/task_vma", "maps before", true, false },
	{ "snapshot_files", "iter/task_file", "files before", true, false },
};
_Static_assert(sizeof(hooks) / sizeof(*hooks) == HOOKS_MAX, "HOOKS_MAX is how many there are");

static struct bpf_program *hook_program(const struct programs *programs, size_t i)
{
	return bpf_object__find_program_by_name(programs->skel->obj, hooks[i].program);
}

static bool hook_is_iter(size_t i)
{
	return !strncmp(hooks[i].point, "iter/", 5);
}

/* The one that is attached later, to what is to be watched. */
static bool hook_is_uprobe(size_t i)
{
	return !strcmp(hooks[i].point, "uprobe_multi");
}

static void hook_refuse(struct programs *programs, size_t i, const char *reason)
{
	programs->off[i] = true;
	snprintf(programs->reasons[i], REASON_MAX, "%s", reason);
}

static void hooks_choose(struct programs *programs, const struct source_options *options,
			 const struct features *features)
{
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (hooks[i].fentry && programs->backend != SOURCE_FENTRY)
			hook_refuse(programs, i, "");
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		const char *name = hooks[i].program;

		if ((!strcmp(name, "on_uring_cqe") && !features->uring_cqe) ||
		    (!strcmp(name, "on_uring_res") && !features->uring_res) ||
		    (!strcmp(name, "on_uring_submit") && !features->uring_submit_req) ||
		    (!strcmp(name, "on_uring_submit_sqe") && !features->uring_submit_sqe))
			hook_refuse(programs, i, "the tracepoint is missing or of unknown shape");
		if (hook_is_uprobe(i) && !options->functions)
			hook_refuse(programs, i, "");
	}
}

/* The host's own is made with this number (PROC_PID_INIT_INO, include/linux/proc_ns.h). */
#define HOST_PID_SPACE 0xEFFFFFFCu

static uint32_t own_pid_space(void)
{
	struct stat st;

	return stat("/proc/self/ns/pid", &st) == 0 && st.st_ino != HOST_PID_SPACE
		   ? (uint32_t)st.st_ino
		   : 0;
}

static void programs_configure(struct programs *programs, const struct source_options *options,
			       const struct features *features)
{
	struct observe_bpf *skel = programs->skel;
	long page = sysconf(_SC_PAGESIZE);

	skel->rodata->storage_shy = !features->recur;
	skel->rodata->has_cast = features->cast;
	skel->rodata->opens_by_exit = programs->backend == SOURCE_RAW;
	skel->rodata->all_events = options->all_events;
	skel->rodata->page_shift = (uint32_t)__builtin_ctzl((unsigned long)page);
	skel->rodata->with_stacks = options->stacks;
	skel->rodata->pid_space = own_pid_space();
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		bpf_program__set_autoload(hook_program(programs, i), !programs->off[i]);
		if (!hook_is_uprobe(i))
			continue;
		skel->rodata->with_functions = !programs->off[i];
		bpf_program__set_expected_attach_type(hook_program(programs, i),
						      (enum bpf_attach_type)UPROBE_ATTACH_TYPE);
	}
}

/*
 * Without CAP_SYS_ADMIN nobody may look into the modules' types, and libbpf 1.1 takes that for the end of loading when it seeks
 * bpf_rdonly_cast, which kernels before 6.2 have not. It looks there but once for each object: this look, for what is nowhere, is that one.
 */
static void modules_look_away(struct observe_bpf *skel)
{
	(void)bpf_program__set_attach_target(skel->progs.on_exec, 0, "of_no_kernel");
}

/*
 * One attempt to load. When it fails because of a program that we can do without, that one is switched off and -EAGAIN
 * returned. A program's log is only written to when the kernel has refused it.
 */
static int programs_try_load(struct programs *programs, const struct source_options *options,
			     const struct features *features, struct err *err)
{
	_cleanup_free_ char *logs = calloc(HOOKS_MAX, LOG_BYTES);
	char reason[REASON_MAX] = "";
	int r;

	programs->skel = observe_bpf__open();
	if (!programs->skel || !logs)
		return err_sys(err, errno, "the capture programs");
	programs_configure(programs, options, features);
	if (!features->cast)
		modules_look_away(programs->skel);
	for (size_t i = 0; i < HOOKS_MAX; i++)
		bpf_program__set_log_buf(hook_program(programs, i), logs + i * LOG_BYTES,
					 LOG_BYTES);
	r = observe_bpf__load(programs->skel);
	for (size_t i = 0; i < HOOKS_MAX; i++)
		bpf_program__set_log_buf(hook_program(programs, i), NULL, 0);
	if (r >= 0)
		return 0;
	observe_bpf__destroy(programs->skel);
	programs->skel = NULL;
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		if (programs->off[i] || !logs[i * LOG_BYTES])
			continue;
		verifier_log_reason(reason, sizeof(reason), logs + i * LOG_BYTES, -r);
		if (hooks[i].optional) {
			hook_refuse(programs, i, reason);
			return -EAGAIN;
		}
		return err_set(err, -r, "%s: %s", hooks[i].point, reason);
	}
	verifier_log_reason(reason, sizeof(reason), "", -r);
	return err_set(err, -r, "%s%s", programs->backend == SOURCE_FENTRY ? "fexit: " : "",
		       reason);
}

static int programs_attach(struct programs *programs, struct err *err)
{
	char reason[REASON_MAX];

	for (size_t i = 0; i < HOOKS_MAX; i++) {
		if (programs->off[i] || hook_is_iter(i))
			continue;
		if (hook_is_uprobe(i)) {
			if (uprobe_try(bpf_program__fd(hook_program(programs, i))) < 0)
				hook_refuse(programs, i,
					    errno == EOPNOTSUPP
						? "this kernel has no uprobe_multi (Linux 6.6)"
						: strerror(errno));
			continue;
		}
		programs->links[i] = bpf_program__attach(hook_program(programs, i));
		if (programs->links[i])
			continue;
		snprintf(reason, sizeof(reason), "attach: %s", strerror(errno));
		if (!hooks[i].optional)
			return err_set(err, errno, "%s: %s", hooks[i].point, reason);
		hook_refuse(programs, i, reason);
	}
	return 0;
}

void programs_stop(struct programs *programs)
{
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		bpf_link__destroy(programs->links[i]);
		programs->links[i] = NULL;
		programs->off[i] = false;
		programs->reasons[i][0] = '\0';
	}
	observe_bpf__destroy(programs->skel);
	programs->skel = NULL;
}

static void choice_add(struct programs *programs, const char *what, const char *point,
		       const char *why_not)
{
	programs->choices[programs->choice_count++] =
	    (struct source_choice){ what, point, why_not };
}

static bool choice_exists(const struct programs *programs, const char *what)
{
	for (size_t i = 0; i < programs->choice_count; i++)
		if (!strcmp(programs->choices[i].what, what))
			return true;
	return false;
}

static void choices_list(struct programs *programs)
{
	programs->choice_count = 0;
	if (programs->backend == SOURCE_RAW) {
		choice_add(programs, "open", "tp_btf/sys_exit", programs->no_fentry);
		choice_add(programs, "map", "tp_btf/sys_exit", programs->no_fentry);
		choice_add(programs, "mprotect", "tp_btf/sys_exit", programs->no_fentry);
	}
	choice_add(programs, "syscalls", "tp_btf/sys_exit", "");
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (!programs->off[i])
			choice_add(programs, hooks[i].what, hooks[i].point, "");
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (programs->off[i] && programs->reasons[i][0] &&
		    !choice_exists(programs, hooks[i].what))
			choice_add(programs, hooks[i].what, "", programs->reasons[i]);
}

static int programs_start_as(struct programs *programs, enum source_backend backend,
			     const struct source_options *options, const struct features *features,
			     struct err *err)
{
	int r;

	programs_stop(programs);
	programs->backend = backend;
	hooks_choose(programs, options, features);
	do
		r = programs_try_load(programs, options, features, err);
	while (r == -EAGAIN);
	if (r >= 0)
		r = programs_attach(programs, err);
	if (r >= 0)
		choices_list(programs);
	return r;
}

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level, (void)fmt, (void)args;
	return 0;
}

/* Prefers trampolines where they work; says why not where they do not. */
int programs_start(struct programs *programs, const struct source_options *options, struct err *err)
{
	struct features features;
	struct err why = {};
	int r = features_read(&features, err);

	if (r < 0)
		return r;
	libbpf_set_print(no_print);
	if (!features.find_vma)
		return err_set(
		    err, EOPNOTSUPP,
		    "this kernel is too old: Linux 6.1 or newer is needed (no bpf_find_vma)");
	if (options->backend != SOURCE_RAW) {
		/* Without it opens by handle would be missing, and nobody would know. */
		r = features.open_root_args == 3
			? programs_start_as(programs, SOURCE_FENTRY, options, &features, &why)
			: err_set(&why, EOPNOTSUPP,
				  "fexit/do_file_open_root: missing or of unknown shape");
		if (r >= 0)
			return r;
		if (options->backend == SOURCE_FENTRY)
			return err_set(err, -r, "%s", why.text);
		snprintf(programs->no_fentry, REASON_MAX, "%.*s", REASON_MAX - 1, why.text);
	}
	return programs_start_as(programs, SOURCE_RAW, options, &features, err);
}

bool programs_see(const struct programs *programs, const char *what)
{
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (!strcmp(hooks[i].what, what) && !programs->off[i])
			return true;
	return false;
}

uint64_t programs_missed(const struct programs *programs)
{
	struct bpf_prog_info info;
	uint64_t sum = 0;
	uint32_t len;

	for (size_t i = 0; i < HOOKS_MAX; i++) {
		int fd = programs->off[i] ? -1 : bpf_program__fd(hook_program(programs, i));

		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
			sum += info.recursion_misses;
	}
	return sum;
}
