// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* pod_container.c — one container of a pod, recorded. */
#include "agent/pod_container.h"

#include <fcntl.h>
#include <string.h>

#include "agent/cgroup.h"
#include "agent/collect.h"
#include "agent/gvisor_events.h"
#include "agent/journal.h"
#include "agent/pod_files.h"
#include "agent/recording.h"
#include "include/sandbox_pod.h"

#define SECOND_NS 1000000000ull
/* Of one container: each beginning anew is a number. */
#define TRACES_MAX 64

struct pod_container {
	struct pod_container_place place;
	struct pod_member member;
	char dir[PATH_MAX], path[PATH_MAX + 8]; /* of the trace, while it is not whole: ".part" */
	struct record_options options;
	struct recording *recording; /* NULL: it is not recorded, or not any more */
	struct collect collect;
	int root_fd;
	bool ended, has_exit;
	int exit;
	uint64_t user_us, system_us; /* used before we came */
	uint64_t next_second_ns, next_window_ns;
};

static bool is_late(const struct pod_container *c)
{
	return c->place.source && c->place.task->gate_fd < 0;
}

static bool is_isolated(const struct pod_container *c)
{
	return !c->place.source;
}

/* "cri-containerd-ID.scope", "ID" → the first characters of ID */
static void name_by_id(char ret[POD_NAME_BYTES], const char *dir)
{
	const char *base = strrchr(dir, '/'), *id;

	base = base ? base + 1 : dir;
	id = strrchr(base, '-');
	id = id ? id + 1 : base;
	snprintf(ret, POD_NAME_BYTES, "%.12s", *id ? id : "unknown");
}

static int identify(struct pod_container *c, struct err *err)
{
	const struct pod_task *task = c->place.task;
	char name[POD_TRACE_BYTES], whole[PATH_MAX];

	c->member.attempt = task->claim.attempt;
	memcpy(c->member.analysis, task->claim.analysis, sizeof(c->member.analysis));
	memcpy(c->member.uid, task->uid, sizeof(c->member.uid));
	pod_files_name(c->member.name, c->place.pid, task->uid);
	if (!*c->member.name)
		name_by_id(c->member.name, c->dir);
	for (c->member.number = 1; c->member.number <= TRACES_MAX; c->member.number++) {
		pod_trace_format(name, &c->member);
		if (snprintf(whole, sizeof(whole), "%s/%s", task->state_dir, name) >=
		    (int)sizeof(whole))
			return err_set(err, ENAMETOOLONG, "the path '%s' is too long",
				       task->state_dir);
		snprintf(c->path, sizeof(c->path), "%s.part", whole);
		if (access(whole, F_OK) < 0 && access(c->path, F_OK) < 0)
			return 0;
	}
	return err_set(err, EEXIST, "container %s: it has %d traces already", c->member.name,
		       TRACES_MAX);
}

static bool is_target(const struct pod_container *c)
{
	return !strcmp(c->member.name, POD_TARGET);
}

static struct trace_identity identity_of(const struct pod_container *c)
{
	const struct pod_claim *claim = &c->place.task->claim;
	const char *id = strrchr(c->dir, '/');
	struct trace_identity who = { .id = id ? id + 1 : c->dir };

	if (is_isolated(c)) {
		who.isolation = ISOLATION_GVISOR;
		who.program = c->place.program;
	} else {
		who.cgroup = cgroup_name(c->dir, c->place.root);
		who.cgroup_id = cgroup_id(c->dir);
	}
	if (*claim->image)
		who.image = claim->image;
	if (*claim->digest)
		who.image_digest = claim->digest;
	return who;
}

static void on_event(void *ctx, const struct source_event *event)
{
	pod_container_take(ctx, event);
}

static int join(struct pod_container *c, struct err *err)
{
	if (is_isolated(c))
		return recording_join_gvisor(&c->recording, &c->options, on_event, c, err);
	return recording_join(&c->recording, &c->options, c->place.source, c->place.slot,
			      is_late(c), is_target(c) ? c->place.functions : NULL, err);
}

static int begin(struct pod_container *c, struct err *err)
{
	const struct pod_task *task = c->place.task;
	struct trace_identity who = identity_of(c);
	char root[48];
	int r;

	snprintf(root, sizeof(root), "/proc/%d/root", c->place.pid);
	c->root_fd = open(root, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (c->root_fd < 0)
		return err_sys(err, errno, "container %s: its root '%s'", c->member.name, root);
	c->options = (struct record_options){ .out = c->path,
					      .kind = TARGET_RUNNING,
					      .window_s = task->claim.window_s,
					      .duration_s = task->claim.duration_s };
	c->next_window_ns = c->options.window_s * SECOND_NS;
	r = join(c, err);
	if (r == 0 && is_target(c) && *task->claim.functions && !c->place.functions)
		recording_lack_functions(c->recording);
	if (r == 0)
		r = recording_begin(c->recording, &who, c->root_fd, err);
	if (r < 0)
		return r;
	recording_keep(c->recording);
	if (is_late(c))
		cgroup_usage(c->dir, &c->user_us, &c->system_us);
	journal_info("pod %s: container %s is recorded%s", task->uid, c->member.name,
		     is_late(c) ? ", late" : "");
	return 0;
}

int pod_container_open(struct pod_container **ret, const struct pod_container_place *place,
		       struct err *err)
{
	_cleanup_(pod_container_closep) struct pod_container *c = calloc(1, sizeof(*c));
	int r;

	if (!c)
		return err_oom(err);
	c->place = *place;
	c->root_fd = -1;
	snprintf(c->dir, sizeof(c->dir), "%s", place->source ? place->dir : place->id);
	c->place.dir = c->dir;
	r = identify(c, err);
	if (r < 0)
		return r;
	if (!strcmp(c->member.name, POD_GATE) || !strcmp(c->member.name, POD_SCRIPT))
		c->ended = true;
	else
		r = begin(c, err);
	if (r < 0)
		return r;
	*ret = take_ptr(c);
	return 0;
}

int pod_container_snapshot(struct pod_container *c, struct err *err)
{
	return c->recording ? recording_snapshot(c->recording, err) : 0;
}

void pod_container_close(struct pod_container *c)
{
	if (!c)
		return;
	recording_close(c->recording);
	collect_done(&c->collect);
	cleanup_close(&c->root_fd);
	free(c);
}

uint32_t pod_container_slot(const struct pod_container *c)
{
	return c->place.slot;
}

bool pod_container_is_ended(const struct pod_container *c)
{
	return c->ended;
}

bool pod_container_lets_go(const struct pod_container *c)
{
	return c->recording && recording_has_probes(c->recording);
}

void pod_container_settle(struct pod_container *c)
{
	if (c->recording)
		recording_settle(c->recording);
}

void pod_container_take(struct pod_container *c, const struct source_event *event)
{
	if (!c->recording)
		return;
	if (!is_isolated(c) && event->kind == TRACE_EXIT && event->pid == c->place.pid) {
		c->has_exit = true;
		c->exit = event->exit_status;
	}
	collect_note(&c->collect, event);
	recording_take(c->recording, event);
}

static int give_away(struct pod_container *c, struct err *err)
{
	char whole[PATH_MAX];
	int r;

	snprintf(whole, sizeof(whole), "%.*s", (int)(strlen(c->path) - strlen(".part")), c->path);
	if (rename(c->path, whole) < 0)
		return err_sys(err, errno, "cannot name '%s'", whole);
	r = collect_send(&c->collect, c->root_fd, &c->member, c->place.task->ship_socket);
	return r < 0 ? err_sys(err, -r, "container %s: its files", c->member.name) : 0;
}

/* reason NULL: nothing runs in it any more. The trace gets its last line, its slot is free, and nobody may ask for it any more. */
static int end(struct pod_container *c, const char *reason, struct err *err)
{
	struct trace_summary summary = { .reason = reason };
	int r, w;

	/* Its exit was reported before the cgroup was empty. */
	r = is_isolated(c) ? 0 : source_poll(c->place.source, err);
	if (r < 0)
		journal_error("container %s: %s", c->member.name, err ? err->text : "");
	summary.has_exit = c->has_exit;
	summary.exit = c->exit;
	if (!reason)
		summary.reason = c->has_exit ? "exited" : "cgroup_empty";
	if (!is_isolated(c))
		cgroup_usage(c->dir, &summary.user_us, &summary.system_us);
	summary.user_us -= summary.user_us < c->user_us ? summary.user_us : c->user_us;
	summary.system_us -= summary.system_us < c->system_us ? summary.system_us : c->system_us;
	r = recording_finish(c->recording, &summary, err);
	journal_info("pod %s: container %s has ended its trace: %s", c->place.task->uid,
		     c->member.name, summary.reason);
	recording_close(c->recording);
	c->recording = NULL;
	c->ended = true;
	if (!is_isolated(c))
		source_unwatch(c->place.source, c->place.slot);
	w = give_away(c, r < 0 ? NULL : err);
	return r < 0 ? r : w;
}

struct gvisor_events *pod_container_gvisor(struct pod_container *c)
{
	return c->recording && is_isolated(c) ? recording_gvisor(c->recording) : NULL;
}

/* Nothing runs in it any more. */
static bool is_over(struct pod_container *c)
{
	if (!is_isolated(c))
		return !cgroup_is_populated(c->dir);
	c->has_exit = gvisor_events_ended(recording_gvisor(c->recording), &c->exit);
	return gvisor_events_over(recording_gvisor(c->recording));
}

int pod_container_tick(struct pod_container *c, const char *stop_reason, struct err *err)
{
	uint64_t age;
	int r = 0;

	if (!c->recording)
		return 0;
	age = recording_age_ns(c->recording);
	if (c->options.window_s && age >= c->next_window_ns) {
		c->next_window_ns += c->options.window_s * SECOND_NS;
		r = recording_mark(c->recording, "window", err);
	}
	if (r == 0 && age >= c->next_second_ns) {
		c->next_second_ns = age + SECOND_NS;
		r = recording_tick(c->recording, err);
	}
	if (r < 0)
		return end(c, "write_error", NULL) < 0 ? r : r;
	if (is_over(c))
		return end(c, NULL, err);
	if (c->options.duration_s && age >= c->options.duration_s * SECOND_NS)
		return end(c, "duration", err);
	return stop_reason ? end(c, stop_reason, err) : 0;
}
