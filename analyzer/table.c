// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* table.c — the verdicts for people: what asks for work first, one row for each finding. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "include/array.h"

#include "analyzer/analysis.h"
#include "analyzer/prior.h"
#include "analyzer/report.h"
#include "analyzer/terminal.h"
#include "analyzer/witness.h"

#define GAP 2u
#define REASON_MIN 48u /* less is not worth a column: then the reason gets a line of its own */
#define INDENT 4u
#define ID_MAX 32u
#define PACKAGE_MIN 12u
#define PACKAGE_MAX 40u
#define GATES_MAX 5u
#define NEEDS_MAX 5u
#define PRIORS_MAX 10u

enum column { ID, PACKAGE, SEVERITY, VERDICT, CONFIDENCE, RULE, REASON, COLUMNS };

struct row {
	const struct finding *finding;
	const struct verdict *verdict;
};

struct table {
	FILE *out;
	bool colour;
	bool severities; /* some input tells one: else the column says nothing */
	unsigned width;
	unsigned widths[REASON]; /* of all columns before the reason */
	struct row *rows;
	size_t count;
};

static int status_rank(const struct verdict *v)
{
	switch (v->status) {
	case STATUS_AFFECTED:
		return strcmp(report_level(v), "function") ? 1 : 0;
	case STATUS_UNDER_INVESTIGATION:
		return 2;
	case STATUS_NOT_AFFECTED:
		return 3;
	case STATUS_FIXED:
		break;
	}
	return 4;
}

#define SEVERITIES 5

/* SEVERITIES when it is not known. */
static int severity_rank(const char *severity)
{
	static const char *const order[SEVERITIES] = { "critical", "high", "medium", "low",
						       "negligible" };

	for (int i = 0; severity && i < SEVERITIES; i++)
		if (!strcmp(order[i], severity))
			return i;
	return SEVERITIES;
}

static int compare_rows(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;
	int r = status_rank(a->verdict) - status_rank(b->verdict);

	r = r ? r : severity_rank(a->finding->severity) - severity_rank(b->finding->severity);
	r = r ? r : strcmp(a->finding->id, b->finding->id);
	return r ? r : (a->finding > b->finding) - (a->finding < b->finding);
}

static const char *colour_of(const struct verdict *v)
{
	switch (v->status) {
	case STATUS_AFFECTED:
		return COLOUR_RED;
	case STATUS_UNDER_INVESTIGATION:
		return COLOUR_YELLOW;
	case STATUS_NOT_AFFECTED:
	case STATUS_FIXED:
		break;
	}
	return COLOUR_GREEN;
}

/* "libssl3 3.0.11-1" */
static void package_text(char *ret, size_t size, const struct finding *f)
{
	snprintf(ret, size, "%s%s%s", f->package_name ? f->package_name : "?",
		 f->package_version ? " " : "", f->package_version ? f->package_version : "");
}

static void widen(unsigned *width, const char *text, unsigned max)
{
	size_t columns = terminal_columns(text);

	columns = columns > max ? max : columns;
	*width = columns > *width ? (unsigned)columns : *width;
}

static unsigned sum_of(const unsigned *widths)
{
	unsigned sum = 0;

	for (int i = 0; i < REASON; i++)
		sum += widths[i] ? widths[i] + GAP : 0;
	return sum;
}

/* The package gives way before the reason does, unless that gets a line of its own in any case. */
static void fit_package(struct table *t)
{
	unsigned wanted = t->widths[PACKAGE], others = sum_of(t->widths) - wanted;
	unsigned room = t->width > others + REASON_MIN ? t->width - others - REASON_MIN : 0;

	if (room < PACKAGE_MIN)
		room = t->width > others ? t->width - others : 0;
	if (room < PACKAGE_MIN)
		room = PACKAGE_MIN;
	t->widths[PACKAGE] = wanted < room ? wanted : room;
}

static unsigned room_for_reason(const struct table *t)
{
	unsigned used = sum_of(t->widths);

	return t->width > used ? t->width - used : 0;
}

static void measure(struct table *t)
{
	static const char *const heads[REASON] = { "VULNERABILITY", "PACKAGE", "SEVERITY",
						   "VERDICT",       "CONF",    "RULE" };
	char package[256];

	for (int i = 0; i < REASON; i++)
		t->widths[i] = (unsigned)strlen(heads[i]);
	for (size_t i = 0; i < t->count; i++) {
		const struct row *row = &t->rows[i];

		package_text(package, sizeof(package), row->finding);
		widen(&t->widths[ID], row->finding->id, ID_MAX);
		widen(&t->widths[PACKAGE], package, PACKAGE_MAX);
		widen(&t->widths[SEVERITY], row->finding->severity, PACKAGE_MAX);
		widen(&t->widths[VERDICT], status_name(row->verdict->status), PACKAGE_MAX);
	}
	t->widths[CONFIDENCE] = (unsigned)strlen("0.0000");
	if (!t->severities)
		t->widths[SEVERITY] = 0;
	fit_package(t);
}

static void put_cell(const struct table *t, enum column column, const char *text,
		     const char *colour)
{
	size_t written;

	if (!t->widths[column])
		return;
	if (colour && t->colour)
		fputs(colour, t->out);
	written = terminal_put(t->out, text, t->widths[column]);
	if (colour && t->colour)
		fputs(COLOUR_RESET, t->out);
	fprintf(t->out, "%*s", (int)(t->widths[column] + GAP - written), "");
}

/* In the words of its level: that a package is in use is not that its function ran. */
static void put_reason(const struct table *t, const struct verdict *v)
{
	const char *level = report_level(v), *prefix = "", *reason = v->reason;
	unsigned used, left = room_for_reason(t);

	if (left < REASON_MIN) {
		fprintf(t->out, "\n%*s", (int)INDENT, "");
		left = t->width > INDENT + REASON_MIN ? t->width - INDENT : REASON_MIN;
	}
	if (level && !strcmp(level, "function"))
		prefix = "the function ran: ";
	else if (level && v->evidence_count) {
		prefix = "package in use, function unknown: ";
		reason = v->evidence[0].text;
	}
	used = (unsigned)terminal_put(t->out, prefix, left);
	if (used < left)
		terminal_put(t->out, reason, left - used);
	fputc('\n', t->out);
}

static void put_row(const struct table *t, const struct row *row)
{
	char package[256], confidence[32];

	package_text(package, sizeof(package), row->finding);
	snprintf(confidence, sizeof(confidence), "%.4f", row->verdict->confidence);
	put_cell(t, ID, row->finding->id, NULL);
	put_cell(t, PACKAGE, package, NULL);
	put_cell(t, SEVERITY, row->finding->severity ? row->finding->severity : "unknown", NULL);
	put_cell(t, VERDICT, status_name(row->verdict->status), colour_of(row->verdict));
	put_cell(t, CONFIDENCE, confidence, NULL);
	put_cell(t, RULE, row->verdict->rule, NULL);
	put_reason(t, row->verdict);
}

static void put_head(const struct table *t)
{
	put_cell(t, ID, "VULNERABILITY", COLOUR_BOLD);
	put_cell(t, PACKAGE, "PACKAGE", COLOUR_BOLD);
	put_cell(t, SEVERITY, "SEVERITY", COLOUR_BOLD);
	put_cell(t, VERDICT, "VERDICT", COLOUR_BOLD);
	put_cell(t, CONFIDENCE, "CONF", COLOUR_BOLD);
	put_cell(t, RULE, "RULE", COLOUR_BOLD);
	if (room_for_reason(t) < REASON_MIN)
		fputc('\n', t->out);
	else
		fprintf(t->out, "%sREASON%s\n", t->colour ? COLOUR_BOLD : "",
			t->colour ? COLOUR_RESET : "");
}

static void put_summary(const struct table *t)
{
	size_t by_rank[5] = {};

	for (size_t i = 0; i < t->count; i++)
		by_rank[status_rank(t->rows[i].verdict)]++;
	fprintf(t->out,
		"%zu findings: %zu affected (%zu: the function ran, %zu: package in use, function "
		"unknown), %zu under_investigation, %zu not_affected, %zu fixed\n",
		t->count, by_rank[0] + by_rank[1], by_rank[0], by_rank[1], by_rank[2], by_rank[3],
		by_rank[4]);
}

static void put_gates(const struct table *t, const struct verdicts *verdicts)
{
	if (!verdicts->gate_count)
		return;
	fputs("Nothing is concluded from what was not seen, because:\n", t->out);
	for (size_t i = 0; i < verdicts->gate_count && i < GATES_MAX; i++) {
		fputs("  ", t->out);
		terminal_put(t->out, verdicts->gates[i], 0);
		fputc('\n', t->out);
	}
	if (verdicts->gate_count > GATES_MAX)
		fprintf(t->out, "  and %zu more\n", verdicts->gate_count - GATES_MAX);
}

/* Who says otherwise; the newest of those on a finding. */
static void put_priors(const struct table *t, const struct analysis *analysis)
{
	const struct priors *priors = analysis->priors;
	size_t shown = 0;

	if (!priors)
		return;
	fprintf(t->out, "Statements of others (%zu documents) contradict %zu of these verdicts%s\n",
		priors->document_count, priors->contradictions, priors->contradictions ? ":" : ".");
	for (size_t i = 0; i < t->count && shown < PRIORS_MAX; i++) {
		const struct prior_statement *s =
		    priors_strongest(priors, t->rows[i].verdict->finding);
		char package[256];

		if (!s || s->relation != PRIOR_CONTRADICTS)
			continue;
		package_text(package, sizeof(package), t->rows[i].finding);
		terminal_line(t->out, "  %s in %s: %s", t->rows[i].finding->id, package, s->why);
		shown++;
	}
	if (priors->contradictions > shown)
		fprintf(t->out, "  and %zu more\n", priors->contradictions - shown);
}

/* Where the second observer agrees, and where not. */
static void put_witness(const struct table *t, const struct witness *w)
{
	const char *doubt = w ? w->choice->doubt : NULL;

	if (!w)
		return;
	terminal_line(
	    t->out, "Kubescape's profile%s%s, both / only the trace / only Kubescape / not known:",
	    w->choice->container ? " of container " : "",
	    w->choice->container ? w->choice->container : "");
	for (enum witness_channel c = 0; c < WITNESS_CHANNELS; c++) {
		const struct witness_agreement *a = &w->channels[c];

		if (a->not_compared)
			terminal_line(t->out, "  %-10s not compared: %s", witness_channel_name(c),
				      a->not_compared);
		else
			fprintf(t->out,
				"  %-10s %" PRIu64 " / %" PRIu64 " / %" PRIu64 " / %" PRIu64 "\n",
				witness_channel_name(c), a->both, a->only_trace.all,
				a->only_profile.all, a->unknown);
	}
	if (doubt)
		terminal_line(t->out, "  What it did not see says nothing: %s.", doubt);
}

/* What would settle verdicts that are open, and how many of them. */
struct need {
	const char *text;
	size_t count;
};

static int compare_needs(const void *pa, const void *pb)
{
	const struct need *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count < b->count ? 1 : -1;
	return strcmp(a->text, b->text);
}

static int compare_texts(const void *pa, const void *pb)
{
	return strcmp(((const struct need *)pa)->text, ((const struct need *)pb)->text);
}

static void put_needs(const struct table *t)
{
	_cleanup_free_ struct need *needs = calloc(t->count + 1, sizeof(*needs));
	size_t n = 0, kept = 0;

	for (size_t i = 0; needs && i < t->count; i++) {
		const struct verdict *v = t->rows[i].verdict;

		if (v->status == STATUS_UNDER_INVESTIGATION && v->missing)
			needs[n++] = (struct need){ v->missing, 1 };
	}
	if (!n)
		return;
	array_sort(needs, n, sizeof(*needs), compare_texts);
	for (size_t i = 0; i < n; i++)
		if (kept && !strcmp(needs[kept - 1].text, needs[i].text))
			needs[kept - 1].count++;
		else
			needs[kept++] = needs[i];
	array_sort(needs, kept, sizeof(*needs), compare_needs);
	fputs("What is under investigation needs:\n", t->out);
	for (size_t i = 0; i < kept && i < NEEDS_MAX; i++)
		terminal_line(t->out, "  %zu: %s", needs[i].count, needs[i].text);
	if (kept > NEEDS_MAX)
		fprintf(t->out, "  and %zu more (vexxy explain)\n", kept - NEEDS_MAX);
}

void table_print(FILE *out, const struct analysis *analysis, bool colour, unsigned width)
{
	const struct verdicts *verdicts = analysis->verdicts;
	_cleanup_free_ struct row *rows = calloc(verdicts->count + 1, sizeof(*rows));
	struct table t = { .out = out, .colour = colour, .width = width, .rows = rows };

	if (!rows) {
		fputs("(no memory for the table: report.json has every verdict)\n", out);
		return;
	}
	t.count = verdicts->count;
	for (size_t i = 0; i < t.count; i++) {
		const struct verdict *v = &verdicts->items[i];

		rows[i] = (struct row){ &analysis->findings->items[v->finding], v };
		t.severities |= severity_rank(rows[i].finding->severity) < SEVERITIES;
	}
	if (t.count) {
		array_sort(rows, t.count, sizeof(*rows), compare_rows);
		measure(&t);
		put_head(&t);
	}
	for (size_t i = 0; i < t.count; i++) {
		if (i && status_rank(rows[i].verdict) != status_rank(rows[i - 1].verdict))
			fputc('\n', out);
		put_row(&t, &rows[i]);
	}
	if (t.count)
		fputc('\n', out);
	put_summary(&t);
	put_gates(&t, verdicts);
	put_witness(&t, verdicts->witness);
	put_needs(&t);
	put_priors(&t, analysis);
}
