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

#include "analyzer/analysis.h"
#include "analyzer/digest.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "analyzer/rfc3339.h"
#include "analyzer/usage.h"
#include "include/version.h"

struct sbom {
	const struct analysis *analysis;
	const struct inventory *inventory;
	const struct usage *usage;
	struct arena *arena;
	struct json_writer json;
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

static void put_property(struct sbom *s, cJSON *properties, const char *name, const char *value)
{
	cJSON *item = json_push_object(&s->json, properties);

	json_put_text(&s->json, item, "name", name);
	json_put_text(&s->json, item, "value", value);
}

static void put_number(struct sbom *s, cJSON *properties, const char *name, uint64_t value)
{
	put_property(s, properties, name, arena_printf(s->arena, "%" PRIu64, value));
}

static const char *verb(enum use_kind kind)
{
	switch (kind) {
	case USE_EXEC:
		return "executed as";
	case USE_SCRIPT:
		return "run as a script by";
	case USE_INTERPRETER:
		return "started as the loader of";
	case USE_MAP:
		return "mapped by";
	case USE_OPEN_READ:
		return "read by";
	case USE_OPEN_WRITE:
	case USE_OPEN_PATH:
		break;
	}
	return "opened by";
}

/* "mapped by nginx 0.120 s after the start", of the strongest use of the file. */
static const char *use_text(struct sbom *s, const struct file_usage *f)
{
	const char *comm = f->use->comm && *f->use->comm ? f->use->comm : "a process";
	const char *text = arena_printf(
	    s->arena, "%s %s %" PRIu64 ".%03" PRIu64 " s after the start", verb(f->use->kind), comm,
	    f->use->t / 1000000000u, f->use->t / 1000000u % 1000u);

	if (text && s->analysis->trace_count > 1)
		text = arena_printf(s->arena, "%s of run %zu", text, f->trace + 1);
	if (text && f->uncertain)
		text = arena_printf(s->arena, "%s (only the end of the path is known)", text);
	return text;
}

static void push_occurrence(struct sbom *s, cJSON *occurrences, size_t file)
{
	cJSON *item = json_push_object(&s->json, occurrences);

	json_put_text(&s->json, item, "location", s->inventory->files[file].path);
	json_put_text(&s->json, item, "additionalContext", use_text(s, &s->usage->files[file]));
}

static cJSON *put_occurrences(struct sbom *s, cJSON *component)
{
	return json_put_array(&s->json, json_put_object(&s->json, component, "evidence"),
			      "occurrences");
}

static void push_package(struct sbom *s, size_t index)
{
	const struct package *package = &s->inventory->packages[index];
	cJSON *item = json_push_object(&s->json, s->components), *occurrences, *properties;
	bool code = class_of(s, package) == USE_CLASS_CODE;
	uint64_t used = 0;

	json_put_text(&s->json, item, "type", "library");
	json_put_text(&s->json, item, "bom-ref", arena_printf(s->arena, "package-%zu", index));
	json_put_text(&s->json, item, "name", package->name);
	json_put_optional(&s->json, item, "version", package->version);
	json_put_optional(&s->json, item, "purl", package->purl);
	occurrences = put_occurrences(s, item);
	for (size_t i = 0; i < package->file_count; i++) {
		if (!is_used(s, package->files[i]))
			continue;
		push_occurrence(s, occurrences, package->files[i]);
		used++;
	}
	properties = json_put_array(&s->json, item, "properties");
	put_property(s, properties, "vexxy:usage", code ? "code" : "data");
	put_number(s, properties, "vexxy:files_used", used);
	put_number(s, properties, "vexxy:files", package->file_count);
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
		item = json_push_object(&s->json, s->components);
		json_put_text(&s->json, item, "type", "file");
		json_put_text(&s->json, item, "bom-ref", arena_printf(s->arena, "file-%zu", i));
		json_put_text(&s->json, item, "name", file->path);
		push_occurrence(s, put_occurrences(s, item), i);
	}
}

/* Scanners that are given the SBOM need it to choose their data. */
static void push_system(struct sbom *s)
{
	cJSON *item;

	if (!s->inventory->os_id)
		return;
	item = json_push_object(&s->json, s->components);
	json_put_text(&s->json, item, "type", "operating-system");
	json_put_text(&s->json, item, "bom-ref", "os");
	json_put_text(&s->json, item, "name", s->inventory->os_id);
	json_put_optional(&s->json, item, "version", s->inventory->os_version);
}

static void put_tool(struct sbom *s, cJSON *metadata)
{
	cJSON *tools = json_put_object(&s->json, metadata, "tools");
	cJSON *item = json_push_object(&s->json, json_put_array(&s->json, tools, "components"));

	json_put_text(&s->json, item, "type", "application");
	json_put_text(&s->json, item, "name", "vexxy");
	json_put_text(&s->json, item, "version", VEXXY_VERSION);
}

static void put_image(struct sbom *s, cJSON *metadata)
{
	const struct product *product = &s->analysis->product;
	const char *digest = product->digest_count ? product->digests[0] : NULL;
	cJSON *image = json_put_object(&s->json, metadata, "component"), *hash;

	json_put_text(&s->json, image, "type", "container");
	json_put_text(&s->json, image, "bom-ref", "image");
	json_put_text(&s->json, image, "name", product->ref ? product->ref : product->name);
	json_put_optional(&s->json, image, "version", digest);
	if (!digest) {
		json_put_optional(&s->json, image, "purl", product->id_fallback);
		return;
	}
	hash = json_push_object(&s->json, json_put_array(&s->json, image, "hashes"));
	json_put_text(&s->json, hash, "alg", "SHA-256");
	json_put_text(&s->json, hash, "content", digest + strlen("sha256:"));
	json_put_text(&s->json, image, "purl",
		      arena_printf(s->arena, "pkg:oci/%s@%s", product->name, digest));
}

static void put_observation(struct sbom *s, cJSON *metadata)
{
	const struct analysis *a = s->analysis;
	cJSON *properties = json_put_array(&s->json, metadata, "properties");
	bool complete = a->trace_count > 0, first = true;
	uint64_t lost = 0, window_ns = 0;

	for (size_t i = 0; i < a->trace_count; i++) {
		complete = complete && a->traces[i]->complete;
		first = first && a->traces[i]->began_first_exec;
		lost += trace_lost(a->traces[i]);
		window_ns += a->traces[i]->duration_ns;
	}
	put_property(s, properties, "vexxy:trace",
		     !complete ? "incomplete"
		     : first   ? "complete"
			       : "late");
	put_number(s, properties, "vexxy:drops", lost);
	put_number(s, properties, "vexxy:runs", a->trace_count);
	put_number(s, properties, "vexxy:window_s", window_ns / 1000000000u);
	put_number(s, properties, "vexxy:packages_used", s->listed);
	put_number(s, properties, "vexxy:packages_not_seen", s->left_out);
	for (size_t i = 1; i < a->product.digest_count; i++)
		put_property(s, properties, "vexxy:also_known_as", a->product.digests[i]);
}

/* The same content has the same serial number. */
static int set_serial(struct sbom *s, cJSON *doc)
{
	_cleanup_free_ char *text = json_print_line(doc);
	char urn[DIGEST_URN_BYTES];

	if (!text)
		return -ENOMEM;
	digest_urn(urn, text, strlen(text));
	json_replace_text(&s->json, doc, "serialNumber", urn);
	return 0;
}

static void fill_document(struct sbom *s, cJSON *doc, const char *time)
{
	cJSON *metadata;

	json_put_text(&s->json, doc, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
	json_put_text(&s->json, doc, "bomFormat", "CycloneDX");
	json_put_text(&s->json, doc, "specVersion", "1.6");
	json_put_text(&s->json, doc, "serialNumber", "");
	json_put_u64(&s->json, doc, "version", 1);
	metadata = json_put_object(&s->json, doc, "metadata");
	json_put_text(&s->json, metadata, "timestamp", time);
	put_tool(s, metadata);
	put_image(s, metadata);
	s->components = json_put_array(&s->json, doc, "components");
	push_system(s);
	push_packages(s);
	push_files(s);
	put_observation(s, metadata);
	if (set_serial(s, doc) < 0)
		s->json.failed = true;
}

cJSON *sbom_filtered_document(const struct analysis *analysis, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct sbom sbom = { .analysis = analysis,
			     .inventory = analysis->inventory,
			     .usage = analysis->verdicts->usage,
			     .arena = arena };
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
	if (sbom.json.failed) {
		err_oom(err);
		return NULL;
	}
	return take_ptr(doc);
}
