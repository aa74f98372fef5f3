// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_priors.c — the statements of others, whole and under their names. */
#include "analyzer/prior.h"
#include "analyzer/report.h"

static const char *const left_keys[PRIOR_LEFT_COUNT] = { "no_finding", "other_product",
							 "other_package", "faulty" };

static void push_document(struct json_writer *w, cJSON *array, const struct priors *priors,
			  size_t number)
{
	const struct prior_document *d = &priors->documents[number];
	cJSON *item = json_push_object(w, array), *left, *out;

	json_put_u64(w, item, "number", number + 1);
	json_put_text(w, item, "sha256", d->sha256);
	json_put_optional(w, item, "id", d->id);
	json_put_text(w, item, "author", d->author);
	json_put_optional(w, item, "role", d->role);
	json_put_optional(w, item, "timestamp", d->timestamp);
	json_put_optional(w, item, "version", d->version);
	json_put_optional(w, item, "tooling", d->tooling);
	json_put_u64(w, item, "statements", d->statements);
	json_put_u64(w, item, "applied", d->applied);
	left = json_put_object(w, item, "left_out");
	for (int i = 0; i < PRIOR_LEFT_COUNT; i++)
		json_put_u64(w, left, left_keys[i], d->left[i]);
	left = json_put_array(w, item, "not_applied");
	for (size_t i = 0; i < priors->left_out_count; i++) {
		if (priors->left_out[i].document != number)
			continue;
		out = json_push_object(w, left);
		json_put_u64(w, out, "statement", priors->left_out[i].index + 1);
		json_put_optional(w, out, "vulnerability", priors->left_out[i].vulnerability);
		json_put_text(w, out, "why", prior_left_text(priors->left_out[i].why));
	}
}

void report_put_priors(struct json_writer *w, cJSON *doc, const struct analysis *analysis)
{
	const struct priors *priors = analysis->priors;
	cJSON *array;

	if (!priors)
		return;
	array = json_put_array(w, doc, "priors");
	for (size_t i = 0; i < priors->document_count; i++)
		push_document(w, array, priors, i);
}

void report_put_prior(struct json_writer *w, cJSON *item, const struct analysis *analysis,
		      size_t finding)
{
	size_t n;
	const struct prior_statement *s = priors_on(analysis->priors, finding, &n);
	cJSON *array, *object;

	if (!n)
		return;
	array = json_put_array(w, item, "prior");
	for (size_t i = 0; i < n && i < REPORT_LIST_MAX; i++, s++) {
		object = json_push_object(w, array);
		json_put_u64(w, object, "document", s->document + 1);
		json_put_u64(w, object, "statement", s->index + 1);
		json_put_optional(w, object, "id", s->id);
		json_put_text(w, object, "author", analysis->priors->documents[s->document].author);
		json_put_optional(w, object, "timestamp", s->timestamp);
		json_put_text(w, object, "status", s->status);
		json_put_optional(w, object, "justification", s->justification);
		json_put_optional(w, object, "impact_statement", s->impact);
		json_put_optional(w, object, "action_statement", s->action);
		json_put_optional(w, object, "status_notes", s->notes);
		json_put_text(w, object, "product", s->product);
		json_put_optional(w, object, "subcomponent", s->subcomponent);
		json_put_text(w, object, "named_by", s->named_by);
		if (s->passed_on)
			json_put_bool(w, object, "passed_on", true);
		json_put_text(w, object, "relation", prior_relation_name(s->relation));
		json_put_text(w, object, "why", s->why);
	}
	json_put_u64(w, item, "prior_count", n);
}
