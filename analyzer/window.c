// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* window.c — what was watched, in units, and what it leaves unseen. */
#include "analyzer/window.h"

#include <math.h>

#include "analyzer/risk.h"
#include "include/array.h"

/* A time window must be nearly whole to count as a unit: a mark comes when the agent gets to it. */
#define WHOLE_UNIT 0.9
#define UNITS_NEEDED_MAX 1000000000u

static double unseen_after(const struct window *w, size_t more)
{
	struct incidence in = w->files;
	double all, least = binomial_upper(0, w->least + more);

	in.units += more;
	in.quiet += more;
	all = incidence_residual(&in);
	return all > least ? all : least;
}

size_t window_units_needed(const struct window *w, double bound, size_t min_units)
{
	size_t least = min_units > w->units ? min_units - w->units : 0, low = least, high = least;

	if (!(bound > 0))
		return SIZE_MAX;
	while (unseen_after(w, high) > bound) {
		low = high + 1;
		high = high * 2 + 1;
		if (high > UNITS_NEEDED_MAX)
			return SIZE_MAX;
	}
	while (low < high) {
		size_t middle = low + (high - low) / 2;

		if (unseen_after(w, middle) > bound)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Did the unit last as long as it was meant to? */
static bool unit_is_whole(const struct trace *trace, size_t unit)
{
	bool last = unit == trace->unit_count;
	bool timed =
	    (unit && trace->unit_is_window[unit - 1]) || (!last && trace->unit_is_window[unit]);
	uint64_t from = unit ? trace->unit_starts[unit - 1] : 0;
	uint64_t to = last ? trace->duration_ns : trace->unit_starts[unit];

	if (to <= from || (timed && !trace->window_s))
		return false;
	if (last && (!timed || trace_ended_well(trace)))
		return trace_ended_well(trace); /* a run, or the rest of one, to its end */
	return !timed || (double)(to - from) >= WHOLE_UNIT * 1e9 * (double)trace->window_s;
}

struct unit {
	bool whole, start;
	bool novel; /* something was seen for the first time */
	bool lone;  /* something was seen in this unit only */
};

/* All units of all traces in one row. */
struct row {
	struct trace *const *traces;
	size_t *firsts; /* of each trace: the place of its first unit */
	struct unit *units;
	size_t count;
};

static int row_init(struct row *row, struct trace *const *traces, size_t n)
{
	*row = (struct row){ .traces = traces, .firsts = calloc(n + 1, sizeof(*row->firsts)) };
	if (!row->firsts)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		row->firsts[i] = row->count;
		row->count += traces[i]->unit_count + 1;
	}
	row->units = calloc(row->count + 1, sizeof(*row->units));
	if (!row->units)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k <= traces[i]->unit_count; k++)
			row->units[row->firsts[i] + k] =
			    (struct unit){ .whole = unit_is_whole(traces[i], k),
					   .start = !k && traces[i]->unit_count };
	return 0;
}

static void row_done(struct row *row)
{
	free(row->firsts);
	free(row->units);
}

static size_t row_at(const struct row *row, size_t trace, uint64_t t)
{
	return row->firsts[trace] + trace_unit_at(row->traces[trace], t);
}

/* One species. What was seen at the start of a run, too, is known, and no sample. */
static void count(struct incidence *in, const struct row *row, const struct sightings *s,
		  bool at_start)
{
	in->species += s->count > 0;
	if (s->count)
		row->units[s->units[0]].novel = true;
	if (at_start)
		return;
	in->once += s->count == 1;
	in->twice += s->count == 2;
	if (s->count == 1)
		row->units[s->units[0]].lone = true;
}

/* The sample: whole units, and what is left of others where it holds something of its own. */
static void count_units(struct incidence *in, const struct row *row)
{
	for (size_t i = 0; i < row->count; i++) {
		struct unit *u = &row->units[i];

		in->lone_units += u->lone;
		in->units += u->lone || (u->whole && !u->start);
		in->quiet = u->novel ? 0 : in->quiet + u->whole;
		u->lone = u->novel = false;
	}
}

static void count_files(struct window *w, const struct row *row, const struct inventory *inv,
			const struct usage *usage)
{
	for (size_t i = 0; i < inv->file_count; i++) {
		const struct file_usage *f = &usage->files[i];

		count(&w->files, row, &f->sightings, f->at_start);
	}
	count_units(&w->files, row);
}

/* A hit, to be told from others by file and offset. */
struct hit {
	const struct trace_hit *hit;
	size_t trace;
};

static int compare_functions(const struct trace_hit *x, const struct trace_hit *y)
{
	int r =
	    strcmp(x->build_id ? x->build_id : x->object, y->build_id ? y->build_id : y->object);

	return r ? r : (x->offset > y->offset) - (x->offset < y->offset);
}

/* By function, then by trace: the first unit in which it was seen comes first. */
static int compare_hits(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	int r = compare_functions(x->hit, y->hit);

	return r ? r : (x->trace > y->trace) - (x->trace < y->trace);
}

/* Adds the units in which it was seen. True when one of them is a start. */
static bool see(struct sightings *s, const struct row *row, const struct hit *h)
{
	size_t at = row_at(row, h->trace, h->hit->t);
	bool start = row->units[at].start;

	sightings_add(s, at);
	for (size_t i = 0; i < h->hit->again.count; i++) {
		at = row_at(row, h->trace, h->hit->again.t[i]);
		start |= row->units[at].start;
		sightings_add(s, at);
	}
	return start;
}

static int count_functions(struct window *w, const struct row *row, size_t trace_count)
{
	_cleanup_free_ struct hit *hits = NULL;
	size_t n = 0, at = 0;

	for (size_t i = 0; i < trace_count; i++)
		n += row->traces[i]->functions.hit_count;
	hits = calloc(n + 1, sizeof(*hits));
	if (!hits)
		return -ENOMEM;
	for (size_t i = 0; i < trace_count; i++) {
		const struct trace *t = row->traces[i];

		for (size_t k = 0; k < t->functions.hit_count; k++)
			hits[at++] = (struct hit){ &t->functions.hits[k], i };
		if (t->functions_listed > w->watched_functions)
			w->watched_functions = t->functions_listed;
	}
	array_sort(hits, n, sizeof(*hits), compare_hits);
	for (size_t i = 0; i < n;) {
		struct sightings s = {};
		bool at_start = false;
		size_t first = i;

		for (; i < n && !compare_functions(hits[first].hit, hits[i].hit); i++)
			at_start |= see(&s, row, &hits[i]);
		count(&w->functions, row, &s, at_start);
	}
	count_units(&w->functions, row);
	return 0;
}

/* What the trace is of: the first program that ran. */
static const char *program_of(const struct trace *trace)
{
	for (size_t i = 0; i < trace->use_count; i++)
		if (use_runs(trace->uses[i].kind) && trace->uses[i].path)
			return trace->uses[i].path;
	return "";
}

static size_t units_of(const struct row *row, size_t trace_count, const char *program)
{
	size_t n = 0;

	for (size_t i = 0; i < trace_count; i++)
		for (size_t k = 0; k <= row->traces[i]->unit_count; k++)
			n += row->units[row->firsts[i] + k].whole &&
			     !strcmp(program_of(row->traces[i]), program);
	return n;
}

/* Units of one program are no sample of what another one does. */
static size_t least_units(const struct row *row, size_t trace_count)
{
	size_t least = SIZE_MAX;

	for (size_t i = 0; i < trace_count; i++) {
		const char *program = program_of(row->traces[i]);
		bool counted = false;
		size_t n;

		for (size_t k = 0; k < i && !counted; k++)
			counted = !strcmp(program_of(row->traces[k]), program);
		n = counted ? least : units_of(row, trace_count, program);
		least = n < least ? n : least;
	}
	return trace_count ? least : 0;
}

int window_measure(struct window *ret, const struct inventory *inv, const struct usage *usage,
		   struct trace *const *traces, size_t trace_count)
{
	struct window w = {};
	struct row row;
	int r = row_init(&row, traces, trace_count);

	for (size_t i = 0; r == 0 && i < row.count; i++)
		w.units += row.units[i].whole;
	for (size_t i = 0; i < trace_count; i++) {
		w.seconds += traces[i]->duration_ns / 1000000000u;
		w.unit_s = traces[i]->unit_count ? traces[i]->window_s : w.unit_s;
	}
	if (r == 0) {
		w.least = least_units(&row, trace_count);
		count_files(&w, &row, inv, usage);
		r = count_functions(&w, &row, trace_count);
	}
	row_done(&row);
	if (r < 0)
		return r;
	w.next = incidence_next(&w.files);
	w.next_upper = incidence_next_upper(&w.files);
	w.unseen = unseen_after(&w, 0);
	*ret = w;
	return 0;
}

double window_function_risk(const struct window *w, size_t count)
{
	size_t seen = w->functions.species;
	size_t all = w->watched_functions > seen ? w->watched_functions - seen : 1;
	double new = incidence_new_in_upper(&w->functions, risk_number(RISK_NUMBER_HORIZON));
	double risk = risk_number(RISK_NUMBER_LAMBDA) * (double)count * new / (double)all;
	double least = binomial_upper(0, w->functions.units);

	if (!(risk < 1)) /* nor a number */
		risk = 1;
	return risk > least ? risk : least;
}
