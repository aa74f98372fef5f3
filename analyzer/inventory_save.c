// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* inventory_save.c — an inventory as CycloneDX 1.6, the same bytes for the same inventory. */
#include <inttypes.h>
#include <string.h>

#include "analyzer/digest.h"
#include "analyzer/inventory_format.h"
#include "analyzer/inventory_text.h"
#include "analyzer/json.h"
#include "analyzer/json_writer.h"
#include "include/version.h"

struct saver {
	const struct inventory *inv;
	struct arena *arena;
	struct json_writer json;
};

/* What there is no memory for has failed, and is no text that is absent. */
static const char *made(struct saver *s, const char *text)
{
	s->json.failed |= !text;
	return text;
}

static const char *text(struct saver *s, const char *value)
{
	return value ? made(s, inventory_text_write(s->arena, value)) : NULL;
}

static const char *list(struct saver *s, const char *const *items, size_t count)
{
	return count ? made(s, inventory_list_write(s->arena, items, count)) : NULL;
}

static const char *flag(bool value)
{
	return value ? "true" : NULL;
}

static void put_property(struct saver *s, cJSON *properties, const char *name, const char *value)
{
	cJSON *item = json_push_object(&s->json, properties);

	json_put_text(&s->json, item, "name", name);
	json_put_text(&s->json, item, "value", value);
}

static cJSON *put_fields(struct saver *s, cJSON *component, const struct inventory_field *fields,
			 const void *raw)
{
	cJSON *properties = json_put_array(&s->json, component, "properties");

	for (; fields->name; fields++) {
		const char *value = *(const char *const *)((const char *)raw + fields->offset);

		if (value)
			put_property(s, properties, fields->name, value);
	}
	return properties;
}

static void put_metadata(struct saver *s, cJSON *doc)
{
	const struct inventory *inv = s->inv;
	cJSON *metadata = json_put_object(&s->json, doc, "metadata");
	cJSON *tools = json_put_object(&s->json, metadata, "tools"), *item;
	struct raw_root raw = {
		.format = INVENTORY_FORMAT,
		.os_id = text(s, inv->os_id),
		.os_version = text(s, inv->os_version),
		.os_name = text(s, inv->os_name),
		.incomplete = flag(inv->incomplete),
		.library_dirs = list(s, inv->library_dirs, inv->library_dir_count),
	};

	item = json_push_object(&s->json, json_put_array(&s->json, tools, "components"));
	json_put_text(&s->json, item, "type", "application");
	json_put_text(&s->json, item, "name", "vexxy");
	json_put_text(&s->json, item, "version", VEXXY_VERSION);
	item = put_fields(s, metadata, inventory_root_fields, &raw);
	for (size_t i = 0; i < inv->note_count; i++)
		put_property(s, item, "vexxy:note", text(s, inv->notes[i]));
}

/* For scanners that are given the document: they choose their data by it. */
static void push_system(struct saver *s, cJSON *components)
{
	cJSON *item;

	if (!s->inv->os_id)
		return;
	item = json_push_object(&s->json, components);
	json_put_text(&s->json, item, "type", "operating-system");
	json_put_text(&s->json, item, "bom-ref", "os");
	json_put_text(&s->json, item, "name", text(s, s->inv->os_id));
	json_put_optional(&s->json, item, "version", text(s, s->inv->os_version));
}

/* "0-7,12": ascending numbers, runs as ranges. */
static const char *ranges(struct saver *s, const size_t *numbers, size_t count)
{
	_cleanup_free_ char *line = NULL;
	size_t len = 0, end;
	FILE *out = count ? open_memstream(&line, &len) : NULL;

	if (!out)
		return count ? made(s, NULL) : NULL;
	for (size_t i = 0; i < count; i = end) {
		for (end = i + 1; end < count && numbers[end] == numbers[end - 1] + 1;)
			end++;
		fprintf(out, "%s%zu", i ? "," : "", numbers[i]);
		if (end > i + 1)
			fprintf(out, "-%zu", numbers[end - 1]);
	}
	return fclose(out) == 0 ? made(s, arena_strdup(s->arena, line)) : made(s, NULL);
}

static const char *package_ref(struct saver *s, size_t index)
{
	return made(s, arena_printf(s->arena, "package-%zu", index));
}

static void push_package(struct saver *s, cJSON *components, size_t index)
{
	const struct package *p = &s->inv->packages[index];
	cJSON *item = json_push_object(&s->json, components);
	struct raw_package raw = {
		.type = text(s, p->type),
		.arch = text(s, p->arch),
		.source = text(s, p->source),
		.source_version = text(s, p->source_version),
		.location = text(s, p->location),
		.files = ranges(s, p->files, p->file_count),
		.files_known = flag(p->files_known),
		.only_in_sbom = flag(p->only_in_sbom),
	};

	if (p->missing_count)
		raw.missing = made(s, arena_printf(s->arena, "%zu", p->missing_count));
	json_put_text(&s->json, item, "type", "library");
	json_put_text(&s->json, item, "bom-ref", package_ref(s, index));
	json_put_text(&s->json, item, "name", text(s, p->name));
	json_put_optional(&s->json, item, "version", text(s, p->version));
	json_put_optional(&s->json, item, "purl", p->purl);
	put_fields(s, item, inventory_package_fields, &raw);
}

static const char *elf_line(struct saver *s, const struct elf_facts *elf)
{
	const char *line = made(s, arena_printf(s->arena, "%s %s", elf->machine, elf->type));

	for (const struct inventory_flag *f = inventory_elf_flags; f->name && line; f++)
		if (*(const bool *)((const char *)elf + f->offset))
			line = made(s, arena_printf(s->arena, "%s %s", line, f->name));
	return line;
}

static void fill_elf(struct saver *s, struct raw_file *raw, const struct elf_facts *elf)
{
	raw->elf = elf_line(s, elf);
	raw->build_id = text(s, elf->build_id);
	raw->soname = text(s, elf->soname);
	raw->interpreter = text(s, elf->interpreter);
	raw->rpath = text(s, elf->rpath);
	raw->runpath = text(s, elf->runpath);
	raw->needed = list(s, elf->needed, elf->needed_count);
	raw->exported = list(s, elf->exported, elf->exported_count);
	raw->imported = list(s, elf->imported, elf->imported_count);
	raw->hints = list(s, elf->hints, elf->hints_count);
}

static void push_file(struct saver *s, cJSON *components, const struct inventory_file *f)
{
	cJSON *item = json_push_object(&s->json, components);
	const char *target = text(s, f->target);
	struct raw_file raw = {
		.file = made(s, arena_printf(s->arena, "%s %" PRIu64 "%s",
					     inventory_kind_names[f->kind], f->size,
					     f->executable ? " x" : "")),
		.target = f->to_directory ? NULL : target,
		.target_directory = f->to_directory ? target : NULL,
		.script = text(s, f->script),
		.script_argument = text(s, f->script_argument),
		.elf_error = text(s, f->elf_error),
	};

	if (f->elf)
		fill_elf(s, &raw, f->elf);
	json_put_text(&s->json, item, "type", "file");
	json_put_text(&s->json, item, "name", text(s, f->path));
	put_fields(s, item, inventory_file_fields, &raw);
}

static void push_dependencies(struct saver *s, cJSON *doc)
{
	cJSON *all = json_put_array(&s->json, doc, "dependencies"), *item, *on;

	for (size_t i = 0; i < s->inv->package_count; i++) {
		const struct package *p = &s->inv->packages[i];

		if (!p->depend_count)
			continue;
		item = json_push_object(&s->json, all);
		json_put_text(&s->json, item, "ref", package_ref(s, i));
		on = json_put_array(&s->json, item, "dependsOn");
		for (size_t j = 0; j < p->depend_count; j++)
			json_push_text(&s->json, on, package_ref(s, p->depends[j]));
	}
}

static void fill_document(struct saver *s, cJSON *doc)
{
	_cleanup_free_ char *line = NULL;
	char urn[DIGEST_URN_BYTES];
	cJSON *components;

	json_put_text(&s->json, doc, "$schema", "http://cyclonedx.org/schema/bom-1.6.schema.json");
	json_put_text(&s->json, doc, "bomFormat", "CycloneDX");
	json_put_text(&s->json, doc, "specVersion", "1.6");
	json_put_text(&s->json, doc, "serialNumber", "");
	json_put_u64(&s->json, doc, "version", 1);
	put_metadata(s, doc);
	components = json_put_array(&s->json, doc, "components");
	push_system(s, components);
	for (size_t i = 0; i < s->inv->package_count; i++)
		push_package(s, components, i);
	for (size_t i = 0; i < s->inv->file_count; i++)
		push_file(s, components, &s->inv->files[i]);
	push_dependencies(s, doc);
	line = json_print_line(doc);
	if (line)
		digest_urn(urn, line, strlen(line));
	json_replace_text(&s->json, doc, "serialNumber", line ? urn : NULL);
}

int inventory_print(const struct inventory *inv, char **ret, struct err *err)
{
	_cleanup_(cJSON_Deletep) cJSON *doc = cJSON_CreateObject();
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct saver saver = { .inv = inv, .arena = arena };
	_cleanup_free_ char *line = NULL;

	if (!doc || !arena)
		return err_oom(err);
	fill_document(&saver, doc);
	line = saver.json.failed ? NULL : json_print(doc);
	if (!line)
		return err_oom(err);
	if (strlen(line) > JSON_BYTES_MAX)
		return err_set(err, EFBIG,
			       "the inventory is over the limit of %u MiB: it could not be loaded; "
			       "give the root itself instead",
			       JSON_BYTES_MAX >> 20);
	*ret = take_ptr(line);
	return 0;
}

int inventory_save(const struct inventory *inv, const char *path, struct err *err)
{
	_cleanup_free_ char *document = NULL;
	int r = inventory_print(inv, &document, err);

	return r < 0 ? r : file_write(path, document, strlen(document), err);
}
