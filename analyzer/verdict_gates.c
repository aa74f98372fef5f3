// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* verdict_gates.c — R9: why no absence may be concluded from these traces. */
#include <inttypes.h>
#include <signal.h>
#include <sys/wait.h>

#include "analyzer/verdict_judge.h"
#include "include/array.h"

struct gates {
	struct judge *judge;
	struct evidence *items;
	size_t count, room;
	bool failed; /* no memory */
};

_printf_(4, 5) static void gate(struct gates *g, const char *kind, size_t trace, const char *fmt,
				...)
{
	struct evidence *item = array_add(g->items, g->count, g->room);
	char text[1024];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	if (!item || !(item->text = arena_strdup(g->judge->arena, text))) {
		g->failed = true;
		return;
	}
	item->kind = kind;
	item->trace = trace;
}

/* "ring 2, walk 3" */
static const char *losses_text(struct judge *j, const struct trace *t)
{
	const char *text = "";

	for (enum trace_loss i = 0; i < TRACE_LOSS_COUNT && text; i++)
		if (t->losses[i] && i != TRACE_LOSS_MAP_FULL)
			text = arena_printf(j->arena, "%s%s%s %" PRIu64, text, *text ? ", " : "",
					    trace_loss_name(i), t->losses[i]);
	if (t->unknown_losses && text)
		text = arena_printf(j->arena, "%s%sof unknown cause %" PRIu64, text,
				    *text ? ", " : "", t->unknown_losses);
	return text ? text : "";
}

/* Ended by a signal that asks to end, or as shells report that, is being stopped: no failure of the workload. */
static bool has_failed(const struct trace *t)
{
	static const int asked[] = { SIGTERM, SIGINT };
	int status = (int)t->exit_status;

	if (t->exit_status <= 0)
		return false;
	for (size_t i = 0; i < sizeof(asked) / sizeof(*asked); i++)
		if (WIFSIGNALED(status) ? WTERMSIG(status) == asked[i]
					: WEXITSTATUS(status) == 128 + asked[i])
			return false;
	return true;
}

static bool has_run(const struct trace *t)
{
	for (size_t i = 0; i < t->use_count; i++)
		if (use_runs(t->uses[i].kind))
			return true;
	return false;
}

/* What was recorded but is not what a verdict can rest on. */
static void gate_content(struct gates *g, size_t n)
{
	const struct trace *t = g->judge->traces[n];

	if (t->miscounted)
		gate(g, "incomplete", n,
		     "trace %zu has not the records that its last line counts (%" PRIu64
		     " of difference)",
		     n + 1, t->miscounted);
	if (t->counts[TRACE_KIND_COUNT])
		gate(g, "unknown record", n,
		     "trace %zu has %" PRIu64 " records that this version does not understand",
		     n + 1, t->counts[TRACE_KIND_COUNT]);
	if (t->counts[TRACE_MODULE])
		gate(g, "unknown record", n,
		     "trace %zu has %" PRIu64 " records of kind module, which no rule weighs yet",
		     n + 1, t->counts[TRACE_MODULE]);
	if (t->functions.faults)
		gate(g, "unknown record", n,
		     "trace %zu has %" PRIu64
		     " records of watched functions that are not understood",
		     n + 1, t->functions.faults);
	if (t->driver_status)
		gate(g, "window", n,
		     "the driver of trace %zu failed (wait status %" PRId64
		     "): the workload was not exercised to the end",
		     n + 1, t->driver_status);
	if (!has_run(t))
		gate(g, "unwatched", n, "trace %zu saw nothing run", n + 1);
	if (has_failed(t))
		gate(g, "window", n,
		     "the workload of trace %zu failed (wait status %" PRId64
		     "): it may not have done its work",
		     n + 1, t->exit_status);
}

/* By the workload or its driver, by the clock, or by whoever asked: all that was to be watched was watched. */
static bool ended_as_meant(const struct trace *t)
{
	static const char *const known[] = { "exited", "cgroup_empty", "duration", "interrupted",
					     "driver_ended" };

	for (size_t i = 0; t->end_reason && i < sizeof(known) / sizeof(*known); i++)
		if (!strcmp(t->end_reason, known[i]))
			return true;
	return false;
}

static void gate_trace(struct gates *g, size_t n)
{
	static const enum trace_kind needed[] = { TRACE_EXEC, TRACE_OPEN, TRACE_MAP };
	const struct trace *t = g->judge->traces[n];

	if (t->complete && !ended_as_meant(t))
		gate(g, "incomplete", n, "trace %zu ended for another reason than is known: %.64s",
		     n + 1, t->end_reason ? t->end_reason : "none is told");
	if (!t->complete)
		gate(g, "incomplete", n,
		     "trace %zu has no last line: what came after its end is not known", n + 1);
	if (!t->began_first_exec)
		gate(g, "late", n, "trace %zu began late: what ran before is not known", n + 1);
	if (trace_lost(t))
		gate(g, "loss", n, "trace %zu lost %" PRIu64 " records (%s)", n + 1, trace_lost(t),
		     losses_text(g->judge, t));
	if (t->capped)
		gate(g, "loss", n, "trace %zu left out %" PRIu64 " records of use at a bound",
		     n + 1, t->capped);
	if (t->level)
		gate(g, "unwatched", n,
		     "trace %zu%s%.64s%s tells of programs and opened files, and nothing of which "
		     "code was mapped",
		     n + 1, t->isolation ? ", recorded under " : "",
		     t->isolation ? t->isolation : "", t->isolation ? "," : "");
	for (size_t i = 0; !t->level && i < sizeof(needed) / sizeof(*needed); i++)
		if (!t->watched[needed[i]])
			gate(g, "unwatched", n, "trace %zu did not watch records of kind %s", n + 1,
			     trace_kind_name(needed[i]));
}

static void gate_window(struct gates *g)
{
	const struct judge *j = g->judge;
	uint64_t longest = 0, needed = j->options->min_window_s;
	bool ended = true;

	for (size_t i = 0; i < j->trace_count; i++) {
		uint64_t s = j->traces[i]->duration_ns / 1000000000u;

		longest = s > longest ? s : longest;
		ended &= trace_ended_well(j->traces[i]);
	}
	if (!ended && longest < needed)
		gate(g, "window", 0,
		     "the watch was short: %" PRIu64 " s, and at least %" PRIu64
		     " s are needed for a "
		     "workload that does not end by itself with success",
		     longest, needed);
}

static void gate_strays(struct gates *g)
{
	const struct usage *u = g->judge->usage;
	const struct trace_use *use;

	if (u->strays_read)
		gate(g, "unresolved", 0, "%" PRIu64 " files were read whose path could not be told",
		     u->strays_read);
	if (!u->strays_running)
		return;
	use = u->strays[0].use;
	gate(g, "unknown code", u->strays[0].trace,
	     "code ran that the inventory does not have: %.400s%s (%" PRIu64 " such uses)",
	     use->path    ? use->path
	     : use->memfd ? "memory without a name"
			  : "a file without a path",
	     use->deleted        ? ", deleted"
	     : use->outside_root ? ", from outside the root"
				 : "",
	     u->strays_running);
	if (!g->failed) {
		g->items[g->count - 1].line = use->line;
		g->items[g->count - 1].t = use->t;
	}
}

static void gate_mismatches(struct gates *g)
{
	const struct judge *j = g->judge;

	for (size_t i = 0; i < j->inv->file_count; i++) {
		if (!j->usage->files[i].mismatch)
			continue;
		gate(g, "digest", j->usage->files[i].trace,
		     "%.400s was mapped with another build-id than that of the image's file",
		     j->inv->files[i].path);
		return; /* one is enough: the trace is of something else */
	}
}

static int compare(const void *a, const void *b)
{
	const struct evidence *x = a, *y = b;

	return strcmp(x->text, y->text);
}

static int gates_keep(struct gates *g)
{
	struct judge *j = g->judge;

	array_sort(g->items, g->count, sizeof(*g->items), compare);
	j->gate_evidence = arena_alloc(j->arena, (g->count + 1) * sizeof(*g->items));
	j->ret->gates = arena_alloc(j->arena, (g->count + 1) * sizeof(*j->ret->gates));
	if (g->failed || !j->gate_evidence || !j->ret->gates)
		return -ENOMEM;
	j->ret->gate_count = g->count;
	for (size_t i = 0; i < g->count; i++) {
		j->gate_evidence[i] = g->items[i];
		j->ret->gates[i] = g->items[i].text;
	}
	return 0;
}

int judge_gates(struct judge *j)
{
	struct gates g = { .judge = j };
	int r;

	if (!j->trace_count)
		gate(&g, "unwatched", 0, "there is no trace");
	else if (!closure_count(j->closure))
		gate(&g, "unwatched", 0, "no program of the image was seen to run");
	for (size_t i = 0; i < j->trace_count; i++) {
		gate_trace(&g, i);
		gate_content(&g, i);
	}
	if (j->inv->incomplete)
		gate(&g, "database", 0,
		     "not everything in the image could be read, so who owns what, and what can be "
		     "loaded, is not sure");
	if (j->trace_count)
		gate_window(&g);
	gate_strays(&g);
	gate_mismatches(&g);
	if (j->options->image_mismatch)
		gate(&g, "digest", 0, "%.900s", j->options->image_mismatch);
	if (j->options->unexercised)
		gate(&g, "window", 0, "the workload was not exercised as it was to be: %.900s",
		     j->options->unexercised);
	if (j->witness && j->witness->strange)
		gate(&g, "contradiction", 0,
		     "Kubescape saw %.400s %s, which is no file of the image and which no trace "
		     "saw",
		     j->witness->strange, j->witness->strange_opened ? "opened" : "run");
	r = gates_keep(&g);
	free(g.items);
	return r;
}
