// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* report_functions.c — of one verdict: which functions are at fault, where they are, whether they ran, and whether they could. */
#include <stdio.h>
#include <string.h>

#include "analyzer/report.h"

static void put_limits(struct json_writer *w, cJSON *obj, const char *key, const char **items)
{
	size_t n = 0;

	while (items && items[n])
		n++;
	if (n)
		json_put_texts(w, obj, key, items, n);
}

void report_put_functions(struct json_writer *w, cJSON *item, const struct finding *f)
{
	cJSON *array = json_put_array(w, item, "functions"), *object;

	for (size_t i = 0; i < f->function_count; i++) {
		const struct finding_function *function = &f->functions[i];

		object = json_push_object(w, array);
		json_put_optional(w, object, "path", function->path);
		json_put_optional(w, object, "symbol", function->symbol);
		json_put_optional(w, object, "file", function->file);
		put_limits(w, object, "os", function->os);
		put_limits(w, object, "arch", function->arch);
		if (function->derived)
			json_put_bool(w, object, "derived", true);
		json_put_text(w, object, "source", function->source);
	}
	json_put_optional(w, item, "functions_partial", f->functions_partial);
}

static void put_hits(struct json_writer *w, cJSON *item, const struct verdict *v)
{
	static const char *const kinds[] = {
		[SITE_ENTRY] = "entry", [SITE_COPY] = "copy", [SITE_LINE] = "line"
	};
	cJSON *array = json_put_array(w, item, "hits"), *object;

	for (size_t i = 0; i < v->hit_count; i++) {
		const struct verdict_hit *h = &v->hits[i];

		object = json_push_object(w, array);
		json_put_text(w, object, "symbol", h->hit->symbol);
		json_put_text(w, object, "object", h->hit->object);
		json_put_u64(w, object, "offset", h->hit->offset);
		json_put_optional(w, object, "at", h->site ? kinds[h->site->kind] : NULL);
		json_put_u64(w, object, "trace", h->trace + 1);
		json_put_u64(w, object, "line", h->hit->line);
		json_put_u64(w, object, "t", h->hit->t);
		json_put_u64(w, object, "pid", h->hit->pid);
		json_put_optional(w, object, "comm", h->hit->comm);
		json_put_texts(w, object, "stack", h->hit->stack, h->hit->stack_count);
	}
}

static void put_sites(struct json_writer *w, cJSON *item, const struct analysis *a,
		      const struct finding_sites *fs)
{
	cJSON *object = json_put_object(w, item, "sites"), *array, *one;

	json_put_u64(w, object, "count", fs->count);
	json_put_optional(w, object, "doubt", fs->doubt);
	array = json_put_array(w, object, "objects");
	for (size_t i = 0; i < fs->object_count; i++) {
		const struct inventory_file *f = &a->inventory->files[fs->objects[i].file];
		size_t n = 0;

		for (size_t k = 0; k < fs->count; k++)
			n += fs->items[k].file == fs->objects[i].file;
		one = json_push_object(w, array);
		json_put_text(w, one, "path", f->path);
		json_put_optional(w, one, "build_id", f->elf ? f->elf->build_id : NULL);
		json_put_u64(w, one, "sites", n);
	}
}

static void put_way(struct json_writer *w, cJSON *object, const struct reach_proof *proof)
{
	cJSON *way, *list, *one;
	char address[24];

	if (!proof->way_from)
		return;
	way = json_put_object(w, object, "way");
	json_put_text(w, way, "from", proof->way_from->text);
	list = json_put_array(w, way, "steps");
	for (size_t i = 0; i < proof->way_count && i < REPORT_LIST_MAX; i++) {
		snprintf(address, sizeof(address), "0x%jx", (uintmax_t)proof->way[i].address);
		one = json_push_object(w, list);
		json_put_text(w, one, "address", address);
		json_put_optional(w, one, "name", proof->way[i].name);
	}
	json_put_u64(w, way, "steps_count", proof->way_count);
}

static void put_proof(struct json_writer *w, cJSON *array, const struct analysis *a,
		      const struct verdict_proof *p)
{
	const struct reach_proof *proof = p->proof;
	cJSON *object = json_push_object(w, array), *list, *one;

	json_put_text(w, object, "object", a->inventory->files[p->file].path);
	json_put_bool(w, object, "holds", proof->holds);
	json_put_u64(w, object, "ancestors", proof->ancestor_count);
	list = json_put_array(w, object, "exported");
	for (size_t i = 0; i < proof->exported_count && i < REPORT_LIST_MAX; i++)
		json_push_text(w, list, proof->exported[i].name);
	json_put_u64(w, object, "exported_count", proof->exported_count);
	list = json_put_array(w, object, "checked");
	for (size_t i = 0; i < proof->checked_count && i < REPORT_LIST_MAX; i++)
		json_push_text(w, list, a->inventory->files[proof->checked[i]].path);
	json_put_u64(w, object, "checked_count", proof->checked_count);
	list = json_put_array(w, object, "obstacles");
	for (size_t i = 0; i < proof->obstacle_count && i < REPORT_LIST_MAX; i++) {
		one = json_push_object(w, list);
		json_put_text(w, one, "kind", obstacle_name(proof->obstacles[i].kind));
		json_put_text(w, one, "text", proof->obstacles[i].text);
	}
	json_put_u64(w, object, "obstacles_count", proof->obstacle_total);
	put_way(w, object, proof);
}

void report_put_reach(struct json_writer *w, cJSON *item, const struct analysis *a,
		      const struct verdict *v)
{
	const struct sites *sites = a->options.sites;
	cJSON *array;

	if (!a->findings->items[v->finding].function_count)
		return;
	json_put_text(w, item, "rung", rung_name(v->rung));
	if (sites)
		put_sites(w, item, a, &sites->findings[v->finding]);
	put_hits(w, item, v);
	if (!v->proof_count)
		return;
	array = json_put_array(w, item, "proofs");
	for (size_t i = 0; i < v->proof_count; i++)
		put_proof(w, array, a, &v->proofs[i]);
}
