// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* symbol_store_format.c — a store as JSON Lines. */
#include "analyzer/symbol_store.h"

#include <inttypes.h>

#include "analyzer/json.h"
#include "analyzer/json_writer.h"

static void push_address(struct json_writer *w, cJSON *array, uint64_t address)
{
	char text[32];

	snprintf(text, sizeof(text), "0x%" PRIx64, address);
	json_push_text(w, array, text);
}

static void put_sites(struct json_writer *w, cJSON *to, const char *key,
		      const struct store_sites *sites)
{
	cJSON *array = sites->count ? json_put_array(w, to, key) : NULL;

	for (size_t i = 0; i < sites->count; i++)
		push_address(w, array, sites->addresses[i]);
}

static void put_function(struct json_writer *w, cJSON *to, const struct store_function *f)
{
	json_put_text(w, to, "name", f->name);
	json_put_text(w, to, "file", f->file);
	json_put_text(w, to, "kind", store_kind_name(f->kind));
	put_sites(w, to, "entries", &f->entries);
	put_sites(w, to, "inlined", &f->inlined);
	put_sites(w, to, "lines", &f->lines);
	if (f->made_count)
		json_put_texts(w, to, "made", f->made, f->made_count);
}

static void put_cve(struct json_writer *w, cJSON *to, const struct store_cve *cve)
{
	cJSON *array;

	json_put_text(w, to, "cve", cve->id);
	json_put_bool(w, to, "complete", !cve->why);
	json_put_optional(w, to, "why", cve->why);
	array = json_put_array(w, to, "patches");
	for (size_t i = 0; i < cve->patch_count; i++) {
		cJSON *patch = json_push_object(w, array);

		json_put_text(w, patch, "name", cve->patches[i].name);
		json_put_text(w, patch, "sha256", cve->patches[i].sha256);
	}
	array = json_put_array(w, to, "functions");
	for (size_t i = 0; i < cve->function_count; i++)
		put_function(w, json_push_object(w, array), &cve->functions[i]);
}

static void put_code(struct json_writer *w, cJSON *to, const struct store_object *object)
{
	cJSON *array = json_put_array(w, to, "code");

	for (size_t i = 0; i < object->code_count; i++) {
		cJSON *segment = cJSON_CreateArray();

		if (!segment || !array || !cJSON_AddItemToArray(array, segment)) {
			cJSON_Delete(segment);
			w->failed = true;
			return;
		}
		push_address(w, segment, object->code[i].start);
		push_address(w, segment, object->code[i].end);
		push_address(w, segment, object->code[i].offset);
	}
}

static char *format_object(const struct store_object *object)
{
	_cleanup_(cJSON_Deletep) cJSON *to = cJSON_CreateObject();
	struct json_writer w = {};
	cJSON *part;

	json_put_text(&w, to, "build_id", object->build_id);
	json_put_text(&w, to, "file", object->file);
	json_put_optional(&w, to, "soname", object->soname);
	json_put_text(&w, to, "package", object->package);
	json_put_text(&w, to, "source", object->source);
	json_put_text(&w, to, "version", object->version);
	json_put_text(&w, to, "arch", object->arch);
	json_put_text(&w, to, "equality", equality_name(object->equality));
	json_put_optional(&w, to, "aligned_from", object->aligned_from);
	part = json_put_object(&w, to, "dsc");
	json_put_text(&w, part, "name", object->dsc);
	json_put_text(&w, part, "sha256", object->dsc_sha256);
	put_code(&w, to, object);
	part = json_put_array(&w, to, "cves");
	for (size_t i = 0; i < object->cve_count; i++)
		put_cve(&w, json_push_object(&w, part), &object->cves[i]);
	if (object->elsewhere_count)
		json_put_texts(&w, to, "elsewhere", object->elsewhere, object->elsewhere_count);
	part = object->apart_count ? json_put_array(&w, to, "apart") : NULL;
	for (size_t i = 0; i < object->apart_count; i++) {
		cJSON *item = json_push_object(&w, part);

		json_put_text(&w, item, "cve", object->apart[i].cve);
		json_put_text(&w, item, "of", object->apart[i].of);
	}
	return w.failed ? NULL : json_print_line(to);
}

static char *format_archive(const struct store_archive *archive)
{
	_cleanup_(cJSON_Deletep) cJSON *to = cJSON_CreateObject();
	_cleanup_(arena_freep) struct arena *arena = arena_new();
	struct json_writer w = { .failed = !arena };
	cJSON *functions;

	json_put_text(&w, to, "archive", archive->file);
	json_put_text(&w, to, "sha256", archive->sha256);
	json_put_text(&w, to, "package", archive->package);
	json_put_text(&w, to, "source", archive->source);
	json_put_text(&w, to, "version", archive->version);
	json_put_text(&w, to, "arch", archive->arch);
	functions = json_put_array(&w, to, "functions");
	for (size_t i = 0; i < archive->function_count && !w.failed; i++) {
		const struct store_signature *f = &archive->functions[i];
		cJSON *item = json_push_object(&w, functions);

		json_put_text(&w, item, "name", f->name);
		json_put_text(&w, item, "file", f->file);
		json_put_text(&w, item, "member", f->member);
		json_put_u64(&w, item, "size", f->code.size);
		json_put_text(&w, item, "sha256", f->code.sha256);
		json_put_text(&w, item, "holes", signature_format_holes(&f->code, arena));
		json_put_texts(&w, item, "cves", f->cves, f->cve_count);
	}
	return w.failed ? NULL : json_print_line(to);
}

int symbol_store_format(const struct symbol_store *store, char **ret, size_t *ret_len,
			struct err *err)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	bool whole = out;

	for (size_t i = 0; i < store->archive_count && whole; i++) {
		_cleanup_free_ char *line = format_archive(&store->archives[i]);

		whole = line && fputs(line, out) >= 0 && fputc('\n', out) >= 0;
	}
	for (size_t i = 0; i < store->count && whole; i++) {
		_cleanup_free_ char *line = format_object(&store->objects[i]);

		whole = line && fputs(line, out) >= 0 && fputc('\n', out) >= 0;
	}
	if (out && fclose(out) != 0)
		whole = false;
	if (!whole)
		return err_oom(err);
	*ret = take_ptr(text);
	*ret_len = len;
	return 0;
}
