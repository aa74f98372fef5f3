// SPDX-License-Identifier: LicenseRef-VEXxy-Enterprise-Edition
/* scanner_vex.c — matching as go-vex does it, which grype and trivy link (openvex reference 2.1). */
#include "analyzer/scanner_vex.h"

#include <string.h>

#include "include/array.h"

#include "analyzer/json.h"
#include "analyzer/rfc3339.h"

static int parse_purl(const struct purl **ret, const char *text, struct arena *arena)
{
	struct purl parsed, *copy;

	*ret = NULL;
	if (strncmp(text, "pkg:", 4) || purl_parse(&parsed, text, arena, NULL) < 0)
		return 0;
	copy = arena_alloc(arena, sizeof(*copy));
	if (!copy)
		return -ENOMEM;
	*copy = parsed;
	*ret = copy;
	return 0;
}

int asked_init(struct asked *ret, const char *text, struct arena *arena)
{
	struct asked asked = { .text = text };
	int r = parse_purl(&asked.purl, text, arena);

	if (r == 0)
		*ret = asked;
	return r;
}

/* `key` NULL: @id. Of the identifiers only "purl" is matched as one. */
static int add_name(struct vex_component *to, const char *key, const char *text,
		    struct arena *arena)
{
	struct vex_name *name = &to->names[to->name_count];

	if (!text || !*text)
		return 0;
	if ((!key || !strcmp(key, "purl")) && parse_purl(&name->purl, text, arena) < 0)
		return -ENOMEM;
	name->text = text;
	to->id = to->id ? to->id : text;
	to->name_count++;
	return 0;
}

static int read_component(struct vex_component *to, const cJSON *object, struct arena *arena)
{
	const cJSON *identifiers = json_object(object, "identifiers"), *item;
	const cJSON *hashes = json_object(object, "hashes");
	size_t n = 1 + (size_t)cJSON_GetArraySize(identifiers) + (size_t)cJSON_GetArraySize(hashes);
	int r;

	to->names = arena_alloc(arena, n * sizeof(*to->names));
	if (!to->names)
		return -ENOMEM;
	r = add_name(to, NULL, json_string(object, "@id"), arena);
	cJSON_ArrayForEach(item, identifiers)
	{
		if (r == 0)
			r = add_name(to, item->string, cJSON_GetStringValue(item), arena);
	}
	cJSON_ArrayForEach(item, hashes)
	{
		if (r == 0)
			r = add_name(to, item->string, cJSON_GetStringValue(item), arena);
	}
	return r;
}

static int read_product(struct vex_product *to, const cJSON *object, struct arena *arena)
{
	const cJSON *array = json_array(object, "subcomponents"), *item;
	int r = read_component(&to->component, object, arena);

	to->subcomponents = arena_alloc(arena, ((size_t)cJSON_GetArraySize(array) + 1) *
						   sizeof(*to->subcomponents));
	if (!to->subcomponents)
		return -ENOMEM;
	cJSON_ArrayForEach(item, array)
	{
		if (r == 0)
			r = read_component(&to->subcomponents[to->subcomponent_count++], item,
					   arena);
	}
	return r;
}

static int read_statement(struct vex_statement *to, const cJSON *object, const char *timestamp,
			  struct arena *arena)
{
	const cJSON *array = json_array(object, "products"), *item;
	const char *own = json_string(object, "timestamp"), *status = json_string(object, "status");
	int r = 0;

	to->status = status ? status : "";
	to->products =
	    arena_alloc(arena, ((size_t)cJSON_GetArraySize(array) + 1) * sizeof(*to->products));
	if (!to->products)
		return -ENOMEM;
	if (!own)
		own = timestamp;
	if (own && rfc3339_parse(&to->time, own) < 0)
		to->time = (struct timespec){};
	cJSON_ArrayForEach(item, array)
	{
		if (r == 0)
			r = read_product(&to->products[to->product_count++], item, arena);
	}
	return r;
}

static int compare_statements(const void *a, const void *b)
{
	const struct vex_statement *x = a, *y = b;

	if (x->time.tv_sec != y->time.tv_sec)
		return x->time.tv_sec < y->time.tv_sec ? -1 : 1;
	if (x->time.tv_nsec != y->time.tv_nsec)
		return x->time.tv_nsec < y->time.tv_nsec ? -1 : 1;
	/* go-vex collects from the end, and its sort is stable. */
	return x->index > y->index ? -1 : x->index < y->index;
}

static int compare_keys(const void *a, const void *b)
{
	const struct vex_key *x = a, *y = b;
	int r = strcmp(x->id, y->id);

	return r ? r : (x->statement > y->statement) - (x->statement < y->statement);
}

static void add_key(struct vex *vex, const char *id, size_t statement)
{
	if (id && *id)
		vex->keys[vex->key_count++] = (struct vex_key){ id, statement };
}

/* By place in the sorted statements, so that keys of one id come out in their order. */
static int add_keys(struct vex *vex, const cJSON *statements)
{
	_cleanup_free_ size_t *places = calloc(vex->statement_count + 1, sizeof(*places));
	const cJSON *item, *alias;
	size_t n = 0, index = 0;

	if (!places)
		return -ENOMEM;
	for (size_t i = 0; i < vex->statement_count; i++)
		places[vex->statements[i].index] = i;
	cJSON_ArrayForEach(item, statements)
	{
		n += 2 + (size_t)cJSON_GetArraySize(
			     json_array(json_object(item, "vulnerability"), "aliases"));
	}
	vex->keys = arena_alloc(vex->arena, (n + 1) * sizeof(*vex->keys));
	if (!vex->keys)
		return -ENOMEM;
	cJSON_ArrayForEach(item, statements)
	{
		const cJSON *vulnerability = json_object(item, "vulnerability");
		size_t place = places[index++];

		add_key(vex, json_string(vulnerability, "@id"), place);
		add_key(vex, json_string(vulnerability, "name"), place);
		cJSON_ArrayForEach(alias, json_array(vulnerability, "aliases"))
		    add_key(vex, cJSON_GetStringValue(alias), place);
	}
	array_sort(vex->keys, vex->key_count, sizeof(*vex->keys), compare_keys);
	return 0;
}

int vex_read(struct vex *ret, const cJSON *document, struct arena *arena, struct err *err)
{
	const cJSON *statements = json_array(document, "statements"), *item;
	const char *timestamp = json_string(document, "timestamp");
	size_t n = (size_t)cJSON_GetArraySize(statements);
	struct vex vex = { .arena = arena };
	int r = 0;

	vex.statements = arena_alloc(arena, (n + 1) * sizeof(*vex.statements));
	if (!vex.statements)
		return err_oom(err);
	cJSON_ArrayForEach(item, statements)
	{
		struct vex_statement *to = &vex.statements[vex.statement_count];

		to->index = vex.statement_count++;
		if (r == 0)
			r = read_statement(to, item, timestamp, arena);
	}
	array_sort(vex.statements, vex.statement_count, sizeof(*vex.statements),
		   compare_statements);
	if (r == 0)
		r = add_keys(&vex, statements);
	if (r < 0)
		return err_oom(err);
	*ret = vex;
	return 0;
}

size_t vex_find(const struct vex *vex, const char *id, const struct vex_key **ret)
{
	size_t low = 0, high = vex->key_count, count = 0;

	while (low < high) {
		size_t mid = low + (high - low) / 2;

		if (strcmp(vex->keys[mid].id, id) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	while (low + count < vex->key_count && !strcmp(vex->keys[low + count].id, id))
		count++;
	*ret = vex->keys + low;
	return count;
}

bool vex_component_matches(const struct vex_component *component, const struct asked *asked)
{
	for (size_t i = 0; i < component->name_count; i++) {
		const struct vex_name *name = &component->names[i];

		if (!strcmp(name->text, asked->text) ||
		    (name->purl && asked->purl && purl_matches(name->purl, asked->purl)))
			return true;
	}
	return false;
}

static bool product_lists(const struct vex_product *product, const struct asked *package)
{
	if (!package || !product->subcomponent_count)
		return true;
	for (size_t i = 0; i < product->subcomponent_count; i++)
		if (vex_component_matches(&product->subcomponents[i], package))
			return true;
	return false;
}

const struct vex_product *vex_statement_matches(const struct vex_statement *statement,
						const struct asked *product,
						const struct asked *package)
{
	for (size_t i = 0; i < statement->product_count; i++)
		if (vex_component_matches(&statement->products[i].component, product) &&
		    product_lists(&statement->products[i], package))
			return &statement->products[i];
	return NULL;
}
