// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* trace_line.c — the lines of a trace file as text. */
#include "agent/trace_line.h"

#include <inttypes.h>
#include <string.h>
#include <time.h>

#include "agent/syscall_names.h"
#include "include/version.h"

/* A long command line is cut, so that the header stays a line. */
#define COMMAND_BYTES_MAX (16u * 1024)

#define NAME(id, name) name,
static const char *const kind_names[] = { TRACE_KINDS(NAME) };
static const char *const loss_names[] = { TRACE_LOSSES(NAME) };
#undef NAME
_Static_assert(sizeof(kind_names) / sizeof(*kind_names) == TRACE_KIND_COUNT, "a name per kind");
_Static_assert(sizeof(loss_names) / sizeof(*loss_names) == TRACE_LOSS_COUNT, "a name per cause");

const char *trace_kind_text(enum trace_kind kind)
{
	return kind < TRACE_KIND_COUNT ? kind_names[kind] : "any";
}

const char *trace_loss_text(enum trace_loss loss)
{
	return loss_names[loss];
}

static void emit_command(struct text *out, char *const *command)
{
	size_t used = 0;

	if (!command)
		return;
	emit_open(out, "command", '[');
	for (; *command; command++) {
		used += strlen(*command);
		if (used > COMMAND_BYTES_MAX) {
			emit_string(out, NULL, "…");
			break;
		}
		emit_string(out, NULL, *command);
	}
	emit_close(out, ']');
}

static void emit_container(struct text *out, const struct trace_identity *who)
{
	char id[24];

	emit_open(out, "container", '{');
	emit_string(out, "id", who->id);
	emit_string(out, "cgroup", who->cgroup);
	if (who->cgroup_id) {
		snprintf(id, sizeof(id), "%" PRIu64, who->cgroup_id);
		emit_string(out, "cgroup_id", id);
	}
	emit_string(out, "image", who->image);
	emit_string(out, "image_digest", who->image_digest);
	emit_string(out, "rootfs", who->rootfs);
	emit_string(out, "isolation", who->isolation);
	emit_command(out, who->command);
	emit_close(out, '}');
}

static void emit_watch(struct text *out, const struct trace_watch *watch)
{
	static const enum trace_kind kinds[] = { TRACE_EXEC, TRACE_EXIT,     TRACE_FORK, TRACE_OPEN,
						 TRACE_MAP,  TRACE_SYSCALLS, TRACE_NET };

	emit_open(out, "watch", '{');
	emit_string(out, "backend", watch->backend);
	emit_string(out, "level", watch->level);
	emit_string(out, "began", watch->late ? "late" : "first_exec");
	emit_string(out, "policy", watch->all_events ? "all" : "first-seen");
	emit_u64(out, "window_s", watch->window_s);
	emit_open(out, "kinds", '[');
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (kinds[i] != TRACE_MAP || !watch->no_maps)
			emit_string(out, NULL, kind_names[kinds[i]]);
	if (watch->functions) {
		emit_string(out, NULL, kind_names[TRACE_FUNCTION]);
		emit_string(out, NULL, kind_names[TRACE_PROBE]);
	}
	emit_close(out, ']');
	emit_open(out, "attach", '[');
	for (size_t i = 0; i < watch->choice_count; i++) {
		emit_open(out, NULL, '{');
		emit_string(out, "what", watch->choices[i].what);
		emit_string(out, "point", watch->choices[i].point);
		emit_close(out, '}');
	}
	emit_close(out, ']');
	emit_u64(out, "functions", watch->functions);
	emit_string(out, "functions_id", watch->functions_id);
	emit_close(out, '}');
}

static void emit_clock(struct text *out, const struct trace_node *node)
{
	time_t seconds = (time_t)node->start_s;
	struct tm tm = {};
	char date[40], start[64];

	gmtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%dT%H:%M:%S", &tm);
	snprintf(start, sizeof(start), "%s.%06" PRIu32 "Z", date, node->start_ns / 1000);
	emit_open(out, "clock", '{');
	emit_string(out, "start", start);
	emit_u64(out, "boottime_ns", node->boottime_ns);
	emit_close(out, '}');
}

void line_header(struct text *out, const struct trace_node *node, const struct trace_identity *who,
		 const struct trace_watch *watch)
{
	emit_open(out, NULL, '{');
	emit_string(out, "vexxy_trace", TRACE_FORMAT_VERSION);
	emit_string(out, "agent", VEXXY_VERSION);
	emit_open(out, "node", '{');
	emit_string(out, "name", node->name);
	emit_string(out, "kernel", node->kernel);
	emit_string(out, "arch", node->arch);
	emit_string(out, "boot_id", node->boot_id);
	emit_close(out, '}');
	emit_clock(out, node);
	emit_container(out, who);
	emit_watch(out, watch);
	emit_close(out, '}');
}

static void emit_flags(struct text *out, const struct source_event *e, bool escaped)
{
	const struct {
		bool on;
		const char *name;
	} flags[] = {
		{ e->truncated, "truncated" },       { e->deleted, "deleted" },
		{ e->outside_root, "outside_root" }, { e->memfd, "memfd" },
		{ e->by_name, "by_name" },           { escaped, "escaped" },
	};
	bool any = false;

	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		if (!flags[i].on)
			continue;
		if (!any)
			emit_open(out, "flags", '[');
		any = true;
		emit_string(out, NULL, flags[i].name);
	}
	if (any)
		emit_close(out, ']');
}

static void emit_file(struct text *out, const struct source_event *e)
{
	char number[32];
	bool escaped = emit_bytes(out, "path", e->path, e->path_len);

	if (e->ino) {
		snprintf(number, sizeof(number), "%" PRIu32 ":%" PRIu32, e->dev_major,
			 e->dev_minor);
		emit_string(out, "dev", number);
		snprintf(number, sizeof(number), "%" PRIu64, e->ino);
		emit_string(out, "ino", number);
	}
	if (e->generation)
		emit_u64(out, "gen", e->generation);
	emit_flags(out, e, escaped);
}

static void emit_error(struct text *out, int error)
{
	const char *name = strerrorname_np(error);
	char number[24];

	snprintf(number, sizeof(number), "errno_%d", error);
	emit_string(out, "error", name ? name : number);
}

static void emit_open_event(struct text *out, const struct source_event *e)
{
	const char *given = e->given ? e->given : "";

	if (e->failed) {
		emit_error(out, e->error);
		emit_flags(out, e, emit_bytes(out, "given", given, strlen(given)));
	} else {
		emit_file(out, e);
		emit_string(out, "access", e->access);
		if (e->directory)
			emit_bool(out, "dir", true);
	}
	emit_string(out, "how", e->how);
}

static void emit_map(struct text *out, const struct source_event *e, const char *build_id)
{
	char addr[32];

	emit_file(out, e);
	emit_string(out, "build_id", build_id);
	snprintf(addr, sizeof(addr), "0x%" PRIx64, e->addr);
	emit_string(out, "addr", addr);
	emit_u64(out, "offset", e->offset_bytes);
	emit_string(out, "how", e->how);
}

static void emit_syscall(struct text *out, uint32_t nr, bool compat)
{
	const char *name = syscall_name(nr, compat);
	char number[24];

	snprintf(number, sizeof(number), "syscall_%" PRIu32, nr);
	emit_string(out, NULL, name ? name : number);
}

static void emit_net(struct text *out, const struct source_event *e)
{
	const char *addr = e->net_addr ? e->net_addr : "";

	emit_string(out, "op", e->net_op);
	emit_string(out, "family", e->net_family);
	emit_flags(out, e, emit_bytes(out, "addr", addr, strlen(addr)));
	emit_u64(out, "port", e->net_port);
	if (e->failed)
		emit_error(out, e->error);
}

void line_event(struct text *out, const struct source_event *e, const char *build_id)
{
	emit_string(out, "kind", trace_kind_text(e->kind));
	emit_i64(out, "pid", e->pid);
	if (e->kind == TRACE_EXEC || e->kind == TRACE_FORK)
		emit_i64(out, "ppid", e->ppid);
	emit_string(out, "comm", e->comm);
	if (e->kind == TRACE_EXEC) {
		emit_file(out, e);
		emit_string(out, "build_id", build_id);
		emit_string(out, "role", e->role);
	} else if (e->kind == TRACE_OPEN) {
		emit_open_event(out, e);
	} else if (e->kind == TRACE_MAP) {
		emit_map(out, e, build_id);
	} else if (e->kind == TRACE_EXIT) {
		emit_i64(out, "code", e->exit_status);
	} else if (e->kind == TRACE_SYSCALLS) {
		emit_string(out, "abi", e->compat ? "compat" : "native");
		emit_open(out, "names", '[');
		emit_syscall(out, e->nr, e->compat);
		emit_close(out, ']');
	} else if (e->kind == TRACE_NET) {
		emit_net(out, e);
	}
}

void line_probe(struct text *out, const struct probe_report *report)
{
	emit_string(out, "kind", kind_names[TRACE_PROBE]);
	emit_string(out, "object", report->path);
	emit_string(out, "build_id", report->build_id);
	emit_u64(out, "sites", report->sites);
	if (report->starts)
		emit_u64(out, "starts", report->starts);
	emit_open(out, "refused", '[');
	for (size_t i = 0; i < report->refused_count; i++) {
		emit_open(out, NULL, '{');
		emit_u64(out, "offset", report->refused[i].offset);
		emit_string(out, "symbol", report->refused[i].symbol);
		emit_string(out, "error", report->refused[i].error);
		emit_close(out, '}');
	}
	emit_close(out, ']');
	emit_string(out, "armed", report->late ? "late" : "before_code");
}

void line_function(struct text *out, const struct source_event *event, const struct probe_hit *hit)
{
	emit_string(out, "kind", kind_names[TRACE_FUNCTION]);
	emit_i64(out, "pid", event->pid);
	emit_string(out, "comm", event->comm);
	emit_string(out, "object", hit->path);
	emit_string(out, "build_id", hit->build_id);
	emit_string(out, "symbol", hit->symbol);
	emit_u64(out, "offset", hit->offset);
	if (hit->starts)
		emit_bool(out, "start", true);
	emit_string(out, "count", "1");
}

void line_lost(struct text *out, enum trace_loss what, const char *kind, uint64_t count)
{
	emit_string(out, "kind", kind_names[TRACE_LOST]);
	emit_string(out, "what", loss_names[what]);
	emit_string(out, "lost_kind", kind);
	emit_u64(out, "count", count);
}

void line_mark(struct text *out, const char *name, uint64_t unit)
{
	emit_string(out, "kind", kind_names[TRACE_MARK]);
	emit_string(out, "name", name);
	emit_u64(out, "unit", unit);
}

static void emit_syscall_set(struct text *out, const char *key, const uint8_t *bits, bool compat)
{
	emit_open(out, key, '[');
	for (uint32_t nr = 0; nr < EVENT_SYSCALLS; nr++)
		if (bits[nr / 8] & (1u << (nr % 8)))
			emit_syscall(out, nr, compat);
	emit_close(out, ']');
}

/* All kinds, or only those with a count. */
static void emit_kinds(struct text *out, const char *key, const uint64_t *counts)
{
	emit_open(out, key, '{');
	for (int i = 0; i < TRACE_KIND_COUNT; i++)
		if (counts[i])
			emit_u64(out, kind_names[i], counts[i]);
	emit_close(out, '}');
}

void line_end(struct text *out, const struct trace_summary *s)
{
	emit_open(out, NULL, '{');
	emit_string(out, "kind", kind_names[TRACE_END]);
	emit_u64(out, "t", s->t);
	emit_string(out, "reason", s->reason);
	if (s->has_exit)
		emit_i64(out, "exit", s->exit);
	if (s->has_driver)
		emit_i64(out, "driver", s->driver);
	emit_kinds(out, "counts", s->counts);
	emit_kinds(out, "capped", s->capped);
	emit_open(out, "losses", '{');
	for (int i = 0; i < TRACE_LOSS_COUNT; i++)
		emit_u64(out, loss_names[i], s->losses[i]);
	emit_close(out, '}');
	emit_open(out, "syscalls", '{');
	emit_syscall_set(out, "native", s->syscalls.native, false);
	emit_syscall_set(out, "compat", s->syscalls.compat, true);
	emit_close(out, '}');
	emit_open(out, "rusage", '{');
	emit_u64(out, "user_us", s->user_us);
	emit_u64(out, "system_us", s->system_us);
	if (s->max_rss_kb)
		emit_u64(out, "max_rss_kb", s->max_rss_kb);
	emit_close(out, '}');
	emit_close(out, '}');
}
