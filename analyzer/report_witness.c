// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_witness.c — where the trace and Kubescape's profile agree, and where not. */
#include "analyzer/report.h"

#include "analyzer/witness.h"

static void put_list(struct json_writer *w, cJSON *obj, const char *key,
		     const struct witness_list *list)
{
	char name[64];

	snprintf(name, sizeof(name), "%s_count", key);
	json_put_u64(w, obj, name, list->all);
	json_put_texts(w, obj, key, list->items, list->count);
}

static void put_channel(struct json_writer *w, cJSON *obj, const char *key,
			const struct witness_agreement *a)
{
	cJSON *item = json_put_object(w, obj, key);

	json_put_optional(w, item, "not_compared", a->not_compared);
	json_put_u64(w, item, "both", a->both);
	put_list(w, item, "only_trace", &a->only_trace);
	put_list(w, item, "only_kubescape", &a->only_profile);
	json_put_u64(w, item, "unknown", a->unknown);
	json_put_u64(w, item, "apart", a->apart);
}

static void put_profiles(struct json_writer *w, cJSON *item, const struct profile_choice *choice)
{
	cJSON *array = json_put_array(w, item, "profiles"), *profile;

	for (size_t i = 0; i < choice->count; i++) {
		const struct kube_profile *p = choice->items[i];

		profile = json_push_object(w, array);
		json_put_text(w, profile, "kind", kube_kind_name(p->object->kind));
		json_put_optional(w, profile, "namespace", p->object->namespace);
		json_put_optional(w, profile, "name", p->object->name);
		json_put_optional(w, profile, "image_id", p->image_id);
		json_put_optional(w, profile, "completion", p->completion);
		json_put_optional(w, profile, "status", p->status);
		json_put_optional(w, profile, "doubt", choice->doubts[i]);
		json_put_optional(w, profile, "other_start", choice->starts[i]);
		json_put_u64(w, profile, "opens", p->open_count);
		json_put_u64(w, profile, "execs", p->exec_count);
		json_put_u64(w, profile, "syscalls", p->syscalls.count);
	}
}

static void put_packages(struct json_writer *w, cJSON *item, const struct analysis *a)
{
	cJSON *packages = json_put_object(w, item, "packages");
	uint64_t counts[WITNESS_UNKNOWN + 1] = {};
	size_t file;

	for (size_t i = 0; i < a->inventory->package_count; i++) {
		const struct package *p = &a->inventory->packages[i];

		if (!p->only_in_sbom)
			counts[witness_outcome_of(
			    a->verdicts->witness, p,
			    usage_of_package(a->verdicts->usage, p, &file))]++;
	}
	for (enum witness_outcome o = WITNESS_USED; o <= WITNESS_UNKNOWN; o++)
		json_put_u64(w, packages, witness_outcome_name(o), counts[o]);
}

void report_put_witness(struct json_writer *w, cJSON *doc, const struct analysis *a)
{
	const struct witness *witness = a->verdicts->witness;
	cJSON *item;

	if (!witness)
		return;
	item = json_put_object(w, doc, "cross_check");
	json_put_optional(w, item, "container", witness->choice->container);
	json_put_optional(w, item, "doubt", witness->choice->doubt);
	json_put_u64(w, item, "passed_over", witness->choice->others);
	put_profiles(w, item, witness->choice);
	for (enum witness_channel c = 0; c < WITNESS_CHANNELS; c++)
		put_channel(w, item, witness_channel_name(c), &witness->channels[c]);
	json_put_u64(w, item, "patterns", witness->patterns);
	json_put_optional(w, item, "strange", witness->strange);
	put_packages(w, item, a);
}

const char *report_outcome(const struct analysis *a, const struct verdict *v)
{
	size_t package = a->findings->items[v->finding].package, file;
	const struct package *p;

	if (!a->verdicts->witness || package == INVENTORY_NONE)
		return NULL;
	p = &a->inventory->packages[package];
	return witness_outcome_name(witness_outcome_of(
	    a->verdicts->witness, p, usage_of_package(a->verdicts->usage, p, &file)));
}
