// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inputs.c — inputs.json: all that one must have and say to derive the same result again. */
#include "analyzer/form.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/rfc3339.h"
#include "include/version.h"

/* The other forms that were asked for, sorted; nothing when none was. */
static void put_forms(struct json_writer *w, cJSON *options, const struct analysis *a)
{
	cJSON *array = NULL;

	for (const struct form_kind *kind = form_kinds; a->also && kind->name; kind++) {
		if (!form_is_named(kind, a->also) ||
		    form_kind_by_name(kind->name, strlen(kind->name)) != kind)
			continue;
		if (!array)
			array = json_put_array(w, options, "also");
		json_push_text(w, array, kind->name);
	}
}

static void put_options(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *options = json_put_object(w, doc, "options");

	json_put_text(w, options, "policy", policy_name(a->options.policy));
	json_put_exact(w, options, "bound", a->options.bound);
	json_put_u64(w, options, "min_units", a->options.min_units);
	json_put_u64(w, options, "min_window_s", a->options.min_window_s);
	json_put_text(w, options, "author", a->author);
	json_put_text(w, options, "namespace", a->namespace ? a->namespace : OPENVEX_NAMESPACE);
	json_put_optional(w, options, "container", a->container);
	json_put_optional(w, options, "unexercised", a->options.unexercised);
	put_forms(w, options, a);
}

static void put_product(struct json_writer *w, cJSON *doc, const struct product *product)
{
	cJSON *object = json_put_object(w, doc, "product"), *digests;

	json_put_optional(w, object, "name", product->name);
	json_put_optional(w, object, "ref", product->ref);
	digests = json_put_array(w, object, "digests");
	for (size_t i = 0; i < product->digest_count; i++)
		json_push_text(w, digests, product->digests[i]);
	json_put_optional(w, object, "id_fallback", product->id_fallback);
}

static void put_inputs(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	cJSON *array = json_put_array(w, doc, "inputs");

	for (size_t i = 0; i < a->input_count; i++) {
		cJSON *item = json_push_object(w, array);

		json_put_text(w, item, "role", a->inputs[i].role);
		json_put_text(w, item, "path", a->inputs[i].path);
		json_put_text(w, item, "sha256", a->inputs[i].sha256);
	}
}

cJSON *inputs_document(const struct analysis *analysis, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	struct json_writer w = {};
	char time[RFC3339_BYTES];

	if (rfc3339_format(time, analysis->timestamp) < 0) {
		err_set(err, EINVAL, "the analysis has no time that can be written");
		return NULL;
	}
	json_put_text(&w, doc, "vexxy_inputs", "1.0");
	json_put_text(&w, doc, "vexxy", VEXXY_VERSION);
	json_put_optional(&w, doc, "model", analysis->verdicts->model);
	json_put_text(&w, doc, "timestamp", time);
	put_options(&w, doc, analysis);
	put_product(&w, doc, &analysis->product);
	put_inputs(&w, doc, analysis);
	if (w.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
