// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source.c — loads and attaches the programs of bpf/, and reads what they report. The only user of libbpf. */
#include "agent/source.h"

#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observe.skel.h"

#include "agent/cgroup_tree.h"
#include "agent/features.h"
#include "agent/source_event.h"
#include "agent/verifier_log.h"

#define LOG_BYTES (256u << 10)
#define REASON_MAX 256
#define SPILL_BATCH 128
/* A reading ends after so many records: a workload that is faster than we are must not keep us from all else. */
#define RECORDS_AT_ONCE 8192

/* As in bpf/state.bpf.h. */
enum { SLOT_FREE, SLOT_WAITING, SLOT_RECORDING };
struct watched {
	uint32_t slot, watch;
};
struct seen_key {
	uint64_t ino, mix;
	uint32_t dev, generation, watch, what;
};
struct spill_key {
	uint64_t sequence;
	uint32_t place, cpu;
};

/* One program: what it is for, and whether we can do without. */
struct hook {
	const char *program, *point, *what;
	bool optional, fentry;
};

#define HOOKS_MAX 20
static const struct hook hooks[HOOKS_MAX] = {
	{ "on_sys_enter", "tp_btf/sys_enter", "syscalls", false, false },
	{ "on_sys_exit", "tp_btf/sys_exit", "net", false, false },
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
	{ "on_open_root_old", "fexit/do_file_open_root", "open by handle", false, true },
	{ "on_mmap", "fexit/vm_mmap_pgoff", "map", false, true },
	{ "on_mprotect", "fexit/security_file_mprotect", "mprotect", false, true },
	{ "snapshot_tasks", "iter/task", "tasks before", false, false },
	{ "snapshot_vmas", "iter/task_vma", "maps before", true, false },
	{ "snapshot_files", "iter/task_file", "files before", true, false },
};

struct source {
	struct observe_bpf *skel;
	struct ring_buffer *ring;
	struct bpf_link *links[HOOKS_MAX];
	bool off[HOOKS_MAX];
	char reasons[HOOKS_MAX][REASON_MAX];
	char no_fentry[REASON_MAX]; /* why back-end L was refused */
	enum source_backend backend;
	struct source_choice choices[HOOKS_MAX + 3];
	size_t choice_count;

	source_event_fn fn;
	void *ctx;
	struct source_text text;
	uint64_t drained; /* spilled records delivered so far */
	struct spill_place {
		uint32_t at;
		bool inside; /* else the next reading begins with the first bucket */
	} spill[2];          /* small and large ones: how far the last reading came */
	uint64_t unread;     /* records that made no sense */
	int delivered;       /* in this call */
	size_t left;         /* records that this reading of the ring may still take */

	uint32_t last_watch;
	uint64_t missed_before[SOURCE_SLOTS], unread_before[SOURCE_SLOTS];
	uint64_t
	    uring_lost[SOURCE_SLOTS]; /* opens by io_uring that began and never seemed to end */
};

/* ---- load and attach ---- */

static struct bpf_program *hook_program(const struct source *source, size_t i)
{
	return bpf_object__find_program_by_name(source->skel->obj, hooks[i].program);
}

static bool hook_is_iter(size_t i)
{
	return !strncmp(hooks[i].point, "iter/", 5);
}

static void hook_refuse(struct source *source, size_t i, const char *reason)
{
	source->off[i] = true;
	snprintf(source->reasons[i], REASON_MAX, "%s", reason);
}

static void hooks_choose(struct source *source, const struct features *features)
{
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (hooks[i].fentry && source->backend != SOURCE_FENTRY)
			hook_refuse(source, i, "");
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		const char *name = hooks[i].program;

		if ((!strcmp(name, "on_uring_cqe") && !features->uring_cqe) ||
		    (!strcmp(name, "on_uring_res") && !features->uring_res) ||
		    (!strcmp(name, "on_uring_submit") && !features->uring_submit_req) ||
		    (!strcmp(name, "on_uring_submit_sqe") && !features->uring_submit_sqe))
			hook_refuse(source, i, "the tracepoint is missing or of unknown shape");
		if ((!strcmp(name, "on_open_root") && features->open_root_args != 3) ||
		    (!strcmp(name, "on_open_root_old") && features->open_root_args != 4))
			hook_refuse(source, i, "");
	}
}

static void source_configure(struct source *source, const struct source_options *options,
			     const struct features *features)
{
	struct observe_bpf *skel = source->skel;
	long page = sysconf(_SC_PAGESIZE);

	skel->rodata->has_storage = features->storage;
	skel->rodata->storage_shy = !features->recur;
	skel->rodata->has_cast = features->cast;
	skel->rodata->has_find_vma = features->find_vma;
	skel->rodata->has_loop = features->loop;
	skel->rodata->opens_by_exit = source->backend == SOURCE_RAW;
	skel->rodata->all_events = options->all_events;
	skel->rodata->page_shift = (uint32_t)__builtin_ctzl((unsigned long)page);
	bpf_map__set_autocreate(skel->maps.marks, features->storage);
	for (size_t i = 0; i < HOOKS_MAX; i++)
		bpf_program__set_autoload(hook_program(source, i), !source->off[i]);
}

/*
 * One attempt to load. When it fails because of a program that we can do without, that one is switched off and -EAGAIN
 * returned. A program's log is only written to when the kernel has refused it.
 */
static int source_try_load(struct source *source, const struct source_options *options,
			   const struct features *features, struct err *err)
{
	_cleanup_free_ char *logs = calloc(HOOKS_MAX, LOG_BYTES);
	char reason[REASON_MAX] = "";
	int r;

	source->skel = observe_bpf__open();
	if (!source->skel || !logs)
		return err_sys(err, errno, "the capture programs");
	source_configure(source, options, features);
	for (size_t i = 0; i < HOOKS_MAX; i++)
		bpf_program__set_log_buf(hook_program(source, i), logs + i * LOG_BYTES, LOG_BYTES);
	r = observe_bpf__load(source->skel);
	for (size_t i = 0; i < HOOKS_MAX; i++)
		bpf_program__set_log_buf(hook_program(source, i), NULL, 0);
	if (r >= 0)
		return 0;
	observe_bpf__destroy(source->skel);
	source->skel = NULL;
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		if (source->off[i] || !logs[i * LOG_BYTES])
			continue;
		verifier_log_reason(reason, sizeof(reason), logs + i * LOG_BYTES, -r);
		if (hooks[i].optional) {
			hook_refuse(source, i, reason);
			return -EAGAIN;
		}
		return err_set(err, -r, "%s: %s", hooks[i].point, reason);
	}
	verifier_log_reason(reason, sizeof(reason), "", -r);
	return err_set(err, -r, "%s%s", source->backend == SOURCE_FENTRY ? "fexit: " : "", reason);
}

static int source_attach(struct source *source, struct err *err)
{
	char reason[REASON_MAX];

	for (size_t i = 0; i < HOOKS_MAX; i++) {
		if (source->off[i] || hook_is_iter(i))
			continue;
		source->links[i] = bpf_program__attach(hook_program(source, i));
		if (source->links[i])
			continue;
		snprintf(reason, sizeof(reason), "attach: %s", strerror(errno));
		if (!hooks[i].optional)
			return err_set(err, errno, "%s: %s", hooks[i].point, reason);
		hook_refuse(source, i, reason);
	}
	return 0;
}

static void source_detach(struct source *source)
{
	for (size_t i = 0; i < HOOKS_MAX; i++) {
		bpf_link__destroy(source->links[i]);
		source->links[i] = NULL;
		source->off[i] = false;
		source->reasons[i][0] = '\0';
	}
	observe_bpf__destroy(source->skel);
	source->skel = NULL;
}

static int source_start(struct source *source, enum source_backend backend,
			const struct source_options *options, const struct features *features,
			struct err *err)
{
	int r;

	source_detach(source);
	source->backend = backend;
	hooks_choose(source, features);
	do
		r = source_try_load(source, options, features, err);
	while (r == -EAGAIN);
	return r < 0 ? r : source_attach(source, err);
}

static void choice_add(struct source *source, const char *what, const char *point,
		       const char *why_not)
{
	source->choices[source->choice_count++] = (struct source_choice){ what, point, why_not };
}

static bool choice_exists(const struct source *source, const char *what)
{
	for (size_t i = 0; i < source->choice_count; i++)
		if (!strcmp(source->choices[i].what, what))
			return true;
	return false;
}

static void choices_list(struct source *source)
{
	source->choice_count = 0;
	if (source->backend == SOURCE_RAW) {
		choice_add(source, "open", "tp_btf/sys_exit", source->no_fentry);
		choice_add(source, "map", "tp_btf/sys_exit", source->no_fentry);
		choice_add(source, "mprotect", "tp_btf/sys_exit", source->no_fentry);
	}
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (!source->off[i])
			choice_add(source, hooks[i].what, hooks[i].point, "");
	for (size_t i = 0; i < HOOKS_MAX; i++)
		if (source->off[i] && source->reasons[i][0] &&
		    !choice_exists(source, hooks[i].what))
			choice_add(source, hooks[i].what, "", source->reasons[i]);
}

/* Prefers trampolines where they work; says why not where they do not. */
static int source_start_best(struct source *source, const struct source_options *options,
			     struct err *err)
{
	struct features features;
	struct err why = {};
	int r = features_read(&features, err);

	if (r < 0)
		return r;
	if (options->backend != SOURCE_RAW) {
		r = source_start(source, SOURCE_FENTRY, options, &features, &why);
		if (r >= 0)
			return r;
		if (options->backend == SOURCE_FENTRY)
			return err_set(err, -r, "%s", why.text);
		snprintf(source->no_fentry, REASON_MAX, "%.*s", REASON_MAX - 1, why.text);
	}
	return source_start(source, SOURCE_RAW, options, &features, err);
}

/* ---- delivery ---- */

static void take_record(struct source *source, const void *data, size_t size)
{
	const struct event *e = data;
	struct source_event event;

	if (source_event_decode(&event, &source->text, data, size) < 0) {
		source->unread++;
		return;
	}
	if (e->watch != source->skel->bss->slot_watch[event.slot])
		return; /* of a watch that has ended */
	source->fn(source->ctx, &event);
	source->delivered++;
}

/* The record is taken in any case; libbpf goes on for as long as there are any, unless it is told to stop. */
static int on_record(void *ctx, void *data, size_t size)
{
	struct source *source = ctx;

	take_record(source, data, size);
	return source->left-- > 1 ? 0 : -ECANCELED;
}

/* Takes up to `records` of those that wait in the ring. */
static int ring_take(struct source *source, size_t records, struct err *err)
{
	int r;

	source->left = records;
	r = ring_buffer__consume(source->ring);
	return r < 0 && r != -ECANCELED ? err_sys(err, -r, "reading the ring buffer") : 0;
}

/* Delivers `records` or a few more of what was put into a spill map, and makes room. */
static int spill_take(struct source *source, int which, size_t records, struct err *err)
{
	const struct bpf_map *map =
	    which ? source->skel->maps.spill_large : source->skel->maps.spill_small;
	size_t size = bpf_map__value_size(map);
	_cleanup_free_ char *values = malloc(size * SPILL_BATCH);
	struct spill_place *place = &source->spill[which];
	struct spill_key keys[SPILL_BATCH];
	LIBBPF_OPTS(bpf_map_batch_opts, opts);
	uint32_t count;
	int r = 0;

	if (!values)
		return err_oom(err);
	for (size_t taken = 0; !r && taken < records; taken += count) {
		count = SPILL_BATCH;
		r = bpf_map_lookup_and_delete_batch(bpf_map__fd(map),
						    place->inside ? &place->at : NULL, &place->at,
						    keys, values, &count, &opts);
		if (r < 0 && r != -ENOENT)
			return err_sys(err, -r, "reading spilled records");
		for (uint32_t i = 0; i < count; i++)
			take_record(source, values + i * size, size);
		source->drained += count;
		place->inside = !r;
	}
	return 0;
}

static int spills_take(struct source *source, size_t records, struct err *err)
{
	int r;

	if (__atomic_load_n(&source->skel->bss->spilled, __ATOMIC_ACQUIRE) == source->drained)
		return 0;
	r = spill_take(source, 0, records, err);
	return r < 0 ? r : spill_take(source, 1, records, err);
}

/* ---- iterators ---- */

static inline void cleanup_link(struct bpf_link **link)
{
	bpf_link__destroy(*link);
}

static int iter_run(struct source *source, const char *name, struct err *err)
{
	struct bpf_program *program = bpf_object__find_program_by_name(source->skel->obj, name);
	_cleanup_(cleanup_link) struct bpf_link *link = NULL;
	_cleanup_close_ int fd = -1;
	char buf[64];
	ssize_t n;

	if (bpf_program__fd(program) < 0)
		return err_set(err, EOPNOTSUPP, "this kernel has no iterator for %s", name);
	link = bpf_program__attach_iter(program, NULL);
	if (!link)
		return err_sys(err, errno, "iterator %s", name);
	fd = bpf_iter_create(bpf_link__fd(link));
	if (fd < 0)
		return err_sys(err, errno, "iterator %s", name);
	do
		n = read(fd, buf, sizeof(buf));
	while (n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN)));
	return n < 0 ? err_sys(err, errno, "iterator %s", name) : 0;
}

/* Marks the tasks that are in scope, so that unmarked ones need not be looked up any more. */
static int marks_refresh(struct source *source, struct err *err)
{
	uint64_t wanted = __atomic_load_n(&source->skel->bss->lax_wanted, __ATOMIC_ACQUIRE);
	int r;

	if (!source->skel->rodata->has_storage || source->skel->bss->lax_done == wanted)
		return 0;
	r = iter_run(source, "snapshot_tasks", err);
	if (r >= 0)
		__atomic_store_n(&source->skel->bss->lax_done, wanted, __ATOMIC_RELEASE);
	return r;
}

/* ---- the interface ---- */

static int no_print(enum libbpf_print_level level, const char *fmt, va_list args)
{
	(void)level, (void)fmt, (void)args;
	return 0;
}

int source_open(struct source **ret, const struct source_options *options, source_event_fn fn,
		void *ctx, struct err *err)
{
	_cleanup_(source_closep) struct source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return err_oom(err);
	libbpf_set_print(no_print);
	source->fn = fn;
	source->ctx = ctx;
	r = source_start_best(source, options, err);
	if (r == -EPERM || r == -EACCES)
		return err_prefix(err, r,
				  "cannot watch (root, or CAP_BPF with CAP_PERFMON, is needed)");
	if (r < 0)
		return err_prefix(err, r, "cannot watch");
	source->ring =
	    ring_buffer__new(bpf_map__fd(source->skel->maps.ring), on_record, source, NULL);
	if (!source->ring)
		return err_sys(err, errno, "mapping the ring buffer");
	choices_list(source);
	*ret = take_ptr(source);
	return 0;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	ring_buffer__free(source->ring);
	source_detach(source);
	free(source);
}

const char *source_backend_name(const struct source *source)
{
	return source->backend == SOURCE_FENTRY ? "fentry" : "raw";
}

const struct source_choice *source_choices(const struct source *source, size_t *ret_count)
{
	*ret_count = source->choice_count;
	return source->choices;
}

struct watch_job {
	struct source *source;
	struct watched in;
};

static int watch_add(void *ctx, uint64_t id)
{
	struct watch_job *job = ctx;
	int fd = bpf_map__fd(job->source->skel->maps.cgroups);

	return bpf_map_update_elem(fd, &id, &job->in, BPF_ANY);
}

/* Sum of what the kernel skipped because the program was already running on that CPU. */
static uint64_t source_missed(const struct source *source)
{
	struct bpf_prog_info info;
	uint64_t sum = 0;
	uint32_t len;

	for (size_t i = 0; i < HOOKS_MAX; i++) {
		int fd = source->off[i] ? -1 : bpf_program__fd(hook_program(source, i));

		memset(&info, 0, sizeof(info));
		len = sizeof(info);
		if (fd >= 0 && bpf_obj_get_info_by_fd(fd, &info, &len) == 0)
			sum += info.recursion_misses;
	}
	return sum;
}

static void slot_reset(struct source *source, uint32_t slot)
{
	struct observe_bpf__bss *bss = source->skel->bss;

	memset(bss->losses[slot], 0, sizeof(bss->losses[slot]));
	memset(bss->records[slot], 0, sizeof(bss->records[slot]));
	memset(bss->capped[slot], 0, sizeof(bss->capped[slot]));
	bss->uring_opens[slot] = 0;
	source->uring_lost[slot] = 0;
	memset(bss->syscalls_seen[slot], 0, sizeof(bss->syscalls_seen[slot]));
	bss->slot_unit[slot] = 0;
	source->missed_before[slot] = source_missed(source);
	source->unread_before[slot] = source->unread;
}

int source_watch(struct source *source, const char *cgroup_dir, bool wait_for_exec,
		 uint32_t *ret_slot, struct err *err)
{
	struct observe_bpf__bss *bss = source->skel->bss;
	struct watch_job job = { .source = source };
	uint32_t slot = 0;
	int r;

	while (slot < SOURCE_SLOTS && bss->slot_watch[slot])
		slot++;
	if (slot == SOURCE_SLOTS)
		return err_set(err, EUSERS,
			       "cgroup '%s': %d are watched already, which is the limit",
			       cgroup_dir, SOURCE_SLOTS);
	slot_reset(source, slot);
	job.in = (struct watched){ slot, ++source->last_watch };
	bss->slot_state[slot] = wait_for_exec ? SLOT_WAITING : SLOT_RECORDING;
	__atomic_store_n(&bss->slot_watch[slot], job.in.watch, __ATOMIC_RELEASE);
	/* Until all are marked, unmarked tasks are looked up: nothing is missed in between. */
	__atomic_add_fetch(&bss->lax_wanted, 1, __ATOMIC_ACQ_REL);
	r = cgroup_tree_walk(cgroup_dir, watch_add, &job, err);
	if (r >= 0)
		r = marks_refresh(source, err);
	if (r < 0) {
		source_unwatch(source, slot);
		return r;
	}
	*ret_slot = slot;
	return 0;
}

bool source_is_armed(const struct source *source, uint32_t slot)
{
	return source->skel->bss->slot_state[slot] == SLOT_RECORDING;
}

int source_snapshot(struct source *source, uint32_t slot, struct err *err)
{
	int r;

	source->skel->bss->snapshot_watch = source->skel->bss->slot_watch[slot];
	r = iter_run(source, "snapshot_vmas", err);
	if (r >= 0)
		r = iter_run(source, "snapshot_files", err);
	source->skel->bss->snapshot_watch = 0;
	return r < 0 ? r : source_drain(source, err);
}

void source_unit(struct source *source, uint32_t slot)
{
	__atomic_add_fetch(&source->skel->bss->slot_unit[slot], 1, __ATOMIC_RELEASE);
}

/* Deletes the entries of a watch: of the cgroups the value says whose it is, of the facts the key. */
static void map_forget(const struct bpf_map *map, bool by_key, uint32_t watch)
{
	union {
		uint64_t cgroup;
		struct seen_key seen;
	} key, next;
	bool more = bpf_map_get_next_key(bpf_map__fd(map), NULL, &next) == 0;
	struct watched in = {};

	while (more) {
		key = next;
		more = bpf_map_get_next_key(bpf_map__fd(map), &key, &next) == 0;
		if (by_key)
			in.watch = key.seen.watch;
		else if (bpf_map_lookup_elem(bpf_map__fd(map), &key, &in) < 0)
			continue;
		if (in.watch == watch)
			bpf_map_delete_elem(bpf_map__fd(map), &key);
	}
}

void source_unwatch(struct source *source, uint32_t slot)
{
	struct observe_bpf__bss *bss = source->skel->bss;
	uint32_t watch = bss->slot_watch[slot];

	bss->slot_state[slot] = SLOT_FREE;
	map_forget(source->skel->maps.cgroups, false, watch);
	map_forget(source->skel->maps.seen, true, watch);
	__atomic_store_n(&bss->slot_watch[slot], 0, __ATOMIC_RELEASE);
}

int source_fd(const struct source *source)
{
	return ring_buffer__epoll_fd(source->ring);
}

int source_poll(struct source *source, struct err *err)
{
	int r;

	source->delivered = 0;
	r = ring_take(source, RECORDS_AT_ONCE, err);
	if (r >= 0)
		r = spills_take(source, RECORDS_AT_ONCE, err);
	if (r >= 0)
		r = marks_refresh(source, err);
	return r < 0 ? r : source->delivered;
}

/* Only at the end is nothing under way any more. */
static void uring_settle(struct source *source)
{
	const struct observe_bpf__bss *bss = source->skel->bss;

	for (uint32_t slot = 0; slot < SOURCE_SLOTS && source->backend == SOURCE_RAW; slot++)
		if (bss->uring_opens[slot] > (int64_t)source->uring_lost[slot])
			source->uring_lost[slot] = (uint64_t)bss->uring_opens[slot];
}

int source_drain(struct source *source, struct err *err)
{
	/* More than that were not in the ring when we began. */
	size_t room = bpf_map__max_entries(source->skel->maps.ring) / sizeof(struct event);
	int r;

	source->delivered = 0;
	r = ring_take(source, room, err);
	uring_settle(source);
	/* A pass that began before is finished, and then there is a whole one. */
	for (int pass = 0; r >= 0 && pass < 2; pass++)
		r = spills_take(source, SIZE_MAX, err);
	return r < 0 ? r : source->delivered;
}

/* Which cause and kind of the trace a counter of the kernel side belongs to. */
static const enum trace_loss loss_of[EVENT_LOSS_COUNT] = {
	[EVENT_LOSS_RING] = TRACE_LOSS_RING,       [EVENT_LOSS_MAP_FULL] = TRACE_LOSS_MAP_FULL,
	[EVENT_LOSS_WALK] = TRACE_LOSS_WALK,       [EVENT_LOSS_TRYLOCK] = TRACE_LOSS_TRYLOCK,
	[EVENT_LOSS_STORAGE] = TRACE_LOSS_STORAGE, [EVENT_LOSS_URING] = TRACE_LOSS_URING,
};

/* Without a program for io_uring, its use is a gap: there is no telling what was opened by it. */
static bool uring_is_blind(const struct source *source, uint32_t slot)
{
	const struct observe_bpf__bss *bss = source->skel->bss;

	size_t sides = 0; /* begin and end */

	for (size_t i = 0; i < HOOKS_MAX; i++)
		sides += !strncmp(hooks[i].what, "io_uring", 8) && source->links[i];
	if (source->backend == SOURCE_FENTRY || sides == 2)
		return false;
	return bss->syscalls_seen[slot][0][SYS_io_uring_setup] ||
	       bss->syscalls_seen[slot][1][SYS_io_uring_setup];
}

void source_losses(const struct source *source, uint32_t slot, struct source_losses *ret)
{
	const struct observe_bpf__bss *bss = source->skel->bss;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < EVENT_LOSS_COUNT; i++)
		for (size_t k = 0; k < EVENT_KIND_COUNT; k++)
			ret->count[loss_of[i]][source_event_kinds[k]] += bss->losses[slot][i][k];
	ret->count[TRACE_LOSS_RECURSION][SOURCE_ANY_KIND] =
	    source_missed(source) - source->missed_before[slot];
	ret->count[TRACE_LOSS_READ][SOURCE_ANY_KIND] = source->unread - source->unread_before[slot];
	ret->count[TRACE_LOSS_URING][TRACE_OPEN] +=
	    uring_is_blind(source, slot) + source->uring_lost[slot];
}

uint64_t source_capped(const struct source *source, uint32_t slot, enum trace_kind kind)
{
	uint64_t sum = 0;

	for (size_t k = 0; k < EVENT_KIND_COUNT; k++)
		if (source_event_kinds[k] == kind)
			sum += source->skel->bss->capped[slot][k];
	return sum;
}

void source_syscalls(const struct source *source, uint32_t slot, struct source_syscalls *ret)
{
	const struct observe_bpf__bss *bss = source->skel->bss;

	memset(ret, 0, sizeof(*ret));
	for (size_t nr = 0; nr < EVENT_SYSCALLS; nr++) {
		if (bss->syscalls_seen[slot][EVENT_NATIVE][nr])
			ret->native[nr / 8] |= (uint8_t)(1u << nr % 8);
		if (bss->syscalls_seen[slot][EVENT_COMPAT][nr])
			ret->compat[nr / 8] |= (uint8_t)(1u << nr % 8);
	}
}
