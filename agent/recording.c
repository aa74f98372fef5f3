// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* recording.c — from the kernel's events to the trace file. */
#include "agent/recording.h"

#include <string.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <time.h>

#include "agent/build_id.h"
#include "agent/code_file.h"
#include "agent/functions.h"
#include "agent/observer.h"
#include "agent/probes.h"
#include "agent/trace_writer.h"

/* How long a line waits for one that is older: the kernel's second way of delivery is asked five times a second. */
#define REORDER_NS 1000000000ull
#define BOOT_ID_BYTES 36

struct recording {
	const struct record_options *options;
	struct observer observer;
	struct trace_writer *writer;
	struct functions *functions; /* NULL: none are watched */
	struct probes *probes;
	source_event_fn fn; /* who gets gVisor's events, and hands them on to us; NULL: we do */
	void *ctx;
	bool late, kept;
	int root_fd;
	uint64_t start_ns, unit;
	int64_t start_realtime_ns;   /* the same moment */
	uint64_t lacking;            /* 1: functions were to be watched, and none are */
	struct source_losses losses; /* as last written */
	struct recording_totals totals;
};

const char *recording_fault(const struct recording *recording)
{
	return observer_fault(&recording->observer);
}

uint64_t recording_age_ns(const struct recording *recording)
{
	return boottime_ns() - recording->start_ns;
}

static uint64_t since_start(const struct recording *recording, uint64_t t_ns)
{
	return t_ns > recording->start_ns ? t_ns - recording->start_ns : 0;
}

/* Only where the path certainly names the file that was seen. */
static const char *find_build_id(const struct recording *recording, const struct source_event *e,
				 char text[BUILD_ID_TEXT_MAX])
{
	struct build_id_file file = { e->path, e->ino };

	if ((e->kind != TRACE_MAP && e->kind != TRACE_EXEC) || !e->path || recording->root_fd < 0)
		return NULL;
	if (e->deleted || e->memfd || e->truncated || e->outside_root)
		return NULL;
	return build_id_find(text, recording->root_fd, &file) == 0 ? text : NULL;
}

static void on_function(struct recording *recording, const struct source_event *event)
{
	struct probe_hit hit;
	struct text *line;

	if (!probes_hit(recording->probes, event, &hit))
		return;
	line = trace_writer_begin(recording->writer);
	line_function(line, event, &hit);
	if (hit.wanted)
		code_file_emit_stack(line, event->pid, event->stack, event->stack_count);
	trace_writer_commit(recording->writer, TRACE_FUNCTION, since_start(recording, event->t_ns));
	recording->totals.seen[TRACE_FUNCTION]++;
}

static void on_armed(void *ctx, const struct probe_report *report)
{
	struct recording *recording = ctx;

	line_probe(trace_writer_begin(recording->writer), report);
	trace_writer_commit(recording->writer, TRACE_PROBE, recording_age_ns(recording));
	recording->totals.seen[TRACE_PROBE]++;
}

/* What came in with the last events; all: nothing more will. */
static void settle(struct recording *recording, bool all)
{
	if (recording->probes)
		probes_settle(recording->probes, all, on_armed, recording);
}

void recording_settle(struct recording *recording)
{
	settle(recording, false);
}

void recording_lack_functions(struct recording *recording)
{
	recording->lacking = 1;
}

bool recording_has_probes(const struct recording *recording)
{
	return recording->probes != NULL;
}

void recording_take(struct recording *recording, const struct source_event *event)
{
	char build_id[BUILD_ID_TEXT_MAX];
	struct text *line;

	if (event->kind == TRACE_PROBE) {
		if (recording->probes)
			probes_take(recording->probes, event);
		return;
	}
	if (event->kind == TRACE_FUNCTION) {
		on_function(recording, event);
		return;
	}
	line = trace_writer_begin(recording->writer);
	line_event(line, event, find_build_id(recording, event, build_id));
	trace_writer_commit(recording->writer, event->kind, since_start(recording, event->t_ns));
	if (event->kind < TRACE_KIND_COUNT)
		recording->totals.seen[event->kind]++;
}

static void on_event(void *ctx, const struct source_event *event)
{
	recording_take(ctx, event);
}

int recording_open(struct recording **ret, const struct record_options *options, struct err *err)
{
	_cleanup_(recording_closep) struct recording *recording = calloc(1, sizeof(*recording));
	struct source_options wanted = record_source_options(options);
	int r;

	if (!recording)
		return err_oom(err);
	recording->options = options;
	recording->root_fd = -1;
	r = trace_writer_create(&recording->writer, options->out, err);
	if (r < 0)
		return r;
	if (options->functions)
		r = functions_load(&recording->functions, options->functions, err);
	if (r == 0 && options->runtime == RUNTIME_GVISOR)
		r = observer_open_gvisor(&recording->observer, err);
	else if (r == 0)
		r = observer_open(&recording->observer, &wanted, on_event, recording, err);
	if (r == 0 && recording->functions)
		r = probes_open(&recording->probes, recording->observer.source,
				recording->functions, err);
	if (r < 0)
		return r;
	*ret = take_ptr(recording);
	return 0;
}

int recording_join(struct recording **ret, const struct record_options *options,
		   struct source *source, uint32_t slot, bool late, struct functions *functions,
		   struct err *err)
{
	_cleanup_(recording_closep) struct recording *recording = calloc(1, sizeof(*recording));
	int r;

	if (!recording)
		return err_oom(err);
	*recording =
	    (struct recording){ .options = options,
				.observer = { .source = source, .shares = true, .slot = slot },
				.functions = functions,
				.late = late,
				.root_fd = -1 };
	r = trace_writer_create(&recording->writer, options->out, err);
	if (r == 0 && functions)
		r = probes_open(&recording->probes, source, functions, err);
	if (r < 0)
		return r;
	*ret = take_ptr(recording);
	return 0;
}

int recording_join_gvisor(struct recording **ret, const struct record_options *options,
			  source_event_fn fn, void *ctx, struct err *err)
{
	_cleanup_(recording_closep) struct recording *recording = calloc(1, sizeof(*recording));
	int r;

	if (!recording)
		return err_oom(err);
	recording->options = options;
	recording->root_fd = -1;
	recording->fn = fn;
	recording->ctx = ctx;
	observer_join_gvisor(&recording->observer);
	r = trace_writer_create(&recording->writer, options->out, err);
	if (r < 0)
		return r;
	*ret = take_ptr(recording);
	return 0;
}

struct gvisor_events *recording_gvisor(struct recording *recording)
{
	return recording->observer.gvisor;
}

void recording_close(struct recording *recording)
{
	struct stat st;

	if (!recording)
		return;
	if (recording->probes && !recording->observer.shares)
		source_hold(recording->observer.source, false);
	probes_close(recording->probes);
	if (!recording->observer.shares)
		functions_free(recording->functions);
	observer_close(&recording->observer);
	trace_writer_close(recording->writer);
	if (!recording->kept && recording->writer && lstat(recording->options->out, &st) == 0 &&
	    S_ISREG(st.st_mode))
		unlink(recording->options->out);
	free(recording);
}

int recording_watch(struct recording *recording, const char *cgroup_dir, bool late, struct err *err)
{
	recording->late = late;
	/* Nothing is delivered before recording_begin: events wait in the ring. */
	if (!recording->observer.source)
		return 0; /* gVisor was told before it began */
	return source_watch(recording->observer.source, cgroup_dir, !late,
			    &recording->observer.slot, err);
}

struct gvisor_sink *recording_sink(struct recording *recording)
{
	return recording->observer.source ? NULL : &recording->observer.sink;
}

static void read_boot_id(char ret[BOOT_ID_BYTES + 1])
{
	_cleanup_fclose_ FILE *file = fopen("/proc/sys/kernel/random/boot_id", "re");

	*ret = '\0';
	if (file && fread(ret, 1, BOOT_ID_BYTES, file) == BOOT_ID_BYTES)
		ret[BOOT_ID_BYTES] = '\0';
}

static int write_header(struct recording *recording, const struct trace_identity *who,
			struct err *err)
{
	_cleanup_text_ struct text line = {};
	char boot_id[BOOT_ID_BYTES + 1] = "";
	struct utsname host;
	struct timespec now;
	struct trace_node node = {};
	struct trace_watch watch = {
		.backend = observer_name(&recording->observer),
		.level = observer_level(&recording->observer),
		.no_maps = !observer_sees(&recording->observer, TRACE_MAP),
		.late = recording->late,
		.all_events = record_source_options(recording->options).all_events,
		.window_s = recording->options->window_s,
		.functions = recording->functions ? recording->functions->site_count : 0,
		.functions_id = recording->functions ? recording->functions->id : NULL
	};
	int r;

	watch.choices = observer_choices(&recording->observer, &watch.choice_count);
	uname(&host);
	read_boot_id(boot_id);
	clock_gettime(CLOCK_REALTIME, &now);
	recording->start_ns = boottime_ns();
	recording->start_realtime_ns = now.tv_sec * 1000000000 + now.tv_nsec;
	node =
	    (struct trace_node){ host.nodename,       host.release, host.machine,         boot_id,
				 recording->start_ns, now.tv_sec,   (uint32_t)now.tv_nsec };
	line_header(&line, &node, who, &watch);
	if (line.failed)
		return err_oom(err);
	r = trace_writer_header(recording->writer, line.data);
	return r < 0 ? err_sys(err, -r, "cannot write '%s'", recording->options->out) : 0;
}

/* Time zero is that of the header. */
static int begin_gvisor(struct recording *recording, const struct trace_identity *who, int root_fd,
			struct err *err)
{
	struct gvisor_identity identity = {
		.container = who->id,
		.program = who->program,
		.root_fd = root_fd,
		.boottime_ns = recording->start_ns,
		.realtime_ns = recording->start_realtime_ns,
		.all_events = record_source_options(recording->options).all_events
	};

	return observer_begin(&recording->observer, &identity,
			      recording->fn ? recording->fn : on_event,
			      recording->fn ? recording->ctx : recording, err);
}

int recording_begin(struct recording *recording, const struct trace_identity *who, int root_fd,
		    struct err *err)
{
	int r;

	/* What gVisor names is found again under its name only: no build-id is read. */
	recording->root_fd = recording->observer.source ? root_fd : -1;
	/* Late, what runs already is unwatched code to the end of the snapshot, whoever maps it again. */
	if (recording->probes && !recording->late)
		source_hold(recording->observer.source, true);
	r = write_header(recording, who, err);
	return r < 0 || recording->observer.source ? r : begin_gvisor(recording, who, root_fd, err);
}

void recording_keep(struct recording *recording)
{
	recording->kept = true;
}

int recording_snapshot(struct recording *recording, struct err *err)
{
	int r = source_snapshot(recording->observer.source, recording->observer.slot, err);

	settle(recording, true);
	if (recording->probes)
		source_hold(recording->observer.source, true);
	return r;
}

int recording_fd(const struct recording *recording)
{
	return observer_fd(&recording->observer);
}

int recording_poll(struct recording *recording, struct err *err)
{
	int r = observer_poll(&recording->observer, err);

	settle(recording, false);
	return r < 0 ? r : 0;
}

static void write_lost(struct recording *recording, enum trace_loss what, size_t kind,
		       uint64_t count)
{
	struct text *line = trace_writer_begin(recording->writer);

	line_lost(line, what, trace_kind_text((enum trace_kind)kind), count);
	trace_writer_commit(recording->writer, TRACE_LOST, recording_age_ns(recording));
	if (what != TRACE_LOSS_MAP_FULL)
		recording->totals.lost += count;
}

/* What was lost since the last look becomes records of its own: a loss is data. */
static void note_losses(struct recording *recording)
{
	struct source_losses now;

	observer_losses(&recording->observer, &now);
	now.count[TRACE_LOSS_PROBE][TRACE_PROBE] += recording->lacking;
	if (recording->probes)
		now.count[TRACE_LOSS_PROBE][TRACE_PROBE] += probes_lost(recording->probes);
	if (recording->late && !now.count[TRACE_LOSS_LATE][SOURCE_ANY_KIND])
		now.count[TRACE_LOSS_LATE][SOURCE_ANY_KIND] = 1;
	for (int what = 0; what < TRACE_LOSS_COUNT; what++) {
		for (size_t kind = 0; kind <= TRACE_KIND_COUNT; kind++) {
			uint64_t before = recording->losses.count[what][kind];

			if (now.count[what][kind] > before)
				write_lost(recording, (enum trace_loss)what, kind,
					   now.count[what][kind] - before);
		}
	}
	recording->losses = now;
}

int recording_tick(struct recording *recording, struct err *err)
{
	uint64_t age = recording_age_ns(recording);
	int r;

	note_losses(recording);
	r = trace_writer_flush(recording->writer, age > REORDER_NS ? age - REORDER_NS : 0);
	return r < 0 ? err_sys(err, -r, "cannot write '%s'", recording->options->out) : 0;
}

int recording_mark(struct recording *recording, const char *name, struct err *err)
{
	uint64_t t;

	(void)err;
	if (recording->probes)
		probes_renew(recording->probes);
	/* Read the clock first: what is reported again comes after the mark. */
	t = recording_age_ns(recording);
	observer_unit(&recording->observer);
	line_mark(trace_writer_begin(recording->writer), name, ++recording->unit);
	trace_writer_commit(recording->writer, TRACE_MARK, t);
	return 0;
}

bool recording_is_armed(const struct recording *recording)
{
	return observer_is_armed(&recording->observer);
}

struct recording_totals recording_totals(const struct recording *recording)
{
	return recording->totals;
}

/* Sum over the kinds. */
static uint64_t losses_of(const struct source_losses *losses, enum trace_loss cause)
{
	uint64_t sum = 0;

	for (size_t k = 0; k <= TRACE_KIND_COUNT; k++)
		sum += losses->count[cause][k];
	return sum;
}

static void fill_summary(struct recording *recording, struct trace_summary *summary)
{
	summary->t = recording_age_ns(recording);
	summary->counts = trace_writer_counts(recording->writer);
	for (int kind = 0; kind < TRACE_KIND_COUNT; kind++)
		summary->capped[kind] =
		    observer_capped(&recording->observer, (enum trace_kind)kind);
	for (int what = 0; what < TRACE_LOSS_COUNT; what++)
		summary->losses[what] = losses_of(&recording->losses, (enum trace_loss)what);
	summary->losses[TRACE_LOSS_WRITE] += trace_writer_lost(recording->writer);
	observer_syscalls(&recording->observer, &summary->syscalls);
}

int recording_finish(struct recording *recording, struct trace_summary *summary, struct err *err)
{
	_cleanup_text_ struct text line = {};
	int r, w;

	if (recording->probes && !recording->observer.shares)
		source_hold(recording->observer.source, false);
	r = recording->observer.source
		? source_calls(recording->observer.source, recording->observer.slot, err)
		: 0;
	if (r >= 0)
		r = observer_drain(&recording->observer, summary->has_exit, err);
	if (r >= 0 && observer_status(&recording->observer, &summary->exit))
		summary->has_exit = true;
	settle(recording, true);
	if (r < 0)
		return r;
	note_losses(recording);
	r = trace_writer_settle(recording->writer);
	if (r < 0)
		summary->reason = "write_error";
	fill_summary(recording, summary);
	line_end(&line, summary);
	if (line.failed)
		return err_oom(err);
	w = trace_writer_finish(recording->writer, line.data);
	r = r < 0 ? r : w;
	return r < 0 ? err_sys(err, -r, "cannot write '%s'", recording->options->out) : 0;
}
