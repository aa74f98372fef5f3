// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* lint_json.c — what lint found, for machines. */
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/lint.h"

static void put_faults(struct json_writer *w, cJSON *doc, const struct lint *lint)
{
	cJSON *array = json_put_array(w, doc, "faults");

	for (size_t i = 0; i < lint->fault_count; i++) {
		const struct lint_fault *f = &lint->faults[i];
		cJSON *item = json_push_object(w, array);

		json_put_u64(w, item, "rule", f->rule);
		json_put_text(w, item, "severity", f->severity == LINT_ERROR ? "error" : "warning");
		if (f->statement != LINT_DOCUMENT)
			json_put_u64(w, item, "statement", f->statement + 1);
		json_put_optional(w, item, "vulnerability", f->vulnerability);
		json_put_text(w, item, "text", f->text);
	}
}

static void put_gaps(struct json_writer *w, cJSON *doc, const struct lint *lint)
{
	cJSON *array = json_put_array(w, doc, "not_checked");

	for (size_t i = 0; i < lint->gap_count; i++) {
		cJSON *item = json_push_object(w, array);

		json_put_u64(w, item, "rule", lint->gaps[i].rule);
		json_put_text(w, item, "text", lint->gaps[i].why);
	}
}

static void put_products(struct json_writer *w, cJSON *doc, const struct lint *lint)
{
	cJSON *array = json_put_array(w, doc, "products");

	for (size_t i = 0; i < lint->reaches->count; i++) {
		const struct product_reach *p = &lint->reaches->items[i];
		cJSON *item = json_push_object(w, array);

		json_put_u64(w, item, "statement", p->statement + 1);
		json_put_optional(w, item, "id", p->id);
		json_put_text(w, item, "reach", scanner_reach_name(p->reach));
		json_put_bool(w, item, "grype", p->grype);
		json_put_bool(w, item, "trivy", p->trivy);
		json_put_bool(w, item, "blankets", p->blankets);
		json_put_text(w, item, "why", p->why);
	}
}

static void put_matches(struct json_writer *w, cJSON *obj, const struct suppressions *s)
{
	cJSON *array = json_put_array(w, obj, "matches");

	for (size_t i = 0; i < s->count; i++) {
		const struct suppression *m = &s->items[i];
		cJSON *item = json_push_object(w, array);

		json_put_text(w, item, "id", m->id);
		json_put_optional(w, item, "package", m->package);
		json_put_optional(w, item, "purl", m->purl);
		json_put_bool(w, item, "suppressed", m->suppressed);
		if (m->statement != SCANNER_NO_STATEMENT)
			json_put_u64(w, item, "statement", m->statement + 1);
		json_put_optional(w, item, "status", m->status);
		json_put_optional(w, item, "product", m->product);
		json_put_optional(w, item, "why", m->why);
	}
}

static void put_against(struct json_writer *w, cJSON *doc, const struct lint *lint)
{
	cJSON *array = json_put_array(w, doc, "against");

	for (size_t i = 0; i < lint->against_count; i++) {
		const struct suppressions *s = lint->against[i].suppressions;
		cJSON *item = json_push_object(w, array), *notes;

		json_put_text(w, item, "report", lint->against[i].path);
		json_put_text(w, item, "scanner", s->scanner);
		json_put_u64(w, item, "findings", s->count);
		json_put_u64(w, item, "suppressed", s->suppressed_count);
		put_matches(w, item, s);
		notes = json_put_array(w, item, "notes");
		for (size_t n = 0; n < s->note_count; n++)
			json_push_text(w, notes, s->notes[n]);
	}
}

cJSON *lint_document_json(const struct lint *lint)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct json_writer w = {};

	json_put_text(&w, doc, "document", lint->path);
	json_put_bool(&w, doc, "valid", !lint->error_count);
	json_put_u64(&w, doc, "errors", lint->error_count);
	json_put_u64(&w, doc, "warnings", lint->warning_count);
	json_put_optional(&w, doc, "report", lint->report_path);
	put_faults(&w, doc, lint);
	put_gaps(&w, doc, lint);
	put_products(&w, doc, lint);
	put_against(&w, doc, lint);
	return w.failed ? NULL : take_ptr(doc);
}
