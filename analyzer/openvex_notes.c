// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* openvex_notes.c — the status_notes of a statement: rule, confidence and what they rest on. */
#include "analyzer/openvex.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/prior.h"
#include "analyzer/rfc3339.h"
#include "analyzer/status_notes.h"

/* What is seen today may be used tomorrow: a negative statement is to be renewed. */
#define EXPIRES_S ((time_t)30 * 24 * 60 * 60)

/* "P2" for what was proved, "D1" for what was only observed, NULL for rules outside that order. */
static const char *class_of(const char *rule)
{
	static const struct {
		const char *rule, *class;
	} classes[] = {
		{ "R1", "P0" }, { "R2", "P1" }, { "R3", "D3" }, { "R4", "P3" },
		{ "R5", "D2" }, { "R7", "P2" }, { "R8", "D1" },
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++)
		if (!strcmp(classes[i].rule, rule))
			return classes[i].class;
	return NULL;
}

static const char *trace_state(const struct analysis *a)
{
	bool complete = a->trace_count > 0, first = true;

	for (size_t i = 0; i < a->trace_count; i++) {
		complete = complete && a->traces[i]->complete;
		first = first && a->traces[i]->began_first_exec;
	}
	return !complete ? "incomplete" : first ? "complete" : "late";
}

static void note_traces(FILE *out, bool *any, const struct analysis *a)
{
	uint64_t drops = 0, window_ns = 0;

	for (size_t i = 0; i < a->trace_count; i++) {
		const struct trace *t = a->traces[i];

		drops += trace_lost(t);
		window_ns += t->duration_ns;
	}
	status_notes_add(out, any, "trace", "%s", trace_state(a));
	status_notes_add(out, any, "drops", "%llu", (unsigned long long)drops);
	status_notes_add(out, any, "runs", "%zu", a->trace_count);
	status_notes_add(out, any, "units", "%zu", a->verdicts->units);
	status_notes_add(out, any, "quiet", "%zu", a->verdicts->quiet_units);
	status_notes_add(out, any, "window_s", "%llu",
			 (unsigned long long)(window_ns / 1000000000));
}

/* Four decimals with a point, whatever the locale says. */
static void note_fraction(FILE *out, bool *any, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.4f", value);
	for (char *c = text; *c; c++)
		*c = *c == ',' ? '.' : *c;
	status_notes_add(out, any, key, "%s", text);
}

static void note_unseen(FILE *out, bool *any, const struct verdict *v)
{
	for (size_t i = 0; i < v->factor_count; i++)
		if (!strcmp(v->factors[i].name, "unseen"))
			note_fraction(out, any, "unseen", v->factors[i].risk);
}

/* One digest that stands for all traces. */
static int traces_digest(char ret[DIGEST_HEX_BYTES], const struct analysis *a)
{
	_cleanup_free_ char *list = NULL;
	size_t len = 0;
	FILE *out;

	if (a->trace_count == 1) {
		snprintf(ret, DIGEST_HEX_BYTES, "%s", a->traces[0]->digest);
		return 0;
	}
	out = open_memstream(&list, &len);
	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < a->trace_count; i++)
		fprintf(out, "%s\n", a->traces[i]->digest);
	if (fclose(out) != 0)
		return -ENOMEM;
	digest_bytes(ret, list, len);
	return 0;
}

/* Whose word stands against ours, or beside it. */
static void note_prior(FILE *out, bool *any, const struct analysis *a, const struct verdict *v)
{
	const struct prior_statement *s = priors_strongest(a->priors, v->finding);
	const struct prior_document *d;

	if (!s)
		return;
	d = &a->priors->documents[s->document];
	status_notes_add(out, any, "prior", "%s", prior_relation_name(s->relation));
	status_notes_add(out, any, "prior_status", "%s", s->status);
	status_notes_add(out, any, "prior_by", "%s", d->author);
	status_notes_add(out, any, "prior_in", "sha256:%s", d->sha256);
}

static int note_all(FILE *out, const struct analysis *a, const struct openvex_statement *s)
{
	const struct verdict *v = s->verdict;
	const char *class = class_of(v->rule);
	char expires[RFC3339_BYTES], hex[DIGEST_HEX_BYTES];
	bool any = false;

	status_notes_add(out, &any, "rule", "%s", v->rule);
	if (v->gated)
		status_notes_add(out, &any, "gated", "%s", v->gated);
	if (class)
		status_notes_add(out, &any, "class", "%s", class);
	note_fraction(out, &any, "confidence", v->confidence);
	if (a->verdicts->model)
		status_notes_add(out, &any, "model", "%s", a->verdicts->model);
	status_notes_add(out, &any, "policy", "%s", policy_name(a->options.policy));
	note_traces(out, &any, a);
	note_unseen(out, &any, v);
	if (s->copies > 1)
		status_notes_add(out, &any, "copies", "%zu", s->copies);
	note_prior(out, &any, a, v);
	if (v->status == STATUS_NOT_AFFECTED &&
	    rfc3339_format(expires, a->timestamp + EXPIRES_S) == 0)
		status_notes_add(out, &any, "expires", "%s", expires);
	if (!a->trace_count)
		return 0;
	if (traces_digest(hex, a) < 0)
		return -ENOMEM;
	status_notes_add(out, &any, "evidence", "sha256:%s", hex);
	return 0;
}

char *openvex_status_notes(const struct analysis *analysis,
			   const struct openvex_statement *statement)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int r;

	if (!out)
		return NULL;
	r = note_all(out, analysis, statement);
	if (fclose(out) != 0 || r < 0) {
		free(text);
		return NULL;
	}
	return text;
}
