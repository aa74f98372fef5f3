// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report.c — every verdict with all that it rests on. */
#include "analyzer/report.h"

#include <string.h>

#include "analyzer/closure.h"
#include "analyzer/json.h"
#include "analyzer/kubescape_view.h"
#include "analyzer/openvex.h"
#include "analyzer/rfc3339.h"
#include "include/version.h"

#define CONFIDENCE_DECIMALS 4
#define RISK_DECIMALS 6

static void put_fixed(struct json_writer *w, cJSON *obj, const char *key, double value,
		      int decimals)
{
	w->failed |= !json_add_fixed(obj, key, value, decimals);
}

/* The first files, and how many there are when that is not all. */
static void put_files(struct json_writer *w, cJSON *obj, const char *key, const char *const *items,
		      size_t n)
{
	char name[64];

	json_put_texts(w, obj, key, items, n < REPORT_LIST_MAX ? n : REPORT_LIST_MAX);
	snprintf(name, sizeof(name), "%s_count", key);
	json_put_u64(w, obj, name, n);
}

const char *report_level(const struct verdict *verdict)
{
	if (verdict->status != STATUS_AFFECTED)
		return NULL;
	return strcmp(verdict->rule, "R3") ? "package" : "function";
}

static void put_factors(struct json_writer *w, cJSON *item, const struct verdict *v)
{
	cJSON *array = json_put_array(w, item, "factors"), *factor;

	for (size_t i = 0; i < v->factor_count; i++) {
		factor = json_push_object(w, array);
		json_put_text(w, factor, "name", v->factors[i].name);
		put_fixed(w, factor, "risk", v->factors[i].risk, RISK_DECIMALS);
		json_put_text(w, factor, "origin", v->factors[i].origin);
	}
}

static void put_evidence(struct json_writer *w, cJSON *item, const struct verdict *v)
{
	cJSON *array = json_put_array(w, item, "evidence"), *object;

	for (size_t i = 0; i < v->evidence_count; i++) {
		const struct evidence *e = &v->evidence[i];

		object = json_push_object(w, array);
		json_put_text(w, object, "kind", e->kind);
		json_put_text(w, object, "text", e->text);
		json_put_optional(w, object, "path", e->path);
		if (!e->line)
			continue;
		json_put_u64(w, object, "trace", e->trace + 1);
		json_put_u64(w, object, "line", e->line);
		json_put_u64(w, object, "t_ns", e->t);
	}
}

static void put_finding(struct json_writer *w, cJSON *item, const struct analysis *a,
			const struct finding *f)
{
	const struct package *p =
	    f->package == INVENTORY_NONE ? NULL : &a->inventory->packages[f->package];

	json_put_text(w, item, "id", f->id);
	json_put_texts(w, item, "aliases", f->aliases, f->alias_count);
	json_put_optional(w, item, "package", f->package_name);
	json_put_optional(w, item, "version", f->package_version);
	json_put_optional(w, item, "purl", p && p->purl ? p->purl : f->report_purl);
	json_put_texts(w, item, "purls", f->purls, f->purl_count);
	json_put_bool(w, item, "installed", p && !p->only_in_sbom);
	json_put_optional(w, item, "severity", f->severity);
	json_put_optional(w, item, "summary", f->summary);
	json_put_optional(w, item, "url", f->url);
	json_put_optional(w, item, "sources", f->sources);
	json_put_optional(w, item, "fixed_version",
			  f->fixed_version     ? f->fixed_version
			  : f->fix_state_known ? ""
					       : NULL);
	report_put_functions(w, item, f);
	json_put_optional(w, item, "left_out_of_vex", openvex_left_out(f));
}

/* "status" is absent where Kubescape would say nothing. */
static void put_kubescape(struct json_writer *w, cJSON *item, const struct analysis *a,
			  const struct finding *f)
{
	struct kubescape_word word;
	cJSON *object;

	if (!a->verdicts->kubescape)
		return;
	word = kubescape_view_says(a->verdicts->kubescape, f);
	object = json_put_object(w, item, "kubescape");
	if (!word.silent)
		json_put_text(w, object, "status", status_name(word.status));
	json_put_optional(w, object, "justification", justification_name(word.justification));
	json_put_optional(w, object, "by", word.by);
	json_put_text(w, object, "why", word.why);
}

static void push_verdict(struct json_writer *w, cJSON *array, const struct analysis *a,
			 const struct verdict *v)
{
	cJSON *item = json_push_object(w, array);
	char expires[RFC3339_BYTES];

	put_finding(w, item, a, &a->findings->items[v->finding]);
	json_put_text(w, item, "status", status_name(v->status));
	json_put_optional(w, item, "justification", justification_name(v->justification));
	json_put_optional(w, item, "level", report_level(v));
	json_put_text(w, item, "rule", v->rule);
	json_put_optional(w, item, "cross_check", report_outcome(a, v));
	json_put_optional(w, item, "gated", v->gated);
	put_fixed(w, item, "confidence", v->confidence, CONFIDENCE_DECIMALS);
	json_put_text(w, item, "reason", v->reason);
	json_put_optional(w, item, "action", v->action);
	json_put_optional(w, item, "missing", v->missing);
	if (v->status == STATUS_NOT_AFFECTED && openvex_expires(expires, a) == 0)
		json_put_text(w, item, "expires", expires);
	report_put_reach(w, item, a, v);
	put_factors(w, item, v);
	put_evidence(w, item, v);
	put_kubescape(w, item, a, &a->findings->items[v->finding]);
	report_put_prior(w, item, a, v->finding);
	put_files(w, item, "vulnerable_files", v->vulnerable_files, v->vulnerable_file_count);
	put_files(w, item, "executed_files", v->used_files, v->used_file_count);
}

static void put_verdicts(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *array = json_put_array(w, doc, "verdicts");

	for (size_t i = 0; i < a->verdicts->count; i++)
		push_verdict(w, array, a, &a->verdicts->items[i]);
}

static void put_summary(struct json_writer *w, cJSON *doc, const struct verdicts *verdicts)
{
	cJSON *summary = json_put_object(w, doc, "summary");
	size_t by_status[4] = {}, functions = 0;

	for (size_t i = 0; i < verdicts->count; i++) {
		const char *level = report_level(&verdicts->items[i]);

		by_status[verdicts->items[i].status]++;
		functions += level && !strcmp(level, "function");
	}
	json_put_u64(w, summary, "findings", verdicts->count);
	json_put_u64(w, summary, "affected", by_status[STATUS_AFFECTED]);
	json_put_u64(w, summary, "affected_function", functions);
	json_put_u64(w, summary, "affected_package", by_status[STATUS_AFFECTED] - functions);
	json_put_u64(w, summary, "under_investigation", by_status[STATUS_UNDER_INVESTIGATION]);
	json_put_u64(w, summary, "not_affected", by_status[STATUS_NOT_AFFECTED]);
	json_put_u64(w, summary, "fixed", by_status[STATUS_FIXED]);
}

static void put_subject(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *product = json_put_object(w, doc, "product"), *options;

	json_put_optional(w, product, "name", a->product.name);
	json_put_optional(w, product, "ref", a->product.ref);
	json_put_texts(w, product, "digests", a->product.digests, a->product.digest_count);
	json_put_optional(w, product, "id_fallback", a->product.id_fallback);
	options = json_put_object(w, doc, "options");
	json_put_text(w, options, "policy", policy_name(a->options.policy));
	json_put_exact(w, options, "bound", a->options.bound);
	json_put_u64(w, options, "min_units", a->options.min_units);
	json_put_u64(w, options, "min_window_s", a->options.min_window_s);
}

static void put_grounds(struct json_writer *w, cJSON *doc, const struct verdicts *v)
{
	const char *open = v->closure ? closure_open_reason(v->closure) : NULL;
	cJSON *item;

	json_put_texts(w, doc, "gates", v->gates, v->gate_count);
	item = json_put_object(w, doc, "window");
	json_put_u64(w, item, "units", v->units);
	json_put_u64(w, item, "quiet_units", v->quiet_units);
	json_put_u64(w, item, "lone_units", v->lone_units);
	json_put_u64(w, item, "unit_s", v->unit_s);
	put_fixed(w, item, "next", v->next, RISK_DECIMALS);
	put_fixed(w, item, "next_upper", v->next_upper, RISK_DECIMALS);
	put_fixed(w, item, "unseen", v->unseen, RISK_DECIMALS);
	if (!v->closure)
		return;
	item = json_put_object(w, doc, "closure");
	json_put_bool(w, item, "open", open);
	json_put_optional(w, item, "reason", open);
	json_put_u64(w, item, "files", closure_count(v->closure));
}

static void put_notes(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *notes = json_put_object(w, doc, "notes");

	json_put_texts(w, notes, "inventory", a->inventory->notes, a->inventory->note_count);
	json_put_texts(w, notes, "findings", a->findings->notes, a->findings->note_count);
}

cJSON *report_document(const struct analysis *analysis, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct json_writer w = {};
	char time[RFC3339_BYTES];

	if (rfc3339_format(time, analysis->timestamp) < 0) {
		err_set(err, EINVAL, "the analysis has no time that can be written");
		return NULL;
	}
	json_put_text(&w, doc, "vexxy_report", REPORT_VERSION);
	json_put_text(&w, doc, "vexxy", VEXXY_VERSION);
	json_put_optional(&w, doc, "model", analysis->verdicts->model);
	json_put_text(&w, doc, "timestamp", time);
	put_subject(&w, doc, analysis);
	put_summary(&w, doc, analysis->verdicts);
	put_grounds(&w, doc, analysis->verdicts);
	report_put_witness(&w, doc, analysis);
	report_put_traces(&w, doc, analysis);
	report_put_profile(&w, doc, analysis);
	report_put_packages(&w, doc, analysis);
	report_put_priors(&w, doc, analysis);
	put_verdicts(&w, doc, analysis);
	put_notes(&w, doc, analysis);
	if (w.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
