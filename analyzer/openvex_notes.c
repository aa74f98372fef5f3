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

int openvex_expires(char ret[RFC3339_BYTES], const struct analysis *analysis)
{
	return rfc3339_format(ret, analysis->timestamp + EXPIRES_S);
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

/* Four decimals with a point, whatever the locale says. */
static void note_fraction(FILE *out, bool *any, const char *key, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.4f", value);
	for (char *c = text; *c; c++)
		*c = *c == ',' ? '.' : *c;
	status_notes_add(out, any, key, "%s", text);
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
	if (a->verdicts->units)
		note_fraction(out, any, "loo95", a->verdicts->next_upper);
	status_notes_add(out, any, "window_s", "%llu",
			 (unsigned long long)(window_ns / 1000000000));
}

static void note_unseen(FILE *out, bool *any, const struct verdict *v)
{
	for (size_t i = 0; i < v->factor_count; i++)
		if (!strcmp(v->factors[i].name, "unseen"))
			note_fraction(out, any, "unseen", v->factors[i].risk);
}

static int close_digest(char ret[DIGEST_HEX_BYTES], FILE *out, char **list, const size_t *len)
{
	if (fclose(out) != 0)
		return -ENOMEM;
	digest_bytes(ret, *list, *len);
	return 0;
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
	return close_digest(ret, out, &list, &len);
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

/* Who says which functions are at fault. */
static const char *map_kind(const struct finding *f)
{
	static const struct {
		const char *part, *kind;
	} kinds[] = {
		{ "GO-", "go-vulndb" },
		{ "RUSTSEC-", "rustsec" },
		{ "debian/patches/", "debian-patch" },
	};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		if (strstr(f->functions[0].source, kinds[i].part))
			return kinds[i].kind;
	return "advisory";
}

/* The functions as report.json has them, one a line. */
static int functions_digest(char ret[DIGEST_HEX_BYTES], const struct finding *f)
{
	_cleanup_free_ char *list = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&list, &len);

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < f->function_count; i++) {
		const struct finding_function *function = &f->functions[i];

		fprintf(out, "%s\t%s\t%s\t%s\n", function->path ? function->path : "",
			function->symbol ? function->symbol : "",
			function->file ? function->file : "", function->source);
	}
	return close_digest(ret, out, &list, &len);
}

/* Where the verdict looked, when it looked for functions. */
static int note_functions(FILE *out, bool *any, const struct analysis *a, const struct verdict *v)
{
	const struct finding *f = &a->findings->items[v->finding];
	const struct sites *sites = a->options.sites;
	const struct finding_sites *fs = sites ? &sites->findings[v->finding] : NULL;
	char hex[DIGEST_HEX_BYTES];

	if (!f->function_count)
		return 0;
	if (functions_digest(hex, f) < 0)
		return -ENOMEM;
	status_notes_add(out, any, "map", "%s:sha256:%s", map_kind(f), hex);
	if (!fs || !fs->count)
		return 0;
	status_notes_add(out, any, "sites", "%zu/%zu", v->sites_watched, fs->count);
	for (size_t i = 0; i < fs->object_count; i++) {
		const struct inventory_file *file = &a->inventory->files[fs->objects[i].file];

		if (!file->elf || !file->elf->build_id)
			continue;
		status_notes_add(out, any, "build_id", "%s", file->elf->build_id);
		break;
	}
	return 0;
}

/* What ran: commands and phases of all traces, each once. */
static int note_workload(FILE *out, bool *any, const struct analysis *a)
{
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	_cleanup_(string_set_donep) struct string_set set = {};
	_cleanup_free_ char *list = NULL;
	char hex[DIGEST_HEX_BYTES];
	const char **lines;
	size_t n = 0, len = 0;
	FILE *text;

	if (!arena)
		return -ENOMEM;
	for (size_t i = 0; i < a->trace_count; i++)
		for (size_t k = 0; k < a->traces[i]->workload.count; k++)
			if (string_set_add(&set, a->traces[i]->workload.items[k],
					   strlen(a->traces[i]->workload.items[k]), NULL) < 0)
				return -ENOMEM;
	if (!set.count)
		return 0;
	text = string_set_sorted(&set, arena, &lines, &n) < 0 ? NULL : open_memstream(&list, &len);
	if (!text)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		fprintf(text, "%s\n", lines[i]);
	if (close_digest(hex, text, &list, &len) < 0)
		return -ENOMEM;
	status_notes_add(out, any, "workload", "sha256:%s", hex);
	return 0;
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
	if (note_functions(out, &any, a, v) < 0)
		return -ENOMEM;
	note_traces(out, &any, a);
	note_unseen(out, &any, v);
	if (s->copies > 1)
		status_notes_add(out, &any, "copies", "%zu", s->copies);
	note_prior(out, &any, a, v);
	if (v->status == STATUS_NOT_AFFECTED && openvex_expires(expires, a) == 0)
		status_notes_add(out, &any, "expires", "%s", expires);
	if (!a->trace_count)
		return 0;
	if (note_workload(out, &any, a) < 0)
		return -ENOMEM;
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
