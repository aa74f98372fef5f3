// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* confidence.c — how probable it is that a status is right. */
#include "analyzer/confidence.h"

#include <math.h>

/* A time window must be nearly whole to count as a unit: a mark comes when the agent gets to it. */
#define WHOLE_UNIT 0.9

struct known_risk {
	const char *name;
	double risk;
	const char *origin;
};

static const struct known_risk *known(enum risk risk)
{
	static const struct known_risk risks[] = {
		[RISK_PACKAGE] = { "mapping", 0.01,
				   "prior: the vulnerability is mapped to the whole package" },
		[RISK_OBSERVATION] = { "observation", 0.01,
				       "prior: a single observer, no loss, armed before the first "
				       "instruction" },
		[RISK_SPOILED] = { "observation", 0.5,
				   "prior: a gap in what was observed, even odds" },
		[RISK_CLOSURE] = { "static", 0.01,
				   "prior: nothing that can run is able to load or execute it "
				   "(closed set)" },
		[RISK_DATA] = { "static", 0.01,
				"prior: by kind, name and place every file is data" },
		[RISK_DATABASE] = { "database", 0.01,
				    "prior: the package database tells files and versions right" },
		[RISK_EXECUTED] = { "package", 0.7,
				    "prior 0.3: a program ran, its vulnerable function is not "
				    "known; "
				    "in the benchmark 121 of 436 pairs with the object in use ran "
				    "it" },
		[RISK_READ] = { "package", 0.7,
				"prior 0.3: code was read as a module is imported, its vulnerable "
				"function is not known" },
		[RISK_MAPPED] = { "package", 0.85,
				  "prior 0.15: a library was mapped, its vulnerable function is "
				  "not "
				  "known" },
		[RISK_FUNCTION_RAN] = { "function", 0.42,
					"prior 0.58: the function ran; in the benchmark 70 of 121 "
					"ran the lines of the fix, too" },
		[RISK_LINES_RAN] = { "function", 0.05,
				     "prior 0.95: lines that the fix changes ran" },
		[RISK_NOT_COMPILED] = { "static", 0.005,
					"prior: no name, no code and no line of it in any object" },
		[RISK_PROOF] = { "static", 0.0055,
				 "measured bound: in 540 pairs none that was proved unreachable "
				 "ran, 1 - 0.05^(1/540)" },
		[RISK_UNDECIDED] = { "undecided", 0.5,
				     "cap: no proof either way, at most one half" },
	};

	return &risks[risk];
}

void confidence_add_factor(struct verdict *v, const char *name, double risk, const char *origin)
{
	struct factor *last = &v->factors[VERDICT_FACTORS_MAX - 1];
	double product = 1;

	if (v->factor_count < VERDICT_FACTORS_MAX)
		v->factors[v->factor_count++] = (struct factor){ name, risk, origin };
	else /* a doubt without a place of its own is still a doubt */
		last->risk = 1 - (1 - last->risk) * (1 - risk);
	for (size_t i = 0; i < v->factor_count; i++)
		product *= 1 - v->factors[i].risk;
	v->confidence = product;
}

void confidence_add(struct verdict *v, enum risk risk)
{
	const struct known_risk *k = known(risk);

	confidence_add_factor(v, k->name, k->risk, k->origin);
}

double cross_check_missed(const struct cross_check *check)
{
	double alone = known(RISK_OBSERVATION)->risk, both = (double)check->both;
	double ours = both + (double)check->only_ours, theirs = both + (double)check->only_theirs;
	double all = (ours + 1) * (theirs + 1) / (both + 1) - 1, missed;

	missed = all > ours ? 1 - ours / all : 0;
	if (missed < 1 / (theirs + 2))
		missed = 1 / (theirs + 2);
	return check->only_theirs || missed < alone ? missed : alone;
}

void confidence_add_observation(struct verdict *v, const struct cross_check *check)
{
	if (!check || !(check->both + check->only_theirs)) {
		confidence_add(v, RISK_OBSERVATION);
		return;
	}
	confidence_add_factor(v, "observation", cross_check_missed(check),
			      "Chapman's estimate from two observers: the share of uses that the "
			      "trace missed");
}

double window_unseen(size_t quiet)
{
	return quiet ? 1 - pow(0.05, 1.0 / (double)quiet) : 1;
}

size_t window_quiet_needed(double bound)
{
	double k;

	if (bound >= 1)
		return 0;
	if (!(bound > 0))
		return SIZE_MAX;
	k = ceil(log(0.05) / log1p(-bound));
	if (!(k < 1e15))
		return SIZE_MAX;
	/* The logarithms may be off by one in the last place. */
	while (window_unseen((size_t)k) > bound)
		k++;
	return k > 1 && window_unseen((size_t)k - 1) <= bound ? (size_t)k - 1 : (size_t)k;
}

/* The unit of a trace in which t lies: 0 before the first mark. */
static size_t unit_at(const struct trace *trace, uint64_t t)
{
	size_t low = 0, high = trace->unit_count, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (trace->unit_starts[middle] <= t)
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

static size_t units_before(struct trace *const *traces, size_t trace)
{
	size_t sum = 0;

	for (size_t i = 0; i < trace; i++)
		sum += traces[i]->unit_count + 1;
	return sum;
}

static void mark_novel(bool *novel, const struct usage *usage, size_t file_count,
		       struct trace *const *traces)
{
	for (size_t i = 0; i < file_count; i++) {
		const struct file_usage *f = &usage->files[i];

		if (f->first)
			novel[units_before(traces, f->first_trace) +
			      unit_at(traces[f->first_trace], f->first->t)] = true;
	}
}

int window_measure(struct window *ret, const struct usage *usage, size_t file_count,
		   struct trace *const *traces, size_t trace_count)
{
	_cleanup_free_ bool *novel = calloc(units_before(traces, trace_count) + 1, sizeof(*novel));
	size_t at = 0;

	if (!novel)
		return -ENOMEM;
	mark_novel(novel, usage, file_count, traces);
	*ret = (struct window){};
	for (size_t i = 0; i < trace_count; i++) {
		ret->seconds += traces[i]->duration_ns / 1000000000u;
		ret->unit_s = traces[i]->unit_count ? traces[i]->window_s : ret->unit_s;
		for (size_t unit = 0; unit <= traces[i]->unit_count; unit++, at++) {
			bool whole = unit_is_whole(traces[i], unit);

			ret->units += whole;
			ret->quiet = novel[at] ? 0 : ret->quiet + whole;
		}
	}
	ret->unseen = window_unseen(ret->quiet);
	return 0;
}
