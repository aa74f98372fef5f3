// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* source.c — reads what the programs of bpf/ report. With source_load.c the only user of libbpf. */
#include "agent/source.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "observe.skel.h"

#include "agent/cgroup_tree.h"
#include "agent/source_event.h"
#include "agent/source_load.h"

#define SPILL_BATCH 128
/* A reading ends after so many records: a workload that is faster than we are must not keep us from all else. */
#define RECORDS_AT_ONCE 8192

/* As in bpf/state.bpf.h. */
enum { SLOT_FREE, SLOT_WAITING, SLOT_RECORDING, SLOT_ENTERING };
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

struct source {
	struct programs programs;
	struct ring_buffer *ring;

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

/* ---- delivery ---- */

static void take_record(struct source *source, const void *data, size_t size)
{
	const struct event *e = data;
	struct source_event event;

	if (source_event_decode(&event, &source->text, data, size) < 0) {
		source->unread++;
		return;
	}
	if (e->watch != source->programs.skel->bss->slot_watch[event.slot])
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
	const struct bpf_map *map = which ? source->programs.skel->maps.spill_large
					  : source->programs.skel->maps.spill_small;
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

	if (__atomic_load_n(&source->programs.skel->bss->spilled, __ATOMIC_ACQUIRE) ==
	    source->drained)
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
	struct bpf_program *program =
	    bpf_object__find_program_by_name(source->programs.skel->obj, name);
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
	uint64_t wanted =
	    __atomic_load_n(&source->programs.skel->bss->lax_wanted, __ATOMIC_ACQUIRE);
	int r;

	if (source->programs.skel->bss->lax_done == wanted)
		return 0;
	r = iter_run(source, "snapshot_tasks", err);
	if (r >= 0)
		__atomic_store_n(&source->programs.skel->bss->lax_done, wanted, __ATOMIC_RELEASE);
	return r;
}

/* ---- the interface ---- */

int source_open(struct source **ret, const struct source_options *options, source_event_fn fn,
		void *ctx, struct err *err)
{
	_cleanup_(source_closep) struct source *source = calloc(1, sizeof(*source));
	int r;

	if (!source)
		return err_oom(err);
	source->fn = fn;
	source->ctx = ctx;
	r = programs_start(&source->programs, options, err);
	if (r == -EPERM || r == -EACCES)
		return err_prefix(err, r,
				  "cannot watch (root, or CAP_BPF with CAP_PERFMON, is needed)");
	if (r < 0)
		return err_prefix(err, r, "cannot watch");
	source->ring = ring_buffer__new(bpf_map__fd(source->programs.skel->maps.ring), on_record,
					source, NULL);
	if (!source->ring)
		return err_sys(err, errno, "mapping the ring buffer");
	*ret = take_ptr(source);
	return 0;
}

void source_close(struct source *source)
{
	if (!source)
		return;
	ring_buffer__free(source->ring);
	programs_stop(&source->programs);
	free(source);
}

const char *source_backend_name(const struct source *source)
{
	return source->programs.backend == SOURCE_FENTRY ? "fentry" : "raw";
}

const struct source_choice *source_choices(const struct source *source, size_t *ret_count)
{
	*ret_count = source->programs.choice_count;
	return source->programs.choices;
}

struct watch_job {
	struct source *source;
	struct watched in;
};

static int watch_add(void *ctx, uint64_t id)
{
	struct watch_job *job = ctx;
	int fd = bpf_map__fd(job->source->programs.skel->maps.cgroups);

	return bpf_map_update_elem(fd, &id, &job->in, BPF_ANY);
}

static void slot_reset(struct source *source, uint32_t slot)
{
	struct observe_bpf__bss *bss = source->programs.skel->bss;

	memset(bss->losses[slot], 0, sizeof(bss->losses[slot]));
	memset(bss->records[slot], 0, sizeof(bss->records[slot]));
	memset(bss->capped[slot], 0, sizeof(bss->capped[slot]));
	bss->uring_opens[slot] = 0;
	source->uring_lost[slot] = 0;
	memset(bss->syscalls_seen[slot], 0, sizeof(bss->syscalls_seen[slot]));
	bss->slot_unit[slot] = 0;
	source->missed_before[slot] = programs_missed(&source->programs);
	source->unread_before[slot] = source->unread;
}

int source_watch(struct source *source, const char *cgroup_dir, bool wait_for_exec,
		 uint32_t *ret_slot, struct err *err)
{
	struct observe_bpf__bss *bss = source->programs.skel->bss;
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

int source_expect(struct source *source, const char *cgroup_dir, uint32_t count, struct err *err)
{
	struct observe_bpf__bss *bss = source->programs.skel->bss;
	struct stat st;

	if (stat(cgroup_dir, &st) < 0)
		return err_sys(err, errno, "cgroup '%s'", cgroup_dir);
	if (!count || count > SOURCE_SLOTS)
		return err_set(err, EINVAL,
			       "cgroup '%s': %u containers are more than the limit, %d", cgroup_dir,
			       count, SOURCE_SLOTS);
	for (uint32_t slot = 0; slot < count; slot++)
		if (bss->slot_watch[slot])
			return err_set(err, EUSERS, "cgroup '%s': others are watched already",
				       cgroup_dir);
	for (uint32_t slot = 0; slot < count; slot++) {
		slot_reset(source, slot);
		bss->slot_state[slot] = SLOT_ENTERING;
		bss->slot_watch[slot] = ++source->last_watch;
	}
	bss->nursery_first = bss->nursery_used = bss->nursery_missed = 0;
	bss->nursery_count = count;
	__atomic_store_n(&bss->nursery, (uint64_t)st.st_ino, __ATOMIC_RELEASE);
	return 0;
}

bool source_slot_of(const struct source *source, uint64_t cgroup_id, uint32_t *ret_slot)
{
	struct watched in;

	if (bpf_map_lookup_elem(bpf_map__fd(source->programs.skel->maps.cgroups), &cgroup_id, &in) <
		0 ||
	    in.slot >= SOURCE_SLOTS || source->programs.skel->bss->slot_watch[in.slot] != in.watch)
		return false;
	*ret_slot = in.slot;
	return true;
}

uint32_t source_unexpected(const struct source *source)
{
	return __atomic_load_n(&source->programs.skel->bss->nursery_missed, __ATOMIC_ACQUIRE);
}

bool source_is_armed(const struct source *source, uint32_t slot)
{
	return source->programs.skel->bss->slot_state[slot] == SLOT_RECORDING;
}

int source_snapshot(struct source *source, uint32_t slot, struct err *err)
{
	int r;

	source->programs.skel->bss->snapshot_watch = source->programs.skel->bss->slot_watch[slot];
	r = iter_run(source, "snapshot_vmas", err);
	if (r >= 0)
		r = iter_run(source, "snapshot_files", err);
	source->programs.skel->bss->snapshot_watch = 0;
	return r < 0 ? r : source_drain(source, err);
}

int source_calls(struct source *source, uint32_t slot, struct err *err)
{
	struct observe_bpf__bss *bss = source->programs.skel->bss;
	int r;

	bss->snapshot_watch = bss->slot_watch[slot];
	r = iter_run(source, "snapshot_calls", err);
	bss->snapshot_watch = 0;
	return r;
}

void source_unit(struct source *source, uint32_t slot)
{
	__atomic_add_fetch(&source->programs.skel->bss->slot_unit[slot], 1, __ATOMIC_RELEASE);
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
	struct observe_bpf__bss *bss = source->programs.skel->bss;
	uint32_t watch = bss->slot_watch[slot];

	bss->slot_state[slot] = SLOT_FREE;
	map_forget(source->programs.skel->maps.cgroups, false, watch);
	map_forget(source->programs.skel->maps.seen, true, watch);
	__atomic_store_n(&bss->slot_watch[slot], 0, __ATOMIC_RELEASE);
}

int source_function_program(const struct source *source)
{
	const struct bpf_program *program = source->programs.skel->progs.on_function;

	return programs_see(&source->programs, "function") ? bpf_program__fd(program) : -1;
}

void source_hold(struct source *source, bool on)
{
	__atomic_store_n(&source->programs.skel->bss->holds, on ? (uint32_t)getpid() : 0,
			 __ATOMIC_RELEASE);
}

int source_know(struct source *source, const struct source_code *code, bool watched)
{
	struct seen_key key = { .ino = code->ino,
				.mix = code->changed,
				.dev = code->dev,
				.generation = code->generation,
				.watch = source->programs.skel->bss->slot_watch[code->slot],
				.what = EVENT_CODE };
	uint32_t value = watched ? EVENT_KNOWN_WATCHED : EVENT_KNOWN;

	return bpf_map_update_elem(bpf_map__fd(source->programs.skel->maps.seen), &key, &value,
				   BPF_ANY);
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
	const struct observe_bpf__bss *bss = source->programs.skel->bss;
	bool raw = source->programs.backend == SOURCE_RAW;

	for (uint32_t slot = 0; slot < SOURCE_SLOTS && raw; slot++)
		if (bss->uring_opens[slot] > (int64_t)source->uring_lost[slot])
			source->uring_lost[slot] = (uint64_t)bss->uring_opens[slot];
}

int source_drain(struct source *source, struct err *err)
{
	/* More than that were not in the ring when we began. */
	size_t room = bpf_map__max_entries(source->programs.skel->maps.ring) / sizeof(struct event);
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
	[EVENT_LOSS_PROBE] = TRACE_LOSS_PROBE,
};

/* Without a program for io_uring, its use is a gap: there is no telling what was opened by it. */
static bool uring_is_blind(const struct source *source, uint32_t slot)
{
	const struct observe_bpf__bss *bss = source->programs.skel->bss;
	const struct programs *programs = &source->programs;

	if (programs->backend == SOURCE_FENTRY ||
	    (programs_see(programs, "io_uring") && programs_see(programs, "io_uring begun")))
		return false;
	return bss->syscalls_seen[slot][0][SYS_io_uring_setup] ||
	       bss->syscalls_seen[slot][1][SYS_io_uring_setup];
}

void source_losses(const struct source *source, uint32_t slot, struct source_losses *ret)
{
	const struct observe_bpf__bss *bss = source->programs.skel->bss;

	memset(ret, 0, sizeof(*ret));
	for (size_t i = 0; i < EVENT_LOSS_COUNT; i++)
		for (size_t k = 0; k < EVENT_KIND_COUNT; k++)
			ret->count[loss_of[i]][source_event_kinds[k]] += bss->losses[slot][i][k];
	ret->count[TRACE_LOSS_RECURSION][SOURCE_ANY_KIND] =
	    programs_missed(&source->programs) - source->missed_before[slot];
	ret->count[TRACE_LOSS_READ][SOURCE_ANY_KIND] = source->unread - source->unread_before[slot];
	ret->count[TRACE_LOSS_URING][TRACE_OPEN] +=
	    uring_is_blind(source, slot) + source->uring_lost[slot];
}

uint64_t source_capped(const struct source *source, uint32_t slot, enum trace_kind kind)
{
	uint64_t sum = 0;

	for (size_t k = 0; k < EVENT_KIND_COUNT; k++)
		if (source_event_kinds[k] == kind)
			sum += source->programs.skel->bss->capped[slot][k];
	return sum;
}

void source_syscalls(const struct source *source, uint32_t slot, struct source_syscalls *ret)
{
	const struct observe_bpf__bss *bss = source->programs.skel->bss;

	memset(ret, 0, sizeof(*ret));
	for (size_t nr = 0; nr < EVENT_SYSCALLS; nr++) {
		if (bss->syscalls_seen[slot][EVENT_NATIVE][nr])
			ret->native[nr / 8] |= (uint8_t)(1u << nr % 8);
		if (bss->syscalls_seen[slot][EVENT_COMPAT][nr])
			ret->compat[nr / 8] |= (uint8_t)(1u << nr % 8);
	}
}
