// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/*
 * sbom_filtered.c — CycloneDX 1.6: only what was used at run time, each with the places where it was seen.
 *
 * A package is listed when one of its files was executed, mapped or read (usage.h); so is a used program or library that no
 * package owns. What is not listed was not seen: whether that means anything is said by the properties of the metadata.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "analyzer/cyclonedx.h"
#include "analyzer/json.h"
#include "analyzer/rfc3339.h"
#include "analyzer/usage.h"

struct sbom {
	struct cyclonedx form;
	const struct inventory *inventory;
	const struct usage *usage;
	cJSON *components;
	uint64_t listed, left_out; /* packages */
};

static enum use_class class_of(const struct sbom *s, const struct package *package)
{
	size_t file;

	return usage_of_package(s->usage, package, &file);
}

static bool is_used(const struct sbom *s, size_t file)
{
	return s->usage->files[file].class >= USE_CLASS_TOUCHED;
}

static cJSON *put_occurrences(struct sbom *s, cJSON *component)
{
	return json_put_array(&s->form.json, json_put_object(&s->form.json, component, "evidence"),
			      "occurrences");
}

static void push_package(struct sbom *s, size_t index)
{
	const struct package *package = &s->inventory->packages[index];
	cJSON *item = json_push_object(&s->form.json, s->components), *occurrences, *properties;
	bool code = class_of(s, package) == USE_CLASS_CODE;
	uint64_t used = 0;

	json_put_text(&s->form.json, item, "type", "library");
	json_put_text(&s->form.json, item, "bom-ref",
		      arena_printf(s->form.arena, "package-%zu", index));
	json_put_text(&s->form.json, item, "name", package->name);
	json_put_optional(&s->form.json, item, "version", package->version);
	json_put_optional(&s->form.json, item, "purl", package->purl);
	occurrences = put_occurrences(s, item);
	for (size_t i = 0; i < package->file_count; i++) {
		if (!is_used(s, package->files[i]))
			continue;
		cyclonedx_push_occurrence(&s->form, occurrences, package->files[i]);
		used++;
	}
	properties = json_put_array(&s->form.json, item, "properties");
	cyclonedx_put_property(&s->form, properties, "vexxy:usage", code ? "code" : "data");
	cyclonedx_put_number(&s->form, properties, "vexxy:files_used", used);
	cyclonedx_put_number(&s->form, properties, "vexxy:files", package->file_count);
}

static void push_packages(struct sbom *s)
{
	for (size_t i = 0; i < s->inventory->package_count; i++) {
		if (class_of(s, &s->inventory->packages[i]) < USE_CLASS_TOUCHED) {
			s->left_out++;
			continue;
		}
		push_package(s, i);
		s->listed++;
	}
}

/* Programs and libraries that were used and that no package owns: what somebody has copied into the image. */
static void push_files(struct sbom *s)
{
	for (size_t i = 0; i < s->inventory->file_count; i++) {
		const struct inventory_file *file = &s->inventory->files[i];
		cJSON *item;

		if (file->owner_count || s->usage->files[i].class != USE_CLASS_CODE)
			continue;
		item = json_push_object(&s->form.json, s->components);
		json_put_text(&s->form.json, item, "type", "file");
		json_put_text(&s->form.json, item, "bom-ref",
			      arena_printf(s->form.arena, "file-%zu", i));
		json_put_text(&s->form.json, item, "name", file->path);
		cyclonedx_push_occurrence(&s->form, put_occurrences(s, item), i);
	}
}

/* Scanners that are given the SBOM need it to choose their data. */
static void push_system(struct sbom *s)
{
	cJSON *item;

	if (!s->inventory->os_id)
		return;
	item = json_push_object(&s->form.json, s->components);
	json_put_text(&s->form.json, item, "type", "operating-system");
	json_put_text(&s->form.json, item, "bom-ref", "os");
	json_put_text(&s->form.json, item, "name", s->inventory->os_id);
	json_put_optional(&s->form.json, item, "version", s->inventory->os_version);
}

static void put_observation(struct sbom *s, cJSON *metadata)
{
	const struct analysis *a = s->form.analysis;
	cJSON *properties = json_put_array(&s->form.json, metadata, "properties");
	bool complete = a->trace_count > 0, first = true;
	uint64_t lost = 0, window_ns = 0;

	for (size_t i = 0; i < a->trace_count; i++) {
		complete = complete && a->traces[i]->complete;
		first = first && a->traces[i]->began_first_exec;
		lost += trace_lost(a->traces[i]);
		window_ns += a->traces[i]->duration_ns;
	}
	cyclonedx_put_property(&s->form, properties, "vexxy:trace",
			       !complete ? "incomplete"
			       : first   ? "complete"
					 : "late");
	cyclonedx_put_number(&s->form, properties, "vexxy:drops", lost);
	cyclonedx_put_number(&s->form, properties, "vexxy:runs", a->trace_count);
	cyclonedx_put_number(&s->form, properties, "vexxy:window_s", window_ns / 1000000000u);
	cyclonedx_put_number(&s->form, properties, "vexxy:packages_used", s->listed);
	cyclonedx_put_number(&s->form, properties, "vexxy:packages_not_seen", s->left_out);
	for (size_t i = 1; i < a->product.digest_count; i++)
		cyclonedx_put_property(&s->form, properties, "vexxy:also_known_as",
				       a->product.digests[i]);
}

static void fill_document(struct sbom *s, cJSON *doc, const char *time)
{
	cJSON *metadata = cyclonedx_put_head(&s->form, doc, time);

	s->components = json_put_array(&s->form.json, doc, "components");
	push_system(s);
	push_packages(s);
	push_files(s);
	put_observation(s, metadata);
	cyclonedx_set_serial(&s->form, doc);
}

cJSON *sbom_filtered_document(const struct analysis *analysis, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct sbom sbom = { .form = { .analysis = analysis, .arena = arena },
			     .inventory = analysis->inventory,
			     .usage = analysis->verdicts->usage };
	char time[RFC3339_BYTES];

	if (rfc3339_format(time, analysis->timestamp) < 0) {
		err_set(err, EINVAL, "the analysis has no time that can be written");
		return NULL;
	}
	if (!doc || !arena) {
		err_oom(err);
		return NULL;
	}
	fill_document(&sbom, doc, time);
	if (sbom.form.json.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
